"""Logits as probabilities."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


def softmax(logits: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """(..., diagnoses) logits -> float64 probabilities of that shape, softened by `temperature`."""
    return special.softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=-1)
