"""What changes between two dermatoscopic photos of one lesion: frame, turn, light, focus, file.

Every change is drawn for each photo on its own, a whole batch at a time, inside TensorFlow's input
pipeline.
"""

import math

# Shares of the area, the side, the value range or a full turn; `chance` is how often.
RANGES = {
    "area": (0.4, 1.0),
    "aspect": (0.75, 4 / 3),
    "turn": 1 / 18,  # around each of the four quarter turns
    "brightness": 0.12,
    "contrast": 0.2,
    "saturation": 0.2,
    "hue": 0.02,
    "white_balance": 0.06,
    "blur": {"chance": 0.4, "width": 1.2, "strength": (-0.6, 1.0)},  # pixels; below 0: sharper
    "jpeg": {"chance": 0.25, "quality": (40, 90)},
    "vignette": {"chance": 0.15, "radius": (0.42, 0.62)},
}
# The same changes, each about half as far: for the last epochs of a network that the full ones kept
# from learning its own training photos.
MILD = {
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
# Luminance and two axes of colour (YIQ, the standard of analogue television); a turn in the plane
# of the colours is a change of hue that leaves the brightness alone.
YIQ = ((0.299, 0.587, 0.114), (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135))


class Dermatoscope:
    """Changes photos the way a second photo of the same lesion would differ.

    Args:
        side: of the photos it gives, in pixels; None: that of the square photos it gets.
        seed: two of the same seed draw the same changes.
        ranges: how far each goes, such as `MILD`; None: `RANGES`.
    """

    def __init__(self, side, seed, ranges=None):
        import keras

        self.side = side
        self.ranges = ranges or RANGES
        self.seeds = keras.random.SeedGenerator(seed)

    def __call__(self, photos, training=True):
        """(batch, height, width, 3) float32 in [0, 255] -> (batch, side, side, 3) float32."""
        import tensorflow as tf

        side = self.side or photos.shape[1]
        photos = self._reframed(photos, side)
        photos = self._recoloured(photos)
        photos = self._blurred(photos)
        photos = self._shaded(photos)
        return self._compressed(tf.clip_by_value(photos, 0.0, 255.0))

    def _draw(self, like, low, high):
        """(batch,) float32, one number for each photo."""
        import tensorflow as tf

        return tf.random.stateless_uniform((tf.shape(like)[0],), self.seeds.next(), low, high)

    def _happens(self, like, chance):
        import tensorflow as tf

        return tf.cast(self._draw(like, 0.0, 1.0) < chance, tf.float32)

    def _reframed(self, photos, side):
        """Crop, flip and turn in one interpolation; what lies outside is mirrored.

        A turn may carry the edge of a crop beyond that of the photo, by a tenth of its side at
        most: cheaper than drawing crops until one fits.
        """
        import tensorflow as tf

        height, width = (tf.cast(tf.shape(photos)[axis], tf.float32) for axis in (1, 2))
        area = self._draw(photos, *self.ranges["area"])
        aspect = tf.exp(self._draw(photos, *map(math.log, self.ranges["aspect"])))
        wide = tf.minimum(1.0, tf.sqrt(area * aspect))
        high = tf.minimum(1.0, tf.sqrt(area / aspect))
        across = self._draw(photos, -0.5, 0.5) * (1 - wide)
        down = self._draw(photos, -0.5, 0.5) * (1 - high)
        wide *= 1 - 2 * self._happens(photos, 0.5)  # mirrored; the turns do the rest
        quarter = tf.floor(self._draw(photos, 0.0, 4.0)) * (math.pi / 2)
        angle = quarter + self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["turn"])
        cos, sin = tf.cos(angle), tf.sin(angle)
        # Of a pixel of the result, counted from its middle in shares of the side, to the photo's.
        x_by_x, x_by_y, x_start = _in_pixels(cos * wide, -sin * high, across, width, side)
        y_by_x, y_by_y, y_start = _in_pixels(sin * wide, cos * high, down, height, side)
        nothing = tf.zeros_like(angle)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=photos,
            transforms=tf.stack(
                [x_by_x, x_by_y, x_start, y_by_x, y_by_y, y_start, nothing, nothing], axis=1
            ),
            output_shape=(side, side),
            interpolation="BILINEAR",
            fill_mode="REFLECT",
            fill_value=0.0,
        )

    def _recoloured(self, photos):
        """Saturation, hue and white balance as one matrix, then contrast and brightness."""
        import tensorflow as tf

        to_yiq = tf.constant(YIQ)
        saturation = 1 + self._draw(photos, -1.0, 1.0) * self.ranges["saturation"]
        hue = self._draw(photos, -1.0, 1.0) * (2 * math.pi * self.ranges["hue"])
        cos, sin = saturation * tf.cos(hue), saturation * tf.sin(hue)
        one, nothing = tf.ones_like(hue), tf.zeros_like(hue)
        turned = tf.reshape(
            tf.stack([one, nothing, nothing, nothing, cos, -sin, nothing, sin, cos], axis=1),
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

    def _blurred(self, photos):
        """Out of focus or sharper than the rest, some more than others."""
        import tensorflow as tf

        chosen = self.ranges["blur"]
        offsets = tf.range(-3.0, 4.0)
        bell = tf.exp(-0.5 * tf.square(offsets / chosen["width"]))
        bell = tf.tile((bell / tf.reduce_sum(bell))[:, None, None, None], (1, 1, 3, 1))
        soft = photos
        for kernel in (bell, tf.transpose(bell, (1, 0, 2, 3))):
            soft = tf.nn.depthwise_conv2d(soft, kernel, (1, 1, 1, 1), "SAME")
        # Blurring ones the same way says what the zeros beyond the edge took away.
        soft /= tf.nn.depthwise_conv2d(
            tf.nn.depthwise_conv2d(tf.ones_like(photos[:1]), bell, (1, 1, 1, 1), "SAME"),
            tf.transpose(bell, (1, 0, 2, 3)),
            (1, 1, 1, 1),
            "SAME",
        )
        much = self._happens(photos, chosen["chance"]) * self._draw(photos, *chosen["strength"])
        return photos + (soft - photos) * _each(much)

    def _shaded(self, photos):
        """The dark rim of a round dermatoscope."""
        import tensorflow as tf

        chosen = self.ranges["vignette"]
        steps = tf.linspace(-0.5, 0.5, photos.shape[1])
        across = steps[None, None, :] - self._draw(photos, -0.05, 0.05)[:, None, None]
        down = steps[None, :, None] - self._draw(photos, -0.05, 0.05)[:, None, None]
        radius = self._draw(photos, *chosen["radius"])[:, None, None]
        beyond = (tf.sqrt(tf.square(across) + tf.square(down)) - radius) / 0.04
        dark = tf.sigmoid(beyond)[..., None] * _each(self._draw(photos, 0.5, 1.0))
        return photos * (1 - dark * _each(self._happens(photos, chosen["chance"])))

    def _compressed(self, photos):
        """As a JPEG file of lower quality gives them back."""
        import tensorflow as tf

        low, high = self.ranges["jpeg"]["quality"]
        quality = tf.cast(self._draw(photos, low, high + 1), tf.int32)
        chosen = self._happens(photos, self.ranges["jpeg"]["chance"]) > 0

        def one(arguments):
            photo, quality, is_chosen = arguments
            return tf.cond(
                is_chosen,
                lambda: tf.image.adjust_jpeg_quality(photo / 255.0, quality) * 255.0,
                lambda: photo,
            )

        return tf.map_fn(one, (photos, quality, chosen), fn_output_signature=tf.float32)


def _in_pixels(by_x, by_y, start, source, side):
    """One row of an affine map between shares of the side, as a map between pixel numbers."""
    scale = source / side
    middle = 0.5 - side / 2
    return (
        by_x * scale,
        by_y * scale,
        (by_x + by_y) * middle * scale + (start + 0.5) * source - 0.5,
    )


def _each(values):
    return values[:, None, None, None]
