"""Maps of a lesion that need no network: what a heat map must be held against.

They are (height, width) float, none below zero, with a maximum above it.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from model.photo.quality import NEAR_MIDDLE, from_the_middle

BASELINES = {
    "centre": "The centre",
    "mean_mask": "The mean training mask",
    "dark_blob": "A dark blob",
}
ABOUT = {
    "centre": "a round spot in the middle of every photo, as wide as the lesions of the training "
    "photos are on average",
    "mean_mask": "how many lesions of the training photos cover each place, the same for every "
    "photo",
    "dark_blob": "how much darker than the middle value each place of the blurred blue channel is",
}
# Of the shorter side. On 400 training photos of lentigo_second, energy is 2.94 times the area with
# this, 2.81 with a sixteenth, 2.56 with an eighth.
BLUR = 1 / 64


def centre(height: int, width: int, spread: float) -> np.ndarray:
    """A round spot in the middle: (height, width) float, 1 at most.

    Args:
        spread: standard deviation, as a share of each side.
    """
    row, column = (_from_middle(side) / spread for side in (height, width))
    return np.exp(-(row[:, None] ** 2 + column**2) / 2)


def fitted_spread(mean_mask: np.ndarray) -> float:
    """The spread of the centre's spot that is most likely to have drawn the lesions' places.

    Energy cannot be what is made best: it grows until the spot is a point.

    Args:
        mean_mask: (height, width) float, the mean of the training masks.
    Returns:
        Root mean square distance of the lesions' places from the middle, along one side, as a share
        of it.
    """
    height, width = mean_mask.shape
    along = (
        mean_mask.sum(axis=1) @ _from_middle(height) ** 2,
        mean_mask.sum(axis=0) @ _from_middle(width) ** 2,
    )
    return float(np.sqrt(np.mean(along) / mean_mask.sum()))


def _from_middle(side):
    """Distance of each pixel from the middle one, as a share of the side."""
    return (np.arange(side) - side // 2) / side


def dark_blob(photo: np.ndarray) -> np.ndarray:
    """How much darker than the median each place is, in blurred blue light.

    Lesions stand out most in blue. The corners that a dermatoscope leaves black do not count.

    Args:
        photo: (height, width, 3) uint8, RGB.
    Returns:
        (height, width) float in grey levels; all zeros where nothing is darker.
    """
    blue = gaussian_filter(photo[..., 2].astype(float), BLUR * min(photo.shape[:2]))
    darker = np.maximum(np.median(blue) - blue, 0)
    return np.where(from_the_middle(*blue.shape) < NEAR_MIDDLE, darker, 0)
