"""What prediction sets and thresholds reached on photos that nobody fitted them on."""

from dataclasses import dataclass

import numpy as np

from model import intervals, metrics
from model.answer import operating_points
from model.intervals import Estimate
from model.lesions import malignant_codes


@dataclass(frozen=True)
class Coverage:
    """How often the prediction sets of `num_photos` photos held the truth, and their mean size.

    `wanted` is what they were fitted to hold; `by_diagnosis` maps a code to (photos, share): sets
    that hold the truth in nine of ten photos may hold it far less often for a rare diagnosis.
    """

    wanted: float
    share: Estimate
    mean_size: float
    num_photos: int
    alone: Estimate | None
    num_alone: int
    by_diagnosis: dict[str, tuple[int, Estimate]]


@dataclass(frozen=True)
class Threshold:
    """A threshold on the summed probability of the codes `of`, and what it reached.

    `sensitivity` is the share of `num_of` photos at or above it, `specificity` the share of
    `num_others` photos below it.
    """

    of: tuple[str, ...]
    value: float
    wanted_sensitivity: float
    sensitivity: Estimate
    specificity: Estimate
    num_of: int
    num_others: int


@dataclass(frozen=True)
class PerThousand:
    """What a threshold means for 1,000 people, each a whole number, adding up to 1,000."""

    found: int
    missed: int
    false_alarms: int
    cleared: int


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
    lesions = rows["lesion_id"].to_numpy()
    single = inside.sum(axis=1) == 1
    by_diagnosis = {
        code: (int(own.sum()), intervals.share(held[own], lesions[own]))
        for number, code in enumerate(run.diagnoses)
        if (own := truth == number).any()
    }
    return Coverage(
        conformal["coverage"],
        intervals.share(held, lesions),
        float(inside.sum(axis=1).mean()),
        len(rows),
        intervals.share(held[single], lesions[single]) if single.any() else None,
        int(single.sum()),
        by_diagnosis,
    )


def thresholds(run, rows):
    """Measure every operating point of a run.

    Returns:
        List of `Threshold`s in the run's order; without those that the rows cannot tell about.
    """
    found = []
    for point in operating_points(run):
        truth = rows["diagnosis"].isin(point.of).to_numpy()
        if truth.all() or not truth.any():
            continue
        above = rows[[f"p_{code}" for code in point.of]].sum(axis=1).to_numpy() >= point.threshold
        found.append(
            Threshold(
                point.of,
                point.threshold,
                point.wanted_sensitivity,
                intervals.share(above[truth], rows["lesion_id"][truth]),
                intervals.share(~above[~truth], rows["lesion_id"][~truth]),
                int(truth.sum()),
                int((~truth).sum()),
            )
        )
    return found


def most_sensitive_malignant(found, diagnoses):
    """The most sensitive of some `Threshold`s on the sum of all malignant diagnoses, or None."""
    codes = set(malignant_codes(diagnoses))
    own = [one for one in found if set(one.of) == codes]
    return max(own, key=lambda one: one.wanted_sensitivity, default=None)


def per_thousand(sensitivity, specificity, prevalence):
    """What a sensitivity and a specificity mean for 1,000 people.

    Args:
        sensitivity, specificity, prevalence: shares in [0, 1].
    Returns:
        `PerThousand`.
    """
    ill = round(1000 * prevalence)
    found = round(ill * sensitivity)
    cleared = round((1000 - ill) * specificity)
    return PerThousand(found, ill - found, 1000 - ill - cleared, cleared)
