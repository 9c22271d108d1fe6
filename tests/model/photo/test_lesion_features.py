"""Features of drawn shapes whose values are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2lab

from model.photo import lesion_features as features

SIDE = 256


def ellipse(long, short, angle=0.0, middle=(127.5, 127.5)):
    """An ellipse with half axes in pixels, turned by an angle in radians."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - np.reshape(middle, (2, 1, 1))
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    return (along / long) ** 2 + (across / short) ** 2 < 1


def right_triangle():
    """Its legs are 120 and 60 pixels long."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - 70
    return (rows >= 0) & (columns >= 0) & (columns / 120 + rows / 60 < 1)


def test_a_shape_that_its_mirror_images_cover_is_symmetric():
    rectangle = np.zeros((SIDE, SIDE), bool)
    rectangle[100:140, 60:180] = True
    assert features.asymmetry(rectangle) == 0
    assert features.asymmetry(ellipse(80, 40)) == 0


def test_half_a_disc_is_symmetric_about_one_axis_only():
    half = ellipse(80, 80)
    half[:128] = False
    # Its flat and its round side meet at a height where the mirror image leaves a share uncovered
    # that integration gives; the other axis gives 0.
    rows = np.linspace(0, 1, 100_001)
    chord = np.sqrt(1 - rows**2)
    centre = 4 / (3 * np.pi)
    mirrored = np.interp(2 * centre - rows, rows, chord, left=0, right=0)
    excess = np.maximum(chord - mirrored, 0).mean() / chord.mean()
    assert features.asymmetry(half) == pytest.approx(excess / 2, abs=0.005)
    assert excess == pytest.approx(0.185, abs=0.001)


def test_asymmetry_needs_no_room_in_the_photo():
    corner = np.zeros((SIDE, SIDE), bool)
    corner[:40, :120] = True
    assert features.asymmetry(corner) == 0


@given(st.floats(0, np.pi), st.floats(-20, 20), st.floats(-20, 20))
def test_turning_and_moving_changes_little(angle, down, right):
    shape = ellipse(70, 35, angle, (127.5 + down, 127.5 + right))
    assert features.asymmetry(shape) < 0.02
    assert features.border(shape) == pytest.approx(1.089, abs=0.01)


def test_quarter_turns_and_flips_change_nothing():
    shape = right_triangle()
    asymmetry, border = features.asymmetry(shape), features.border(shape)
    assert asymmetry > 0.2
    for other in (shape[::-1], shape[:, ::-1], shape.T, np.rot90(shape)):
        assert features.asymmetry(other) == pytest.approx(asymmetry, abs=0.005)
        assert features.border(other) == pytest.approx(border, abs=1e-6)


def test_size_changes_little():
    small, large = right_triangle(), right_triangle().repeat(2, axis=0).repeat(2, axis=1)
    assert features.asymmetry(large) == pytest.approx(features.asymmetry(small), abs=0.01)
    assert features.border(large) == pytest.approx(features.border(small), abs=0.02)


@pytest.mark.parametrize("radius", [20, 40, 100])
def test_the_outline_of_a_circle_is_as_long_as_a_circle_s(radius):
    assert features.border(ellipse(radius, radius)) == pytest.approx(1, abs=0.005)


def test_the_outline_of_an_ellipse_is_longer_by_what_ramanujan_says():
    long, short = 80, 40
    h = ((long - short) / (long + short)) ** 2
    length = np.pi * (long + short) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
    expected = length / (2 * np.pi * np.sqrt(long * short))
    assert features.border(ellipse(long, short, 0.4)) == pytest.approx(expected, abs=0.005)


def test_a_ragged_border_is_longer_than_an_even_one():
    rows, columns = np.mgrid[:SIDE, :SIDE] - 127.5
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    ragged = radius < 70 + 12 * np.cos(8 * angle)
    assert features.border(ragged) > features.border(ellipse(70, 70)) + 0.15


def test_an_outline_cut_by_the_photo_s_edge_counts_as_outline():
    whole, cut = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)
    whole[100:160, 100:160] = cut[:60, :60] = True
    assert features.border(cut) == pytest.approx(features.border(whole))


def test_one_colour_has_no_spread_and_two_are_half_their_distance_away():
    photo = np.zeros((10, 10, 3), np.uint8)
    mask = np.ones((10, 10), bool)
    assert features.colour(photo, mask) == 0
    photo[:5] = 255  # black and white are 100 apart
    assert features.colour(photo, mask) == pytest.approx(50, abs=0.01)


def test_colours_outside_the_outline_do_not_count():
    photo = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    mask = np.zeros((20, 20), bool)
    mask[5:9, 5:9] = True
    photo[mask] = (120, 80, 60)
    assert features.colour(photo, mask) == pytest.approx(0, abs=1e-9)


def test_cielab_is_that_of_scikit_image():
    colours = np.random.default_rng(0).integers(0, 256, (500, 3)).astype(np.uint8)
    colours[:2] = [(0, 0, 0), (255, 255, 255)]
    assert features.cielab(colours) == pytest.approx(rgb2lab(colours[None])[0], abs=0.02)


def test_all_three_are_measured_of_a_photo():
    photo = np.full((SIDE, SIDE, 3), 200, np.uint8)
    found = features.lesion_features(photo, ellipse(60, 60))
    assert found.asymmetry == pytest.approx(0, abs=0.01)
    assert found.border == pytest.approx(1, abs=0.01)
    assert found.colour == pytest.approx(0, abs=1e-9)
