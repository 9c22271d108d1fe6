"""What can a network tell without the lesion? One small CNN, trained and tested on changed photos.

Every variant has the same recipe, the same split and the same seed; the validation photos, changed
in the same way, choose the epoch. The smallest file of each photo is used: sharpness that only some
photos have would be one more shortcut.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation.without_lesion import COLUMNS, FILE, RUN, VARIANTS, read
from model.network.softmax import softmax
from model.photo.decode import resize
from model.run import HONEST
from train.data.masked_photos import masked
from train.fitting import checkpoint
from train.fitting.fit import Part, fit
from train.recipes import RECIPES
from train.reports import heatmap_accuracy
from train.reports.heatmap_accuracy import ReportError

if TYPE_CHECKING:
    import keras

    from model.run import Run
    from train.recipe import Recipe

DIGITS = "%.4f"
NUM_QUICK = 20


def recipe() -> Recipe:
    """The small CNN, on one split."""
    return replace(RECIPES[RUN], folds=1)


def parts_of(run: Run, data: Path) -> pd.DataFrame:
    """Every photo of a run's first split, with its files.

    Args:
        run: `model.run.Run`, whose split is used.
        data: the data folder it was trained on, with lesion masks.
    Returns:
        DataFrame with `split`, `image_id`, `lesion_id`, `diagnosis`, `path` and `mask`.
    Raises:
        DataError, ReportError: photos or masks are missing there.
    """
    rows = run.predictions
    rows = rows[(rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    files = heatmap_accuracy.lesions_of(data)[["path", "mask"]]
    parts = rows[["split", "image_id", "lesion_id", "diagnosis"]].merge(
        files, left_on="image_id", right_index=True
    )
    if len(parts) < len(rows):
        raise ReportError(
            f"{data} lacks {len(rows) - len(parts):,} of the {len(rows):,} photos of {run.name}, "
            "or their masks."
        )
    return parts.sort_values("image_id", ignore_index=True)


def few(parts: pd.DataFrame) -> pd.DataFrame:
    """At most `NUM_QUICK` photos of each diagnosis in each split, for a trial."""
    return parts.groupby(["split", "diagnosis"]).head(NUM_QUICK).reset_index(drop=True)


def measure(
    run: Run,
    parts: pd.DataFrame,
    folder: Path,
    chosen: Recipe,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """Train and test on every variant; those that stand in the table already are left alone.

    An interrupted training goes on where it was when it is asked for again.

    Args:
        run: whose diagnoses, in their order, are the outputs.
        parts: of `parts_of`.
        folder: where the table `model.evaluation.without_lesion.FILE` is kept; made if missing.
        chosen: `train.recipe.Recipe`.
        track: wraps the photos, for a progress bar.
    Returns:
        DataFrame as `model.evaluation.without_lesion.read` gives it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    is_test = (parts["split"] == "test").to_numpy()
    tested = parts.loc[is_test, ["image_id", "lesion_id", "diagnosis"]]
    columns = [f"p_{code}" for code in run.diagnoses]
    table = read(folder)
    tables = [] if table is None else [table]
    if table is not None and set(table["image_id"]) != set(tested["image_id"]):
        tables = []  # of another split: nothing of it may be held against this one
    done = {variant for rows in tables for variant in rows["variant"]}
    for variant in VARIANTS:
        if variant in done:
            continue
        pixels = _pixels(parts, variant, chosen, track)
        workspace = folder / f".{variant}.unfinished"
        network = trained(pixels, parts, run.diagnoses, chosen, workspace, variant)
        logits = network.predict(pixels[is_test], chosen.batch_size, verbose=0)
        probabilities = pd.DataFrame(softmax(logits), tested.index, columns)
        rows = pd.concat([tested, probabilities], axis=1).assign(variant=variant)
        tables.append(rows[[*COLUMNS, *columns]])
        write_table(pd.concat(tables, ignore_index=True), folder / FILE)
        shutil.rmtree(workspace)
    written = read(folder)
    assert written is not None  # for mypy: it was written above, or was there
    return written


def trained(
    pixels: np.ndarray,
    parts: pd.DataFrame,
    diagnoses: Sequence[str],
    chosen: Recipe,
    workspace: Path,
    title: str,
) -> keras.Model:
    """A network trained on the training photos, of the epoch that the validation photos chose.

    Args:
        pixels: (photos, height, width, 3) uint8.
        parts: `split` and `diagnosis` of each.
        diagnoses: codes in output order.
        chosen: `train.recipe.Recipe`.
        workspace: what an interrupted training leaves; it is gone on with only if recipe, split and
            pixels are the same.
        title: of the training.
    """
    state = {
        "settings": chosen.settings(HONEST, 1),
        "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
        "splits": checkpoint.splits_fingerprint([parts]),
    }
    checkpoint.start_or_resume(workspace, state)
    numbers = {code: index for index, code in enumerate(diagnoses)}
    labels = parts["diagnosis"].map(numbers).to_numpy()
    training, validation = (
        Part(pixels[parts["split"] == split], labels[parts["split"] == split])
        for split in ("train", "validation")
    )
    network, _ = fit(chosen, training, validation, len(diagnoses), workspace / f"fold_{title}")
    return network


def _pixels(parts, variant, chosen, track):
    """(photos, height, width, 3) uint8, changed at their own size, then resized."""
    pixels = np.empty((len(parts), chosen.height, chosen.width, 3), np.uint8)
    title = f"{VARIANTS[variant]}: preparing the photos"
    for number, row in enumerate(track(list(parts.itertuples(index=False)), title)):
        photo, lesion = heatmap_accuracy.with_mask(row.path, row.mask)
        changed = np.ascontiguousarray(masked(photo, lesion, variant))
        pixels[number] = resize(changed, chosen.height, chosen.width)
    return pixels


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table of results; the file that stood there stays until the new one is whole."""
    new = file.with_suffix(".new")
    table.to_csv(new, index=False, float_format=DIGITS)
    os.replace(new, file)
