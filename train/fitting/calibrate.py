"""What is fitted on the validation photos after training: temperature, prediction sets, operating
points, and how probabilities change with the mix of the diagnoses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from sklearn.metrics import log_loss

from model.lesions import malignant_codes
from model.network.softmax import at_mix, softmax
from model.prediction import decision_rules

SENSITIVITIES = (0.90, 0.95)
MIN_TARGETS = 1


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The one number that makes the validation photos' probabilities most likely.

    Args:
        logits: (photos, diagnoses) float.
        labels: (photos,) int.
    Returns:
        float in [0.05, 20]; above 1 softens.
    Source:
        Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    numbers = range(logits.shape[1])

    def cost(log_temperature):
        return log_loss(labels, softmax(logits, np.exp(log_temperature)), labels=numbers)

    fit = minimize_scalar(cost, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(fit.x))


def operating_points(
    probabilities: np.ndarray,
    labels: np.ndarray,
    diagnoses: Sequence[str],
    malignant: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Thresholds on the malignant sum (and on melanoma alone) that reach a wanted sensitivity.

    Args:
        probabilities: (photos, diagnoses) float.
        labels: (photos,) int.
        diagnoses: codes in the order of the columns.
        malignant: those that count as malignant; None: what `model.lesions` says.
    Returns:
        List of dicts with `of` (codes summed), `wanted_sensitivity`, `threshold`, and what the
        validation photos gave: `sensitivity`, `specificity`, `num_malignant`, `num_others`.
        Empty where the run's diagnoses leave nothing to tell apart.
    """
    points = []
    summed = malignant_codes(diagnoses) if malignant is None else list(malignant)
    wanted = [(summed, share) for share in SENSITIVITIES]
    wanted += [(["mel"], SENSITIVITIES[0])] if "mel" in summed and summed != ["mel"] else []
    for codes, sensitivity in wanted:
        columns = [diagnoses.index(code) for code in codes]
        truth = np.isin(labels, columns)
        if truth.all() or truth.sum() < MIN_TARGETS:
            continue
        scores = probabilities[:, columns].sum(axis=1)
        fitted = decision_rules.threshold(truth, scores, sensitivity)
        points.append({"of": codes, "wanted_sensitivity": sensitivity, **fitted})
    return points


def fit(
    logits: np.ndarray,
    labels: np.ndarray,
    diagnoses: Sequence[str],
    malignant: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Everything that `model.run.schema.KindCalibration` asks for, from validation photos.

    Args:
        logits: (photos, diagnoses) float.
        labels, diagnoses, malignant: as `operating_points`.
    """
    fitted = temperature(logits, labels)
    probabilities = softmax(logits, fitted)
    return {
        "fitted_on": "validation",
        "num_photos": len(labels),
        "temperature": fitted,
        "conformal": decision_rules.conformal(probabilities, labels),
        "operating_points": operating_points(probabilities, labels, diagnoses, malignant),
        "mix": mix(probabilities, labels, diagnoses),
    }


def mix(probabilities: np.ndarray, labels: np.ndarray, diagnoses: Sequence[str]) -> dict[str, Any]:
    """Fit how probabilities change with the mix of the diagnoses, see `model.run.schema.Mix`.

    Args:
        probabilities: (photos, diagnoses) float, as if all diagnoses were equally frequent.
        labels: (photos,) int.
        diagnoses: codes in the order of the columns.
    """
    shares = np.bincount(labels, minlength=len(diagnoses)) / len(labels)
    numbers = range(len(diagnoses))

    def cost(parameters):
        return log_loss(labels, at_mix(probabilities, shares, *parameters), labels=numbers)

    fit = minimize(cost, [1.0, 1.0], method="Nelder-Mead", bounds=[(0.05, 20), (0, 3)])
    return {
        "sharpness": float(fit.x[0]),
        "prior_weight": float(fit.x[1]),
        "shares": dict(zip(diagnoses, map(float, shares), strict=True)),
    }
