"""What a network sees in training: batches of photos, changed at random on their way into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from train.data import augment


class Epoch(keras.utils.PyDataset):
    """The photos of one epoch in batches, in a given order.

    Args:
        photos: (n, height, width, 3) uint8.
        codes: (n,) int, what the loss learns from.
        rows: (photos of the epoch,) int, their row numbers.
        batch_size: photos in a batch; the last one may have fewer.
    """

    def __init__(self, photos: np.ndarray, codes: np.ndarray, rows: np.ndarray, batch_size: int):
        super().__init__()
        self.photos, self.codes, self.rows, self.batch_size = photos, codes, rows, batch_size

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.rows[index * self.batch_size : (index + 1) * self.batch_size]
        return self.photos[rows], self.codes[rows]


class Mixing(keras.layers.Layer):
    """Blends each photo of a batch with another one, in training only.

    The share of the other photo is drawn evenly from 0 to 0.5. What a blend shows is for a teacher
    to say (`with_changes`): it has no label of its own.

    Args:
        seed: the same seed draws the same shares.
    Source:
        mixup, Zhang et al. 2018, https://arxiv.org/abs/1710.09412; the pairing with a teacher,
        Beyer et al. 2022, https://arxiv.org/abs/2106.05237.
    """

    def __init__(self, seed: int):
        super().__init__(dtype="float32")
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, photos: Any, training: bool = False) -> Any:
        """(batch, height, width, 3) float32, blended in training."""
        if not training:
            return photos
        number = (ops.shape(photos)[0], 1, 1, 1)
        share = keras.random.uniform(number, 0.0, 0.5, seed=self.generator)
        return photos + share * (ops.flip(photos, axis=0) - photos)


def with_changes(
    network: keras.Model,
    layers: Sequence[keras.Layer],
    teachers: Sequence[keras.Model] = (),
) -> keras.Model:
    """The network as it is trained: photos go through random changes first.

    Args:
        network: (batch, height, width, 3) -> (batch, outputs).
        layers: of `train.data.augment.changes`.
        teachers: networks like this one, which see the same changed photos and do not learn.
    Returns:
        `keras.Model`: photos -> the output of `network`, whose weights it shares. With teachers
        (batch, 2, outputs): the logits, and the log of the teachers' mean probabilities.
    """
    photos = keras.Input(network.input_shape[1:], name="photos")
    changed = augment.changed(photos, layers)
    output = network(changed)
    if not teachers:
        return keras.Model(photos, output)
    for number, teacher in enumerate(teachers, 1):
        teacher.trainable = False
        teacher.name = f"teacher_{number}"  # a graph wants a name of its own for each
    logits = [ops.cast(teacher(changed, training=False), "float32") for teacher in teachers]
    mean = ops.mean(ops.stack([ops.softmax(teacher) for teacher in logits]), axis=0)
    mean = ops.log(ops.maximum(mean, keras.config.epsilon()))
    return keras.Model(photos, ops.stack([ops.cast(output, "float32"), mean], axis=1))
