"""Prediction sets, measured on photos that nobody fitted them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, metrics
from model.evaluation.bootstrap import Estimate
from model.prediction.prediction import ROUNDING

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class Coverage:
    """How often the prediction sets of `num_photos` photos held the truth, and their mean size,
    with intervals by lesion.

    `target` is what they were fitted to hold; `by_diagnosis` maps a code to (photos, share): sets
    that hold the truth in nine of ten photos may hold it far less often for a rare diagnosis.
    """

    target: float
    share: Estimate
    mean_size: Estimate
    num_photos: int
    single: Estimate | None
    num_single: int
    by_diagnosis: dict[str, tuple[int, Estimate]]


def coverage(run: Run, rows: pd.DataFrame, kind: str | None = None) -> Coverage | None:
    """Measure the prediction sets.

    Args:
        run: `model.run.Run`.
        rows: of its predictions, such as the test part.
        kind: of these photos; None: that of the run's own photos.
    Returns:
        `Coverage`, or None where the run has no prediction sets.
    """
    conformal = run.calibration_of(kind).get("conformal")
    if not conformal or rows.empty:
        return None
    held, sizes = prediction_sets(run, rows, conformal["quantile"])
    truth, _ = metrics.arrays(rows, run.diagnoses)
    lesions = rows["lesion_id"].to_numpy()
    single = sizes == 1
    by_diagnosis = {
        code: (int(own.sum()), bootstrap.share(held[own], lesions[own]))
        for class_index, code in enumerate(run.diagnoses)
        if (own := truth == class_index).any()
    }
    return Coverage(
        conformal["coverage"],
        bootstrap.share(held, lesions),
        bootstrap.average(sizes, lesions),
        len(rows),
        bootstrap.share(held[single], lesions[single]) if single.any() else None,
        int(single.sum()),
        by_diagnosis,
    )


def prediction_sets(run: Run, rows: pd.DataFrame, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """The prediction sets of photos, as `model.prediction.prediction.prediction_set` makes them.

    Args:
        run: `model.run.Run`.
        rows: of its predictions, each with a diagnosis.
        quantile: of the run's calibration.
    Returns:
        ((photos,) bool, whether the set holds the truth; (photos,) int, its size).
    """
    truth, probabilities = metrics.arrays(rows, run.diagnoses)
    inside = 1 - probabilities <= quantile + ROUNDING  # (photos, diagnoses)
    inside[np.arange(len(rows)), probabilities.argmax(axis=1)] = True  # a set is never empty
    return inside[np.arange(len(rows)), truth], inside.sum(axis=1)
