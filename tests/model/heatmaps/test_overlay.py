import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from model.heatmaps.overlay import (
    AGAINST,
    FOR,
    INFERNO,
    PALETTE,
    overlay,
    overlay_difference,
    png,
    stretch,
)
from tests.toys import flat

PHOTO = flat((100, 150, 200), 40, 60)


def test_where_the_map_is_zero_the_photo_shows_untouched():
    assert np.array_equal(overlay(PHOTO, np.zeros((8, 8))), PHOTO)


def test_without_opacity_the_photo_shows_alone():
    assert np.array_equal(overlay(PHOTO, np.ones((8, 8)), opacity=0), PHOTO)


def test_at_full_opacity_the_map_hides_the_photo_where_it_is_one():
    assert (overlay(PHOTO, np.ones((8, 8)), opacity=1) == INFERNO[-1]).all()


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_mix_is_linear_in_the_opacity(value, opacity):
    drawn = overlay(PHOTO, np.full((4, 4), value), opacity)
    share = value * opacity
    expected = PHOTO[0, 0] * (1 - share) + PALETTE[round(255 * value)] * share
    assert np.abs(drawn[0, 0] - expected).max() <= 2  # map and share have 256 levels each


def test_the_colours_run_from_dark_to_light_and_never_back():
    lightness = PALETTE @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) >= -0.5).all()  # rounded to whole levels
    assert PALETTE[[0, -1]].tolist() == [list(INFERNO[0]), list(INFERNO[-1])]


def test_the_colours_of_a_difference_are_okabe_and_ito_s():
    assert (FOR, AGAINST) == ((0xF0, 0xE4, 0x42), (0x00, 0x72, 0xB2))
    assert PALETTE.shape == (256, 3)


def test_by_default_a_map_hides_six_tenths_of_the_photo():
    ones = np.ones((8, 8))
    assert np.array_equal(overlay(PHOTO, ones), overlay(PHOTO, ones, 0.6))
    assert np.array_equal(overlay_difference(PHOTO, ones), overlay_difference(PHOTO, ones, 0.6))


def test_values_outside_the_range_are_held_at_its_ends():
    for outside, end in ((9.0, 1.0), (-3.0, 0.0)):
        drawn = overlay(PHOTO, np.full((2, 2), outside), 1)
        assert np.array_equal(drawn, overlay(PHOTO, np.full((2, 2), end), 1))


def test_stretch_gives_size_type_and_range():
    stretched = stretch(np.eye(4), 30, 50)
    assert stretched.shape == (30, 50)
    assert stretched.dtype == np.float32
    assert stretched.min() >= 0
    assert stretched.max() <= 1


def test_png_keeps_every_pixel_and_carries_no_metadata():
    image = Image.open(io.BytesIO(png(PHOTO)))
    assert np.array_equal(np.asarray(image), PHOTO)
    assert image.info == {}


def test_a_photo_is_not_changed_by_laying_a_map_over_it():
    before = PHOTO.copy()
    overlay(PHOTO, np.ones((8, 8)))
    assert np.array_equal(PHOTO, before)


def test_a_difference_has_a_colour_for_each_sign_and_none_for_zero():
    drawn = overlay_difference(PHOTO, np.full((4, 4), 1.0), opacity=1)
    assert (drawn == FOR).all()
    drawn = overlay_difference(PHOTO, np.full((4, 4), -1.0), opacity=1)
    assert (drawn == AGAINST).all()
    assert np.array_equal(overlay_difference(PHOTO, np.zeros((4, 4)), opacity=1), PHOTO)
    half = overlay_difference(PHOTO, np.full((4, 4), 1.0), opacity=0.5)[0, 0]
    assert np.abs(half - (PHOTO[0, 0] * 0.5 + np.array(FOR) * 0.5)).max() <= 1
    half = overlay_difference(PHOTO, np.full((4, 4), -0.5), opacity=1)[0, 0]
    assert np.abs(half - (PHOTO[0, 0] * 0.5 + np.array(AGAINST) * 0.5)).max() <= 1
