"""Score-CAM: Wang et al. 2020, https://arxiv.org/abs/1910.01279."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import zoom

from model.network.softmax import softmax

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork

BATCH_SIZE = 32


def score_cam(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
    num_channels: int | None = None,
) -> np.ndarray:
    """Each channel weighed by the probability of the diagnosis when only what it marks is shown.

    What it does not mark becomes the network's zero, which is black or grey.

    See `model.heatmaps.methods` for arguments and result; the probability is not calibrated.

    Args:
        num_channels: look only at those whose maps vary most, which is the method's fast form.
    """
    channels = [_liveliest(maps, num_channels) for maps in network.feature_maps(photos)]
    steps = [
        (photo_index, start)
        for photo_index, maps in enumerate(channels)
        for start in range(0, maps.shape[-1], BATCH_SIZE)
    ]
    weights: list[list[np.ndarray]] = [[] for _ in channels]
    for photo_index, start in track(steps):
        masks = _masks(channels[photo_index][..., start : start + BATCH_SIZE], *photos.shape[1:3])
        masked = photos[photo_index] * masks[..., None]  # (channels, height, width, 3)
        weights[photo_index].append(softmax(network.logits(masked))[:, class_index])
    return np.stack(
        [maps @ np.concatenate(parts) for maps, parts in zip(channels, weights, strict=True)]
    ).astype(np.float32)


def _liveliest(maps, num_channels):
    """(rows, columns, channels) -> the channels with the largest spread."""
    if num_channels is None or num_channels >= maps.shape[-1]:
        return maps
    return maps[..., np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:num_channels]]


def _masks(maps, height, width):
    """(rows, columns, channels) -> (channels, height, width) float32 in [0, 1]."""
    factors = (height / maps.shape[0], width / maps.shape[1], 1)
    large = np.moveaxis(zoom(maps, factors, order=1, mode="nearest"), -1, 0)
    low = large.min(axis=(1, 2), keepdims=True)
    return (large - low) / (large.max(axis=(1, 2), keepdims=True) - low + 1e-7)
