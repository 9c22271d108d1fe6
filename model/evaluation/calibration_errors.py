"""How far probabilities are from what happens: for every diagnosis, and for the malignant sum.

The expected calibration error looks at the probability of the answer alone, where errors of
opposite sign in different diagnoses cancel; these figures look at all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import metrics
from model.evaluation.bootstrap import (
    NUM_BINS,
    NUM_RESAMPLES,
    Estimate,
    estimate,
    lesion_weights,
    mean,
    ratio,
)
from model.network.softmax import at_mix

if TYPE_CHECKING:
    from model.run import Run

SMALLEST = 1e-6  # of a probability, before its logarithm: predictions.csv has six digits
STEPS = 25  # of Newton's method at most; it needs about six
NUM_DRAWS = 300  # of the truth, for what chance does to right probabilities
CLOSE = 1e-6  # a step this small is the last


@dataclass(frozen=True)
class CalibrationErrors:
    """Calibration of some photos, each figure with its interval by lesion.

    `classwise` is the calibration error of every diagnosis shown, in 15 bins of equal width, on
    average over the diagnoses; `malignant` that of the malignant sum. `slope` is 1 where logits of
    the malignant sum are neither too extreme (below 1) nor too timid, `intercept` is 0 where the
    sum is neither too high (below 0) nor too low on average, in logits. These three are None where
    the photos do not include both malignant and other lesions. `log_loss` is in nats.

    A calibration error of few photos is never 0. `classwise_of_perfect` and `malignant_of_perfect`
    say what it would be if the probabilities were right, with 95 % of the values that chance gives;
    None where photos are weighted.
    """

    num_photos: int
    classwise: Estimate
    malignant: Estimate | None
    slope: Estimate | None
    intercept: Estimate | None
    log_loss: Estimate
    classwise_of_perfect: Estimate | None
    malignant_of_perfect: Estimate | None

    @property
    def is_off(self) -> bool | None:
        """Whether either error is larger than chance would make it for right probabilities; None
        where that is not known."""
        if self.classwise_of_perfect is None:
            return None
        pairs = [
            (self.classwise, self.classwise_of_perfect),
            (self.malignant, self.malignant_of_perfect),
        ]
        return any(found.value > of.high for found, of in pairs if found and of)


class Reading(StrEnum):
    """Which probabilities are held against which photos; the values stand in tables."""

    AS_GIVEN = "as given, photos as they are"
    ALIKE = "as given, every diagnosis weighted alike"
    OWN_MIX = "at the photos' mix"


def readings(run: Run, rows: pd.DataFrame, kind: str) -> dict[Reading, CalibrationErrors]:
    """The calibration of some photos in every way that a run allows.

    Args:
        run: `model.run.Run`.
        rows: predictions of one split, at least one.
        kind: of the photos.
    Returns:
        `CalibrationErrors` by `Reading`; `ALIKE` only after training that made diagnoses equally
        frequent, `OWN_MIX` only with a fit for the mix.
    """
    codes = run.diagnoses, run.malignant
    found = {Reading.AS_GIVEN: calibration_errors(rows, *codes)}
    if run.is_balanced:
        found[Reading.ALIKE] = calibration_errors(rows, *codes, every_diagnosis_alike=True)
    mixed = at_own_mix(run, rows, kind)
    if mixed is not None:
        found[Reading.OWN_MIX] = calibration_errors(mixed, *codes)
    return found


def calibration_errors(
    rows: pd.DataFrame,
    diagnoses: Sequence[str],
    malignant: Sequence[str],
    every_diagnosis_alike: bool = False,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> CalibrationErrors:
    """Measure the calibration of some photos.

    Args:
        rows: predictions of one split, at least one.
        diagnoses: codes in output order.
        malignant: those that count as such.
        every_diagnosis_alike: weight the photos so that every diagnosis shown counts as much: what
            probabilities for equally frequent diagnoses are to be held against.
        num_resamples, seed: of lesions, for the intervals.
    Source:
        Classwise error, Kull et al. 2019, https://arxiv.org/abs/1910.12656; intercept and slope,
        Cox 1958, https://doi.org/10.1093/biomet/45.3-4.562, as Van Calster et al. 2019 take them,
        https://doi.org/10.1186/s12916-019-1466-7.
    """
    truth, probabilities = metrics.arrays(rows, diagnoses)
    counts = np.bincount(truth, minlength=len(diagnoses))
    of_photo = 1 / counts[truth] if every_diagnosis_alike else np.ones(len(truth))
    drawn = lesion_weights(rows["lesion_id"], num_resamples, seed) * of_photo
    weights = np.vstack([of_photo, drawn])  # the first row is the photos as they are
    shown = np.flatnonzero(counts)
    by_class = [_binned_error(truth == index, probabilities[:, index], weights) for index in shown]
    losses = -np.log(np.clip(probabilities[np.arange(len(truth)), truth], SMALLEST, 1))
    is_malignant = np.isin(diagnoses, malignant)
    own = is_malignant[truth]
    of_sum = slopes = intercepts = None
    if own.any() and not own.all():
        total = np.clip(probabilities[:, is_malignant].sum(axis=1), SMALLEST, 1 - SMALLEST)
        logits = np.log(total / (1 - total))
        of_sum = _unbiased(_binned_error(own, total, weights))
        slopes = _estimate(slope(own, logits, weights))
        intercepts = _estimate(intercept(own, logits, weights))
    perfect = None, None
    if not every_diagnosis_alike:
        perfect = _of_perfect(probabilities, shown, is_malignant, rows["lesion_id"], seed)
    return CalibrationErrors(
        num_photos=len(rows),
        classwise=_unbiased(np.mean(by_class, axis=0)),
        malignant=of_sum,
        slope=slopes,
        intercept=intercepts,
        log_loss=_estimate(weights @ losses / weights.sum(axis=1)),
        classwise_of_perfect=perfect[0],
        malignant_of_perfect=perfect[1],
    )


def at_own_mix(run: Run, rows: pd.DataFrame, kind: str) -> pd.DataFrame | None:
    """Predictions with probabilities at the photos' own mix of diagnoses.

    Args:
        run: `model.run.Run`.
        rows: predictions of one split, at least one.
        kind: of the photos.
    Returns:
        The rows, or None where the run has no fit for a mix.
    """
    fit = run.calibration_of(kind).get("mix")
    if fit is None:
        return None
    truth, probabilities = metrics.arrays(rows, run.diagnoses)
    shares = np.bincount(truth, minlength=len(run.diagnoses)) / len(truth)
    mixed = at_mix(probabilities, shares, fit["sharpness"], fit["prior_weight"])
    return rows.assign(**dict(zip(run.probability_columns, mixed.T, strict=True)))


def slope(own: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The slope of a logistic regression of the truth on logits, for many weightings at once.

    Scikit-learn fits one weighting at a time, which takes seconds for a thousand of them;
    tests/model/evaluation/test_calibration_errors.py holds both against each other.

    Args:
        own: (photos,) bool.
        logits: (photos,) float.
        weights: (resamples, photos) float.
    Returns:
        (resamples,) float; NaN where the logits tell the two sides apart without error, or one side
        is empty.
    """
    ours = np.stack([np.ones_like(logits), logits])  # (2, photos)
    fitted = np.zeros((len(weights), 2))
    step = np.full_like(fitted, np.inf)
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-np.clip(fitted @ ours, -30, 30)))  # (resamples, photos)
        gradient = (weights * (own - expected)) @ ours.T
        spread = weights * expected * (1 - expected)
        a, b, c = spread.sum(axis=1), spread @ logits, spread @ logits**2
        determinant = a * c - b**2
        step = np.stack(
            [
                ratio(c * gradient[:, 0] - b * gradient[:, 1], determinant),
                ratio(a * gradient[:, 1] - b * gradient[:, 0], determinant),
            ],
            axis=1,
        )
        fitted = fitted + step
        if not (np.abs(step) >= CLOSE).any():  # what is not defined has no step
            break
    converged = np.abs(step).max(axis=1) < CLOSE
    return np.where(converged, fitted[:, 1], np.nan)


