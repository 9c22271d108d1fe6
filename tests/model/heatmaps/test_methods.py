"""Every method against tf-keras-vis, and by hand where a map can be worked out."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from model.heatmaps.explainer import Explainer
from model.heatmaps.methods import METHODS, finer_cam, grad_cam, hires_cam, score_cam, smooth_grad
from model.heatmaps.methods.finer_cam import compared_with
from model.heatmaps.tf_keras_vis import COMPARABLE, TfKerasVis, largest_gap
from model.network.layer_gradients import TruncatedNetwork
from model.prediction.classifier import Classifier
from tests import toys

PHOTO = np.random.default_rng(4).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def convolutional(num_outputs, activation=None):
    """Two convolutions of random weights, the first as large as the photo."""
    keras.utils.set_random_seed(7)
    photo = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(photo)
    x = layers.Conv2D(20, 3, padding="same", activation="relu", name="first")(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(24, 3, activation="relu", name="colours")(x)
    x = layers.Flatten()(x)
    return keras.Model(photo, layers.Dense(num_outputs, activation=activation, name="output")(x))


def written(folder, codes, *arguments):
    network = convolutional(*arguments)
    return Explainer(
        Classifier(toys.write(folder, codes=codes, save=network.save, num_features=24))
    )


@pytest.fixture(scope="module")
def explainer(tmp_path_factory):
    return written(tmp_path_factory.mktemp("runs"), toys.CODES, 3, "softmax")


@pytest.fixture(scope="module")
def reference(explainer):
    return TfKerasVis(explainer.classifier)


@pytest.mark.parametrize("layer", ["first", "colours"])
@pytest.mark.parametrize("method", COMPARABLE)
def test_maps_equal_those_of_tf_keras_vis(explainer, reference, method, layer):
    # Grad-CAM++ divides by differences that may all but vanish, where float32 rounds differently.
    largest = 1e-3 if method == "grad_cam_plus_plus" else 1e-4
    for number, code in enumerate(toys.CODES):
        ours = explainer.heatmap(PHOTO, code, method, layer)
        raw = reference(PHOTO, number, method, layer)
        theirs = explainer.heatmap_of(raw, code, method)
        assert ours.peak == pytest.approx(theirs.peak, rel=largest, abs=1e-6)
        assert np.abs(ours.values - theirs.values).max() < largest


def test_the_gap_to_tf_keras_vis_can_be_asked_for(explainer, monkeypatch):
    assert largest_gap(explainer, PHOTO, "mel", "layer_cam") < 1e-4
    real = explainer.by_view
    monkeypatch.setattr(
        explainer, "by_view", lambda *given, **named: real(*given, **named)[:, ::-1]
    )
    assert largest_gap(explainer, PHOTO, "mel", "layer_cam") > 0.1


def test_saliency_without_noise_equals_that_of_tf_keras_vis(explainer, reference):
    from model.network.compiled import scale

    classifier = explainer.classifier
    seen = np.asarray(scale(classifier.prepare(PHOTO)[None], 0, 255))
    cut = TruncatedNetwork(classifier.network.network, "colours")
    for number in range(3):
        (ours,) = smooth_grad(cut, seen, number, num_copies=0)
        theirs = reference(PHOTO, number, "saliency")
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("method", ["grad_cam", "grad_cam_plus_plus", "layer_cam"])
def test_both_sides_of_one_sigmoid_equal_those_of_tf_keras_vis(tmp_path, method):
    explainer = written(tmp_path, ("nv", "mel"), 1, "sigmoid")
    for number, code in enumerate(("nv", "mel")):
        ours = explainer.heatmap(PHOTO, code, method)
        raw = TfKerasVis(explainer.classifier)(PHOTO, number, method)
        assert np.abs(ours.values - explainer.heatmap_of(raw, code, method).values).max() < 1e-4


def test_score_cam_weighs_by_the_probability_of_what_is_shown(toy_classifier):
    """Half red, half green, of one colour each: showing only what the red map marks leaves the red
    half, so the mean red is one half and the logit five."""
    photo = np.zeros((16, 16, 3), np.uint8)
    photo[:8, :, 0] = photo[8:, :, 1] = 255
    raw = Explainer(toy_classifier).by_view(photo, "bcc", "score_cam")[0]
    shown = np.exp(5) / (np.exp(5) + 2)  # red is shown: logits 5, 0, 0
    hidden = 1 / (np.exp(5) + 2)  # green is shown: logits 0, 5, 0
    assert raw[:8] == pytest.approx(np.full((8, 16), shown), rel=1e-4)
    assert raw[8:] == pytest.approx(np.full((8, 16), hidden), rel=1e-3)


def test_score_cam_adds_up_the_channels_of_every_batch():
    """Forty channels of two places, of a network whose logit is the sum of what is shown."""
    maps = np.random.default_rng(0).random((1, 1, 2, 40))
    photo = np.array([[[[1.0, 0.5, 0.5], [2.0, 0.0, 1.0]]]])

    def logits(shown):
        return np.stack([shown.sum(axis=(1, 2, 3)), np.zeros(len(shown))], axis=1)

    network = SimpleNamespace(feature_maps=lambda photos: maps, logits=logits)
    # Each marks only its stronger place, whose colours add up to 2 or to 3.
    sums = np.where(maps[0, 0, 0] > maps[0, 0, 1], 2, 3)
    weights = np.exp(sums) / (np.exp(sums) + 1)
    found = score_cam(network, photo, 0)
    assert found == pytest.approx((maps @ weights), rel=1e-5)
    liveliest = np.abs(maps[0, 0, 0] - maps[0, 0, 1]).argmax()
    alone = score_cam(network, photo, 0, num_channels=1)
    assert alone == pytest.approx(maps[..., liveliest] * weights[liveliest], rel=1e-5)


def test_smooth_grad_averages_the_steepest_colour_over_noisy_copies():
    photos = np.zeros((2, 8, 8, 3), np.float32)
    photos[0, :4] = 100
    photos[1, :4] = 10
    seen = []

    def photo_gradients(noisy, class_index):
        seen.append(noisy - photos)
        return np.broadcast_to(np.float32([-3, 1, 2]) * len(seen), photos.shape)

    network = SimpleNamespace(photo_gradients=photo_gradients)
    # Sixteen copies of each of two photos: 3 times the mean of 1 to 16.
    assert smooth_grad(network, photos, 0) == pytest.approx(np.full((2, 8, 8), 3 * 8.5))
    assert len(seen) == 16
    spread = np.std(seen, axis=(0, 2, 3, 4))
    assert spread == pytest.approx([20, 2], rel=0.05)  # a fifth of each photo's own range
    assert abs(np.mean(seen)) < 1
    seen.clear()
    assert (smooth_grad(network, photos, 0, num_copies=1) == 3).all()  # at least one of each
    assert len(seen) == 1


def flattened(kernel):
    """A network of one channel, the mean colour, whose logits weigh each of its four places."""
    photo = keras.Input((2, 2, 3))
    maps = layers.Conv2D(1, 1, use_bias=False, name="grey")(photo)
    output = layers.Dense(np.shape(kernel)[1], use_bias=False)(layers.Flatten()(maps))
    network = keras.Model(photo, output)
    network.set_weights([np.full((1, 1, 3, 1), 1 / 3), np.array(kernel, np.float32)])
    return TruncatedNetwork(network, "grey")


def test_hires_cam_multiplies_map_and_gradient_place_by_place():
    """Grad-CAM would weigh all four places by the mean gradient, which is zero here."""
    network = flattened([[1], [-1], [2], [-2]])
    photos = np.repeat(np.float32([[[[3], [5]], [[7], [0]]]]), 3, axis=-1)
    assert hires_cam(network, photos, 1) == pytest.approx(np.array([[[3, -5], [14, 0]]]), rel=1e-5)
    # Of the two diagnoses that share the logit, the other has the opposite map.
    assert hires_cam(network, photos, 0) == pytest.approx(np.array([[[-3, 5], [-14, 0]]]), rel=1e-5)
    assert grad_cam(network, photos, 1) == pytest.approx(np.zeros((1, 2, 2)), abs=1e-6)


def test_finer_cam_takes_off_what_the_nearest_diagnoses_share():
    """The first logit is 4, the nearest three are 3, 5 and 2; the fifth, 9, is too far to count."""
    kernel = np.full((4, 1), 0.25) * [4, 3, 5, 2, 9]
    network = flattened(kernel)
    photos = np.ones((1, 2, 2, 3), np.float32)
    assert network.logits(photos)[0] == pytest.approx([4, 3, 5, 2, 9], rel=1e-5)
    # The gradient of each logit by each place is a quarter of it.
    expected = (4 - 0.6 * (3 + 5 + 2) / 3) / 4
    assert finer_cam(network, photos, 0) == pytest.approx(np.full((1, 2, 2), expected), rel=1e-5)


def test_similar_diagnoses_are_chosen_for_each_photo():
    logits = np.array([[1.0, 1.0, 5.0], [1.0, 9.0, 2.0]])
    assert compared_with(logits, 1, 1) == pytest.approx(np.array([[-0.6, 1, 0], [0, 1, -0.6]]))
    # There are no more than two others.
    assert compared_with(logits, 1, 3) == pytest.approx(np.array([[-0.3, 1, -0.3]] * 2))
    assert compared_with(logits, 1, 0) == pytest.approx(np.array([[0, 1, 0]] * 2))


@pytest.mark.parametrize("layer", ["first", "colours"])
def test_finer_cam_without_a_reference_is_grad_cam(explainer, layer):
    network = TruncatedNetwork(explainer.classifier.network.network, layer)
    photos = np.random.default_rng(3).uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)
    for number in range(3):
        alone = finer_cam(network, photos, number, num_references=0)
        assert alone == pytest.approx(grad_cam(network, photos, number), rel=1e-5, abs=1e-8)
        assert np.abs(finer_cam(network, photos, number) - alone).max() > 1e-3 * np.abs(alone).max()


def test_finer_cam_of_two_diagnoses_with_one_sigmoid_is_grad_cam_times_one_and_gamma(tmp_path):
    explainer = written(tmp_path, ("nv", "mel"), 1, "sigmoid")
    for code in ("nv", "mel"):
        maps = [explainer.by_view(PHOTO, code, name) for name in ("finer_cam", "grad_cam")]
        assert maps[0] == pytest.approx(1.6 * maps[1], rel=1e-4, abs=1e-8)


def test_hires_cam_is_grad_cam_where_the_maps_are_averaged_next_and_nowhere_else(explainer):
    from tests.model.heatmaps.test_explainer import PHOTO as RED_AND_BLUE

    averaged = TruncatedNetwork(toys.network(), "colours")
    photos = RED_AND_BLUE[None].astype(np.float32)
    for number in range(3):
        maps = [method(averaged, photos, number) for method in (hires_cam, grad_cam)]
        assert maps[0] == pytest.approx(maps[1], rel=1e-5, abs=1e-8)
    first, second = (explainer.by_view(PHOTO, "mel", name) for name in ("hires_cam", "grad_cam"))
    assert np.abs(first - second).max() > 0.01 * np.abs(second).max()


def test_the_facts_that_other_modules_need_of_each_method():
    facts = {
        name: (method.measured_share, method.num_channels, method.averages_views)
        for name, method in METHODS.items()
    }
    assert facts == {
        "grad_cam": (np.inf, None, True),
        "grad_cam_plus_plus": (5, None, True),
        "layer_cam": (5, None, True),
        "hires_cam": (5, None, True),
        "finer_cam": (5, None, True),
        "score_cam_fast": (1, 16, True),
        "score_cam": (0.1, None, False),
        "smooth_grad": (1, None, True),
    }
    without_reference = ("hires_cam", "finer_cam", "smooth_grad")
    assert tuple(name for name in METHODS if name not in without_reference) == COMPARABLE
    assert [name for name, one in METHODS.items() if one.reference_is_slow] == ["score_cam"]
    assert [name for name, one in METHODS.items() if not one.uses_layer] == ["smooth_grad"]


def test_every_method_says_how_to_read_it_and_where_it_comes_from():
    for method in METHODS.values():
        assert method.reads[0].islower() or method.reads.startswith("no ")
        assert "https://" in method.source
