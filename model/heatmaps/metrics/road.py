"""ROAD: does the answer survive when what the map marks is removed without a trace?"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csc_array, diags_array, kron
from scipy.sparse.linalg import splu

PERCENTAGES = (20, 40, 60, 80)  # of the places, highest first
NOISE = 0.01  # of the range of a photo, as in the paper


def road(
    scores: Callable[[np.ndarray], np.ndarray],
    photo: np.ndarray,
    values: np.ndarray,
    class_index: int,
    percentages: Sequence[float] = PERCENTAGES,
    noise: float = NOISE,
    seed: int = 0,
) -> np.ndarray:
    """Whether the network keeps its answer as more and more of the highest places are removed.

    Args:
        scores: pictures (n, height, width, 3) float -> (n, diagnoses), highest for the answer.
        photo: (height, width, 3) float in [0, 1].
        values: (height, width) float, the map.
        class_index: the answer.
        percentages: of the places, above 0 and below 100.
        noise: standard deviation of what is added to each filled in place.
        seed: of the noise.
    Returns:
        (percentages,) bool. Their mean is low for a map that finds what the answer rests on.
    Source:
        Rong et al. 2022, https://arxiv.org/abs/2202.00449, most relevant first.
    """
    draw = np.random.default_rng(seed)
    order = np.argsort(-values, axis=None, kind="stable")
    pictures = []
    for percentage in percentages:
        removed = np.zeros(values.size, bool)
        removed[order[: int(values.size * percentage / 100)]] = True
        pictures.append(impute(photo, removed.reshape(values.shape), noise, draw))
    return scores(np.stack(pictures)).argmax(axis=1) == class_index


def impute(
    photo: np.ndarray, removed: np.ndarray, noise: float, draw: np.random.Generator
) -> np.ndarray:
    """Fill in places so that each is the weighted mean of its eight neighbours, and add noise.

    Neighbours beside a place count twice those at its corners. The noise hides how smooth the
    filling is, which would give away where it is.

    Args:
        photo: (height, width, channels) float.
        removed: (height, width) bool, some and not all.
        noise: standard deviation.
        draw: of the noise.
    Returns:
        (height, width, channels) float.
    """
    height, width, num_channels = photo.shape
    # 1 2 1 outer 1 2 1: corners 1, sides 2, and the place itself, which is no neighbour.
    rows, columns = (
        diags_array([1.0, 2.0, 1.0], offsets=[-1, 0, 1], shape=(side, side))
        for side in (height, width)
    )
    weights = csc_array(kron(rows, columns) - 4 * diags_array(np.ones(height * width)))
    gone = removed.ravel()
    flat = photo.reshape(-1, num_channels).astype(float)
    of_removed = weights[gone]
    system = diags_array(of_removed.sum(axis=1)) - of_removed[:, gone]
    solved = splu(csc_array(system), permc_spec="MMD_AT_PLUS_A").solve(
        of_removed[:, ~gone] @ flat[~gone]
    )
    flat[gone] = solved + noise * draw.standard_normal(solved.shape)
    return flat.reshape(photo.shape)
