"""Heat maps of a network whose evidence is known by hand: it looks for colours."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers

from model.heatmaps.explainer import (
    Explainer,
    UnknownDiagnosisError,
    UnknownLayerError,
    UnknownMethodError,
)
from model.heatmaps.heatmap import heatmap
from model.heatmaps.tf_keras_vis import TfKerasVis
from model.network.flips import turn_back, views
from model.prediction.classifier import Classifier
from tests import toys

# Of these, nothing but the diagnosis's own colour can raise it. Score-CAM adds up all colours,
# each by how probable the diagnosis is where only that colour shows; saliency knows no sign.
SIGNED = ("grad_cam", "grad_cam_plus_plus", "layer_cam", "hires_cam", "finer_cam")

# Red in the upper left quarter, blue in the lower right one, black elsewhere: no green at all.
PHOTO = np.zeros((16, 16, 3), np.uint8)
PHOTO[:8, :8, 0] = 255
PHOTO[8:, 8:, 2] = 255


@pytest.fixture(scope="module")
def explainer(toy_classifier):
    return Explainer(toy_classifier)


@pytest.mark.parametrize("method", SIGNED)
def test_the_map_lies_where_the_diagnosis_was_raised(explainer, method):
    red = explainer.heatmap(PHOTO, "bcc", method)
    assert red.values.shape == (16, 16)
    assert red.values.dtype == np.float32
    assert red.values[:8, :8].min() == pytest.approx(1)
    assert red.values[8:].max() == pytest.approx(0, abs=1e-6)
    assert red.values[:, 8:].max() == pytest.approx(0, abs=1e-6)
    assert not red.is_empty
    blue = explainer.heatmap(PHOTO, "nv", method)
    assert blue.values[8:, 8:].min() == pytest.approx(1)
    assert blue.values[:8].max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", SIGNED)
def test_a_diagnosis_nothing_raised_has_an_empty_map(explainer, method):
    heat_map = explainer.heatmap(PHOTO, "mel", method)
    assert heat_map.is_empty
    assert heat_map.peak == 0
    assert (heat_map.values == 0).all()


def test_the_peak_tells_a_faint_map_from_a_strong_one(explainer):
    faint = explainer.heatmap((PHOTO * 0.1).astype(np.uint8), "bcc")
    strong = explainer.heatmap(PHOTO, "bcc")
    assert faint.values.max() == strong.values.max() == pytest.approx(1)
    assert strong.peak == pytest.approx(10 * faint.peak, rel=0.05)


def test_grad_cam_has_the_peak_worked_out_by_hand(explainer):
    # The logit is 10 times the mean of 256 places: each place's gradient is 10 / 256, times 1.
    assert explainer.heatmap(PHOTO, "bcc").peak == pytest.approx(10 / 256, rel=1e-4)


def test_the_compiled_maps_are_those_of_tf_keras_vis(toy_classifier, explainer):
    photo = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for number, code in enumerate(toy_classifier.run.diagnoses):
        heat_map = explainer.heatmap(photo, code)
        expected = explainer.heatmap_of(TfKerasVis(toy_classifier)(photo, number), code)
        assert heat_map.peak == pytest.approx(expected.peak, rel=1e-5)
        assert np.abs(heat_map.values - expected.values).max() < 1e-4


@pytest.mark.parametrize("method", SIGNED)
def test_maps_of_eight_views_lie_over_the_photo_as_it_is(tmp_path, method):
    """Where the network looks only at what is red, turning the photo moves nothing."""
    size = toys.card()["input"]
    eight = Explainer(Classifier(toys.write(tmp_path, input=size | {"views": 8})))
    heat_map = eight.heatmap(PHOTO, "bcc", method)
    assert heat_map.values[:8, :8].min() == pytest.approx(1)
    assert heat_map.values[8:].max() == pytest.approx(0, abs=1e-6)
    assert eight.by_view(PHOTO, "bcc", method).shape == (8, 16, 16)
    assert eight.heatmap(PHOTO, "bcc").peak == pytest.approx(10 / 256, rel=1e-4)


def test_grad_cam_of_the_answer_is_grad_cam_computed_alone(tmp_path):
    photo = np.random.default_rng(2).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    size = toys.card()["input"]
    eight = Explainer(Classifier(toys.write(tmp_path, input=size | {"views": 8})))
    _, maps = eight.classifier.analyze(photo)
    for code, raw in maps.items():
        assert eight.by_view(photo, code, "grad_cam").mean(axis=0) == pytest.approx(raw, rel=1e-4)


def test_the_difference_of_two_diagnoses_has_two_signs(explainer, toy_classifier):
    _, maps = toy_classifier.analyze(PHOTO)
    difference = explainer.difference(maps, "bcc", "nv")
    assert difference.values[:8, :8].min() == pytest.approx(1)
    assert difference.values[8:, 8:].max() == pytest.approx(-1)
    assert np.abs(difference.values[:8, 8:]).max() == pytest.approx(0, abs=1e-6)
    assert difference.peak == pytest.approx(10 / 256, rel=1e-4)
    other = explainer.difference(maps, "nv", "bcc")
    assert other.values == pytest.approx(-difference.values)


def test_diagnoses_that_nothing_tells_apart_have_an_empty_difference(explainer, toy_classifier):
    _, maps = toy_classifier.analyze(np.zeros((16, 16, 3), np.uint8))
    difference = explainer.difference(maps, "bcc", "nv")
    assert difference.is_empty
    assert (difference.values == 0).all()


def test_each_place_is_drawn_over_the_middle_of_what_it_looks_at():
    raw = np.zeros((4, 4), np.float32)
    raw[1, 2] = 3.0
    heat_map = heatmap(raw, 80, 80, "bcc", "grad_cam")
    rows, columns = np.nonzero(heat_map.values == 1)
    assert rows.mean() == pytest.approx(29.5, abs=1)  # the second fourth of 80 pixels, its middle
    assert columns.mean() == pytest.approx(49.5, abs=1)
    assert heat_map.peak == 3.0
    assert heat_map.values.min() == 0


def test_turning_back_undoes_the_views():
    photos = np.random.default_rng(0).random((2, 4, 4, 3)).astype(np.float32)
    back = turn_back(views(photos)).numpy()
    assert back.shape == (2, 8, 4, 4, 3)
    assert (back == photos[:, None]).all()


def test_making_maps_leaves_the_network_as_it_was(toy_classifier):
    before = toy_classifier.predict([PHOTO])[0].probabilities
    Explainer(toy_classifier).heatmap(PHOTO, "bcc", "grad_cam_plus_plus")
    assert toy_classifier.predict([PHOTO])[0].probabilities == before


def ends_in_a_softmax_layer():
    plain = toys.network()
    return keras.Model(plain.input, layers.Softmax()(plain.output))


def test_saliency_is_the_same_at_every_call_and_blind_to_sign(explainer):
    first, again, other = (
        explainer.heatmap(PHOTO, code, "smooth_grad") for code in ("bcc", "bcc", "nv")
    )
    assert (first.values == again.values).all()
    assert first.values.shape == (16, 16)
    # A mean of colours changes alike wherever a pixel is not cut off at black.
    assert first.peak == pytest.approx(10 / 256 / 255, rel=1e-3)
    assert not other.is_empty


def test_a_slow_method_can_be_watched_and_stopped(explainer):
    seen = []

    def track(steps):
        for step in steps:
            seen.append(step)
            yield step

    explainer.heatmap(PHOTO, "bcc", "score_cam", track=track)
    assert seen == [(0, 0)]

    def stop(steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explainer.heatmap(PHOTO, "bcc", "smooth_grad", track=stop)
    assert not explainer.heatmap(PHOTO, "bcc", "smooth_grad").is_empty


def test_a_network_can_be_cut_at_any_convolution(explainer):
    assert explainer.layers == {"colours": (16, 16, 3)}
    assert explainer.heatmap(PHOTO, "bcc", "layer_cam", "colours").peak > 0
    with pytest.raises(UnknownLayerError, match=r"'dense'. Its layers: colours"):
        explainer.heatmap(PHOTO, "bcc", "layer_cam", "dense")


def test_of_many_layers_the_four_used_last_stay_compiled(toy_classifier, monkeypatch):
    compiled = []
    monkeypatch.setattr(
        "model.heatmaps.explainer.TruncatedNetwork", lambda _, layer, __: compiled.append(layer)
    )
    one = Explainer(toy_classifier)
    for layer in "abcdaeab":  # e pushes b out, because a was used again
        one._truncated(layer)
    assert compiled == [*"abcdeb"]


@pytest.mark.parametrize(
    "build", [lambda: toys.network(activation="softmax"), ends_in_a_softmax_layer]
)
def test_a_softmax_network_gives_the_map_of_its_logits(tmp_path, explainer, build):
    written = toys.write(tmp_path, save=build().save)
    heat_map = Explainer(Classifier(written)).heatmap(PHOTO, "bcc")
    expected = explainer.heatmap(PHOTO, "bcc")
    assert heat_map.values == pytest.approx(expected.values, abs=1e-5)
    assert heat_map.peak == pytest.approx(expected.peak, rel=1e-4)


def test_the_two_sides_of_one_sigmoid_have_maps_of_their_own(tmp_path):
    """The one logit is red minus blue: red speaks for the second diagnosis, blue for the first."""
    photo = keras.Input((16, 16, 3))
    maps = layers.Conv2D(2, 1, use_bias=False, name="colours")(photo)
    output = layers.Dense(1, activation="sigmoid", name="output")(
        layers.GlobalAveragePooling2D()(maps)
    )
    network = keras.Model(photo, output)
    kernel = np.zeros((1, 1, 3, 2))
    kernel[0, 0, 0, 0] = kernel[0, 0, 2, 1] = 1 / 255
    network.get_layer("colours").set_weights([kernel])
    network.get_layer("output").set_weights([np.array([[1.0], [-1.0]]), np.zeros(1)])
    written = toys.write(tmp_path, codes=("nv", "mel"), save=network.save, num_features=2)
    explainer = Explainer(Classifier(written))
    second = explainer.heatmap(PHOTO, "mel").values
    first = explainer.heatmap(PHOTO, "nv").values
    assert second[:8, :8].min() == pytest.approx(1)
    assert second[8:, 8:].max() == pytest.approx(0, abs=1e-6)
    assert first[8:, 8:].min() == pytest.approx(1)
    assert first[:8, :8].max() == pytest.approx(0, abs=1e-6)


def test_threads_get_the_maps_they_asked_for(explainer):
    codes = ["bcc", "nv", "mel"] * 6
    with ThreadPoolExecutor(6) as pool:
        maps = list(pool.map(lambda code: explainer.heatmap(PHOTO, code), codes))
    assert [heat_map.diagnosis for heat_map in maps] == codes
    assert all(heat_map.is_empty == (heat_map.diagnosis == "mel") for heat_map in maps)


def test_an_unknown_diagnosis_is_named_beside_those_there_are(explainer):
    with pytest.raises(UnknownDiagnosisError, match=r"'acne'. Its diagnoses: bcc, mel, nv"):
        explainer.heatmap(PHOTO, "acne")


def test_an_unknown_method_is_named_beside_those_there_are(explainer):
    with pytest.raises(UnknownMethodError, match=r"'magic'. Methods: grad_cam, "):
        explainer.heatmap(PHOTO, "bcc", "magic")


def test_one_view_has_the_logits_of_the_prediction_in_the_range_of_the_card(tmp_path):
    size = toys.card()["input"] | {"range": [0.0, 510.0]}
    classifier = Classifier(toys.write(tmp_path, input=size))
    prepared = classifier.prepare(PHOTO)[None]
    logits = Explainer(classifier).logits_of_one_view(prepared)
    assert logits == pytest.approx(classifier.network(prepared).logits, abs=1e-5)
    # A quarter of the photo is red, a quarter blue, and the range doubles both.
    assert logits[0] == pytest.approx([5, 0, 5], abs=1e-5)
