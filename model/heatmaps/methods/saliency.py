"""Saliency, Simonyan et al. 2013, https://arxiv.org/abs/1312.6034, smoothed as by Smilkov et al.
2017, https://arxiv.org/abs/1706.03825."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork

NOISE = 0.2  # of each photo's own range, as in the paper
NUM_COPIES = 32  # noisy ones, shared among the views of a photo


def smooth_grad(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
    num_copies: int = NUM_COPIES,
) -> np.ndarray:
    """The steepest of each pixel's three colours, up or down, averaged over noisy copies.

    The noise is the same at every call, so that a photo has one map.

    See `model.heatmaps.methods` for arguments and result.

    Args:
        num_copies: of all photos together, at least one of each; 0 looks at the photos as they are.
    """
    if not num_copies:
        return np.abs(network.photo_gradients(photos, class_index)).max(axis=-1)
    draw = np.random.default_rng(0)
    lowest, highest = (edge(axis=(1, 2), keepdims=True) for edge in (photos.min, photos.max))
    rounds = max(1, num_copies // len(photos))
    total = np.zeros_like(photos)
    for _ in track(range(rounds)):
        noise = draw.standard_normal(photos.shape, dtype=np.float32)
        noisy = photos + NOISE * (highest - lowest) * noise
        total += np.abs(network.photo_gradients(noisy, class_index))
    return (total / rounds).max(axis=-1)
