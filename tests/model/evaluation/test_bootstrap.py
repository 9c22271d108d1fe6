"""Figures and intervals of a few photos, by hand; test_metrics.py asks scikit-learn."""

import math

import numpy as np
import pytest

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate, estimate


def test_wilson_s_interval_of_one_in_two():
    # With z = 1.959964: (0.5 + z²/4 ± z sqrt(1/8 + z²/16)) / (1 + z²/2).
    found = bootstrap.wilson(1, 2)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.0945, 0.9055), abs=1e-4)
    assert str(bootstrap.wilson(0, 0)) == "-"


def test_the_bins_are_of_equal_width_and_the_last_holds_what_is_certain():
    probabilities = np.array([[1.0, 0.0], [0.95, 0.05], [0.25, 0.75], [0.55, 0.45]])
    bins, gaps = bootstrap.calibration_gaps(np.array([0, 0, 1, 1]), probabilities, 10)
    assert bins.tolist() == [9, 9, 7, 5]
    assert gaps == pytest.approx([0, -0.05, -0.25, 0.55])


def test_a_figure_without_any_resample_is_not_defined():
    nothing = np.array([math.nan, math.nan])
    assert str(estimate(0.5, nothing)) == "-"
    assert str(estimate(math.nan, np.array([0.4, 0.6]))) == "-"
    assert str(estimate(0.5, np.array([0.4]))) == "0.50 (-)"


def test_the_interval_holds_the_middle_95_of_100_resamples():
    resampled = np.append(np.linspace(0, 1, 1001), math.nan)
    assert estimate(0.5, resampled) == Estimate(0.5, 0.025, 0.975)


def test_a_share_that_never_varies_gets_the_exact_interval_of_its_lesions():
    # Of three lesions that all count: low is 0.025 to the power of 1/3.
    found = estimate(1.0, np.ones(9), 3)
    assert (found.low, found.high) == (pytest.approx(0.025 ** (1 / 3)), 1)


def test_an_interval_below_zero_is_written_with_to():
    assert str(Estimate(-0.1, -0.2, 0.1)) == "-0.10 (-0.20 to 0.10)"
    assert str(Estimate(0.1, 0.0, 0.2)) == "0.10 (0.00-0.20)"


def test_what_has_no_denominator_is_not_defined():
    assert bootstrap.ratio([1, 0, 3], [2, 0, 4]) == pytest.approx(
        [0.5, math.nan, 0.75], nan_ok=True
    )
    assert bootstrap.mean(np.array([1.0, math.nan, 3.0])) == 2
    assert np.isnan(bootstrap.mean(np.array([math.nan])))


def test_ties_count_half_in_an_area():
    own = np.array([True, False, True, False])
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    # Of four pairs three are in order and one is tied; without the last photo one of each.
    weights = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 1, 0]], np.float32)
    found = bootstrap.weighted_auc(own, scores, weights)
    assert found == pytest.approx([3.5 / 4, 1.5 / 2, math.nan], nan_ok=True)


def test_resampled_figures_are_those_of_the_photos_drawn():
    truth = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1]])
    found = bootstrap.Resampled(truth, probabilities, np.array([[1, 1, 1, 1], [2, 1, 1, 0]]))
    assert found.accuracy() == pytest.approx([0.5, 0.75])
    nothing = math.nan  # the last diagnosis is not drawn in the second resample, and never answered
    assert found.recall()[1] == pytest.approx([2 / 3, 1, nothing], nan_ok=True)
    assert found.precision()[0] == pytest.approx([0.5, 0.5, nothing], nan_ok=True)
    assert found.f1()[1] == pytest.approx([4 / 5, 2 / 3, nothing], nan_ok=True)
    assert found.macro_f1()[1] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found.balanced_accuracy()[1] == pytest.approx(5 / 6)
    assert found.specificity()[1] == pytest.approx([1, 2 / 3, 1])


def test_the_calibration_error_of_the_resamples_keeps_the_measured_one_in_the_middle():
    # Surer than right by 0.8 and by -0.2, in one bin: together 0.6 / 2 = 0.3.
    truth, probabilities = np.array([1, 0]), np.array([[0.8, 0.2], [0.8, 0.2]])
    weights = np.array([[2, 0], [1, 1], [0, 2]])
    # They have 0.8, 0.3 and 0.2, on average 0.4333: 0.1333 more than measured.
    found = bootstrap.Resampled(truth, probabilities, weights).ece()
    assert found == pytest.approx([0.8 - 2 / 15, 0.3 - 2 / 15, 0.2 - 2 / 15])


def test_an_average_has_an_interval_by_lesion():
    found = bootstrap.average(np.array([1, 1, 3, 3]), ["a", "a", "b", "b"])
    assert (found.value, found.low, found.high) == (2, 1, 3)


def test_average_precision_of_the_resamples_is_that_of_the_photos_drawn():
    own = np.array([True, False, True, False])
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    # Found first of one, then with its tie two of three; without the tie one of one and two of two.
    weights = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [2, 1, 1, 0]], np.float32)
    found = bootstrap.weighted_average_precision(own, scores, weights)
    assert found == pytest.approx(
        [(1 + 2 / 3) / 2, 1, math.nan, 2 / 3 * 1 + 1 / 3 * 3 / 4], nan_ok=True
    )


def test_photos_of_few_lesions_get_the_interval_of_what_they_are_worth_together():
    # Pairs that agree count as one lesion each: Wilson's interval of 1 in 2, not of 2 in 4.
    hits = np.array([True, True, False, False])
    found = bootstrap.share(hits, ["a", "a", "b", "b"])
    assert (found.low, found.high) == pytest.approx((0.0945, 0.9055), abs=1e-4)
    assert bootstrap.share(hits, [*"abcd"]) == bootstrap.wilson(2, 4)
    # All of three lesions: the exact interval, however many photos they have.
    assert bootstrap.share(np.ones(9), [*"aaabbbccc"]).low == pytest.approx(0.025 ** (1 / 3))
    assert str(bootstrap.share_of_few(np.array([]), [])) == "-"


def test_a_share_of_many_lesions_is_resampled():
    hits = np.arange(30) < 15
    found = bootstrap.share(hits, np.arange(30))
    assert found != bootstrap.wilson(15, 30)
    assert found.low == pytest.approx(bootstrap.wilson(15, 30).low, abs=0.03)


def test_an_area_is_resampled_unless_lesions_are_few_or_never_disagree():
    own = np.arange(60) < 30
    resampled = np.linspace(0.7, 0.9, 41)
    assert bootstrap.area(0.8, resampled, own, np.arange(60)) == estimate(0.8, resampled)
    few = bootstrap.area(0.8, resampled, own[1:], np.arange(59))
    assert few != estimate(0.8, resampled)
    certain = bootstrap.area(1.0, np.ones(41), own, np.arange(60))
    assert (certain.low < 0.96, certain.high) == (True, 1)
    assert str(bootstrap.area(math.nan, np.array([math.nan]), own & False, np.arange(60))) == "-"


@pytest.mark.parametrize(
    ("low", "is_above"), [(0.006, True), (0.004, False), (-0.1, False), (float("nan"), False)]
)
def test_a_verdict_says_no_more_than_the_interval_as_it_is_printed(low, is_above):
    assert Estimate(0.2, low, 0.4).is_above_zero == is_above
