"""Two figures held against each other: their difference, with an interval of its own.

Two intervals side by side do not tell whether their figures differ: they may overlap where the
difference is sure, and of two runs on the same photos they leave out how much both have in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, conformal, intervals, metrics
from model.evaluation.bootstrap import FEW_LESIONS, NUM_RESAMPLES, Estimate, Resampled, estimate
from model.prediction.prediction import operating_points

if TYPE_CHECKING:
    from model.run import Run


class Figure(StrEnum):
    """What can be held against each other; the first five are keys of `metrics.METRICS`."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    MACRO_AUC = "macro_auc"
    ECE = "ece"
    MALIGNANT_AUC = "malignant_auc"
    COVERAGE = "coverage"
    SET_SIZE = "set_size"
    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"


@dataclass(frozen=True)
class Drawn:
    """A figure of some photos, and what it is in each resample of their lesions.

    `resampled` is (resamples,) float. `alone` is the figure with the interval for few lesions,
    where `resampled` says too little: of a share or an area under a ROC curve; else None.
    """

    value: float
    resampled: np.ndarray
    alone: Estimate | None = None


def drawn(
    run: Run,
    rows: pd.DataFrame,
    kind: str | None,
    weights: np.ndarray,
    codes: Sequence[str] | None = None,
) -> dict[Figure, Drawn]:
    """Every figure that can be had of some photos.

    Args:
        run: `model.run.Run`.
        rows: of its predictions, at least one, all of diagnoses in `codes`.
        kind: of these photos; None: that of the run's own photos.
        weights: (resamples, photos), how often each photo counts.
        codes: the diagnoses that count, in any order; None: all that the run knows. What rests on
            all of its probabilities is only measured on all of them.
    Returns:
        By `Figure`, without those that the run or the photos lack something for.
    """
    codes = list(run.diagnoses if codes is None else codes)
    truth, probabilities = metrics.arrays(rows, codes)
    lesion_ids = rows["lesion_id"].to_numpy()
    as_they_are = np.ones((1, len(rows)))
    sides = [Resampled(truth, probabilities, of) for of in (as_they_are, weights)]
    found = {
        figure: Drawn(float(getattr(sides[0], figure)()[0]), getattr(sides[1], figure)())
        for figure in (
            Figure.ACCURACY,
            Figure.BALANCED_ACCURACY,
            Figure.MACRO_F1,
            Figure.MACRO_AUC,
        )
    }
    malignant = [code for code in run.malignant if code in codes]
    own = rows["diagnosis"].isin(malignant).to_numpy()
    is_told_apart = own.any() and not own.all()
    scores = rows[[f"p_{code}" for code in malignant]].sum(axis=1).to_numpy()
    if is_told_apart:
        value, *areas = bootstrap.weighted_auc(own, scores, np.vstack([as_they_are, weights]))
        area = bootstrap.area(float(value), np.array(areas), own, lesion_ids)
        found[Figure.MALIGNANT_AUC] = Drawn(float(value), np.array(areas), area)
    if set(codes) != set(run.diagnoses):
        return found
    found[Figure.ECE] = Drawn(float(sides[0].ece()[0]), sides[1].ece())
    if "fold" in rows.columns and (rows["fold"] != run.folds[0]).any():
        return found  # prediction sets and thresholds are those of the first fold
    rules = run.calibration_of(kind).get("conformal")
    if rules:
        held, sizes = conformal.prediction_sets(run, rows, rules["quantile"])
        found[Figure.COVERAGE] = _share(held, lesion_ids, weights)
        found[Figure.SET_SIZE] = Drawn(float(sizes.mean()), _mean(sizes, weights))
    points = [of for of in operating_points(run, kind) if set(of.of) == set(run.malignant)]
    if points and is_told_apart:
        point = max(points, key=lambda of: of.target_sensitivity)
        above = scores >= point.threshold
        found[Figure.SENSITIVITY] = _share(above[own], lesion_ids[own], weights[:, own])
        found[Figure.SPECIFICITY] = _share(~above[~own], lesion_ids[~own], weights[:, ~own])
    return found


def between_sources(
    run: Run,
    first: pd.DataFrame,
    first_kind: str | None,
    second: pd.DataFrame,
    second_kind: str | None,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[Figure, Estimate]:
    """What a run reaches on the second photos less what it reaches on the first, which are of other
    lesions.

    Each part is resampled for itself. Where a part has fewer than `FEW_LESIONS`, or a figure is the
    same in all of its resamples, the difference of shares and of areas under ROC curves has the
    interval that follows from those of the two figures (`intervals.difference`).

    Args:
        run: `model.run.Run`.
        first, second: rows of predictions with a diagnosis, at least one each.
        first_kind, second_kind: of photo, as `drawn` takes it.
    Returns:
        By `Figure`, those that both parts have; intervals by lesion. Not the calibration error: by
        chance alone it is larger where there are fewer photos.
    """
    parts = [
        drawn(run, rows, kind, bootstrap.lesion_weights(rows["lesion_id"], num_resamples, seed))
        for seed, (rows, kind) in enumerate([(first, first_kind), (second, second_kind)])
    ]
    are_few = any(rows["lesion_id"].nunique() < FEW_LESIONS for rows in (first, second))
    return {
        figure: _of_two(parts[0][figure], parts[1][figure], are_few)
        for figure in Figure
        if figure != Figure.ECE and figure in parts[0] and figure in parts[1]
    }


def _of_two(first, second, are_few):
    value = second.value - first.value
    plain = estimate(value, second.resampled - first.resampled)
    if first.alone is None or second.alone is None:
        return plain
    if not are_few and not _is_constant(first) and not _is_constant(second):
        return plain
    ends = intervals.difference(astuple(first.alone), astuple(second.alone))
    return plain if any(map(math.isnan, ends)) else Estimate(value, *ends)


def _is_constant(figure):
    defined = figure.resampled[np.isfinite(figure.resampled)]
    return not defined.size or defined.min() == defined.max()


def _share(hits, lesion_ids, weights):
    return Drawn(float(hits.mean()), _mean(hits, weights), bootstrap.share(hits, lesion_ids))


def _mean(values, weights):
    return bootstrap.ratio(weights @ values.astype(float), weights.sum(axis=1))
