"""The compiled network: whatever a Keras network ends in becomes logits of its diagnoses."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers

from model.network.compiled import CompiledNetwork, NetworkError
from model.network.flips import views
from model.network.request_queue import RequestQueue
from model.network.softmax import softmax
from tests import toys

RED, GREEN, BLUE = (toys.flat(colour, 16, 16) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255)))


def test_logits_and_features_are_those_worked_out_by_hand():
    logits, features, _ = CompiledNetwork(toys.network(), "colours")(np.stack([RED, BLUE]))
    assert logits == pytest.approx(np.array([[10, 0, 0], [0, 0, 10]]), abs=1e-5)
    assert features == pytest.approx(np.array([[1, 0, 0], [0, 0, 1]]), abs=1e-6)


def test_a_network_that_ends_in_softmax_gives_the_same_probabilities():
    photos = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    plain, *_ = CompiledNetwork(toys.network(), "colours")(photos)
    ends, *_ = CompiledNetwork(toys.network(activation="softmax"), "colours")(photos)
    assert softmax(ends) == pytest.approx(softmax(plain), abs=1e-5)


def test_one_sigmoid_stands_for_two_diagnoses():
    photo = keras.Input((16, 16, 3))
    maps = layers.Conv2D(1, 1, name="maps", use_bias=False)(photo)
    output = layers.Activation("sigmoid")(layers.GlobalAveragePooling2D()(maps))
    network = keras.Model(photo, output)
    network.get_layer("maps").set_weights([np.array([1.0, 0, 0]).reshape(1, 1, 3, 1) / 255])
    compiled = CompiledNetwork(network, "maps")
    logits, *_ = compiled(np.stack([RED, GREEN]))
    assert compiled.num_outputs == 2
    assert softmax(logits)[:, 1] == pytest.approx([1 / (1 + np.exp(-1)), 0.5], abs=1e-5)


def test_a_network_that_expects_another_range_gets_it():
    photo = keras.Input((16, 16, 3))
    maps = layers.Conv2D(3, 1, name="maps", use_bias=False)(photo)
    network = keras.Model(photo, layers.GlobalAveragePooling2D()(maps))
    network.get_layer("maps").set_weights([np.eye(3).reshape(1, 1, 3, 3)])
    logits, *_ = CompiledNetwork(network, "maps", (-1, 1))(RED[None])
    assert logits[0] == pytest.approx([1, -1, -1], abs=1e-6)


def test_batches_of_any_size_give_the_same_answers():
    photos = np.random.default_rng(0).integers(0, 256, (150, 16, 16, 3), dtype=np.uint8)
    compiled = CompiledNetwork(toys.network(), "colours")
    together, *_ = compiled(photos)
    alone = np.concatenate([compiled(photo[None])[0] for photo in photos[::30]])
    assert together[::30] == pytest.approx(alone, abs=1e-5)
    assert compiled._forward.experimental_get_tracing_count() == 1


def test_no_photos_give_no_logits():
    logits, *_ = CompiledNetwork(toys.network(), "colours")(np.zeros((0, 16, 16, 3), np.uint8))
    assert logits.shape == (0, 3)


def test_a_missing_heatmap_layer_is_named_beside_those_there_are():
    with pytest.raises(NetworkError, match=r"'conv9'.*photo, rescale, colours, average, logits"):
        CompiledNetwork(toys.network(), "conv9")


def test_a_heatmap_layer_without_maps_is_refused():
    with pytest.raises(NetworkError, match="'average' gives no feature maps"):
        CompiledNetwork(toys.network(), "average")


def test_temperature_softens_and_never_reorders():
    logits = np.array([[2.0, 1.0, -1.0]])
    sharp, soft = softmax(logits, 0.5)[0], softmax(logits, 4.0)[0]
    assert sharp[0] > soft[0]
    assert list(np.argsort(sharp)) == list(np.argsort(soft))
    assert softmax(np.array([[1000.0, 0.0]]))[0] == pytest.approx([1, 0])


def test_a_softmax_layer_is_not_applied_twice():
    plain = toys.network()
    ends = keras.Model(plain.input, layers.Softmax()(plain.output))
    logits, *_ = CompiledNetwork(ends, "colours")(RED[None])
    assert softmax(logits)[0] == pytest.approx(softmax(np.array([[10.0, 0, 0]]))[0], abs=1e-5)


def head(outputs, activation=None, bands=3):
    photo = keras.Input((16, 16, bands))
    maps = layers.Conv2D(2, 1, name="maps")(photo)
    x = layers.GlobalAveragePooling2D()(maps)
    return keras.Model(photo, layers.Dense(outputs, activation=activation)(x))


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: head(3, "sigmoid"), "ends in sigmoid with 3 outputs"),
        (lambda: head(2, "relu"), "ends in relu"),
        (lambda: head(2, bands=1), "one photo of fixed size in RGB"),
    ],
)
def test_a_network_of_another_form_is_refused(build, sentence):
    with pytest.raises(NetworkError, match=sentence):
        CompiledNetwork(build(), "maps")


def off_centre():
    """Logits that depend on where red stands: the sum over the upper left quarter, and nothing."""
    photo = keras.Input((16, 16, 3))
    maps = layers.Conv2D(2, 1, use_bias=False, name="maps")(photo)
    corner = layers.Cropping2D(((0, 8), (0, 8)))(maps)
    network = keras.Model(photo, layers.GlobalAveragePooling2D()(corner))
    kernel = np.zeros((1, 1, 3, 2))
    kernel[0, 0, 0, 0] = 1 / 255
    network.get_layer("maps").set_weights([kernel])
    return network


def test_eight_views_are_averaged_and_each_is_told():
    photo = np.zeros((1, 16, 16, 3), np.uint8)
    photo[0, :8, :8, 0] = 255
    looked = CompiledNetwork(off_centre(), "maps", num_views=8)(np.concatenate([photo, 0 * photo]))
    # Of the eight flips and turns two keep the corner where it is.
    assert looked.by_view[0, 0, 0] == 1
    assert sorted(looked.by_view[0, :, 0]) == [0, 0, 0, 0, 0, 0, 1, 1]
    assert looked.logits == pytest.approx(np.array([[0.25, 0], [0, 0]]))
    assert looked.features == pytest.approx(np.array([[0.25, 0], [0, 0]]))


def test_views_are_the_eight_flips_and_turns():
    photo = np.arange(9).reshape(1, 3, 3, 1)
    turned = views(photo).numpy()[..., 0]
    assert turned.shape == (8, 3, 3)
    assert (turned[0] == photo[0, ..., 0]).all()
    assert len({view.tobytes() for view in turned}) == 8
    neighbours = {frozenset((int(view[1, 1]), int(view[0, 1]))) for view in turned}
    assert neighbours == {frozenset((4, number)) for number in (1, 3, 5, 7)}


def test_features_of_several_layers_are_means_and_spreads():
    network = toys.network()
    compiled = CompiledNetwork(network, "colours", feature_layers=["rescale", "colours"])
    half = np.concatenate([RED[:8], BLUE[:8]])
    features = compiled(half[None]).features
    assert features.shape == (1, 12)
    assert features[0, 6:9] == pytest.approx([0.5, 0, 0.5], abs=1e-6)
    assert features[0, 9:] == pytest.approx([0.5, 0, 0.5], abs=1e-6)


@pytest.mark.parametrize(
    ("num_views", "size", "message"),
    [(4, (16, 16), "4 views of a photo are not possible; 1 or 8"), (8, (16, 20), "must be square")],
)
def test_views_that_cannot_be_had(num_views, size, message):
    photo = keras.Input((*size, 3))
    maps = layers.Conv2D(2, 1, name="maps")(photo)
    network = keras.Model(photo, layers.GlobalAveragePooling2D()(maps))
    with pytest.raises(NetworkError, match=message):
        CompiledNetwork(network, "maps", num_views=num_views)


def network_with_normalisations():
    """Two normalisations that can be folded, one behind what gives features."""
    keras.utils.set_random_seed(1)
    photo = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="plain")(photo)
    x = layers.BatchNormalization(name="plain_norm")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="deep")(layers.ReLU(6)(x))
    x = layers.BatchNormalization(name="deep_norm")(x)
    x = layers.Conv2D(5, 1, name="seen")(layers.ReLU(6)(x))
    x = layers.ReLU(6, name="maps")(layers.BatchNormalization(name="seen_norm")(x))
    built = keras.Model(photo, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    draw = np.random.default_rng(2)
    for layer in built.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return built


RANDOM = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def test_final_weights_take_fewer_steps_to_the_same_answers_and_maps():
    built = network_with_normalisations()
    plain, final = (
        CompiledNetwork(built, "maps", (0, 1), 8, ["seen"], is_final) for is_final in (False, True)
    )
    (expected, maps), (output, ours) = plain.with_heatmaps(RANDOM), final.with_heatmaps(RANDOM)
    for wanted, given in zip(expected, output, strict=True):
        assert given == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    assert ours == pytest.approx(maps, rel=1e-5, abs=1e-5)

    def normalisations(compiled):
        steps = compiled._forward.get_concrete_function().graph.get_operations()
        return sum(step.type == "Rsqrt" for step in steps)

    assert (normalisations(plain), normalisations(final)) == (3, 1)


def test_weights_that_change_later_count_unless_they_are_final():
    built = network_with_normalisations()
    learning, final = (
        CompiledNetwork(built, "maps", is_final=is_final) for is_final in (False, True)
    )
    before = learning(RANDOM).logits
    norm = built.get_layer("seen_norm")
    norm.set_weights([weights + 1 for weights in norm.get_weights()])
    assert np.abs(learning(RANDOM).logits - before).max() > 0.01
    assert final(RANDOM).logits == pytest.approx(before, rel=1e-5, abs=1e-5)
    assert final.network is built


def test_a_queue_changes_no_digit_whatever_is_asked_beside_it():
    compiled = CompiledNetwork(toys.network(), "colours", num_views=8)
    photos = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), dtype=np.uint8)
    alone = [compiled.with_heatmaps(photo[None]) for photo in photos]
    together = compiled(photos)
    compiled.runner = RequestQueue(gather_seconds=0.005)
    with ThreadPoolExecutor(8) as visitors:
        answers = list(visitors.map(lambda photo: compiled.with_heatmaps(photo[None]), photos))
        many = compiled(photos)
    compiled.runner.close()
    for (output, maps), (expected, expected_maps) in zip(answers, alone, strict=True):
        for ours, theirs in zip((*output, maps), (*expected, expected_maps), strict=True):
            assert ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    for ours, theirs in zip(many, together, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
