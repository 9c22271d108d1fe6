"""The eight ways a square photo can be flipped and turned by quarters.

A lesion has no up and no left, so an answer should not depend on them; where it does, that is
worth knowing.
"""

NUM_VIEWS = 8
FLIPS = ([], [1], [2], [1, 2])  # axes to reverse; of the photo, then of the photo transposed


def views(photos):
    """Flip and turn every photo.

    Args:
        photos: (n, side, side, channels) tensor.
    Returns:
        (8 n, side, side, channels): the eight views of the first photo, then of the second; of
        each photo the first is the photo itself.
    """
    import tensorflow as tf

    every = [
        tf.reverse(one, axes)
        for one in (photos, tf.transpose(photos, (0, 2, 1, 3)))
        for axes in FLIPS
    ]
    every = tf.stack(every, axis=1)
    return tf.reshape(every, tf.concat([[-1], tf.shape(photos)[1:]], axis=0))


def turn_back(maps):
    """Turn the maps of every view back, so that each lies over its photo.

    Args:
        maps: (8 n, side, side, channels) tensor, in the order of `views`.
    Returns:
        (n, 8, side, side, channels).
    """
    import tensorflow as tf

    size = tf.shape(maps)[1:]
    every = tf.unstack(tf.reshape(maps, tf.concat([[-1, NUM_VIEWS], size], axis=0)), axis=1)
    half = len(FLIPS)
    back = [tf.reverse(one, axes) for one, axes in zip(every, (*FLIPS, *FLIPS), strict=True)]
    back[half:] = [tf.transpose(one, (0, 2, 1, 3)) for one in back[half:]]
    return tf.stack(back, axis=1)
