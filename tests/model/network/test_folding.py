"""Batch normalisation folded away: the same answers from fewer steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from model.network.compiled import CompiledNetwork
from model.network.folding import folded

PHOTOS = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def network():
    """Each kind of convolution before a normalisation, and one that is looked at in between."""
    keras.utils.set_random_seed(1)
    photo = keras.Input((16, 16, 3))
    x = layers.RandomFlip("horizontal", name="only_in_training")(photo)
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="plain")(x)
    x = layers.BatchNormalization(name="plain_norm")(x)
    x = layers.ReLU(6, name="plain_relu")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="deep")(x)
    x = layers.BatchNormalization(scale=False, name="deep_norm")(x)
    x = layers.ReLU(6)(x)
    between = layers.Conv2D(8, 1, name="seen_between")(x)
    x = layers.BatchNormalization(center=False, name="seen_norm")(between)
    x = layers.Add(name="sum")([x, between])
    x = layers.Conv2D(6, 1, activation="relu", name="curved")(x)
    x = layers.BatchNormalization(name="curved_norm")(x)
    x = layers.Conv2D(5, 1, name="last")(x)
    x = layers.BatchNormalization(name="last_norm")(x)
    built = keras.Model(photo, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    draw = np.random.default_rng(2)
    for layer in built.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return built


def steps(call, kind):
    """How many steps of a kind a function takes, as TensorFlow counts them."""
    traced = tf.function(call).get_concrete_function(tf.TensorSpec((None, 16, 16, 3)))
    return sum(step.type == kind for step in traced.graph.get_operations())


def outputs(built, *names):
    return keras.Model(
        built.inputs, [built.outputs[0], *(built.get_layer(name).output for name in names)]
    )


def test_the_answers_are_the_same_but_for_the_last_digits():
    graph = outputs(network(), "plain_relu", "sum")
    photos = tf.constant(PHOTOS, tf.float32) / 255
    for ours, theirs in zip(folded(graph)(photos), graph(photos, training=False), strict=True):
        assert ours.numpy() == pytest.approx(theirs.numpy(), rel=1e-5, abs=1e-5)


def test_only_what_nobody_else_looks_at_is_folded():
    graph = outputs(network(), "plain_relu")
    before = steps(lambda photos: graph(photos, training=False), "Rsqrt")
    assert before == 5
    assert steps(folded(graph), "Rsqrt") == 2  # seen between, and after a curve
    assert steps(folded(outputs(network(), "plain")), "Rsqrt") == 3  # given out, too


def test_the_network_itself_stays_as_it_is():
    built = network()
    weights = built.get_weights()
    CompiledNetwork(built, "last_norm", is_final=True)(PHOTOS)
    assert all((now == then).all() for now, then in zip(built.get_weights(), weights, strict=True))
    assert built.get_layer("plain_norm").output.shape == (None, 8, 8, 4)


def test_a_network_that_still_learns_is_not_folded():
    built = network()
    learning, final = (CompiledNetwork(built, "last_norm", is_final=done) for done in (False, True))
    before = learning(PHOTOS).logits
    assert final(PHOTOS).logits == pytest.approx(before, rel=1e-5, abs=1e-5)
    norm = built.get_layer("last_norm")
    norm.set_weights([weights + 1 for weights in norm.get_weights()])
    assert np.abs(learning(PHOTOS).logits - before).max() > 0.01
    assert final(PHOTOS).logits == pytest.approx(before, rel=1e-5, abs=1e-5)


def test_a_layer_that_is_used_twice_is_left_alone():
    photo = keras.Input((16, 16, 3))
    twice = layers.Conv2D(3, 1, name="twice")
    x = layers.BatchNormalization()(twice(twice(photo)))
    graph = keras.Model(photo, [x, x])
    photos = tf.constant(PHOTOS, tf.float32)
    assert np.array(folded(graph)(photos)[0]) == pytest.approx(np.array(graph(photos)[0]))


def test_heat_maps_are_the_same_too():
    built = network()
    plain, final = (CompiledNetwork(built, "last_norm", (0, 1), 8, None, done) for done in (0, 1))
    (expected, maps), (output, ours) = plain.with_heatmaps(PHOTOS), final.with_heatmaps(PHOTOS)
    assert output.logits == pytest.approx(expected.logits, rel=1e-5, abs=1e-5)
    assert ours == pytest.approx(maps, rel=1e-4, abs=1e-5)
