"""JPEG's loss of detail, with Keras's operations: a whole batch at a time, on any backend.

ITU-T T.81, https://www.w3.org/Graphics/JPEG/itu-t81.pdf: the cosine transform of section A.3.3 and
the tables K.1 and K.2. No bytes are written; the rounding of the coefficients is what costs detail.
"""

from typing import Any

import numpy as np
from keras import ops

BLOCK = 8
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
CHROMINANCE = np.full((BLOCK, BLOCK), 99, np.float32)
CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
# JFIF's colours: luminance and the differences of blue and red from it.
TO_YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
_PLACES = np.arange(BLOCK)
COSINES = np.sqrt(2 / BLOCK) * np.cos(
    (2 * _PLACES[None] + 1) * _PLACES[:, None] * np.pi / (2 * BLOCK)
)
COSINES[0] /= np.sqrt(2)
COSINES = COSINES.astype(np.float32)


def compressed(photos: Any, quality: Any) -> Any:
    """Photos as they come back from a JPEG file that halves the resolution of colours.

    Args:
        photos: (batch, height, width, 3) float32 in [0, 255], RGB.
        quality: (batch,) float32, as libjpeg counts it, 1 to 100.
    Returns:
        (batch, height, width, 3) float32 in [0, 255].
    """
    height, width = photos.shape[1:3]
    # A colour's block covers two blocks of luminance each way.
    beyond = [(0, 0), (0, -height % (2 * BLOCK)), (0, -width % (2 * BLOCK)), (0, 0)]
    photos = ops.pad(photos, beyond, mode="symmetric") if np.any(beyond) else photos
    scale = ops.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    in_ycbcr = ops.einsum("bhwc,dc->bhwd", photos, TO_YCBCR)
    luminance = _rounded(in_ycbcr[..., :1] - 128, scale, LUMINANCE) + 128
    halved = ops.average_pool(in_ycbcr[..., 1:], 2, strides=2, data_format="channels_last")
    colours = _rounded(halved, scale, CHROMINANCE)
    colours = ops.repeat(ops.repeat(colours, 2, axis=1), 2, axis=2)
    back = ops.concatenate([luminance, colours], axis=-1)[:, :height, :width]
    return ops.clip(ops.einsum("bhwc,dc->bhwd", back, np.linalg.inv(TO_YCBCR)), 0.0, 255.0)


def _rounded(channels, scale, table):
    """Round the coefficients of every block of (batch, height, width, channels) float32."""
    height, width, number = channels.shape[1:]
    down, across = height // BLOCK, width // BLOCK
    blocks = ops.reshape(channels, (-1, down, BLOCK, across, BLOCK, number))
    coefficients = ops.einsum("byixjc,ki,lj->byxckl", blocks, COSINES, COSINES)
    coefficients = ops.reshape(coefficients, (-1, down * across * number, BLOCK, BLOCK))
    steps = (ops.multiply(scale, table) + 50) / 100
    steps = ops.clip(ops.floor(steps), 1, 255)[:, None]
    coefficients = ops.round(coefficients / steps) * steps
    coefficients = ops.reshape(coefficients, (-1, down, across, number, BLOCK, BLOCK))
    blocks = ops.einsum("byxckl,ki,lj->byixjc", coefficients, COSINES, COSINES)
    return ops.reshape(blocks, (-1, height, width, number))
