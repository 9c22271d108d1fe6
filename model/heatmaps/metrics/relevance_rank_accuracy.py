"""Relevance Rank Accuracy: do the highest places lie on the lesion?"""

import numpy as np


def relevance_rank_accuracy(values: np.ndarray, lesion: np.ndarray) -> float:
    """Share of the lesion among as many of the map's highest places as the lesion has.

    Only the order of the places counts, so a narrow map has no advantage over a broad one.

    Args:
        values: (height, width) float.
        lesion: (height, width) bool, not empty.
    Returns:
        float in [0, 1]; NaN of an empty map, which has no order.
    Source:
        Arras et al. 2022, https://arxiv.org/abs/2003.07258.
    """
    if not values.any():
        return float("nan")
    highest = np.argsort(-values, axis=None, kind="stable")[: lesion.sum()]
    return float(lesion.ravel()[highest].mean())
