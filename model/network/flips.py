"""The eight flips and quarter turns of a square photo.

A lesion has no up and no left, so a prediction should not depend on how the photo is turned. Where
it does, that is worth knowing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

NUM_VIEWS = 8
FLIPS: tuple[list[int], ...] = (
    [],
    [1],
    [2],
    [1, 2],
)  # axes to reverse; of the photo, then of the photo transposed


def views(photos: tf.Tensor) -> tf.Tensor:
    """Flip and turn every photo.

    Args:
        photos: (n, side, side, channels) tensor.
    Returns:
        (8 n, side, side, channels): the eight views of the first photo, then of the second; the
        first view of each photo is the photo itself.
    """
    import tensorflow as tf

    flipped = [
        tf.reverse(oriented, axes)
        for oriented in (photos, tf.transpose(photos, (0, 2, 1, 3)))
        for axes in FLIPS
    ]
    by_photo = tf.stack(flipped, axis=1)  # (n, 8, side, side, channels)
    return tf.reshape(by_photo, tf.concat([[-1], tf.shape(photos)[1:]], axis=0))


def turn_back(maps: tf.Tensor) -> tf.Tensor:
    """Undo the flip of every map, so that each lies over its photo.

    Args:
        maps: (8 n, side, side, channels) tensor, in the order of `views`.
    Returns:
        (n, 8, side, side, channels).
    """
    import tensorflow as tf

    size = tf.shape(maps)[1:]
    by_view = tf.unstack(tf.reshape(maps, tf.concat([[-1, NUM_VIEWS], size], axis=0)), axis=1)
    num_flips = len(FLIPS)
    upright = [tf.reverse(view, axes) for view, axes in zip(by_view, (*FLIPS, *FLIPS), strict=True)]
    upright[num_flips:] = [tf.transpose(view, (0, 2, 1, 3)) for view in upright[num_flips:]]
    return tf.stack(upright, axis=1)
