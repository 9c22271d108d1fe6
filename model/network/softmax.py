"""Logits as probabilities, and probabilities at another mix of the diagnoses."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


def softmax(logits: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """(..., diagnoses) logits -> float64 probabilities of that shape, softened by `temperature`."""
    return special.softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=-1)


def at_mix(
    probabilities: ArrayLike, shares: ArrayLike, sharpness: float, prior_weight: float
) -> np.ndarray:
    """Probabilities where the diagnoses are not equally frequent.

    Args:
        probabilities: (..., diagnoses), as if all diagnoses were equally frequent.
        shares: (diagnoses,) how frequent each is; one with share 0 gets probability 0.
        sharpness, prior_weight: see `model.run.schema.Mix`.
    Returns:
        (..., diagnoses) float64.
    """
    with np.errstate(divide="ignore"):
        prior = np.log(np.asarray(shares, dtype=np.float64))
    # Not below the six digits that predictions.csv has.
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), 1e-7))
    with np.errstate(invalid="ignore"):
        weighted = np.where(np.isneginf(prior), -np.inf, prior_weight * prior)
    return special.softmax(sharpness * logits + weighted, axis=-1)
