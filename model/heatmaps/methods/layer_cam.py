"""Layer-CAM: Jiang et al. 2021, https://doi.org/10.1109/TIP.2021.3089943."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork


def layer_cam(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
) -> np.ndarray:
    """Each place of each channel weighed by its own gradient, where that is positive.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.feature_maps_and_gradients(photos, class_index)
    return np.sum(maps * np.maximum(gradients, 0), axis=-1)
