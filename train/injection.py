"""Training one recipe again and again, with more and more of its test photos leaking in."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model.evaluation.injection import DOSES, Injection, column
from model.network.tensorflow_startup import load_tensorflow
from train.data import balance, duplicates, injection, readers
from train.data.pictures import decoded
from train.data.pictures import labels as labels_of
from train.fitting import checkpoint
from train.fitting.fit import Part, fit
from train.progress import console, track
from train.recipes import frozen_trunk
from train.reports import injection_files
from train.reports.run_card import revision

if TYPE_CHECKING:
    from train.recipe import Recipe

NUM_SEEDS = 3
PHOTO_STATE = ("photos", "splits")
# What a recipe learns from instead of pixels.
FEATURES = {frozen_trunk.FROZEN_TRUNK.name: frozen_trunk.features}


@dataclass(frozen=True)
class Plan:
    """Which trainings make an injection: each of `num_seeds` seeds at each of `doses`."""

    num_seeds: int = NUM_SEEDS
    doses: Sequence[float] = DOSES

    def trainings(self, first_seed: int) -> list[tuple[float, int]]:
        """(dose, seed), without any leak and with all of it first: half a plan shows most."""
        wanted = sorted(self.doses, key=lambda dose: min(dose, 1 - dose))
        pairs = (
            [dose for dose in wanted if dose in (0, 1)],
            [dose for dose in wanted if dose not in (0, 1)],
        )
        seeds = range(first_seed, first_seed + self.num_seeds)
        return [(dose, seed) for doses in pairs for seed in seeds for dose in doses]


def inject(
    recipe: Recipe, data: Path, out: Path, lesions: Path | None = None, plan: Plan | None = None
) -> Injection:
    """Train what is missing of a plan; each finished training is written at once.

    All trainings take as many epochs, and the last one is kept: the photos that choose an epoch
    would be chosen by the leak, too. What an interrupted training has done is not lost.

    Args:
        recipe: its honest split gives the probe.
        data: data folder.
        out: folder of injections.
        lesions: as `train.build.BuildOptions`.
        plan: `Plan()` where None.
    Returns:
        What was measured by now and before.
    Raises:
        DataError: with a sentence for the user.
        InjectionError: what stands in `out` is of other photos or another recipe.
    """
    plan = plan or Plan()
    recipe = replace(recipe, monitor="epoch", patience=recipe.epochs, folds=1)
    photos = _photos(recipe, data, lesions)
    diagnoses = sorted(photos["diagnosis"].unique())
    load_tensorflow()
    import keras

    state = checkpoint.state(
        recipe, "injection", checkpoint.fingerprint(photos), [_as_fold(photos)], diagnoses
    )
    probe = photos["part"] == injection.PROBE
    done = injection_files.start_or_go_on(
        out / recipe.name, _card(recipe, diagnoses, photos, state), photos[probe]
    )
    missing = [
        (dose, seed)
        for dose, seed in plan.trainings(recipe.seed)
        if column(dose, seed) not in done.answers
    ]
    if not missing:
        return done
    own = photos["source"] == photos.index
    pixels = injection.draw_changed(decoded(photos[own], recipe), photos, recipe.seed)
    pixels = FEATURES.get(recipe.name, lambda pixels: pixels)(pixels)
    for number, (dose, seed) in enumerate(missing, 1):
        console.print(f"Training {number} of {len(missing)}: dose {dose:.0%}, seed {seed}")
        seeded = replace(recipe, seed=seed)
        unfinished = out / f".{recipe.name}.unfinished"
        workspace = unfinished / f"dose_{100 * dose:.0f}_seed_{seed}"
        checkpoint.start_or_resume(workspace, {**state, "dose": dose, "seed": seed})
        rows = injection.training_rows(photos, dose, seed)
        network, history = _train(seeded, photos, rows, pixels, diagnoses, workspace / "fold_0")
        answers = _answers(network, pixels[probe.to_numpy()])
        done = injection_files.add(
            out / recipe.name,
            column(dose, seed),
            [diagnoses[answer] for answer in answers],
            injection.ranks(photos, seed),
            history.assign(dose=dose, seed=seed),
        )
        shutil.rmtree(unfinished)
        keras.utils.clear_session()
    return done


def _photos(recipe, data, lesions):
    table = readers.read(data, recipe.layout, recipe.lowest_resolution)
    if lesions is not None:
        table = readers.with_lesions(table, lesions)
    fingerprinted = duplicates.fingerprint(
        table, lambda rows: track(rows, "Reading the photos", total=len(table))
    )
    return injection.parts(fingerprinted, recipe)


def _as_fold(photos):
    """The table as `checkpoint` wants it: who stands where."""
    return photos.assign(split=photos["part"] + " " + photos["leaks"])


def _train(recipe, photos, rows, pixels, diagnoses, workspace):
    validation = np.flatnonzero(photos["part"] == "validation")
    used = photos.iloc[np.concatenate([rows, validation])]
    split = np.repeat(["train", "validation"], [len(rows), len(validation)])
    fold = balance.with_copies(used.assign(split=split), recipe)
    pictures = balance.draw_copies(pixels[used.index], fold, recipe)
    labels = labels_of(fold, diagnoses)
    is_training = (fold["split"] == "train").to_numpy()
    training, held_out = (
        Part(pictures[part], labels[part]) for part in (is_training, ~is_training)
    )
    return fit(recipe, training, held_out, len(diagnoses), workspace)


def _answers(network, pixels):
    """(photos,) int, the number of the diagnosis that each photo is taken for."""
    outputs = network.predict(pixels, batch_size=64, verbose=0)
    if outputs.shape[1] == 1:  # one sigmoid
        return (outputs[:, 0] > 0.5).astype(int)
    return outputs.argmax(axis=1)


def _card(recipe, diagnoses, photos, state):
    parts = photos["part"].value_counts()
    return {
        "recipe": recipe.name,
        "title": recipe.title,
        "command": _command(recipe),
        "source": recipe.source,
        "licence": recipe.licence,
        "diagnoses": diagnoses,
        "num_training": int(parts["train"]),
        "num_epochs": recipe.epochs,
        "state": {
            "photos": state["photos"],
            "splits": state["splits"],
            "recipe": _digest({key: state[key] for key in state if key not in PHOTO_STATE}),
        },
        "revision": revision(),
    }


def _digest(values):
    """sha256 of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _command(recipe):
    lesions = " --lesions HAM10000_metadata.csv" if "--lesions" in recipe.command else ""
    return f"python -m train inject {recipe.name} --data DIR{lesions}"
