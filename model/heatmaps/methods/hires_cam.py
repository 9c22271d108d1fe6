"""HiResCAM: Draelos and Carin 2020, https://arxiv.org/abs/2011.08891."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork


def hires_cam(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
) -> np.ndarray:
    """Each place of each channel weighed by its own gradient; what speaks against stays negative.

    Grad-CAM averages the gradient of a channel first. Where the layer's maps are averaged next and
    a dense layer follows, the gradient is the same at every place, and so are the two maps.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.feature_maps_and_gradients(photos, class_index)
    return np.sum(maps * gradients, axis=-1)
