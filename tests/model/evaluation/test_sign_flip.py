"""The sign-flip test, held against every choice of signs and against the binomial test."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model.evaluation import sign_flip


@given(st.lists(st.integers(-4, 4), max_size=9))
def test_it_counts_every_choice_of_signs(differences):
    sums = [
        abs(sum(sign * size for sign, size in zip(signs, differences, strict=True)))
        for signs in product((-1, 1), repeat=len(differences))
    ]
    expected = np.mean([one >= abs(sum(differences)) for one in sums])
    assert sign_flip.p_value(np.array(differences, int)) == pytest.approx(expected)


@given(st.integers(0, 60), st.integers(0, 60))
def test_with_one_photo_for_each_lesion_it_is_mcnemar_s_exact_test(only_first, only_second):
    differences = np.repeat([-1, 1, 0], [only_first, only_second, 5])
    number = only_first + only_second
    expected = stats.binomtest(only_first, number).pvalue if number else 1
    assert sign_flip.p_value(differences) == pytest.approx(expected)


def test_three_photos_of_one_lesion_are_one_piece_of_evidence():
    assert sign_flip.p_value(np.array([3])) == 1  # one lesion falls to either side
    assert sign_flip.p_value(np.array([1, 1, 1])) == 0.25


def test_thousands_of_lesions_lose_no_probability():
    differences = np.random.default_rng(0).integers(-3, 4, 5000)
    assert sign_flip.p_value(differences - differences) == 1
    p = sign_flip.p_value(differences)
    normal = 2 * stats.norm.sf(abs(differences.sum()) / np.sqrt((differences**2).sum()))
    assert p == pytest.approx(normal, abs=0.01)
