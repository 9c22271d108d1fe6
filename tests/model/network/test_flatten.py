"""Nested networks opened: the same answers, every layer within reach."""

import keras
import numpy as np
import pytest
from keras import layers

from model.heatmaps.explainer import Explainer
from model.heatmaps.tf_keras_vis import largest_gap
from model.network.compiled import CompiledNetwork, NetworkError
from model.network.flatten import FlattenError, flatten, is_flat
from model.network.layer_gradients import last_feature_maps
from model.prediction.classifier import Classifier
from tests import toys

SIDE = 64


def photos(num=3, side=SIDE):
    return np.random.default_rng(5).uniform(0, 255, (num, side, side, 3)).astype(np.float32)


def backbone(name, side=SIDE):
    """A trunk with random weights everywhere: fresh ones leave whole layers at 0 and 1."""
    keras.utils.set_random_seed(3)
    trunk = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(side, side, 3)
    )
    draw = np.random.default_rng(3)
    for weight in trunk.weights:
        if len(weight.shape) == 1:  # biases, and what normalisation scales and shifts by
            weight.assign(draw.uniform(0.5, 1.0, weight.shape))
    for layer in trunk.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()  # works with what it derives from its weights
    return trunk


def sequential_head(trunk):
    return keras.Sequential(
        [
            keras.Input((80, 72, 3)),  # a layer inside brings it to the trunk's size
            keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)], name="random"),
            layers.Resizing(SIDE, SIDE),
            layers.Rescaling(1 / 127.5, offset=-1),
            trunk,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional_head(trunk):
    photo = keras.Input(trunk.input_shape[1:])
    maps = trunk(layers.Rescaling(1 / 127.5, offset=-1)(photo), training=False)
    pooled = keras.ops.concatenate(
        [layers.GlobalAveragePooling2D()(maps), layers.GlobalMaxPooling2D()(maps)], axis=-1
    )
    return keras.Model(photo, layers.Dense(3)(pooled))


@pytest.mark.parametrize(
    "name", ["MobileNetV2", "EfficientNetB0", "DenseNet121", "ResNet50", "ConvNeXtTiny"]
)
def test_a_trunk_of_keras_applications_answers_the_same_when_opened(name):
    network = sequential_head(backbone(name))
    flat = flatten(network)
    assert is_flat(flat)
    assert not is_flat(network)
    seen = photos(side=80)[:, :, :72]
    expected = np.asarray(network(seen, training=False))
    assert np.ptp(expected) > 0
    scale = max(1.0, float(np.abs(expected).max()))
    actual = np.asarray(flat(seen, training=False))
    assert actual == pytest.approx(expected, abs=1e-5 * scale)
    maps = flat.get_layer(last_feature_maps(flat)).output
    assert maps.shape[1:3] == (2, 2)  # the trunk's last: 64 pixels, halved five times


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0", "DenseNet121", "ResNet50"])
def test_its_grad_cam_is_that_of_tf_keras_vis(tmp_path, name):
    """tf-keras-vis needs a flat network itself, so both look at the opened one."""
    network = functional_head(backbone(name))
    flat = flatten(network)
    expected = np.asarray(network(photos(), training=False))
    assert np.asarray(flat(photos(), training=False)) == pytest.approx(expected, abs=1e-5)
    size = {"height": SIDE, "width": SIDE, "range": [0, 255]}
    layer = last_feature_maps(flat)
    run = toys.write(tmp_path, save=flat.save, has_novelty=False, input=size, heatmap_layer=layer)
    explainer = Explainer(Classifier(run))
    photo = photos(1)[0].astype(np.uint8)
    (raw,) = explainer.by_view(photo, "mel", "grad_cam", num_views=1)
    assert np.ptp(raw) > 0
    assert largest_gap(explainer, photo, "mel", "grad_cam") < 1e-4


def test_layers_that_share_a_name_in_two_networks_are_kept_apart():
    def part(name):
        taken = keras.Input((8, 8, 3))
        maps = layers.Conv2D(3, 3, padding="same", name="conv")(taken)
        return keras.Model(taken, maps, name=name)

    photo = keras.Input((8, 8, 3))
    first, second = part("first"), part("second")
    network = keras.Model(photo, second(first(photo)))
    flat = flatten(network)
    assert [layer.name for layer in flat.layers] == ["photo", "conv", "second_conv"]
    expected = np.asarray(network(photos(2, 8)))
    assert np.asarray(flat(photos(2, 8))) == pytest.approx(expected, abs=1e-4)


