"""Logits as probabilities."""

import numpy as np
from scipy import special


def softmax(values, temperature=1.0):
    """(..., diagnoses) logits -> float64 probabilities of that shape, softened by `temperature`."""
    return special.softmax(np.asarray(values, dtype=np.float64) / temperature, axis=-1)
