"""Fitting what turns probabilities into decisions: prediction sets and thresholds.

Every argument is of validation photos: a decision rule that saw a test photo could not be measured
on it.
"""

import math
from typing import TypedDict

import numpy as np

from model.run.schema import ConformalFit

COVERAGE = 0.9


class ThresholdFit(TypedDict):
    """A threshold, and what the photos it was fitted on gave."""

    threshold: float
    sensitivity: float
    specificity: float
    num_malignant: int
    num_others: int


def conformal(
    probabilities: np.ndarray, labels: np.ndarray, coverage: float = COVERAGE
) -> ConformalFit:
    """How unlikely a diagnosis may be and still belong to the prediction set.

    A set holds every diagnosis with 1 - probability <= quantile; on exchangeable photos it then
    holds the truth with at least the wanted coverage. With too few photos to promise that, the
    quantile is 1 and a set holds every diagnosis.

    Args:
        probabilities: (photos, diagnoses) float.
        labels: (photos,) int.
        coverage: wanted, in [0, 1].
    Source:
        Split conformal prediction with the score 1 - p, Sadinle et al. 2019,
        https://arxiv.org/abs/1609.00451: the ceil((n + 1) coverage)-th smallest of n scores.
    """
    scores = np.sort(1 - probabilities[np.arange(len(labels)), labels])
    place = math.ceil((len(scores) + 1) * coverage - 1e-9)  # 1e-9: 0.9 is a little too large
    quantile = scores[place - 1] if place <= len(scores) else 1.0
    return {"coverage": coverage, "quantile": float(quantile), "num_photos": len(labels)}


def threshold(truth: np.ndarray, scores: np.ndarray, sensitivity: float) -> ThresholdFit:
    """The highest threshold that reaches a wanted sensitivity.

    Args:
        truth: (photos,) bool, some of them true and some not.
        scores: (photos,) float in [0, 1], summed probabilities.
        sensitivity: wanted, in [0, 1].
    """
    from sklearn.metrics import roc_curve  # a second that a page without figures must not wait for

    false_alarms, hits, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    first = int(np.argmax(hits >= sensitivity))
    return {
        # A hair lower, so that the last hit stays a hit in the predictions' six digits.
        "threshold": max(0.0, float(thresholds[first]) - 2e-6),
        "sensitivity": float(hits[first]),
        "specificity": float(1 - false_alarms[first]),
        "num_malignant": int(truth.sum()),
        "num_others": int((~truth).sum()),
    }
