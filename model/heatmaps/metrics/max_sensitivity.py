"""Max-Sensitivity: how much a map changes when the photo changes by nothing that anybody sees."""

from collections.abc import Callable

import numpy as np

RADIUS = 0.02  # of the range of a photo: 5 of 255 grey levels
NUM_SAMPLES = 5


def max_sensitivity(
    explain: Callable[[np.ndarray], np.ndarray],
    photo: np.ndarray,
    values: np.ndarray,
    radius: float = RADIUS,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> float:
    """The largest change of a map under uniform noise, as a share of the map.

    Args:
        explain: picture (height, width, 3) float -> its map (height, width), made as `values`.
        photo: (height, width, 3) float in [0, 1].
        values: (height, width) float, its map.
        radius: the noise is drawn between minus and plus this.
        num_samples: noisy pictures.
        seed: of the noise.
    Returns:
        float, 0 or more; NaN of an empty map.
    Source:
        Yeh et al. 2019, https://arxiv.org/abs/1901.09392, definition 3.1; norms are Frobenius'.
    """
    size = np.linalg.norm(values)
    if size == 0:
        return float("nan")
    draw = np.random.default_rng(seed)
    changes = [
        np.linalg.norm(values - explain(photo + draw.uniform(-radius, radius, photo.shape)))
        for _ in range(num_samples)
    ]
    return float(max(changes) / size)
