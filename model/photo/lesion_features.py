"""What a person can check of a lesion inside its outline: asymmetry, border and colours.

They follow the A, B and C of the ABCD rule of dermatoscopy (Stolz et al. 1994, European Journal of
Dermatology 4, 521-527; tested by Nachbar et al. 1994,
https://doi.org/10.1016/S0190-9622(94)70061-3), but they are not its scores: the rule counts axes,
segments and named colours as a trained eye sees them, these are measured on pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMOOTHING = 0.03  # of the square root of the area: a border is smoothed by so much
LEAST_SMOOTHING = 1.5  # pixels: below, the steps of the pixels count as border
FEATURES = ("asymmetry", "border", "colour")


@dataclass(frozen=True)
class LesionFeatures:
    """Three measures of a lesion.

    `asymmetry`: 0 to 1, the share of the lesion that its mirror image does not cover, mean of both
    principal axes. `border`: the length of the smoothed outline over that of a circle of the same
    area; 1 is a circle. `colour`: how far the colours lie from their mean, on average, in units of
    CIELAB.
    """

    asymmetry: float
    border: float
    colour: float


def lesion_features(photo: np.ndarray, mask: np.ndarray) -> LesionFeatures:
    """Measure a lesion.

    Args:
        photo: (height, width, 3) uint8 RGB.
        mask: (height, width) bool, not empty.
    """
    return LesionFeatures(asymmetry(mask), border(mask), colour(photo, mask))


def asymmetry(mask: np.ndarray) -> float:
    """The share of an area that its mirror image does not cover, mean of both principal axes.

    Args:
        mask: (height, width) bool, not empty.
    Returns:
        float in [0, 1]; 0 for an area that is the same on both sides of both axes.
    """
    from scipy import ndimage

    places = np.stack(np.nonzero(mask))  # (2, pixels)
    centre = places.mean(axis=1)
    _, axes = np.linalg.eigh(np.cov(places, bias=True))
    # A mirror image may lie beyond the photo, but never further from the centre than the area.
    reach = int(np.ceil(np.linalg.norm(places - centre[:, None], axis=0).max())) + 1
    wide = np.zeros((2 * reach + 3, 2 * reach + 3), np.float32)
    start = np.floor(centre).astype(int) - reach - 1
    wide[tuple(places - start[:, None])] = 1
    centre = centre - start
    missed = []
    for axis in axes.T:
        mirror = 2 * np.outer(axis, axis) - np.eye(2)
        mirrored = ndimage.affine_transform(wide, mirror, centre - mirror @ centre, order=1)
        missed.append(1 - np.minimum(wide, mirrored).sum() / wide.sum())
    return float(np.clip(np.mean(missed), 0, 1))


def border(mask: np.ndarray) -> float:
    """The length of an area's smoothed outline over that of a circle of the same area.

    The length is the integral of the slope of the smoothed area, which is the mean length of its
    contour lines (the coarea formula); counting pixels would make a slanting line too long.

    Args:
        mask: (height, width) bool, not empty.
    Returns:
        float; about 1 for a circle, more for every other shape.
    """
    from scipy import ndimage

    area = float(mask.sum())
    sigma = max(LEAST_SMOOTHING, SMOOTHING * np.sqrt(area))
    smooth = ndimage.gaussian_filter(
        np.pad(mask.astype(float), int(np.ceil(5 * sigma))), sigma, mode="constant"
    )
    length = np.hypot(*np.gradient(smooth)).sum()
    return float(length / (2 * np.sqrt(np.pi * area)))


def colour(photo: np.ndarray, mask: np.ndarray) -> float:
    """How far the colours of an area lie from their mean, on average.

    Args:
        photo: (height, width, 3) uint8 RGB.
        mask: (height, width) bool, not empty.
    Returns:
        float in units of CIELAB; 0 for an area of one colour.
    """
    colours = cielab(photo[mask])
    return float(np.linalg.norm(colours - colours.mean(axis=0), axis=1).mean())


def cielab(colours: np.ndarray) -> np.ndarray:
    """(n, 3) uint8 sRGB -> (n, 3) float64 CIELAB under D65 light.

    Source:
        IEC 61966-2-1 (sRGB) and CIE 15. Not `skimage.color.rgb2lab`, which takes seconds to
        import; a test holds this against it.
    """
    shares = np.asarray(colours) / 255
    linear = np.where(shares > 0.04045, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)
    xyz = linear @ TO_XYZ.T / (TO_XYZ @ np.ones(3))  # white is (1, 1, 1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