def test_a_layer_that_is_called_twice_stays_one_layer():
    photo = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 1, name="shared")
    inner = keras.Model(photo, shared(shared(photo)))
    outer = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.Flatten(), layers.Dense(2)])
    flat = flatten(outer)
    assert [layer.name for layer in flat.layers].count("shared") == 1
    assert len(flat.weights) == len(outer.weights)
    assert np.asarray(flat(photos(2, 8))) == pytest.approx(
        np.asarray(outer(photos(2, 8))), rel=1e-5
    )


def test_an_adapted_normalisation_keeps_what_it_learned():
    normalise = layers.Normalization()
    normalise.adapt(photos(4, 8))
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.Sequential([normalise]), layers.Flatten(), layers.Dense(2)]
    )
    expected = np.asarray(network(photos(2, 8)))
    assert np.asarray(flatten(network)(photos(2, 8))) == pytest.approx(expected, abs=1e-5)


def test_the_original_still_works_and_shares_nothing_with_its_copy():
    network = functional_head(backbone("MobileNetV2"))
    before = np.asarray(network(photos(), training=False))
    flat = flatten(network)
    for weight in flat.weights:
        weight.assign(np.zeros(weight.shape))
    assert np.array_equal(np.asarray(network(photos(), training=False)), before)


def test_a_network_for_photos_of_any_size_gets_one():
    network = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()]
    )
    with pytest.raises(FlattenError, match="any size"):
        flatten(network)
    assert flatten(network, (24, 24)).input_shape == (None, 24, 24, 3)


class CustomModel(keras.Model):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: CustomModel(name="mine"), "The network is a CustomModel, a model with code"),
        (
            lambda: keras.Sequential([keras.Input((8, 8, 3)), CustomModel(name="mine")]),
            "'mine' is a CustomModel, a model with code of its own",
        ),
        (lambda: keras.Sequential([layers.Dense(2)]), "does not say what it takes"),
        (
            lambda: keras.Model(
                [a := keras.Input((8, 8, 3)), b := keras.Input((4,))],
                layers.Dense(2)(layers.Concatenate()([layers.Flatten()(a), b])),
            ),
            r"takes 2 inputs \[\(8, 8, 3\), \(4,\)\]; the app has one photo",
        ),
        (
            lambda: keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 1)]),
            "one photo in RGB",
        ),
    ],
)
def test_what_cannot_be_opened_is_named(build, sentence):
    with pytest.raises(FlattenError, match=sentence):
        flatten(build())


def test_another_size_than_the_network_s_own_is_refused():
    network = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 1)])
    with pytest.raises(FlattenError, match="takes 8 x 8 pixels, not 9 x 9"):
        flatten(network, (9, 9))


def test_a_nested_network_can_be_used_as_it_is():
    nested = keras.Sequential([keras.Input((16, 16, 3)), toys.network()])
    red = np.full((1, 16, 16, 3), (255, 0, 0), np.uint8)
    logits, *_ = CompiledNetwork(nested, "colours")(red)
    assert logits == pytest.approx(np.array([[10, 0, 0]]), abs=1e-4)
    with pytest.raises(NetworkError, match="'conv9'"):
        CompiledNetwork(nested, "conv9")


def test_an_output_that_is_an_operation_is_seen_before_its_softmax():
    plain = toys.network()
    ends = keras.Model(plain.inputs, keras.ops.softmax(plain.outputs[0]))
    red = np.full((1, 16, 16, 3), (255, 0, 0), np.uint8)
    logits, *_ = CompiledNetwork(ends, "colours")(red)
    assert logits == pytest.approx(np.array([[10, 0, 0]]), abs=1e-4)


def test_maps_come_from_the_last_layer_that_has_its_own():
    network = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, name="first"),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 3, name="second"),
            layers.ReLU(name="after_second"),
            layers.SpatialDropout2D(0.1),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert last_feature_maps(flatten(network)) == "after_second"
    no_maps = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2)])
    assert last_feature_maps(flatten(no_maps)) is None
