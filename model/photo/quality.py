"""Measures of a photo's quality: blur, light, glare, size, and how much of it the lesion fills.

Each is one number, measured on what a network sees: the photo at the network's size.
`model.evaluation.photo_faults` says which values are faults, and what a fault costs.
"""

import numpy as np

from model.photo.decode import resize

MEASURES = ("blur", "light", "glare", "side", "fill")
NEARLY_WHITE = 230  # of 255, in every colour
LUMINANCE = (0.2126, 0.7152, 0.0722)  # Rec. 709
NEAR_MIDDLE = 1.2  # of half a side: without the corners that a dermatoscope leaves black


def measure(photo: np.ndarray, height: int, width: int) -> dict[str, float]:
    """Measure a photo as a network of that input size sees it.

    Args:
        photo: (any, any, 3) uint8, RGB.
        height, width: of the network's input, pixels.
    Returns:
        dict as of `measure_seen`.
    """
    return measure_seen(resize(photo, height, width), min(photo.shape[:2]))


def measure_seen(seen: np.ndarray, side: int) -> dict[str, float]:
    """The same of a photo that has the network's size already.

    Args:
        seen: (height, width, 3) uint8, RGB.
        side: the shorter side of the photo as it came, pixels.
    Returns:
        dict with `MEASURES`:
        blur: 0 to 1; how little the photo loses when it is blurred once more.
        light: 0 to 1; the median luminance.
        glare: share of the pixels that are nearly white.
        side: as given.
        fill: share of the frame that the dark area in its middle takes.
    """
    luminance = seen @ np.array(LUMINANCE) / 255
    return {
        "blur": blur(luminance),
        "light": float(np.median(luminance)),
        "glare": float((seen.min(axis=2) >= NEARLY_WHITE).mean()),
        "side": side,
        "fill": fill(seen[..., 2]),
    }


def blur(luminance: np.ndarray) -> float:
    """How little a picture changes when it is blurred once more, along the worse direction.

    A sharp picture loses most of the differences between neighbours, a blurred one has none to
    lose. Whether the scene has edges at all drops out.

    Args:
        luminance: (height, width) float.
    Returns:
        float in [0, 1]; 1 for a picture without any difference.
    Source:
        Crete et al. 2007, https://doi.org/10.1117/12.702790, with a window of 3 pixels, which
        tells slight blur best (docs/photo_quality.md).
    """
    # Not skimage.measure.blur_effect (0.26.0, h_size=3): on 300 photos of ham7_cnn it differs by up
    # to 0.015, and only 1 keeps its 4 digits in quality.csv.
    from scipy import ndimage

    kept = []
    for axis in (0, 1):
        softer = ndimage.uniform_filter1d(luminance, 3, axis=axis)
        edges, fewer = (
            np.abs(ndimage.sobel(picture, axis=axis)) for picture in (luminance, softer)
        )
        lost = np.maximum(edges - fewer, 0).sum()
        kept.append(1 - lost / edges.sum() if edges.sum() > 1e-6 else 1.0)
    return float(max(kept))


def fill(blue: np.ndarray) -> float:
    """Share of the frame that `dark_area` takes: float in [0, 1]."""
    return float(dark_area(blue).mean())


def dark_area(blue: np.ndarray) -> np.ndarray:
    """The dark area in the middle of the frame, where the lesion should be.

    Lesions stand out most in blue light. The area is cut by Otsu's threshold; of several the one
    with most of itself near the middle counts. Black corners are left out.

    Args:
        blue: (height, width) uint8, the blue channel.
    Returns:
        (height, width) bool; empty where nothing is darker than the rest.
    Source:
        Otsu 1979, https://doi.org/10.1109/TSMC.1979.4310076.
    """
    from scipy import ndimage

    height, width = blue.shape
    smooth = ndimage.gaussian_filter(blue.astype(float), min(blue.shape) / 64)
    radius = from_the_middle(height, width)
    inside = radius < NEAR_MIDDLE
    dark = (smooth < _otsu(smooth[inside])) & inside
    areas, num_areas = ndimage.label(dark)
    if not num_areas:
        return dark
    nearness = ndimage.sum(np.exp(-((radius / 0.6) ** 2)), areas, range(1, num_areas + 1))
    return ndimage.binary_fill_holes(areas == 1 + nearness.argmax())


def from_the_middle(height: int, width: int) -> np.ndarray:
    """Distance of each place from the middle, in half sides: (height, width) float."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.hypot(rows, columns)


def _otsu(values):
    """The threshold that parts values into the two groups whose means lie furthest apart; the
    lowest value where they differ by less than one grey level."""
    # Not skimage.filters.threshold_otsu (0.26.0, 64 bins): it gives the middle of a bin, so that on
    # 300 photos of ham7_cnn `fill` differs by up to 0.24; half a bin added, all 300 are the same,
    # but that would save few lines and add a package.
    if np.ptp(values) < 1:
        return values.min()
    counts, edges = np.histogram(values, 64)
    middles = (edges[1:] + edges[:-1]) / 2
    below = counts.cumsum()[:-1]
    sums = (counts * middles).cumsum()
    above = counts.sum() - below
    apart = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
    return edges[1:-1][(below * above * apart**2).argmax()]
