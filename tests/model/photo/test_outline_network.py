"""The network in NumPy gives what Keras gives."""

import numpy as np
import pytest

from model.photo.outline_network import FLIPS, lesion_shares
from train.networks.outline_network import arrays, unet


@pytest.fixture(scope="module")
def network():
    import keras

    keras.utils.set_random_seed(0)
    small = unet(32, (4, 6, 8))
    draw = np.random.default_rng(0)
    for layer in small.layers:  # averages as a training leaves them
        if layer.name.endswith("_norm"):
            lows, highs = (0.5, -0.2, -0.2, 0.05), (1.5, 0.8, 0.2, 0.3)
            scales = zip(lows, highs, layer.get_weights(), strict=True)
            layer.set_weights([draw.uniform(low, high, of.shape) for low, high, of in scales])
    return small


def test_it_gives_what_keras_gives(network):
    photo = np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    shares = lesion_shares(photo, arrays(network))
    assert shares.shape == (4, 16, 16)
    assert shares.std() > 0.05
    for share, flip in zip(shares, FLIPS, strict=True):
        logits = network.predict(photo[flip][None], verbose=0)[0, ..., 0]
        # The weights are stored with 16 bits.
        assert share == pytest.approx((1 / (1 + np.exp(-logits)))[flip], abs=0.01)


def test_its_weights_are_stored_with_16_bits(network):
    stored = arrays(network)
    assert {array.dtype for array in stored.values()} == {np.dtype(np.float16)}
    assert stored["first_kernel"].shape == (5, 5, 3, 4)
    assert len(stored) == 2 * 9
