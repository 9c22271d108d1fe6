"""Heat maps of a few places, by hand."""

import numpy as np
import pytest

from model.heatmaps.heatmap import Heatmap, density, difference, heatmap, stretch


def test_what_is_below_zero_is_cut_off_and_the_rest_divided_by_its_peak():
    found = heatmap(np.array([[4.0, -8.0]]), 1, 2, "mel", "layer_cam")
    assert (found.peak, found.diagnosis, found.method) == (4, "mel", "layer_cam")
    assert found.values.tolist() == [[1, 0]]
    assert not found.is_empty


@pytest.mark.parametrize("raw", [[[0.0, -1.0]], [[9e-7, 0.0]], [[1.0, np.nan]], [[1.0, np.inf]]])
def test_nothing_rounding_noise_and_what_is_no_number_are_empty_maps(raw):
    for found in (
        heatmap(np.array(raw), 2, 3, "mel", "grad_cam"),
        difference(np.maximum(raw, 0), 2, 3, "mel", "nv"),
    ):
        assert (found.peak, found.is_empty, found.values.tolist()) == (0, True, 2 * [3 * [0]])


def test_the_weakest_map_is_shown():
    weak = np.array([[1e-6, 0.0]])
    assert heatmap(weak, 1, 2, "mel", "grad_cam").values.tolist() == [[1, 0]]
    assert difference(weak, 1, 2, "mel", "nv").values.tolist() == [[1, 0]]


def test_a_difference_is_divided_by_its_strongest_place_of_either_sign():
    found = difference(np.array([[2.0, -4.0]]), 1, 2, "mel", "nv")
    assert found.values.tolist() == [[0.5, -1]]
    assert (found.peak, found.first, found.second) == (4, "mel", "nv")


def test_density_tells_how_many_times_the_average_a_place_is():
    values = np.zeros((4, 6), np.float32)
    values[:2, :2] = 0.5
    values[2, 0] = values[2, 1] = values[3, 0] = values[3, 1] = 1
    found = density(Heatmap(values, 1.0, "mel", "grad_cam"), 2, 3)
    assert found == pytest.approx(np.array([[2, 0, 0], [4, 0, 0]]))  # the average is a quarter
    empty = density(Heatmap(values * 0, 0.0, "mel", "grad_cam"), 2, 3)
    assert empty.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_each_place_lies_over_the_middle_of_its_block_of_pixels():
    raw = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    large = stretch(raw, 9, 20)
    assert (large.shape, large.dtype) == ((9, 20), np.float32)
    assert large[1::3, 2::5] == pytest.approx(raw, abs=1e-6)
    assert stretch(np.full((2, 2), 3), 7, 5) == pytest.approx(np.full((7, 5), 3))


def test_between_two_places_a_map_is_rounder_than_a_straight_line():
    """A cubic spline through 0, 1, 0 far from its ends: 0.6005 in the middle between 1 and 0."""
    raw = np.zeros((1, 41))
    raw[0, 20] = 1
    fine = stretch(raw, 1, 41 * 101)[0]
    assert fine[20 * 101 + 50] == pytest.approx(1, abs=1e-4)
    assert fine[20 * 101 + 50 + 50 : 20 * 101 + 50 + 52].mean() == pytest.approx(0.6005, abs=1e-3)
