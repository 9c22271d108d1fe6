"""Dermatoscopic augmentation: what differs between two photos of one lesion.

Crop, rotation, colour, light, focus and compression are drawn for each photo alone, a whole batch
at a time, with Keras's operations: on a processor or a graphics card, with any backend of Keras.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from train.data.dermatoscope import RANGES, YIQ, Ranges
from train.data.jpeg import compressed


class RandomDermatoscope(keras.layers.Layer):
    """Changes each photo as a second photo of the same lesion would differ from it.

    Input: (batch, height, width, 3) float32 in [0, 255], RGB. Output in training: (batch, side,
    side, 3) float32 in [0, 255]; otherwise the input.

    Args:
        side: of the photos returned, in pixels; None: that of the square photos given.
        seed: the same seed draws the same changes.
        ranges: how far each change goes, such as `train.data.dermatoscope.MILD`; None: `RANGES`.
    """

    def __init__(self, side: int | None, seed: int, ranges: Ranges | None = None):
        super().__init__(dtype="float32")  # whatever the policy: a pixel needs more than 8 bits
        self.side = side
        self.ranges = ranges or RANGES
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, training: bool = False) -> Any:
        """The photos, changed at random in training."""
        if not training:
            return photos
        photos = self._cropped(photos, self.side or photos.shape[1])
        photos = self._recoloured(photos)
        photos = self._blurred(photos)
        photos = ops.clip(self._shaded(photos), 0.0, 255.0)
        jpeg = self.ranges["jpeg"]
        low, high = jpeg["quality"]
        quality = ops.floor(self._draw(photos, low, high + 1))
        is_chosen = _each(self._happens(photos, jpeg["chance"]))
        return is_chosen * compressed(photos, quality) + (1 - is_chosen) * photos

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        return batch, self.side or height, self.side or width, channels

    def _draw(self, photos, low, high):
        """(batch,) float32, one random number from `low` to `high` for each photo."""
        return keras.random.uniform((ops.shape(photos)[0],), low, high, seed=self.generator)

    def _happens(self, photos, chance):
        """(batch,) float32, 1 for a share `chance` of the photos, else 0."""
        return ops.cast(self._draw(photos, 0.0, 1.0) < chance, "float32")

    def _cropped(self, photos, side):
        """Crop, flip and rotate in one interpolation; beyond its edges the photo is mirrored.

        A rotation may move the edge of a crop beyond that of the photo, by a tenth of its side at
        most: this takes less time than drawing crops until one fits.
        """
        height, width = photos.shape[1:3]
        area = self._draw(photos, *self.ranges["area"])
        narrowest, widest = self.ranges["aspect"]
        aspect = ops.exp(self._draw(photos, math.log(narrowest), math.log(widest)))
        wide = ops.minimum(1.0, ops.sqrt(area * aspect))
        high = ops.minimum(1.0, ops.sqrt(area / aspect))
        across = self._draw(photos, -0.5, 0.5) * (1 - wide)
        down = self._draw(photos, -0.5, 0.5) * (1 - high)
        # Mirrored: with the quarter turns, this gives all eight flips and turns.
        wide = wide * (1 - 2 * self._happens(photos, 0.5))
        quarter = ops.floor(self._draw(photos, 0.0, 4.0)) * (math.pi / 2)
        angle = quarter + self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["turn"])
        cos, sin = ops.cos(angle), ops.sin(angle)
        # From a pixel of the result, as shares of the side from its middle, to one of the photo.
        steps = (ops.arange(side, dtype="float32") + 0.5) / side - 0.5
        x, y = steps[None, None, :], steps[None, :, None]

        def source(by_x, by_y, start, size):
            shares = x * by_x[:, None, None] + y * by_y[:, None, None] + start[:, None, None]
            return (shares + 0.5) * size - 0.5

        return _interpolated(
            photos,
            source(sin * wide, cos * high, down, height),
            source(cos * wide, -sin * high, across, width),
        )

    def _recoloured(self, photos):
        """Saturation, hue and white balance as one matrix, then contrast and brightness."""
        saturation = 1 + self._draw(photos, -1.0, 1.0) * self.ranges["saturation"]
        hue = self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["hue"])
        cos, sin = saturation * ops.cos(hue), saturation * ops.sin(hue)
        one, none = ops.ones_like(hue), ops.zeros_like(hue)
        turned = ops.reshape(
            ops.stack([one, none, none, none, cos, -sin, none, sin, cos], axis=1), (-1, 3, 3)
        )
        balance = ops.stack(
            [1 + self._draw(photos, -1.0, 1.0) * self.ranges["white_balance"] for _ in range(3)],
            axis=1,
        )
        to_yiq = np.array(YIQ, np.float32)
        from_yiq = np.linalg.inv(to_yiq)
        matrix = balance[:, :, None] * ops.matmul(ops.matmul(from_yiq, turned), to_yiq)
        photos = ops.einsum("bhwc,bdc->bhwd", photos, matrix)
        mean = ops.mean(photos, axis=(1, 2, 3), keepdims=True)
        contrast = 1 + _each(self._draw(photos, -1.0, 1.0)) * self.ranges["contrast"]
        brightness = _each(self._draw(photos, -1.0, 1.0)) * (255 * self.ranges["brightness"])
        return (photos - mean) * contrast + mean + brightness

    def _blurred(self, photos):
        """Blur or sharpen a share of the photos, each by its own amount."""
        blur = self.ranges["blur"]
        bell = np.exp(-0.5 * np.square(np.arange(-3.0, 4.0) / blur["width"]))
        bell = np.tile((bell / bell.sum())[:, None, None, None], (1, 1, 3, 1)).astype(np.float32)

        def soft(pictures):
            for kernel in (bell, bell.transpose(1, 0, 2, 3)):
                pictures = ops.depthwise_conv(
                    pictures, kernel, padding="same", data_format="channels_last"
                )
            return pictures

        # Blurring a photo of ones shows what the zeros beyond the edge took away.
        blurred = soft(photos) / soft(ops.ones_like(photos[:1]))
        amount = self._happens(photos, blur["chance"]) * self._draw(photos, *blur["strength"])
        return photos + (blurred - photos) * _each(amount)

    def _shaded(self, photos):
        """Add the dark rim of a round dermatoscope."""
        vignette = self.ranges["vignette"]
        steps = ops.linspace(-0.5, 0.5, photos.shape[1], dtype="float32")
        across = steps[None, None, :] - self._draw(photos, -0.05, 0.05)[:, None, None]
        down = steps[None, :, None] - self._draw(photos, -0.05, 0.05)[:, None, None]
        radius = self._draw(photos, *vignette["radius"])[:, None, None]
        beyond = (ops.sqrt(ops.square(across) + ops.square(down)) - radius) / 0.04
        dark = ops.sigmoid(beyond)[..., None] * _each(self._draw(photos, 0.5, 1.0))
        return photos * (1 - dark * _each(self._happens(photos, vignette["chance"])))


def _interpolated(photos, rows, columns):
    """Bilinear values of photos at places between their pixels.

    Args:
        photos: (batch, height, width, channels) float32.
        rows, columns: (batch, side, side) float32 places; beyond its edges a photo is mirrored.
    Returns:
        (batch, side, side, channels) float32.
    """
    height, width, channels = photos.shape[1:]
    pixels = ops.reshape(photos, (-1, channels))
    first = ops.arange(ops.shape(photos)[0], dtype="int32")[:, None, None] * (height * width)

    def neighbours(places, size):
        """The pixel before, the pixel after, and how far the place is from the one before."""
        places = ops.mod(places + 0.5, 2.0 * size)
        places = ops.clip(ops.minimum(places, 2.0 * size - places) - 0.5, 0.0, size - 1.0)
        before = ops.floor(places)
        numbers = ops.cast(before, "int32")
        return numbers, ops.minimum(numbers + 1, size - 1), (places - before)[..., None]

    top, bottom, down = neighbours(rows, height)
    left, right, across = neighbours(columns, width)

    def along(row):
        start, end = (
            ops.take(pixels, first + row * width + column, axis=0) for column in (left, right)
        )
        return start + (end - start) * across

    upper, lower = along(top), along(bottom)
    return upper + (lower - upper) * down


def _each(values):
    """(batch,) -> (batch, 1, 1, 1), to multiply photos with."""
    return values[:, None, None, None]
