"""Batch normalisation folded into convolutions changes no answer beyond rounding."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
layers = keras.layers


def randomised(network, seed=0):
    """Weights of a trained network: no normalisation is the identity."""
    chance = np.random.default_rng(seed)
    for layer in network.layers:
        layer.set_weights(
            [
                chance.uniform(0.5, 2, weight.shape)
                if isinstance(layer, layers.BatchNormalization)
                else chance.normal(0, 0.5, weight.shape)
                for weight in layer.get_weights()
            ]
        )
    return network


def small():
    photo = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, use_bias=False, name="plain")(photo)
    x = layers.BatchNormalization(name="plain_norm", epsilon=0.3)(x)
    x = layers.ReLU(6, name="plain_relu")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    x = layers.BatchNormalization(name="depthwise_norm", scale=False, center=False)(x)
    shared = layers.Conv2D(8, 1, name="branched")(x)
    x = layers.Add(name="add")([layers.BatchNormalization(name="branched_norm")(shared), shared])
    x = layers.Conv2D(5, 1, activation="relu", name="active")(x)
    x = layers.BatchNormalization(name="active_norm")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.BatchNormalization(name="pool_norm")(x)
    return randomised(keras.Model(photo, layers.Dense(3, name="logits")(x)))


def normalisations(network):
    return {layer.name for layer in network.layers if type(layer) is layers.BatchNormalization}


def test_answers_stay_and_only_what_may_go_goes():
    from model.network.folding import fold_normalisations

    network = small()
    before = [weight.copy() for weight in network.get_weights()]
    folded = fold_normalisations(network)
    photos = np.random.default_rng(1).uniform(0, 1, (4, 8, 8, 3)).astype("float32")
    expected = np.asarray(network(photos))
    np.testing.assert_allclose(np.asarray(folded(photos)), expected, rtol=1e-4, atol=1e-5)
    assert np.abs(expected).min() > 1e-3
    # Gone is what follows a convolution alone, without anything between.
    assert normalisations(folded) == {"branched_norm", "active_norm", "pool_norm"}
    assert all((a == b).all() for a, b in zip(before, network.get_weights(), strict=True))


def test_what_is_read_stays():
    from model.network.folding import fold_normalisations

    kept = fold_normalisations(small(), ["plain", "depthwise_norm"])
    assert {"plain_norm", "depthwise_norm"} <= normalisations(kept)


def test_a_network_with_a_layer_that_cannot_be_copied_stays_as_it_is(monkeypatch):
    from model.network.folding import fold_normalisations

    def refuse(self):
        raise NotImplementedError

    network = small()
    monkeypatch.setattr(layers.ReLU, "get_config", refuse)
    assert fold_normalisations(network) is network
