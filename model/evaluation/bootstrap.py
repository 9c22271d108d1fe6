"""Intervals: the same figures over many resamples of whole lesions.

Photos of one lesion tell the same story twice, so lesions are drawn and not photos.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from model.evaluation import intervals

NUM_RESAMPLES = 1000
NUM_BINS = 15
LEVEL = 0.95  # of intervals
BLOCK = 128  # resamples at a time, so that what is computed stays in the processor's cache
FEW_LESIONS = 30  # with fewer the resamples spread too little: see `intervals`


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; `value` is NaN where it is not defined."""

    value: float
    low: float
    high: float

    def __str__(self):
        """0.71 (0.66-0.75), -0.1 (-0.2 to 0.1); a dash for what is not defined."""
        if math.isnan(self.value):
            return "-"
        if math.isnan(self.low):
            return f"{self.value:.2f} (-)"
        dash = " to " if self.low < 0 else "-"
        return f"{self.value:.2f} ({self.low:.2f}{dash}{self.high:.2f})"

    @property
    def is_above_zero(self) -> bool:
        """Whether the interval lies above 0 as it is printed: an end of 0.003 depends on the draws,
        and who reads 0.00 would not believe the verdict."""
        return round(self.low, 2) > 0

    @property
    def direction(self) -> int:
        """1 or -1 where the interval, as it is printed, lies above or below 0; else 0."""
        return int(self.is_above_zero) - int(round(self.high, 2) < 0)


