"""Random Logit: is the map another one when another diagnosis is asked about?"""

import numpy as np
from scipy.stats import spearmanr


def random_logit(values: np.ndarray, others: np.ndarray) -> float:
    """Rank correlation of a map with that of another diagnosis of the same photo.

    Args:
        values: (height, width) float.
        others: (height, width) float, the map of a diagnosis drawn at random from the others.
    Returns:
        float in [-1, 1]; NaN where one of the maps is empty or flat.
    Source:
        Sixt et al. 2020, https://arxiv.org/abs/1912.09818, who compare by structural similarity;
        here by ranks, as in the check with shuffled weights.
    """
    if values.std() == 0 or others.std() == 0:
        return float("nan")
    return float(spearmanr(values.ravel(), others.ravel()).statistic)
