"""Intervals in closed form, against the figures of those who proposed them and by hand."""

import numpy as np
import pytest
from scipy import stats

from model.evaluation import intervals


@pytest.mark.parametrize(("hits", "number"), [(0, 5), (1, 2), (3, 4), (81, 263), (7, 7)])
def test_wilson_s_interval_is_scipy_s(hits, number):
    exact = stats.binomtest(hits, number).proportion_ci(method="wilson")
    assert intervals.wilson(hits / number, number) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("number", [1, 11])
def test_all_or_none_is_clopper_and_pearson_s(number):
    for hits in (0, number):
        exact = stats.binomtest(hits, number).proportion_ci(method="exact")
        found = intervals.all_or_none(hits / number, number)
        assert found == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize(
    ("hits", "lesions", "number"),
    [
        ([1, 0, 1, 1], "abcd", 4),  # one photo of each lesion: no design effect
        ([1, 1, 0, 0], "aabb", 2),  # pairs that agree: each is one
        # Excess over 3/5: 0.8, -0.2 and -0.6, squared together 1.04. 5 x 6/25 / (1.04 / 5).
        ([1, 1, 1, 0, 0], "aabbc", 5 * (6 / 25 / 5) / (1.04 / 25)),
        ([1, 0, 1, 0], "aabb", 4),  # pairs that disagree tell no more than four photos
        ([1, 1, 1], "aab", 2),  # nothing varies: lesions count
    ],
)
def test_the_effective_number_of_photos(hits, lesions, number):
    assert intervals.effective_number(np.array(hits), list(lesions)) == pytest.approx(
        min(number, len(hits))
    )


@pytest.mark.parametrize("value", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_an_area_is_1_96_standard_errors_from_its_ends(value):
    num_of, num_others = 12, 40
    low, high = intervals.area(value, num_of, num_others)
    for end in (low, high):
        if end in (0, 1):
            assert end == value  # an area of 0 or 1 is the end of its own interval
            continue
        pairs = 1 + 25 * ((1 - end) / (2 - end) + end / (1 + end))
        error = np.sqrt(end * (1 - end) * pairs / (num_of * num_others))
        assert abs(value - end) / error == pytest.approx(1.959964)
    assert low <= value <= high
    # What is told apart is as sure as what is told apart the wrong way round.
    assert intervals.area(1 - value, num_of, num_others) == pytest.approx((1 - high, 1 - low))


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II: 56 of 70 less 48 of 80 is 0.20 (0.0524 to 0.3339), by method 10.
    first, second = ((hits / n, *intervals.wilson(hits / n, n)) for hits, n in ((48, 80), (56, 70)))
    assert intervals.difference(first, second) == pytest.approx((0.0524, 0.3339), abs=5e-5)
