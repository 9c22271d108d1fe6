"""A network whose answers are known by hand, for any pixels and order, and photos to match.

It tells dark, medium and bright red apart and looks at nothing else, through sigmoids that are
saturated on pixels of another range.
"""

import keras
import numpy as np
from keras import layers
from PIL import Image

from train.importing.pixels import WAYS

CODES = ("bright", "dark", "medium")  # in the order of the alphabet
RED = {"dark": 40, "medium": 128, "bright": 215}
SIDE = 64


def network(pixels="0-255", order=CODES, activation="softmax"):
    """A network that takes these pixels and whose outputs stand in this order."""
    way = WAYS[pixels]
    red = keras.layers.Conv2D(1, 1, name="red")
    photo = keras.Input((SIDE, SIDE, 3))
    x = layers.GlobalAveragePooling2D()(red(photo))
    steps = layers.Dense(2, activation="sigmoid", name="steps")
    output = layers.Dense(3, activation=activation, name="answer")
    built = keras.Model(photo, output(steps(x)))
    channel = 2 if way.is_bgr else 0  # of what the network gets; the red of the photo
    kernel = np.zeros((1, 1, 3, 1))
    kernel[0, 0, channel] = 1 / (255 * way.scale[0])
    red.set_weights([kernel, np.array([-way.offset[0] / (255 * way.scale[0])])])
    steps.set_weights([np.full((1, 2), 40.0), np.array([-40 / 3, -80 / 3])])
    # Above the first step it is no longer dark, above the second it is bright.
    weights = {"dark": (-8, -4), "medium": (4, -8), "bright": (0, 8)}
    bias = {"dark": 4, "medium": 0, "bright": -4}
    output.set_weights(
        [np.transpose([weights[code] for code in order]), np.array([bias[code] for code in order])]
    )
    return built


def write_photos(folder, per_diagnosis=24, seed=4):
    """<code>/<code>_<n>.png: one red each, any green and blue; two photos show one lesion."""
    draw = np.random.default_rng(seed)
    for code, red in RED.items():
        (folder / code).mkdir(parents=True)
        for number in range(per_diagnosis):
            colour = [red + draw.integers(-25, 26), *draw.integers(0, 256, 2)]
            noise = draw.integers(-15, 16, (SIDE, SIDE, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / code / f"{code}_{number}.png")
    lines = [f"{code}_{n},{code}_{n // 2}" for code in RED for n in range(per_diagnosis)]
    table = folder.parent / f"{folder.name}_lesions.csv"
    table.write_text("\n".join(["image_id,lesion_id", *lines]), "utf-8")
    return folder, table