def share(
    hits: np.ndarray | pd.Series,
    lesion_ids: Sequence[str] | pd.Series | np.ndarray,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """A share of photos with its interval by lesion: of fewer than `FEW_LESIONS`, `share_of_few`.

    Args:
        hits: (n,) bool, at least one.
        lesion_ids: (n,) the lesion of each photo.
    Returns:
        `Estimate`.
    """
    hits = np.asarray(hits, dtype=float)
    if len(set(lesion_ids)) < FEW_LESIONS:
        return share_of_few(hits, lesion_ids)
    weights = lesion_weights(lesion_ids, num_resamples, seed)
    drawn = ratio(weights @ hits, weights.sum(axis=1))
    return estimate(hits.mean(), drawn, len(set(lesion_ids)))


def share_difference(
    hits: Sequence[bool] | np.ndarray,
    lesion_ids: Sequence[str] | pd.Series | np.ndarray,
    is_marked: np.ndarray,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """The share of hits among photos without a mark, less that among photos with it.

    Both shares come from the same draws of lesions: photos of one may lie on either side.

    Args:
        hits: (n,) bool.
        lesion_ids: (n,) the lesion of each photo.
        is_marked: (n,) bool, true of some photos and not of all.
    Returns:
        `Estimate`, with its interval by lesion.
    """
    hits = np.asarray(hits, dtype=float)
    weights = lesion_weights(lesion_ids, num_resamples, seed)
    drawn = [
        ratio((weights * part) @ hits, (weights * part).sum(axis=1))
        for part in (~is_marked, is_marked)
    ]
    return estimate(hits[~is_marked].mean() - hits[is_marked].mean(), drawn[0] - drawn[1])


def share_of_few(
    hits: np.ndarray | pd.Series, lesion_ids: Sequence[str] | pd.Series | np.ndarray
) -> Estimate:
    """A share of photos with Wilson's 95 % interval, lesions counted by what their photos are worth
    together (`intervals.effective_number`); the exact interval where all or none are hits.

    Args:
        hits: (n,) bool; where there are none, nothing is defined.
        lesion_ids: (n,) the lesion of each photo.
    """
    hits = np.asarray(hits, dtype=float)
    if not hits.size:
        return Estimate(*3 * (float("nan"),))
    value = float(hits.mean())
    if value in (0, 1):
        return Estimate(value, *intervals.all_or_none(value, len(set(lesion_ids))))
    return Estimate(value, *intervals.wilson(value, intervals.effective_number(hits, lesion_ids)))


def ratio_of_sums(
    values: np.ndarray | pd.Series,
    others: np.ndarray | pd.Series,
    lesion_ids: Sequence[str] | pd.Series | np.ndarray,
) -> Estimate:
    """The sum of some values over the sum of others, with its interval by lesion.

    Args:
        values, others: (n,) float, at least one; the others none below zero.
        lesion_ids: (n,) the lesion of each photo.
    Returns:
        `Estimate`.
    """
    values, others = np.asarray(values, float), np.asarray(others, float)
    weights = lesion_weights(lesion_ids, NUM_RESAMPLES, seed=0)
    drawn = ratio(weights @ values, weights @ others)
    return estimate(values.sum() / others.sum(), drawn)


def mean_by_lesion(
    values: np.ndarray | pd.Series, lesion_ids: Sequence[str] | pd.Series | np.ndarray
) -> Estimate:
    """The mean of (n,) values, with its interval by lesion."""
    return ratio_of_sums(values, np.ones(len(values)), lesion_ids)


def wilson(hits: int, num_photos: int) -> Estimate:
    """A share of photos with Wilson's 95 % interval, for photos that are all of different lesions
    or whose lesions nobody knows.

    Args:
        hits: how many of `num_photos`; where there are none, nothing is defined.
    Returns:
        `Estimate`.
    """
    if num_photos == 0:
        return Estimate(*3 * (float("nan"),))
    share = hits / num_photos
    return Estimate(share, *intervals.wilson(share, num_photos))


def average(
    values: np.ndarray,
    lesion_ids: Sequence[str] | pd.Series | np.ndarray,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """The mean of a number over photos with its interval by lesion.

    Args:
        values: (n,) float, at least one.
        lesion_ids: (n,) the lesion of each photo.
    """
    weights = lesion_weights(lesion_ids, num_resamples, seed)
    return estimate(float(np.mean(values)), ratio(weights @ values, weights.sum(axis=1)))


def area(
    value: float, resampled: np.ndarray, own: np.ndarray, lesion_ids: Sequence[str] | np.ndarray
) -> Estimate:
    """An area under a ROC curve with its interval by lesion; `intervals.area` where either side has
    fewer than `FEW_LESIONS`, or where every resample gives the same.

    Args:
        resampled: (resamples,) float, of `weighted_auc`.
        own: (photos,) bool, which are of what is looked for.
        lesion_ids: (photos,) the lesion of each.
    """
    ids = np.asarray(lesion_ids, dtype=str)
    num_of, num_others = len(set(ids[own])), len(set(ids[~own]))
    if not math.isfinite(value):
        return estimate(value, resampled)
    if min(num_of, num_others) >= FEW_LESIONS and np.nanmin(resampled) < np.nanmax(resampled):
        return estimate(value, resampled)
    return Estimate(float(value), *intervals.area(float(value), num_of, num_others))


def lesion_weights(
    lesion_ids: Sequence[str] | pd.Series | np.ndarray, num_resamples: int, seed: int
) -> np.ndarray:
    """How often each photo counts in each resample, when whole lesions are drawn.

    Returns:
        (resamples, photos) float32 of whole numbers.
    """
    lesions, places = np.unique(np.asarray(lesion_ids, dtype=str), return_inverse=True)
    return _draws(len(lesions), num_resamples, seed)[:, places].astype(np.float32)


@lru_cache(maxsize=12)  # figures of the same photos follow each other; the largest takes 15 MB
def _draws(num_lesions, num_resamples, seed):
    """How often each lesion is drawn in each resample: (resamples, lesions) int16."""
    shares = np.full(num_lesions, 1 / num_lesions)
    drawn = np.random.default_rng(seed).multinomial(num_lesions, shares, num_resamples)
    return drawn.astype(np.int16)


def calibration_gaps(
    truth: np.ndarray, probabilities: np.ndarray, num_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """The bin of each photo and how far its top probability overshoots its success."""
    top = probabilities.max(axis=1)
    bins = np.minimum((top * num_bins).astype(int), num_bins - 1)
    return bins, top - (probabilities.argmax(axis=1) == truth)


class Resampled:
    """The same metrics over many resamples at once, from weighted counts.

    Scikit-learn takes the weights too, but one resample at a time: a thousand of them would take
    a quarter of a minute per run. tests/model/evaluation/test_metrics.py holds both against each
    other.
    """

    def __init__(self, truth, probabilities, weights):
        self.truth = truth
        self.probabilities = probabilities
        self.weights = weights  # (resamples, photos)
        self.size = probabilities.shape[1]
        cells = truth * self.size + probabilities.argmax(axis=1)
        counts = np.stack([np.bincount(cells, row, self.size**2) for row in weights])
        counts = counts.reshape(-1, self.size, self.size)
        self.total = counts.sum(axis=(1, 2))  # (resamples,)
        self.hits = np.diagonal(counts, axis1=1, axis2=2)  # (resamples, diagnoses)
        self.true = counts.sum(axis=2)
        self.answered = counts.sum(axis=1)
        self._areas = None

    def accuracy(self) -> np.ndarray:
        return self.hits.sum(axis=1) / self.total

    def balanced_accuracy(self) -> np.ndarray:
        return mean(self.recall(), axis=1)

    def macro_f1(self) -> np.ndarray:
        return mean(self.f1(), axis=1)

    def macro_auc(self) -> np.ndarray:
        return mean(self.auc(), axis=1)

    def ece(self) -> np.ndarray:
        bins, gaps = calibration_gaps(self.truth, self.probabilities, NUM_BINS)
        sums = np.stack([np.bincount(bins, gaps * row, NUM_BINS) for row in self.weights])
        errors = np.abs(sums).sum(axis=1) / self.total
        # Drawing again adds noise of its own, which can only raise this error: without taking that
        # bias back, a well calibrated run's figure would lie below its own interval.
        measured = np.abs(np.bincount(bins, gaps, NUM_BINS)).sum() / len(gaps)
        bias = errors.mean() - measured
        return np.clip(errors - bias, 0, 1)

    def precision(self) -> np.ndarray:
        return ratio(self.hits, self.answered)

    def recall(self) -> np.ndarray:
        return ratio(self.hits, self.true)

    def f1(self) -> np.ndarray:
        values = 2 * self.hits / np.maximum(self.true + self.answered, 1)
        return np.where(self.true > 0, values, np.nan)

    def specificity(self) -> np.ndarray:
        others = self.total[:, None] - self.true
        return ratio(others - (self.answered - self.hits), others)

    def auc(self) -> np.ndarray:
        if self._areas is None:
            columns = [
                weighted_auc(
                    self.truth == class_index, self.probabilities[:, class_index], self.weights
                )
                for class_index in range(self.size)
            ]
            self._areas = np.stack(columns, axis=1)
        return self._areas


def weighted_auc(own: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC of every resample: the share of pairs in order, ties counting half.

    Args:
        own: (photos,) bool.
        scores: (photos,) float.
        weights: (resamples, photos) float.
    Returns:
        (resamples,) float, NaN where one side is empty.
    """
    order = np.argsort(scores, kind="stable")
    ours, others = order[own[order]], order[~own[order]]
    # Of the others, as many lie below each of ours, or are tied with it.
    first = np.searchsorted(scores[others], scores[ours], "left")
    last = np.searchsorted(scores[others], scores[ours], "right")
    areas = np.empty(len(weights))
    for start in range(0, len(weights), BLOCK):
        drawn = weights[start : start + BLOCK]
        counted = np.zeros((len(drawn), len(others) + 1))
        np.cumsum(drawn[:, others], axis=1, dtype=np.float64, out=counted[:, 1:])
        positive = drawn[:, ours].astype(np.float64)
        below = (counted[:, first] + counted[:, last]) / 2
        areas[start : start + BLOCK] = ratio(
            (positive * below).sum(axis=1), positive.sum(axis=1) * counted[:, -1]
        )
    return areas


def weighted_average_precision(
    own: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Average precision of every resample: precision at each score, by the recall it adds.

    Args:
        own, scores, weights: as `weighted_auc`.
    Returns:
        (resamples,) float, NaN where nothing is to be found.
    """
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(-scores[order], prepend=-np.inf))  # first of each tied group
    drawn = weights[:, order].astype(np.float64)
    found = np.add.reduceat(drawn * own[order], starts, axis=1)
    alarms = np.cumsum(np.add.reduceat(drawn, starts, axis=1), axis=1)
    precision = ratio(np.cumsum(found, axis=1), alarms)
    return ratio((found * np.nan_to_num(precision)).sum(axis=1), found.sum(axis=1))


def ratio(part: ArrayLike, whole: ArrayLike) -> np.ndarray:
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of the defined values; NaN where there is none."""
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0).sum(axis=axis), defined.sum(axis=axis))


def estimate(
    value: float, resampled: np.ndarray, num_lesions: int | None = None, level: float = LEVEL
) -> Estimate:
    """A figure with its percentile interval of a level.

    Where every resample gives the same (none of eleven found, say), resampling knows nothing. A
    share of 0 or 1 of `num_lesions` lesions then gets the exact binomial interval, anything else
    none.
    """
    nan = float("nan")
    defined = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or defined.size == 0:
        return Estimate(nan, nan, nan)
    tail = round((1 - level) / 2, 9)  # 0.025, not 0.025000000000000022
    low, high = np.quantile(defined, [tail, 1 - tail])
    if low == high:
        if not num_lesions or value not in (0, 1):
            return Estimate(float(value), nan, nan)
        low, high = intervals.all_or_none(value, num_lesions)
    return Estimate(float(value), float(low), float(high))
