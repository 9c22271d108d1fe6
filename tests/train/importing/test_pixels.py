"""What pixels become, held against Keras's own preprocessing."""

import keras
import numpy as np
import pytest

from model.network.flatten import flatten
from tests.train.importing import networks
from train.importing.pixels import WAYS, rescaling_layers

PHOTO = np.array([[[[255, 0, 51], [0, 128, 255]]]], np.uint8)


@pytest.mark.parametrize(
    ("name", "mode"), [("-1-1", "tf"), ("imagenet", "torch"), ("caffe", "caffe")]
)
def test_pixels_are_those_of_keras(name, mode):
    modules = {
        "tf": keras.applications.mobilenet_v2,
        "torch": keras.applications.densenet,
        "caffe": keras.applications.resnet50,
    }
    expected = modules[mode].preprocess_input(PHOTO.astype(np.float32))
    assert WAYS[name](PHOTO) == pytest.approx(np.asarray(expected), abs=1e-4)


def test_ranges_are_worked_out_by_hand():
    assert WAYS["0-255"](PHOTO) == pytest.approx(PHOTO)
    assert WAYS["0-1"](PHOTO)[0, 0, 0] == pytest.approx([1, 0, 0.2])
    assert WAYS["-1-1"](PHOTO)[0, 0, 0] == pytest.approx([1, -1, -0.6])
    assert WAYS["0-1-bgr"](PHOTO)[0, 0, 0] == pytest.approx([0.2, 0, 1])


@pytest.mark.parametrize("name", WAYS)
def test_a_way_that_is_built_in_gives_what_it_gives_outside(name, tmp_path):
    plain = networks.network(name)
    photos = np.random.default_rng(2).integers(0, 256, (4, 64, 64, 3)).astype(np.uint8)
    expected = np.asarray(plain(WAYS[name](photos)))
    fed = WAYS[name].into(plain)
    fed.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    assert np.asarray(loaded(photos.astype(np.float32))) == pytest.approx(expected, abs=1e-4)


def test_layers_that_rescale_are_named():
    rescale = keras.layers.Rescaling(1 / 255, name="mine")
    network = keras.Sequential([keras.Input((8, 8, 3)), rescale, keras.layers.Flatten()])
    network = flatten(network)
    assert rescaling_layers(network) == ["mine"]
    assert rescaling_layers(networks.network()) == []
