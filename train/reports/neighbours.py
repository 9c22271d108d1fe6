"""The training photos that are most like a photo: what a run keeps of them, and their vote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import neighbour_vote
from train.data import duplicates, readers
from train.fitting.neighbours import fit_neighbours, vote_table
from train.recipes import RECIPES

if TYPE_CHECKING:
    from model.run import Run


class NeighboursError(ValueError):
    """The training photos of a run cannot be gathered; the message says why."""


def photos_of(run: Run, data: Path) -> pd.DataFrame:
    """The photos of a run's first fold, without augmented copies.

    Args:
        run: `model.run.Run`.
        data: the data folder it was trained on.
    Returns:
        DataFrame with `split`, `image_id`, `lesion_id`, `diagnosis`, `confirmed_by` (empty where
        nobody recorded it) and `path`. A lesion under several ids has the first of them, by
        `model.audit.same_lesion`.
    Raises:
        DataError, NeighboursError: no such folder, photos of the run are missing there, or the run
            does not name its training photos.
    """
    rows = run.predictions
    rows = rows[(rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    if not (rows["split"] == "train").any():
        raise NeighboursError(f"{run.name} does not say which photos it was trained on.")
    if "confirmed_by" not in rows:
        rows = rows.assign(confirmed_by="")
    rows = rows[["split", "image_id", "lesion_id", "diagnosis", "confirmed_by"]]
    joined = pd.Series(duplicates.lesions(rows), rows.index)
    rows = rows.assign(lesion_id=rows["lesion_id"].groupby(joined).transform("min"))
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


def measure(
    diagnoses: Sequence[str], photos: pd.DataFrame, features: np.ndarray
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Gather the training photos of a run, and let the others ask them.

    Args:
        diagnoses: of the run, in their order.
        photos: of `photos_of`.
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
