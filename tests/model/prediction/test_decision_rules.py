"""Prediction sets and thresholds, fitted on a few photos by hand and on many by chance."""

import numpy as np
import pytest

from model.network.softmax import softmax
from model.prediction import decision_rules


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_prediction_sets_hold_the_truth_on_photos_not_seen(coverage):
    chance = np.random.default_rng(0)
    probabilities = softmax(chance.normal(0, 2, (8000, 4)))
    labels = np.array([chance.choice(4, p=row) for row in probabilities])
    fitted = decision_rules.conformal(probabilities[:4000], labels[:4000], coverage)
    scores = 1 - probabilities[4000:][np.arange(4000), labels[4000:]]
    assert (scores <= fitted["quantile"]).mean() == pytest.approx(coverage, abs=0.02)


def test_the_conformal_quantile_is_the_one_counted_by_hand():
    # Scores 0.1 ... 0.9; (9 + 1) 0.8 = the 8th smallest.
    truth = np.arange(1, 10) / 10
    probabilities = np.stack([1 - truth, truth], axis=1)
    fitted = decision_rules.conformal(probabilities, np.zeros(9, int), 0.8)
    assert fitted["quantile"] == pytest.approx(0.8)


def test_too_few_photos_make_the_set_hold_everything():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6]])
    assert decision_rules.conformal(probabilities, np.zeros(2, int))["quantile"] == 1


def test_the_threshold_is_the_highest_that_reaches_the_sensitivity():
    truth = np.array([True, True, True, True, False, False])
    scores = np.array([0.9, 0.7, 0.5, 0.1, 0.6, 0.2])
    fitted = decision_rules.threshold(truth, scores, 0.75)
    assert fitted["threshold"] == pytest.approx(0.5, abs=1e-5)
    assert fitted["threshold"] < 0.5  # so that it stays a hit after rounding
    assert (fitted["sensitivity"], fitted["specificity"]) == (0.75, 0.5)
    assert (fitted["num_malignant"], fitted["num_others"]) == (4, 2)
    assert decision_rules.threshold(truth, scores, 0.8)["threshold"] == pytest.approx(0.1, abs=1e-5)
