"""Evidence about maps of a network that looks at the mean of each colour."""

from types import SimpleNamespace

import numpy as np
import pytest

from model.heatmaps.covering import random_maps
from model.heatmaps.explainer import Explainer
from model.heatmaps.faithfulness import Curves, agreement, curves, measure_faithfulness
from model.heatmaps.heatmap import Heatmap
from model.prediction.classifier import Classifier
from tests import toys

SKIN = (120, 120, 120)
PHOTO = np.full((16, 16, 3), SKIN, np.uint8)
PHOTO[4:12, 4:12] = (255, 0, 0)


@pytest.fixture(scope="module")
def explainer(toy_classifier):
    return Explainer(toy_classifier)


def mapped(values, diagnosis="bcc"):
    return Heatmap(np.float32(values), 1.0, diagnosis, "grad_cam")


def right_map():
    """Marks the red square and nothing else."""
    values = np.zeros((16, 16))
    values[4:12, 4:12] = 1
    return mapped(values)


def test_curves_start_and_end_where_they_must(toy_classifier, explainer):
    chance = random_maps((4, 4), (16, 16), 3)
    measured = curves(explainer, PHOTO, right_map(), chance)
    whole = toy_classifier.predict([PHOTO])[0].probabilities["bcc"]
    for falling, rising in (
        (measured.deletion, measured.insertion),
        (measured.random_deletion, measured.random_insertion),
    ):
        assert falling[0] == rising[-1] == pytest.approx(whole, abs=1e-6)
        assert falling[-1] == pytest.approx(rising[0], abs=1e-6)
    deletion, random_deletion, insertion, random_insertion = measured.areas
    assert deletion < random_deletion
    assert insertion > random_insertion
    assert measured.shares.tolist() == [step / 8 for step in range(9)]
    # Two of eight steps take the quarter that is red away; nothing is left to fall after.
    assert measured.deletion[2] == pytest.approx(measured.deletion[-1], abs=0.05)


def test_curves_are_calibrated_like_the_prediction(tmp_path):
    toy = toys.write(tmp_path, calibration=toys.CALIBRATION | {"temperature": 2.0})
    classifier = Classifier(toy)
    measured = curves(Explainer(classifier), PHOTO, right_map(), random_maps((4, 4), (16, 16), 3))
    whole = classifier.predict([PHOTO])[0].probabilities["bcc"]
    assert measured.deletion[0] == pytest.approx(whole, abs=1e-6)
    assert whole < 0.9 * np.exp(5) / (np.exp(5) + 2)  # without the temperature it would be surer


def test_the_curves_of_chance_are_the_means_over_all_maps_of_chance(explainer):
    chance = random_maps((4, 4), (16, 16), 3)
    alone = [curves(explainer, PHOTO, right_map(), [one]) for one in chance]
    together = curves(explainer, PHOTO, right_map(), chance)
    for name in ("random_deletion", "random_insertion"):
        each = [getattr(one, name) for one in alone]
        assert np.ptp(each, axis=0).max() > 0.01  # leaving one out would show
        np.testing.assert_allclose(getattr(together, name), np.mean(each, axis=0), atol=1e-6)


def test_the_area_of_a_straight_line_is_its_middle():
    line = np.linspace(0, 1, 5)
    straight = Curves(line, line, 1 - line, line * 0.5, line * 0)
    assert straight.areas == pytest.approx((0.5, 0.25, 0.5, 0))


def test_a_map_that_turns_with_the_photo_agrees_with_itself(explainer):
    heat_map = explainer.heatmap(PHOTO, "bcc")
    assert agreement(explainer, PHOTO, heat_map) == pytest.approx(1)
    empty = explainer.heatmap(np.zeros_like(PHOTO), "bcc")
    assert agreement(explainer, np.zeros_like(PHOTO), empty) is None


def test_a_map_that_does_not_turn_with_the_photo_is_found_out(explainer, monkeypatch):
    noise = np.random.default_rng(0).random((8, 16, 16))
    monkeypatch.setattr(explainer, "by_view", lambda *_, **__: noise)
    assert abs(agreement(explainer, PHOTO, explainer.heatmap_of(noise[0], "bcc"))) < 0.2


def test_the_agreement_is_the_mean_correlation_with_the_first_view():
    network = SimpleNamespace(height=2, width=2)
    maps = np.array([[[1.0, 0], [0, 1]], *4 * [[[1, 0], [0, 1]]], *3 * [[[0, 1], [1, 0]]]])

    def agreeing(maps, network=network):
        classifier = SimpleNamespace(network=network)
        one = SimpleNamespace(classifier=classifier, by_view=lambda *_, num_views: maps[:num_views])
        return agreement(one, PHOTO, right_map())

    assert agreeing(maps) == pytest.approx((4 - 3) / 7)
    assert agreeing(2 * maps - 1) == pytest.approx((4 - 3) / 7)  # what is below zero is cut off
    maps[7] = 0.5  # alike everywhere
    assert agreeing(maps) is None
    assert agreeing(maps, SimpleNamespace(height=2, width=3)) is None


def test_every_measure_of_a_map_comes_together(explainer):
    faithfulness = measure_faithfulness(explainer, PHOTO, explainer.heatmap(PHOTO, "bcc"))
    assert faithfulness.covering.verdict == "no better"  # the whole lesion
    assert faithfulness.agreement == pytest.approx(1)
    assert measure_faithfulness(explainer, PHOTO, right_map(), under_flips=False).agreement is None