def intercept(own: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What must be added to logits so that on average they are right: calibration in the large.

    Args and returns: as `slope`.
    """
    added = np.zeros(len(weights))
    step = np.full_like(added, np.inf)
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-np.clip(added[:, None] + logits, -30, 30)))
        step = ratio(
            (weights * (own - expected)).sum(axis=1),
            (weights * expected * (1 - expected)).sum(axis=1),
        )
        step = np.clip(step, -1, 1)  # far from the answer, a full step may leap over it
        added = added + step
        if not (np.abs(step) >= CLOSE).any():
            break
    return np.where(np.abs(step) < CLOSE, added, np.nan)


def _binned_error(own, scores, weights):
    """Calibration error of one probability for every weighting: (resamples,)."""
    bins = np.minimum((scores * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = np.zeros((len(scores), NUM_BINS))
    gaps[np.arange(len(scores)), bins] = scores - own
    return np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)


def _of_perfect(probabilities, shown, is_malignant, lesion_ids, seed):
    """Both errors if the truth were drawn by the probabilities themselves. Photos of one lesion
    show one thing, so they share a draw.

    Source:
        Consistency resampling, Broecker and Smith 2007, https://doi.org/10.1175/WAF993.1.
    """
    steps = (probabilities / probabilities.sum(axis=1, keepdims=True)).cumsum(axis=1)
    lesions, places = np.unique(np.asarray(lesion_ids, dtype=str), return_inverse=True)
    chance = np.random.default_rng(seed).random((NUM_DRAWS, len(lesions)))[:, places, None]
    drawn = (steps < chance).sum(axis=2).clip(max=steps.shape[1] - 1)  # (draws, photos)

    def errors(own, scores):
        bins = np.eye(NUM_BINS)[np.minimum((scores * NUM_BINS).astype(int), NUM_BINS - 1)]
        return np.abs(scores @ bins - own @ bins).sum(axis=1) / len(scores)

    by_class = [errors(drawn == index, probabilities[:, index]) for index in shown]
    classwise = np.mean(by_class, axis=0)
    if not is_malignant.any() or is_malignant.all():
        return estimate(classwise.mean(), classwise), None
    malignant = errors(is_malignant[drawn], probabilities[:, is_malignant].sum(axis=1))
    return estimate(classwise.mean(), classwise), estimate(malignant.mean(), malignant)


def _unbiased(values):
    """An error whose first value is the measured one. Drawing again adds noise, which can only
    raise it: see `bootstrap.Resampled.ece`."""
    bias = mean(values[1:]) - values[0]
    return estimate(values[0], np.clip(values[1:] - bias, 0, None))


def _estimate(values):
    return estimate(float(values[0]), values[1:])
