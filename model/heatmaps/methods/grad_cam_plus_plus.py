"""Grad-CAM++: Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork


def grad_cam_plus_plus(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
) -> np.ndarray:
    """Each channel weighed by its rising places, those of a channel sharing a weight of one.

    The paper's factor exp(score) is left out (as if the score were 0): it is the same for a whole
    map, and makes strengths of different diagnoses overflow or vanish.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.feature_maps_and_gradients(photos, class_index)
    second, third = gradients**2, gradients**3
    shares = second / _not_zero(2 * second + third * maps.sum(axis=(1, 2), keepdims=True))
    shares /= _not_zero(shares.sum(axis=(1, 2), keepdims=True))
    weights = (np.maximum(gradients, 0) * shares).sum(axis=(1, 2), keepdims=True)
    return np.sum(maps * weights, axis=-1)


def _not_zero(values):
    return np.where(values == 0, np.float32(1), values)
