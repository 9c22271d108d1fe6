"""Random changes to training photos that leave the diagnosis alone."""

from train.data import dermatoscope

# Shares of a full turn, of the side, of the value range. `course` follows the course assignment
# behind the 9-class recipes, whose copies are turned by up to 10 degrees and nothing else;
# `tutorial` what Keras's tutorial puts in front of the same three convolutions.
STRENGTHS = {
    "none": {},
    "flips": {"flip": True},
    "course": {"turn": 10 / 360},
    "tutorial": {"flip": True, "turn": 0.1, "zoom": 0.1},
    "strong": {"flip": True, "turn": 0.5, "zoom": 0.3, "brightness": 0.12, "contrast": 0.2},
    "dermatoscope": dermatoscope.RANGES,
    "dermatoscope_mild": dermatoscope.MILD,
}


def changes(strength, seed, side=None):
    """Keras layers, or what is called like one, that change a batch, in order.

    Args:
        strength: a key of `STRENGTHS`.
        seed: of the first layer; the others follow.
        side: of the square photos that come out, in pixels; None: as large as they went in.
    Returns:
        List of layers, (batch, height, width, 3) float32 in [0, 255] -> the same.
    """
    from keras import layers

    chosen = STRENGTHS[strength]
    if strength.startswith("dermatoscope"):
        return [dermatoscope.Dermatoscope(side, seed, chosen)]
    found = []
    if chosen.get("flip"):
        found.append(layers.RandomFlip("horizontal_and_vertical", seed=seed))
    if "turn" in chosen:
        found.append(layers.RandomRotation(chosen["turn"], fill_mode="reflect", seed=seed + 1))
    if "zoom" in chosen:
        zoom = (-chosen["zoom"], 0.0)  # inwards only, height and width apart
        found.append(layers.RandomZoom(zoom, zoom, fill_mode="reflect", seed=seed + 2))
    if "contrast" in chosen:
        found.append(layers.RandomContrast(chosen["contrast"], seed=seed + 3))
    if "brightness" in chosen:
        found.append(layers.RandomBrightness(chosen["brightness"], (0, 255), seed=seed + 4))
    if side is not None:
        found.append(layers.Resizing(side, side))
    return found


def changed(photos, layers):
    """(batch, height, width, 3) uint8 or float32 -> float32 in [0, 255], each photo its own way."""
    import tensorflow as tf

    photos = tf.cast(photos, tf.float32)
    for layer in layers:
        photos = layer(photos, training=True)
    return tf.clip_by_value(photos, 0.0, 255.0)
