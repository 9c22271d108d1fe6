"""A dense head on a frozen trunk, for `python -m train inject frozen_trunk --data DIR`.

The trunk of `lentigo` with its ImageNet weights turns each photo into 1,280 numbers, and never
learns. The head on them learns its training photos by heart within the epochs below. It is no run
of its own: the question is only what a leak is worth to a network that can learn by heart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from train.recipes.ham7 import HAM7_CNN

if TYPE_CHECKING:
    import keras

BATCH = 64


def dense_head(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
    """Dense 512 with ReLU, then logits; (batch, 1280) features -> (batch, num_diagnoses)."""
    from keras import Input, Model, layers

    features = Input((1280,), name="features")
    x = layers.Dense(512, activation="relu", name="dense")(features)
    return Model(features, layers.Dense(num_diagnoses, name="logits")(x))


def features(pixels: np.ndarray) -> np.ndarray:
    """The mean of the trunk's last feature maps.

    Args:
        pixels: (n, height, width, 3) uint8, RGB.
    Returns:
        (n, 1280) float32.
    """
    from keras import Model, layers

    from train.networks import backbones

    trunk = backbones.load("efficientnet_lite0", *pixels.shape[1:3])
    pooled = Model(trunk.input, layers.GlobalAveragePooling2D()(trunk.output))
    return pooled.predict(pixels, batch_size=BATCH, verbose=0)


FROZEN_TRUNK = replace(
    HAM7_CNN,  # the same photos in the same split
    name="frozen_trunk",
    title="Dense head on a frozen trunk, 7 diagnoses",
    summary="The trunk of `lentigo`, as ImageNet left it, and a dense head that learns by heart.",
    command="python -m train inject frozen_trunk --data DIR",
    minutes="about 20 minutes for all trainings on 2 cores",
    expected="",
    published=None,
    network=dense_head,
    height=192,
    width=192,
    lowest_resolution=True,
    epochs=40,
    learning_rate=1e-3,
    weight_decay=0.0,
    augment="none",
)
