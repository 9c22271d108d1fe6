"""Sparseness: is the map concentrated in few places?"""

import numpy as np


def sparseness(values: np.ndarray) -> float:
    """Gini index of the places of a map.

    Args:
        values: (height, width) float, none below zero.
    Returns:
        float in [0, 1): 0 where all places are alike. NaN of an empty map.
    Source:
        Chalasani et al. 2020, https://arxiv.org/abs/1810.06583.
    """
    ordered = np.sort(values, axis=None).astype(float)
    total = ordered.sum()
    if total == 0:
        return float("nan")
    size = ordered.size
    ranks = np.arange(1, size + 1)
    return float((2 * ranks - size - 1) @ ordered / (size * total))
