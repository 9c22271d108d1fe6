"""Thresholds on summed probabilities, measured on photos that nobody fitted them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.prediction.prediction import operating_points

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class MeasuredThreshold:
    """A threshold on the summed probability of the codes `of`, and what it reached.

    `sensitivity` is the share of `num_of` photos at or above it, `specificity` the share of
    `num_others` photos below it.
    """

    of: tuple[str, ...]
    value: float
    target_sensitivity: float
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


def thresholds(run: Run, rows: pd.DataFrame, kind: str | None = None) -> list[MeasuredThreshold]:
    """Measure every operating point of a run for one kind of photo.

    Returns:
        List of `MeasuredThreshold`s in the run's order, without those that need photos of a kind
        that `rows` lacks.
    """
    measured = []
    for point in operating_points(run, kind):
        truth = rows["diagnosis"].isin(point.of).to_numpy()
        if truth.all() or not truth.any():
            continue
        above = rows[[f"p_{code}" for code in point.of]].sum(axis=1).to_numpy() >= point.threshold
        measured.append(
            MeasuredThreshold(
                point.of,
                point.threshold,
                point.target_sensitivity,
                bootstrap.share(above[truth], rows["lesion_id"][truth]),
                bootstrap.share(~above[~truth], rows["lesion_id"][~truth]),
                int(truth.sum()),
                int((~truth).sum()),
            )
        )
    return measured


def most_sensitive_malignant(
    measured: Sequence[MeasuredThreshold], malignant: Sequence[str]
) -> MeasuredThreshold | None:
    """The most sensitive threshold on the sum of all `malignant` codes of a run, or None."""
    own = [point for point in measured if set(point.of) == set(malignant)]
    return max(own, key=lambda point: point.target_sensitivity, default=None)


def per_thousand(sensitivity: float, specificity: float, prevalence: float) -> PerThousand:
    """What a sensitivity and a specificity mean for 1,000 people.

    Args:
        sensitivity, specificity, prevalence: shares in [0, 1].
    Returns:
        `PerThousand`.
    """
    num_ill = round(1000 * prevalence)
    true_alarms = round(num_ill * sensitivity)
    cleared = round((1000 - num_ill) * specificity)
    return PerThousand(true_alarms, num_ill - true_alarms, 1000 - num_ill - cleared, cleared)


@dataclass(frozen=True)
class Count:
    """People of 1,000, with what the 95 % intervals of a sensitivity or specificity allow."""

    value: int
    low: int
    high: int

    def __str__(self):
        return f"{self.value:,} ({self.low:,}-{self.high:,})"


@dataclass(frozen=True)
class Thousand:
    """What a measured threshold means for 1,000 people."""

    found: Count
    missed: Count
    false_alarms: Count
    cleared: Count

    @property
    def num_ill(self) -> int:
        return self.found.value + self.missed.value


def thousand(point: MeasuredThreshold, prevalence: float) -> Thousand:
    """`per_thousand` of a measured threshold, with intervals.

    Args:
        prevalence: share of the people who have what the threshold looks for, in [0, 1].
    """
    expected, fewest, most = (
        per_thousand(sensitivity, specificity, prevalence)
        for sensitivity, specificity in (
            (point.sensitivity.value, point.specificity.value),
            (point.sensitivity.low, point.specificity.low),
            (point.sensitivity.high, point.specificity.high),
        )
    )
    return Thousand(
        Count(expected.found, fewest.found, most.found),
        Count(expected.missed, most.missed, fewest.missed),
        Count(expected.false_alarms, most.false_alarms, fewest.false_alarms),
        Count(expected.cleared, fewest.cleared, most.cleared),
    )
