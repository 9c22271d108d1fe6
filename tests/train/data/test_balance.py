"""How often each diagnosis is drawn in an epoch, and the prior that the loss takes out again."""

import numpy as np
import pytest

from train.data import balance


def test_a_power_between_0_and_1_brings_rare_diagnoses_up():
    counts = np.array([900, 100, 0])
    assert balance.photos_drawn(counts, 200, 1.0).tolist() == [180, 20, 0]
    assert balance.photos_drawn(counts, 200, 0.5).tolist() == [150, 50, 0]  # 30 to 10
    assert balance.photos_drawn(counts, 200, 0.0).tolist() == [100, 100, 0]


def test_a_diagnosis_with_photos_is_drawn_at_least_once():
    assert balance.photos_drawn(np.array([10_000, 1]), 100, 1.0).tolist() == [100, 1]


def test_no_photo_comes_again_before_all_of_its_diagnosis_came():
    labels = np.array([0, 1, 0, 1, 0, 2])
    rows = balance.draw_rows(labels, np.array([2, 5, 0]), seed=1)
    assert len(rows) == 7
    first, second = rows[labels[rows] == 0]
    assert first != second
    assert sorted(rows[labels[rows] == 1])[:2] == [1, 1]
    assert np.bincount(rows, minlength=6)[[1, 3]].tolist() in ([2, 3], [3, 2])
    assert 5 not in rows


def test_one_seed_draws_the_same_and_another_does_not():
    labels = np.arange(50) % 2
    drawn = np.array([25, 25])
    once, again = (balance.draw_rows(labels, drawn, seed=3) for _ in range(2))
    assert once.tolist() == again.tolist()
    assert once.tolist() != balance.draw_rows(labels, drawn, seed=4).tolist()


def test_the_prior_is_the_share_drawn_and_the_average_of_what_never_is():
    prior = balance.log_prior(np.array([30, 10, 0]))
    assert prior.dtype == np.float32
    assert np.exp(prior) == pytest.approx([0.75, 0.25, 0.5])
