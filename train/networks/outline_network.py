"""A small U-Net that finds a lesion's outline; about 100,000 weights.

Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597, with batch normalisation and with far
fewer channels. It answers at half the photo's side, which an outline of a whole lesion loses little
by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

SIDE = 128  # pixels: photos are squashed to a square
CHANNELS = (16, 24, 32, 48)  # from half the side down to a sixteenth
NORM_EPSILON = 1e-3


def unet(side: int = SIDE, channels: tuple[int, ...] = CHANNELS) -> keras.Model:
    """Build the network: (side, side, 3) in 0 to 255 -> (side / 2, side / 2, 1) logits.

    Its convolutions are named in the order in which `model.photo.outline_network` runs them.
    """
    from keras import Input, Model, layers

    def conv(x, number, name, size=3, strides=1):
        x = layers.Conv2D(
            number, size, strides, padding="same", use_bias=False, name=f"{name}_conv"
        )(x)
        x = layers.BatchNormalization(momentum=0.95, epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
        return layers.ReLU(name=f"{name}_relu")(x)

    photo = Input((side, side, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(photo)
    x = conv(x, channels[0], "first", 5, 2)
    sides = []
    for level, number in enumerate(channels):
        if level:
            sides.append(x)
            x = layers.MaxPooling2D(name=f"down{level}_pool")(x)
            x = conv(x, number, f"down{level}a")
        x = conv(x, number, f"down{level}b")
    for level in reversed(range(len(channels) - 1)):
        x = layers.UpSampling2D(name=f"up{level}_wider")(x)
        x = layers.Concatenate(name=f"up{level}_both")([x, sides[level]])
        x = conv(x, channels[level], f"up{level}")
    return Model(photo, layers.Conv2D(1, 1, name="logits")(x), name="outline")


def arrays(network: keras.Model) -> dict[str, np.ndarray]:
    """The weights as `model.photo.outline_network` takes them: batch normalisation is folded into
    the convolutions, with 16 bits each.

    Returns:
        `<name>_kernel`, (height, width, in, out), and `<name>_bias`, (out,), both float16, of each
        convolution, in order.
    """
    folded = {}
    for layer in network.layers:
        name = layer.name.removesuffix("_conv")
        if layer.name == "logits":
            kernel, bias = layer.get_weights()
        elif layer.name.endswith("_conv"):
            (kernel,) = layer.get_weights()
            scale, shift, mean, variance = network.get_layer(f"{name}_norm").get_weights()
            factor = scale / np.sqrt(variance + NORM_EPSILON)
            kernel, bias = kernel * factor, shift - mean * factor
        else:
            continue
        folded[f"{name}_kernel"] = kernel.astype(np.float16)
        folded[f"{name}_bias"] = bias.astype(np.float16)
    return folded
