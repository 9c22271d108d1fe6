"""The outline of a lesion, and whether it can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from model.photo.decode import resize, within
from model.photo.outline_network import lesion_shares
from model.photo.quality import from_the_middle

LONGEST = 200  # pixels, as the photos that outlines were measured on: detail would count as border
CERTAIN = 0.5  # share above which a place is lesion
DARK, LIGHT = (0, 0, 0), (86, 180, 233)  # Okabe and Ito's sky blue: no colour of skin


@dataclass(frozen=True)
class Outline:
    """Where the lesion of a photo is.

    `photo` is (height, width, 3) uint8 RGB, at most `LONGEST` pixels a side; `mask` is (height,
    width) bool, one piece without holes, empty where nothing was found. `certainty` is the Dice
    that the network expects of it, see `expected_dice`. `at_edge` is the share of the photo's edge
    that the lesion takes.
    """

    photo: np.ndarray
    mask: np.ndarray
    certainty: float
    at_edge: float


def outline(photo: np.ndarray, arrays: Mapping[str, np.ndarray]) -> Outline:
    """Find the outline of the lesion in a photo.

    Args:
        photo: (any, any, 3) uint8 RGB.
        arrays: weights of the network, and `side`, the pixels that it takes.
    """
    side = int(arrays["side"])
    return outline_of(within(photo, LONGEST), lesion_shares(resize(photo, side, side), arrays))


def outline_of(photo: np.ndarray, views: np.ndarray) -> Outline:
    """The outline that the mean of several views gives.

    Args:
        photo: (height, width, 3) uint8 RGB.
        views: (views, any, any) float32 in [0, 1], of `lesion_shares`.
    """
    shares = stretched(views.mean(axis=0), *photo.shape[:2])
    mask = one_piece(shares > CERTAIN)
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return Outline(photo, mask, expected_dice(shares, mask), float(edge.mean()))


def one_piece(areas: np.ndarray) -> np.ndarray:
    """Of several pieces the one with most of itself near the middle, without holes.

    Args:
        areas: (height, width) bool.
    """
    from scipy import ndimage

    pieces, num_pieces = ndimage.label(areas)
    if not num_pieces:
        return areas
    nearness = np.exp(-((from_the_middle(*areas.shape) / 0.6) ** 2))
    weights = ndimage.sum(nearness, pieces, range(1, num_pieces + 1))
    return ndimage.binary_fill_holes(pieces == 1 + weights.argmax())


def dice(first: np.ndarray, second: np.ndarray) -> float:
    """Twice the overlap of two areas over the sum of both; 0 where neither has anything.

    Source:
        Dice 1945, https://doi.org/10.2307/1932409.
    """
    both = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / both if both else 0.0


def expected_dice(shares: np.ndarray, mask: np.ndarray) -> float:
    """About the Dice of a mask against the truth, if each place is lesion with its own probability;
    0 where the mask is empty.

    Args:
        shares: (height, width) float in [0, 1].
        mask: (height, width) bool.
    """
    return float(2 * shares[mask].sum() / (shares.sum() + mask.sum())) if mask.any() else 0.0


def drawn(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A photo with an outline drawn on it: a light line between two dark ones, which shows on light
    and on dark skin.

    Args:
        photo: (height, width, 3) uint8 RGB, of any size.
        mask: (any, any) bool, stretched to the photo.
    Returns:
        (height, width, 3) uint8 RGB.
    """
    from scipy import ndimage

    height, width = photo.shape[:2]
    area = stretched(mask.astype(np.float32), height, width) > CERTAIN
    thick = max(1, round(max(height, width) / 300))
    away = np.where(
        area, ndimage.distance_transform_edt(area), ndimage.distance_transform_edt(~area)
    )
    picture = photo.copy()
    if area.any() and not area.all():
        picture[away <= 2 * thick] = DARK
        picture[away <= thick] = LIGHT
    return picture


def stretched(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(any, any) float in [0, 1] -> (height, width) float32 in [0, 1], smoothly."""
    picture = Image.fromarray(np.asarray(values, np.float32))
    way = Image.Resampling.BICUBIC
    return np.clip(np.asarray(picture.resize((width, height), way)), 0, 1)
