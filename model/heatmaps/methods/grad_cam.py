"""Grad-CAM: Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork


def grad_cam(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
) -> np.ndarray:
    """Each channel weighed by the mean of its gradient; what speaks against stays negative.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.feature_maps_and_gradients(photos, class_index)
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    return np.sum(maps * weights, axis=-1)


def reordered(
    network: TruncatedNetwork, photos: np.ndarray, class_index: int, orders: np.ndarray
) -> np.ndarray:
    """Grad-CAM with its channels' weights dealt out in other orders.

    Such a map marks what the network sees in the photo, but not by what speaks for the diagnosis.

    Args:
        network, photos, class_index: see `model.heatmaps.methods`.
        orders: (orders, channels) int, each row a permutation of the channels.
    Returns:
        (orders, n, rows, columns) float32.
    """
    maps, gradients = network.feature_maps_and_gradients(photos, class_index)
    weights = gradients.mean(axis=(1, 2))[:, orders]  # (n, orders, channels)
    return np.einsum("nhwc,noc->onhw", maps, weights, optimize=True)
