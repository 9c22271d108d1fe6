"""A heat map laid over its photo, in NumPy and Pillow."""

import io

import numpy as np
from PIL import Image

# Inferno, nine anchors (Smith and van der Walt, matplotlib, CC0): lightness rises evenly, so it
# also reads in grey and for colour-blind eyes.
INFERNO = np.array(
    [
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ],
    dtype=np.float32,
)


# Okabe and Ito's yellow and blue, https://jfly.uni-koeln.de/color/: far apart for every eye, and
# neither is a colour of skin.
FOR, AGAINST = (240, 228, 66), (0, 114, 178)

PALETTE = np.rint(
    np.stack(
        [
            np.interp(np.linspace(0, 1, 256), np.linspace(0, 1, len(INFERNO)), INFERNO[:, band])
            for band in range(3)
        ],
        axis=-1,
    )
).astype(np.uint8)  # (256, 3)


def overlay(photo: np.ndarray, values: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """Lay a map over its photo; where the map is zero the photo shows untouched.

    Args:
        photo: (height, width, 3) uint8, RGB.
        values: (any, any) float in [0, 1], stretched to the photo.
        opacity: 0 shows the photo alone, 1 hides it where the map is 1.
    Returns:
        (height, width, 3) uint8, RGB.
    """
    levels = np.rint(255 * stretch(values, *photo.shape[:2])).astype(np.uint8)
    colours = Image.fromarray(levels)
    colours.putpalette(PALETTE.tobytes())
    share = float(np.clip(opacity, 0, 1))
    mask = Image.fromarray(levels).point([round(share * level) for level in range(256)])
    return np.asarray(Image.composite(colours.convert("RGB"), Image.fromarray(photo), mask))


def layer(values: np.ndarray, height: int, width: int) -> bytes:
    """A map to be laid over its photo by a browser: drawn over it with opacity `o`, it gives what
    `overlay` gives with that opacity, but for rounding.

    Args:
        values: (any, any) float in [0, 1].
        height, width: pixels of the picture.
    Returns:
        The bytes of a PNG, transparent where the map is zero and opaque where it is 1.
    """
    levels = np.rint(255 * stretch(values, height, width)).astype(np.uint8)
    picture = Image.fromarray(levels)
    picture.putpalette(PALETTE.tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=bytes(range(256)))
    return buffer.getvalue()


def overlay_difference(photo: np.ndarray, values: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """Lay a signed map over its photo: `FOR` where it is positive, `AGAINST` where negative.

    Args:
        photo: (height, width, 3) uint8, RGB.
        values: (any, any) float in [-1, 1], stretched to the photo.
        opacity: as in `overlay`.
    Returns:
        (height, width, 3) uint8, RGB.
    """
    signed = stretch(values, photo.shape[0], photo.shape[1], lowest=-1)
    colours = np.where(signed[..., None] > 0, np.array(FOR, np.uint8), np.array(AGAINST, np.uint8))
    share = float(np.clip(opacity, 0, 1))
    mask = Image.fromarray(np.rint(255 * share * np.abs(signed)).astype(np.uint8))
    return np.asarray(Image.composite(Image.fromarray(colours), Image.fromarray(photo), mask))


def stretch(values: np.ndarray, height: int, width: int, lowest: float = 0) -> np.ndarray:
    """Bring a map to another size, smoothly.

    Args:
        values: (any, any) float in [lowest, 1].
        height, width: pixels of the result.
        lowest: 0, or -1 for a signed map.
    Returns:
        (height, width) float32 in [lowest, 1].
    """
    image = Image.fromarray(np.asarray(values, dtype=np.float32))
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(image, dtype=np.float32), lowest, 1)


def png(picture: np.ndarray) -> bytes:
    """(height, width, 3) uint8 RGB -> the bytes of a PNG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
