"""Train the recipe of a run again with another seed, and keep what that says beside the run.

Photos and split are the same, so whatever differs is due to chance in the training, and to the code
where that has changed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from model.run import IMPORTED, OWN_SOURCE, REPEATS, Run, read
from model.run.tables import REPEAT_COLUMNS
from model.run.writer import add_table
from train.build import BuildOptions, build
from train.recipe import Recipe
from train.recipes import RECIPES
from train.reports import ledger_entries, model_card


class RepeatError(ValueError):
    """A run that cannot be trained again as asked; the message says why."""


def recipe_of(run: Run, seed: int) -> Recipe:
    """The recipe of a run with another seed, as long as only the seed differs.

    Raises:
        RepeatError: with one sentence.
    """
    recipe = RECIPES.get(run.card["recipe"])
    if recipe is None or run.card["protocol"] == IMPORTED:
        raise RepeatError(f"{run.name} has no recipe here, so it cannot be trained again.")
    seeds = {run.card["seed"], *(() if run.repeats is None else run.repeats["seed"])}
    if any(abs(seed - used) <= recipe.teachers for used in seeds):
        apart = f", at least {recipe.teachers + 1} apart" if recipe.teachers else ""
        raise RepeatError(
            f"{run.name} was trained with seed {', '.join(map(str, sorted(seeds)))} already; name "
            f"another one than {seed}{apart}."
        )
    card = run.card["settings"]
    now = recipe.settings(run.card["protocol"], card.get("folds", 1))
    changed = [key for key in now if key in card and _plain(now[key]) != card[key]]
    if changed:
        raise RepeatError(
            f"The recipe {recipe.name} has changed since {run.name} was trained ({changed[0]}), so "
            "the seed would not be all that differs. Train the run itself again first."
        )
    return replace(recipe, seed=seed)


def repeat(run: Run, recipe: Recipe, data: Path | None, out: Path, options: BuildOptions) -> Run:
    """Train a recipe and put its predictions for test photos into the folder of a run.

    A training that was interrupted goes on; one that has ended is not done again.

    Args:
        run: `Run`.
        recipe: of `recipe_of`.
        data: folder of the photos, as for `train.build.build`.
        out: folder of runs for the run of this seed, which holds its network, too.
        options: as for `train.build.build`.
    Returns:
        The run, read back, with its model card written anew.
    Raises:
        RepeatError, LedgerError, RunError, DataError, BuildError: with one sentence.
    """
    ledger_entries.refuse_broken(run.path)
    trained_on = set() if run.external is None else _sources(run.external, "train")
    if missing := trained_on - _sources(options.external_photos):
        raise RepeatError(
            f"{run.name} was trained on photos of {', '.join(sorted(missing))}, too. Give their "
            "folder."
        )
    folder = out / recipe.run_name(options.protocol)
    again = read(folder) if folder.exists() else build(recipe, data, out, options)
    assert again is not None  # no option ends the training before the run is written
    if again.card["seed"] != recipe.seed:
        raise RepeatError(
            f"{folder} holds a run that was trained with seed {again.card['seed']}. Choose another "
            "folder with --out."
        )
    return store(run, again)


def store(run: Run, again: Run) -> Run:
    """Put what a training with another seed says about test photos into the folder of a run.

    Args:
        run: `Run`.
        again: of the same recipe, on the same photos and the same split.
    Returns:
        The run, read back, with its model card written anew.
    Raises:
        RepeatError: they were tested on other photos.
    """
    own, others = (_photos_in_parts(of) for of in (run, again))
    if own != others or run.diagnoses != again.diagnoses:
        raise RepeatError(
            f"{again.path} stands on {len(others):,} photos, {len(own & others):,} of them in the "
            f"same part as the {len(own):,} of {run.name}. Name all data that {run.name} was "
            "trained on."
        )
    rows = rows_of(run, again)
    if run.repeats is not None:
        first = run.repeats[run.repeats["seed"] == run.repeats["seed"].iloc[0]]
        missing = set(first["image_id"]) - set(rows["image_id"])
        if missing:
            raise RepeatError(
                f"Seed {first['seed'].iloc[0]} was asked about {sorted(missing)[0]}, too. Give the "
                "same photos of other data sets as then."
            )
        rows = rows[rows["image_id"].isin(first["image_id"])]
    table = rows if run.repeats is None else pd.concat([run.repeats, rows], ignore_index=True)
    run = add_table(run, REPEATS, table)
    ledger_entries.record_reading(run, REPEATS, rows)
    if run.has_network:
        model_card.write(run)
    return run


def _photos_in_parts(run):
    """(source, split, photo) of all that took part in the training, and of the own test photos."""
    own = run.predictions
    own = own[(own["fold"] == run.folds[0]) & (own["copy_of"] == "")].assign(source=OWN_SOURCE)
    parts = [own]
    if run.external is not None:
        parts.append(run.external[run.external["split"] != "test"])
    return {
        of
        for rows in parts
        for of in zip(rows["source"], rows["split"], rows["image_id"], strict=True)
    }


def rows_of(run: Run, again: Run) -> pd.DataFrame:
    """What another training says about the test photos of a run, with the columns of repeats.csv.

    Of other data sets it takes the photos of known diagnosis that both trainings were tested on.
    """
    columns = [*REPEAT_COLUMNS, *run.probability_columns]
    kind = run.kinds[0] if run.kinds else ""
    parts = [again.test_photos.assign(kind=kind, source=OWN_SOURCE)]
    if run.external is not None and again.external is not None:
        known, rows = (_of_known_diagnosis(of.external) for of in (run, again))
        is_known = rows["source"].ne("") & rows["image_id"].isin(known["image_id"])
        parts.append(rows[is_known])
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(seed=again.card["seed"], revision=again.card["revision"])[columns]


def _sources(photos, split=None):
    if photos is None:
        return set()
    return set((photos if split is None else photos[photos["split"] == split])["source"])


def _of_known_diagnosis(rows):
    return rows[(rows["split"] == "test") & (rows["diagnosis"] != "")]


def _plain(value):
    """As JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value
