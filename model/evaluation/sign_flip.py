"""Is one of two networks right more often than chance explains, lesion by lesion?"""

import numpy as np


def p_value(differences: np.ndarray) -> float:
    """Exact two-sided p of a sign-flip test.

    If neither network is better, each lesion could as well have spoken for the other one. So the
    sum of the differences is held against the sums of all choices of their signs. With one photo
    for each lesion this is McNemar's exact test.

    Args:
        differences: (lesions,) int; how many more of a lesion's photos one network gets right.
    Returns:
        float in (0, 1]; 1 where nothing differs.
    Source:
        Fisher's randomisation test, whole lesions flipped; McNemar 1947,
        https://doi.org/10.1007/BF02295996.
    """
    sizes = np.abs(differences[differences != 0])
    probabilities = np.ones(1)  # of every sum, from all signs negative to all positive
    for size in sizes:
        apart = np.zeros(2 * size)
        probabilities = (
            np.concatenate([probabilities, apart]) + np.concatenate([apart, probabilities])
        ) / 2
    sums = np.arange(len(probabilities)) - sizes.sum()
    return float(min(1.0, probabilities[np.abs(sums) >= abs(differences.sum())].sum()))
