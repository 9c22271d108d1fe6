"""Finer-CAM: Zhang et al. 2025, https://arxiv.org/abs/2501.11309."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.network.layer_gradients import TruncatedNetwork

# Those of the authors' code where several references are put together,
# https://github.com/Imageomics/Finer-CAM.
GAMMA = 0.6  # how much of a similar diagnosis is taken off
NUM_REFERENCES = 3  # similar diagnoses, where there are so many


def finer_cam(
    network: TruncatedNetwork,
    photos: np.ndarray,
    class_index: int,
    track: Callable[[Sequence], Iterable] = iter,
    num_references: int = NUM_REFERENCES,
) -> np.ndarray:
    """Grad-CAM of the diagnosis's score less `GAMMA` times the mean score of similar diagnoses.

    Similar, for each photo, are those whose logits are nearest. Of two diagnoses that share one
    logit, the other's score is the negative, so the map is 1 + `GAMMA` times that of Grad-CAM.

    See `model.heatmaps.methods` for arguments and result.

    Args:
        num_references: how many similar diagnoses; with none it is Grad-CAM.
    """
    shares = compared_with(network.logits(photos), class_index, num_references)
    maps, gradients = network.feature_maps_and_gradients_of(photos, shares)
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    return np.sum(maps * weights, axis=-1)


def compared_with(logits: np.ndarray, class_index: int, num_references: int) -> np.ndarray:
    """The weight of each score in what the map explains.

    Args:
        logits: (n, diagnoses) float.
    Returns:
        (n, diagnoses) float32: 1 for the diagnosis, minus `GAMMA` shared among its references.
    """
    shares = np.zeros(logits.shape, np.float32)
    distances = np.abs(logits - logits[:, [class_index]])
    distances[:, class_index] = -1  # first, also where another has the same logit
    references = np.argsort(distances, axis=1, kind="stable")[:, 1 : 1 + num_references]
    if references.size:
        np.put_along_axis(shares, references, -GAMMA / references.shape[1], axis=1)
    shares[:, class_index] = 1
    return shares
