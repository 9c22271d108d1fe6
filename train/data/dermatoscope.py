"""Dermatoscopic augmentation: what differs between two photos of one lesion.

Crop, rotation, colour, light, focus and compression are drawn for each photo alone, a whole batch
at a time, inside TensorFlow's input pipeline.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import tensorflow as tf


class Blur(TypedDict):
    """`width` in pixels; `strength` below 0 sharpens."""

    chance: float
    width: float
    strength: tuple[float, float]


class Jpeg(TypedDict):
    """`quality` as libjpeg counts it, 1 to 100."""

    chance: float
    quality: tuple[int, int]


class Vignette(TypedDict):
    """`radius` is a share of the side."""

    chance: float
    radius: tuple[float, float]


class Ranges(TypedDict):
    """How far each change goes: shares of the area, the side, the value range or a full turn.

    `chance` is the share of photos that a change happens to.
    """

    area: tuple[float, float]
    aspect: tuple[float, float]
    turn: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    white_balance: float
    blur: Blur
    jpeg: Jpeg
    vignette: Vignette


RANGES: Ranges = {
    "area": (0.4, 1.0),
    "aspect": (0.75, 4 / 3),
    "turn": 1 / 18,  # around each of the four quarter turns
    "brightness": 0.12,
    "contrast": 0.2,
    "saturation": 0.2,
    "hue": 0.02,
    "white_balance": 0.06,
    "blur": {"chance": 0.4, "width": 1.2, "strength": (-0.6, 1.0)},
    "jpeg": {"chance": 0.25, "quality": (40, 90)},
    "vignette": {"chance": 0.15, "radius": (0.42, 0.62)},
}
# The same changes, each about half as far: for the last epochs of a network that underfits its
# training photos under the full ones.
MILD: Ranges = {
    "area": (0.65, 1.0),
    "aspect": (0.85, 1 / 0.85),
    "turn": 1 / 18,
    "brightness": 0.08,
    "contrast": 0.12,
    "saturation": 0.12,
    "hue": 0.015,
    "white_balance": 0.04,
    "blur": {"chance": 0.3, "width": 1.2, "strength": (-0.5, 0.8)},
    "jpeg": {"chance": 0.1, "quality": (50, 90)},
    "vignette": {"chance": 0.08, "radius": (0.42, 0.62)},
}
# Luminance and two axes of colour (YIQ, the standard of analogue television). A rotation in the
# plane of the colours changes the hue and keeps the brightness.
YIQ = ((0.299, 0.587, 0.114), (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135))


class Dermatoscope:
    """Changes each photo as a second photo of the same lesion would differ from it.

    Args:
        side: of the photos returned, in pixels; None: that of the square photos given.
        seed: the same seed draws the same changes.
        ranges: how far each change goes, such as `MILD`; None: `RANGES`.
    """

    def __init__(self, side: int | None, seed: int, ranges: Ranges | None = None):
        import keras

        self.side = side
        self.ranges = ranges or RANGES
        self.seeds = keras.random.SeedGenerator(seed)

    def __call__(self, photos: tf.Tensor, training: bool = True) -> tf.Tensor:
        """(batch, height, width, 3) float32 in [0, 255] -> (batch, side, side, 3) float32."""
        import tensorflow as tf

        side = self.side or photos.shape[1]
        photos = self._cropped(photos, side)
        photos = self._recoloured(photos)
        photos = self._blurred(photos)
        photos = self._shaded(photos)
        return self._compressed(tf.clip_by_value(photos, 0.0, 255.0))

    def _draw(self, photos: tf.Tensor, low: float, high: float) -> tf.Tensor:
        """(batch,) float32, one random number from `low` to `high` for each photo."""
        import tensorflow as tf

        return tf.random.stateless_uniform((tf.shape(photos)[0],), self.seeds.next(), low, high)

    def _happens(self, photos: tf.Tensor, chance: float) -> tf.Tensor:
        """(batch,) float32, 1 for a share `chance` of the photos, else 0."""
        import tensorflow as tf

        return tf.cast(self._draw(photos, 0.0, 1.0) < chance, tf.float32)

    def _cropped(self, photos: tf.Tensor, side: int) -> tf.Tensor:
        """Crop, flip and rotate in one interpolation; beyond its edges the photo is mirrored.

        A rotation may move the edge of a crop beyond that of the photo, by a tenth of its side at
        most: this takes less time than drawing crops until one fits.
        """
        import tensorflow as tf

        height, width = (tf.cast(tf.shape(photos)[axis], tf.float32) for axis in (1, 2))
        area = self._draw(photos, *self.ranges["area"])
        narrowest, widest = self.ranges["aspect"]
        aspect = tf.exp(self._draw(photos, math.log(narrowest), math.log(widest)))
        wide = tf.minimum(1.0, tf.sqrt(area * aspect))
        high = tf.minimum(1.0, tf.sqrt(area / aspect))
        across = self._draw(photos, -0.5, 0.5) * (1 - wide)
        down = self._draw(photos, -0.5, 0.5) * (1 - high)
        # Mirrored: with the quarter turns, this gives all eight flips and turns.
        wide *= 1 - 2 * self._happens(photos, 0.5)
        quarter = tf.floor(self._draw(photos, 0.0, 4.0)) * (math.pi / 2)
        angle = quarter + self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["turn"])
        cos, sin = tf.cos(angle), tf.sin(angle)
        # From a pixel of the result, as shares of the side from its middle, to one of the photo.
        x_by_x, x_by_y, x_start = _in_pixels(cos * wide, -sin * high, across, width, side)
        y_by_x, y_by_y, y_start = _in_pixels(sin * wide, cos * high, down, height, side)
        zero = tf.zeros_like(angle)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=photos,
            transforms=tf.stack(
                [x_by_x, x_by_y, x_start, y_by_x, y_by_y, y_start, zero, zero], axis=1
            ),
            output_shape=(side, side),
            interpolation="BILINEAR",
            fill_mode="REFLECT",
            fill_value=0.0,
        )

    def _recoloured(self, photos: tf.Tensor) -> tf.Tensor:
        """Saturation, hue and white balance as one matrix, then contrast and brightness."""
        import tensorflow as tf

        to_yiq = tf.constant(YIQ)
        saturation = 1 + self._draw(photos, -1.0, 1.0) * self.ranges["saturation"]
        hue = self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["hue"])
        cos, sin = saturation * tf.cos(hue), saturation * tf.sin(hue)
        unit, zero = tf.ones_like(hue), tf.zeros_like(hue)
        turned = tf.reshape(
            tf.stack([unit, zero, zero, zero, cos, -sin, zero, sin, cos], axis=1),
            (-1, 3, 3),
        )
        balance = tf.stack(
            [1 + self._draw(photos, -1.0, 1.0) * self.ranges["white_balance"] for _ in range(3)],
            axis=1,
        )
        matrix = balance[:, :, None] * (tf.linalg.inv(to_yiq) @ turned @ to_yiq)
        photos = tf.einsum("bhwc,bdc->bhwd", photos, matrix)
        mean = tf.reduce_mean(photos, axis=(1, 2, 3), keepdims=True)
        contrast = 1 + _each(self._draw(photos, -1.0, 1.0)) * self.ranges["contrast"]
        brightness = _each(self._draw(photos, -1.0, 1.0)) * (255 * self.ranges["brightness"])
        return (photos - mean) * contrast + mean + brightness

    def _blurred(self, photos: tf.Tensor) -> tf.Tensor:
        """Blur or sharpen a share of the photos, each by its own amount."""
        import tensorflow as tf

        blur = self.ranges["blur"]
        offsets = tf.range(-3.0, 4.0)
        bell = tf.exp(-0.5 * tf.square(offsets / blur["width"]))
        bell = tf.tile((bell / tf.reduce_sum(bell))[:, None, None, None], (1, 1, 3, 1))
        soft = photos
        for kernel in (bell, tf.transpose(bell, (1, 0, 2, 3))):
            soft = tf.nn.depthwise_conv2d(soft, kernel, (1, 1, 1, 1), "SAME")
        # Blurring a photo of ones shows what the zeros beyond the edge took away.
        soft /= tf.nn.depthwise_conv2d(
            tf.nn.depthwise_conv2d(tf.ones_like(photos[:1]), bell, (1, 1, 1, 1), "SAME"),
            tf.transpose(bell, (1, 0, 2, 3)),
            (1, 1, 1, 1),
            "SAME",
        )
        amount = self._happens(photos, blur["chance"]) * self._draw(photos, *blur["strength"])
        return photos + (soft - photos) * _each(amount)

    def _shaded(self, photos: tf.Tensor) -> tf.Tensor:
        """Add the dark rim of a round dermatoscope."""
        import tensorflow as tf

        vignette = self.ranges["vignette"]
        steps = tf.linspace(-0.5, 0.5, photos.shape[1])
        across = steps[None, None, :] - self._draw(photos, -0.05, 0.05)[:, None, None]
        down = steps[None, :, None] - self._draw(photos, -0.05, 0.05)[:, None, None]
        radius = self._draw(photos, *vignette["radius"])[:, None, None]
        beyond = (tf.sqrt(tf.square(across) + tf.square(down)) - radius) / 0.04
        dark = tf.sigmoid(beyond)[..., None] * _each(self._draw(photos, 0.5, 1.0))
        return photos * (1 - dark * _each(self._happens(photos, vignette["chance"])))

    def _compressed(self, photos: tf.Tensor) -> tf.Tensor:
        """Compress a share of the photos as JPEG of lower quality."""
        import tensorflow as tf

        low, high = self.ranges["jpeg"]["quality"]
        quality = tf.cast(self._draw(photos, low, high + 1), tf.int32)
        is_compressed = self._happens(photos, self.ranges["jpeg"]["chance"]) > 0

        def compress(arguments):
            photo, quality, is_chosen = arguments
            return tf.cond(
                is_chosen,
                lambda: tf.image.adjust_jpeg_quality(photo / 255.0, quality) * 255.0,
                lambda: photo,
            )

        return tf.map_fn(compress, (photos, quality, is_compressed), fn_output_signature=tf.float32)


def _in_pixels(
    by_x: tf.Tensor, by_y: tf.Tensor, start: tf.Tensor, source: tf.Tensor, side: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """One row of an affine map between shares of the side, as a map between pixels."""
    scale = source / side
    middle = 0.5 - side / 2
    return (
        by_x * scale,
        by_y * scale,
        (by_x + by_y) * middle * scale + (start + 0.5) * source - 0.5,
    )


def _each(values: tf.Tensor) -> tf.Tensor:
    """(batch,) -> (batch, 1, 1, 1), to multiply photos with."""
    return values[:, None, None, None]
