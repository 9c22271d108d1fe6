"""Do heat maps find the lesion? Measured against its mask.

Dermatoscopic lesions sit in the middle: whoever always points at the centre is nearly always
right. So photos whose lesion misses the centre, and crops at random places, stand apart, and
`model.evaluation.map_baselines` holds each figure against maps that need no network.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.heatmaps.methods import METHODS

WHOLE, SHIFTED = "whole", "shifted"  # versions of a photo
SUBSETS = {
    "all": "All test photos",
    "off_centre": "Lesion off the centre",
    "shifted": "Shifted crops",
}
LEVELS = np.arange(0.1, 0.95, 0.1)  # of a map's maximum, where its outline is drawn
FEW = 10  # photos: fewer can't convict a method
MUST_CHANGE = 0.5  # absolute rank correlation with the shuffled network's maps: unchanged


@dataclass(frozen=True)
class MethodAccuracy:
    """How well one method's maps find the lesion, over the photos of one subset.

    `pointing` is the share of photos whose strongest place lies inside the lesion; `energy` how
    many times as much of the map lies inside the lesion as its share of the area would give; `iou`
    the overlap of lesion and map at the level that suits each photo best. `area` is the mean share
    of the photo that is lesion. `num_empty` photos had an empty map and count in nothing else.
    """

    method: str
    num_photos: int
    num_empty: int
    area: float
    pointing: Estimate
    energy: Estimate
    iou: Estimate


@dataclass(frozen=True)
class WeightShuffling:
    """How alike a method's maps are to those of the network with shuffled weights.

    `correlation` is the mean absolute rank correlation over `num_photos`: a pattern upside down is
    the same pattern. In `num_undefined` further photos one of the maps was empty, which says
    nothing; where all were, `correlation` is NaN.
    """

    num_photos: int
    num_undefined: int
    correlation: Estimate


@dataclass(frozen=True)
class FailedCheck:
    """A check that a method's maps fail.

    `check` is `shuffling` (they must change when the weights are shuffled), `chance` (they must lie
    on the lesion more than chance would) or `off_centre` (they must find a lesion that misses the
    centre); `figure` is what was measured, `limit` what it was held against, `difference` what
    decides where the limit was measured on the same photos.
    """

    check: str
    figure: Estimate
    limit: float
    difference: Estimate | None = None


def measure(values: np.ndarray, lesion: np.ndarray) -> tuple[bool, float, float]:
    """Hold one map against the mask of its lesion.

    Args:
        values: (height, width) float, none below zero, with a maximum above it.
        lesion: (height, width) bool, neither empty nor full.
    Returns:
        (hit, energy, iou): whether the strongest place lies inside, the share of the map inside,
        and the best overlap (intersection over union) of the lesion with the map cut at `LEVELS`.
    """
    hit = bool(lesion.ravel()[values.argmax()])
    energy = float(values[lesion].sum() / values.sum())
    marked = values[None] >= LEVELS[:, None, None] * values.max()
    both = (marked & lesion).sum(axis=(1, 2))
    either = (marked | lesion).sum(axis=(1, 2))
    return hit, energy, float((both / either).max())


def methods_of(table: pd.DataFrame) -> list[str]:
    """The methods measured in a table of `Run.localisation`, in the order of `METHODS`."""
    return [name for name in METHODS if f"{name}_energy" in table.columns]


def accuracy_by_method(table: pd.DataFrame, subset: str = "all") -> list[MethodAccuracy]:
    """Sum up what was measured, for each method that has photos in this subset.

    Args:
        table: `Run.localisation`.
        subset: a key of `SUBSETS`.
    """
    measured = (accuracy_of(table, method, subset) for method in methods_of(table))
    return [accuracy for accuracy in measured if accuracy is not None]


def accuracy_of(table: pd.DataFrame, method: str, subset: str = "all") -> MethodAccuracy | None:
    """Sum up what was measured of one method; None where it has no maps in this subset.

    Args:
        table: `Run.localisation`.
        method: a key of `METHODS`.
        subset: a key of `SUBSETS`.
    """
    return _measured(photos_of(table, subset), method)


def photos_of(table: pd.DataFrame, subset: str) -> pd.DataFrame:
    """The rows of `Run.localisation` that belong to a subset, a key of `SUBSETS`."""
    rows = table[table["version"] == (SHIFTED if subset == "shifted" else WHOLE)]
    return rows[rows["centred"] == 0] if subset == "off_centre" else rows


def shuffled(table: pd.DataFrame, method: str) -> WeightShuffling | None:
    """`WeightShuffling` of a method, or None where nobody shuffled."""
    column = f"{method}_shuffled"
    rows = table[table[column].notna()] if column in table.columns else table.iloc[:0]
    if rows.empty:
        return None
    defined = rows[rows[column] != 0]  # 0 stands for a map without ranks
    correlation = (
        Estimate(*3 * (math.nan,))
        if defined.empty
        else bootstrap.mean_by_lesion(defined[column].abs(), defined["lesion_id"])
    )
    return WeightShuffling(len(defined), len(rows) - len(defined), correlation)


def failed_checks(table: pd.DataFrame, method: str) -> list[FailedCheck]:
    """The checks that a method fails on this run; empty where it passes all.

    Args:
        table: `Run.localisation`.
        method: a key of `METHODS`.
    """
    failed = []
    shuffling = shuffled(table, method)
    if shuffling and shuffling.correlation.value >= MUST_CHANGE:
        failed.append(FailedCheck("shuffling", shuffling.correlation, MUST_CHANGE))
    everywhere = accuracy_of(table, method)
    if everywhere and everywhere.num_photos >= FEW and not _above(everywhere.energy, 1):
        failed.append(FailedCheck("chance", everywhere.energy, 1.0))
    off_centre = accuracy_of(table, method, "off_centre")
    if off_centre and off_centre.num_photos >= FEW:
        full = with_maps(photos_of(table, "off_centre"), method)
        # A random point falls into each lesion as often as the lesion is large.
        difference = bootstrap.mean_by_lesion(
            full[f"{method}_hit"] - full["area"], full["lesion_id"]
        )
        if not _above(difference, 0):
            failed.append(
                FailedCheck("off_centre", off_centre.pointing, off_centre.area, difference)
            )
    return failed


def with_maps(rows: pd.DataFrame, method: str) -> pd.DataFrame:
    """The rows of `Run.localisation` in which a method has a map that is not empty."""
    return rows[rows[f"{method}_empty"] == 0]


def _above(estimate, threshold):
    """Whether a figure is above a threshold, with its whole interval where it has one."""
    return (estimate.value if np.isnan(estimate.low) else estimate.low) > threshold


def _measured(rows, method):
    full = with_maps(rows, method)
    if full.empty:
        return None
    lesions = full["lesion_id"]
    return MethodAccuracy(
        method,
        len(full),
        int((rows[f"{method}_empty"] == 1).sum()),
        float(full["area"].mean()),
        bootstrap.share(full[f"{method}_hit"] == 1, lesions),
        bootstrap.ratio_of_sums(full[f"{method}_energy"], full["area"], lesions),
        bootstrap.mean_by_lesion(full[f"{method}_iou"], lesions),
    )
