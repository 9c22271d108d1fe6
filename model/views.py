"""The eight ways a square photo can be flipped and turned by quarters.

A lesion has no up and no left, so an answer should not depend on them; where it does, that is
worth knowing.
"""

NUM_VIEWS = 8


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
        for axes in ([], [1], [2], [1, 2])
    ]
    every = tf.stack(every, axis=1)
    return tf.reshape(every, tf.concat([[-1], tf.shape(photos)[1:]], axis=0))
