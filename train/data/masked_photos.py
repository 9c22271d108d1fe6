"""Photos without the lesion, or without anything else: what is left for a network to learn from."""

from __future__ import annotations

import numpy as np

GREY = 128  # in place of the skin, the same on every photo


def masked(photo: np.ndarray, lesion: np.ndarray, variant: str) -> np.ndarray:
    """A photo with only part of what it shows.

    Args:
        photo: (height, width, 3) uint8, RGB; it stays as it is.
        lesion: (height, width) bool, where its lesion is.
        variant: a key of `model.evaluation.without_lesion.VARIANTS`.
    Returns:
        (height, width, 3) uint8, RGB.
    Raises:
        KeyError: there is no such variant.
    Source:
        Bissoto et al. 2019, https://arxiv.org/abs/1904.08818.
    """
    return CHANGES[variant](photo, lesion)


def _photo(photo, lesion):
    return photo


def _lesion(photo, lesion):
    """Everything else grey."""
    return np.where(lesion[..., None], photo, np.uint8(GREY))


def _outline(photo, lesion):
    """The lesion white, everything else black."""
    return np.repeat(np.where(lesion, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def _skin(photo, lesion):
    """The lesion's bounding box black."""
    changed = photo.copy()
    rows, columns = (np.flatnonzero(lesion.any(axis=axis)) for axis in (1, 0))
    if rows.size:
        changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 0
    return changed


def _colour(photo, lesion):
    """Its mean colour everywhere."""
    return np.broadcast_to(photo.mean(axis=(0, 1)).round().astype(np.uint8), photo.shape)


CHANGES = {
    "photo": _photo,
    "lesion": _lesion,
    "outline": _outline,
    "skin": _skin,
    "colour": _colour,
}
