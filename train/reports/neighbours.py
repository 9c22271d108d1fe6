"""The training photos that are most like a photo: what a run keeps of them, and their vote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import neighbour_vote
from model.photo.drawings import DrawnPhoto
from model.run import NEIGHBOUR_VOTES
from train.data import duplicates, readers
from train.fitting.neighbours import fit_neighbours, vote_table
from train.fitting.prediction_table import in_order, lesion_ids
from train.recipes import RECIPES

if TYPE_CHECKING:
    from model.run import Run


COLUMNS = ["split", "image_id", "lesion_id", "diagnosis", "confirmed_by"]


class NeighboursError(ValueError):
    """The training photos of a run cannot be gathered; the message says why."""


def photos_of(run: Run, data: Path | None) -> pd.DataFrame:
    """The photos of a run's first fold, without augmented copies.

    Args:
        run: `model.run.Run`.
        data: the data folder it was trained on. None: its drawings are drawn anew.
    Returns:
        DataFrame with `COLUMNS` and `path`, of which the bytes can be read. `confirmed_by` is empty
        where nobody recorded it. A lesion under several ids has the first of them, by
        `model.audit.same_lesion`.
    Raises:
        DataError, NeighboursError: no such folder, photos of the run are missing there, no folder
            for a run of photos, or the run does not name its training photos.
    """
    rows = run.predictions
    rows = rows[(rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    if not (rows["split"] == "train").any():
        raise NeighboursError(f"{run.name} does not say which photos it was trained on.")
    if (unnamed := unnameable(rows)) is not None:
        raise NeighboursError(
            f"{run.name}: {NEIGHBOUR_VOTES} cannot name {unnamed!r}, which has a space in it. "
            "Rename such files and train the run again."
        )
    rows = _joined(rows)
    if data is None:
        if not run.is_rendered:
            raise NeighboursError(f"{run.name} needs its photos: name their folder with --data.")
        return rows.assign(path=[DrawnPhoto(image_id) for image_id in rows["image_id"]])
    recipe = RECIPES.get(run.card["recipe"])
    table = readers.read(
        data, readers.layout_of(data), recipe.lowest_resolution if recipe else False
    )
    files = table.drop_duplicates("image_id")[["image_id", "path"]]
    photos = rows.merge(files, on="image_id")
    if len(photos) < len(rows):
        raise NeighboursError(
            f"{run.name}: {len(rows) - len(photos):,} of its {len(rows):,} photos are not in "
            f"{data}. Give the folder it was trained on."
        )
    return photos


def unnameable(photos: pd.DataFrame) -> str | None:
    """The first photo whose id neighbours.csv cannot name, because it parts ids by spaces."""
    ids = photos["image_id"]
    ids = ids[ids.str.contains(r"\s")]
    return None if ids.empty else str(ids.iloc[0])


def photos_of_fold(fold: pd.DataFrame) -> pd.DataFrame:
    """The same photos while a run is trained, without `path`.

    Args:
        fold: of `train.data.splits.folds`.
    Returns:
        As `photos_of`; its index is that of the fold.
    """
    photos = in_order(fold[fold["copy_of"] == ""])
    return _joined(photos.assign(lesion_id=lesion_ids(photos)))


def _joined(rows):
    known = duplicates.with_joined_lesions(rows.reindex(columns=COLUMNS))
    confirmed_by = known["confirmed_by"].astype(object)
    return known.assign(confirmed_by=confirmed_by.where(confirmed_by.notna(), ""))


def measure(
    diagnoses: Sequence[str], photos: pd.DataFrame, features: np.ndarray
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Gather the training photos of a run, and let the others ask them.

    Args:
        diagnoses: of the run, in their order.
        photos: of `photos_of` or `photos_of_fold`.
        features: (photos, features) float32, as `model.prediction.classifier.feature_network`
            gives them.
    Returns:
        (arrays for neighbours.npz, `model.run.Run.neighbour_votes`).
    """
    arrays = fit_neighbours(features, photos, diagnoses)
    return arrays, vote_table(arrays, features, photos, diagnoses)


def text(run: Run) -> str:
    """What was measured, as lines for a terminal."""
    found = neighbour_vote.neighbour_vote(run)
    if found is None:
        return f"{run.name}: no neighbours"
    return "\n".join([neighbour_vote.worth(found), *neighbour_vote.agreement(found)])
