"""What is fitted on the validation photos, against what is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.network.softmax import softmax
from train.fitting import calibrate


def draw(size, sharpness, seed=0):
    """Labels follow the softmax of logits / sharpness, so that is the temperature."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 2, (size, 4))
    labels = np.array([chance.choice(4, p=row) for row in softmax(logits)])
    return logits * sharpness, labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_how_much_too_sure_the_network_is(sharpness):
    logits, labels = draw(6000, sharpness)
    assert calibrate.temperature(logits, labels) == pytest.approx(sharpness, rel=0.08)


CODES = ["bcc", "mel", "nv"]


@given(st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_operating_points_reach_the_sensitivity_they_name(seed):
    chance = np.random.default_rng(seed)
    probabilities = chance.dirichlet(np.ones(3), 60).round(6)
    labels = np.arange(60) % 3
    points = calibrate.operating_points(probabilities, labels, CODES)
    assert [(point["of"], point["wanted_sensitivity"]) for point in points] == [
        (["bcc", "mel"], 0.90),
        (["bcc", "mel"], 0.95),
        (["mel"], 0.90),
    ]
    for point in points:
        columns = [CODES.index(code) for code in point["of"]]
        scores = probabilities[:, columns].sum(axis=1)
        truth = np.isin(labels, columns)
        above = scores >= point["threshold"]
        assert above[truth].mean() >= point["wanted_sensitivity"]
        assert above[truth].mean() == pytest.approx(point["sensitivity"])
        assert (~above[~truth]).mean() == pytest.approx(point["specificity"], abs=1 / 20)


def test_classes_without_malignancy_have_no_operating_points():
    assert calibrate.operating_points(np.eye(2), np.arange(2), ["even", "ragged"]) == []


def test_a_validation_part_without_melanoma_has_no_melanoma_point():
    probabilities = np.full((4, 3), 1 / 3)
    points = calibrate.operating_points(probabilities, np.array([0, 0, 2, 2]), CODES)
    assert all(point["of"] != ["mel"] for point in points)


def test_the_mix_is_found_that_the_photos_were_drawn_from():
    """Scores as if both diagnoses were equally frequent, of photos of which a tenth is malignant:
    Bayes' rule, with the prior once and nothing softened."""
    chance = np.random.default_rng(0)
    labels = (chance.random(20_000) < 0.1).astype(int)
    score = chance.normal(2 * labels - 1, 1.0)  # the logarithm of the ratio is twice the score
    malignant = 1 / (1 + np.exp(-2 * score))
    mix = calibrate.mix(np.stack([1 - malignant, malignant], axis=1), labels, ["nv", "mel"])
    assert mix["shares"] == pytest.approx({"nv": 0.9, "mel": 0.1}, abs=0.01)
    assert mix["prior_weight"] == pytest.approx(1, abs=0.1)
    assert mix["sharpness"] == pytest.approx(1, abs=0.1)
