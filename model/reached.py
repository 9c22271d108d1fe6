"""What prediction sets and thresholds reached on photos that nobody fitted them on."""

from dataclasses import dataclass

import numpy as np

from model import intervals, metrics
from model.answer import operating_points
from model.intervals import Estimate
from model.lesions import malignant_codes


@dataclass(frozen=True)
class Coverage:
    """How often the prediction sets of `num_photos` photos held the truth, and their mean size."""

    share: Estimate
    mean_size: float
    num_photos: int


@dataclass(frozen=True)
class Threshold:
    """A threshold on the malignant sum, and what it reached.

    `sensitivity` is the share of `num_malignant` photos above it, `specificity` the share of
    `num_others` photos below it.
    """

    value: float
    wanted_sensitivity: float
    sensitivity: Estimate
    specificity: Estimate
    num_malignant: int
    num_others: int


def coverage(run, rows):
    """Measure the prediction sets.

    Args:
        run: `model.run.Run`.
        rows: of its predictions, such as the test part.
    Returns:
        `Coverage`, or None where the run has no prediction sets.
    """
    conformal = run.calibration.get("conformal")
    if not conformal or rows.empty:
        return None
    truth, probabilities = metrics.arrays(rows, run.diagnoses)
    inside = 1 - probabilities <= conformal["quantile"]  # (n, diagnoses)
    inside[np.arange(len(rows)), probabilities.argmax(axis=1)] = True  # a set is never empty
    held = inside[np.arange(len(rows)), truth]
    share = intervals.share(held, rows["lesion_id"])
    return Coverage(share, float(inside.sum(axis=1).mean()), len(rows))


def malignant_threshold(run, rows):
    """Measure the strictest threshold on the sum of all malignant diagnoses.

    Returns:
        `Threshold`, or None where the run has none or the rows leave nothing to tell apart.
    """
    codes = malignant_codes(run.diagnoses)
    points = [point for point in operating_points(run) if set(point.of) == set(codes)]
    truth = rows["diagnosis"].isin(codes).to_numpy()
    if not points or truth.all() or not truth.any():
        return None
    point = max(points, key=lambda one: one.wanted_sensitivity)
    above = rows[[f"p_{code}" for code in codes]].sum(axis=1).to_numpy() >= point.threshold
    return Threshold(
        point.threshold,
        point.wanted_sensitivity,
        intervals.share(above[truth], rows["lesion_id"][truth]),
        intervals.share(~above[~truth], rows["lesion_id"][~truth]),
        int(truth.sum()),
        int((~truth).sum()),
    )
