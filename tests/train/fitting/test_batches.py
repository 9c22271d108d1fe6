"""What a network sees in training, and what it learns from teachers."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from train.fitting import batches, losses


def ending_in(logits, name):
    """A network that always gives these logits, from one weight that could learn."""
    photo = keras.Input((4, 4, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(photo)
    layer = keras.layers.Dense(len(logits), kernel_initializer="zeros")
    network = keras.Model(photo, layer(pooled), name=name)
    layer.bias.assign(logits)
    return network


def test_an_epoch_holds_each_row_once_in_the_order_given():
    photos = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    epoch = batches.Epoch(photos, np.arange(10) % 3, np.array([4, 9, 0, 4, 7]), 2)
    assert len(epoch) == 3
    seen, codes = zip(*(epoch[index] for index in range(3)), strict=True)
    assert [len(batch) for batch in seen] == [2, 2, 1]
    assert list(np.concatenate(seen)[:, 0, 0, 0]) == [4, 9, 0, 4, 7]
    assert list(np.concatenate(codes)) == [1, 0, 0, 1, 1]


def test_photos_are_blended_with_their_opposite_at_most_half():
    photos = np.array([0, 100, 200, 40], np.float32)[:, None, None, None] * np.ones((1, 3, 3, 3))
    mixing = batches.Mixing(seed=1)
    blended = convert_to_numpy(mixing(photos, training=True))
    assert np.ptp(blended, axis=(1, 2, 3)) == pytest.approx(0, abs=1e-4)  # one share for a photo
    share = (blended - photos)[:, 0, 0, 0] / (photos[::-1] - photos)[:, 0, 0, 0]
    assert (share > 0).all()
    assert (share < 0.5).all()
    assert len(set(share)) == 4
    assert (convert_to_numpy(mixing(photos)) == photos).all()


def test_a_learner_shares_its_weights_and_its_teachers_never_learn():
    network, teachers = (
        ending_in([0.0, 0.0], "same"),
        [
            ending_in(np.log([0.9, 0.1]), "same"),
            ending_in(np.log([0.5, 0.5]), "same"),
        ],
    )
    learner = batches.with_changes(network, [], teachers)
    photos = np.zeros((5, 4, 4, 3), np.float32)
    answers = convert_to_numpy(learner(photos))
    assert answers.shape == (5, 2, 2)
    assert answers[:, 0] == pytest.approx(0)
    assert np.exp(answers[:, 1]) == pytest.approx(np.tile([0.7, 0.3], (5, 1)), abs=1e-6)
    assert learner.trainable_variables == network.trainable_variables


def test_the_loss_of_a_learner_is_the_cross_entropy_with_the_mean_of_its_teachers():
    answers = np.array([[[0.0, 0.0], np.log([0.7, 0.3])], [np.log([0.7, 0.3])] * 2], np.float32)
    loss = convert_to_numpy(losses.distillation(np.zeros(2), answers))
    entropy = -(0.7 * np.log(0.7) + 0.3 * np.log(0.3))
    assert loss == pytest.approx([np.log(2), entropy])
