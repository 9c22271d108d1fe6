"""What a network tells without the lesion: the same test photos, each time with less in them.

The predictions stand in one table, which `python -m train shortcuts --only masked` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from model.evaluation.bootstrap import (
    NUM_RESAMPLES,
    Estimate,
    Resampled,
    estimate,
    lesion_weights,
)

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "shortcuts"
FILE = "masked.csv"
RUN = "ham7_cnn"  # whose recipe and whose split are used
PHOTO = "photo"
VARIANTS = {
    PHOTO: "The photo",
    "lesion": "The lesion alone",
    "outline": "Its outline",
    "skin": "The skin around it",
    "colour": "One mean colour",
}
ABOUT = {
    PHOTO: "the photo as it is",
    "lesion": "everything but the lesion grey",
    "outline": "the lesion white, everything else black",
    "skin": "the lesion's bounding box black",
    "colour": "every pixel in the mean colour of the photo",
}
COLUMNS = ("variant", "image_id", "lesion_id", "diagnosis")


class ResultsError(ValueError):
    """A table of results that cannot be used; the message says why."""


@dataclass(frozen=True)
class VariantResult:
    """What a network reaches that was trained and tested on one variant of the photos.

    `variant` is a key of `VARIANTS`. `balanced_accuracy` is that of `num_photos` test photos of
    `num_diagnoses` diagnoses, `difference` that less the balanced accuracy on the photos as they
    are, on the same photos; None of these themselves, or where they were not measured. Intervals by
    lesion.
    """

    variant: str
    num_photos: int
    num_lesions: int
    num_diagnoses: int
    balanced_accuracy: Estimate
    difference: Estimate | None

    @property
    def chance(self) -> float:
        """The balanced accuracy of a network that guesses."""
        return 1 / self.num_diagnoses

    @property
    def is_above_chance(self) -> bool:
        """Whether the interval lies above chance, as both are printed."""
        return round(self.balanced_accuracy.low, 2) > round(self.chance, 2)


def read(folder: Path | None = None) -> pd.DataFrame | None:
    """The table of predictions.

    Args:
        folder: that it stands in; None: `FOLDER`.
    Returns:
        DataFrame with `COLUMNS` and one probability column per diagnosis, or None where nobody
        measured it.
    Raises:
        ResultsError: it is malformed.
    """
    file = (folder or FOLDER) / FILE
    if not file.exists():
        return None
    try:
        table = pd.read_csv(file, dtype=dict.fromkeys(COLUMNS, str))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{FILE} cannot be read ({error}).") from error
    missing = [column for column in COLUMNS if column not in table.columns]
    codes = diagnoses(table)
    if missing or not codes or table.empty:
        raise ResultsError(f"{FILE} lacks {', '.join(missing) or 'probabilities or rows'}.")
    unknown = sorted(set(table["variant"]) - set(VARIANTS)) or sorted(
        set(table["diagnosis"]) - set(codes)
    )
    if unknown:
        raise ResultsError(f"{FILE} names {unknown[0]!r}, which is not known.")
    probabilities = table[[f"p_{code}" for code in codes]]
    if not all(pd.api.types.is_numeric_dtype(kind) for kind in probabilities.dtypes):
        raise ResultsError(f"{FILE} holds a probability that is no number.")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise ResultsError(f"{FILE} has rows whose probabilities do not add up to 1.")
    if table.duplicated(["variant", "image_id"]).any():
        raise ResultsError(f"{FILE} has one photo twice.")
    if table.groupby("variant")["image_id"].agg(frozenset).nunique() > 1:
        raise ResultsError(f"{FILE} has other photos in one variant than in another.")
    return table


def diagnoses(table: pd.DataFrame) -> list[str]:
    """Codes in the order of the table's columns."""
    return [column[2:] for column in table.columns if column.startswith("p_")]


def results(table: pd.DataFrame) -> list[VariantResult]:
    """Sum up what was measured, in the order of `VARIANTS`; every variant on the same resamples.

    Args:
        table: of `read`.
    """
    codes = diagnoses(table)
    found: list[VariantResult] = []
    of_photo = None
    for variant in VARIANTS:
        rows = table[table["variant"] == variant].sort_values("image_id")
        if rows.empty:
            continue
        truth = rows["diagnosis"].map(codes.index).to_numpy()
        probabilities = rows[[f"p_{code}" for code in codes]].to_numpy(float)
        weights = lesion_weights(rows["lesion_id"], NUM_RESAMPLES, seed=0)
        right = probabilities.argmax(axis=1) == truth
        value = float(np.mean([right[truth == index].mean() for index in np.unique(truth)]))
        drawn = Resampled(truth, probabilities, weights).balanced_accuracy()
        if variant == PHOTO:
            of_photo = value, drawn
        difference = None
        if of_photo is not None and variant != PHOTO:
            difference = estimate(value - of_photo[0], drawn - of_photo[1])
        found.append(
            VariantResult(
                variant,
                len(rows),
                rows["lesion_id"].nunique(),
                len(codes),
                estimate(value, drawn),
                difference,
            )
        )
    return found
