"""Crops: what is cut out is what was asked for, and lies inside the photo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.photo.crop import Crop, centre_square, crop, parse, within_photo
from model.photo.decode import MIN_SIDE, PhotoError

SIDES = st.integers(MIN_SIDE, 3000)
SHARES = st.floats(-0.5, 1.5)


def numbered(height, width):
    """Every pixel says where it stands."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows * 0], axis=2).astype(np.uint8)


def test_a_crop_cuts_out_its_pixels():
    photo = numbered(100, 200)
    cut = crop(photo, Crop(20, 10, 120, 80))
    assert cut.shape == (70, 100, 3)
    assert cut[0, 0].tolist() == [10, 20, 0]
    assert cut[-1, -1].tolist() == [79, 119, 0]
    assert crop(photo, None) is photo


def test_the_centre_square_is_the_largest_in_the_middle():
    assert centre_square(450, 600) == Crop(75, 0, 525, 450)
    assert centre_square(601, 450) == Crop(0, 75, 450, 525)


def test_it_is_written_as_it_is_read():
    box = Crop(1, 2, 300, 400)
    assert parse(str(box)) == box


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "1,2,3,4,5", "whole"])
def test_what_is_not_a_crop_is_named(text):
    with pytest.raises(PhotoError, match="LEFT,TOP,RIGHT,BOTTOM"):
        parse(text)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (Crop(0, 0, 201, 100), "reaches outside the photo, which has 200 x 100"),
        (Crop(-1, 0, 100, 100), "reaches outside the photo"),
        (Crop(0, 0, 63, 100), "has 63 x 100 pixels. Each side needs at least 64"),
        (Crop(100, 0, 20, 100), "has -80 x 100"),
    ],
)
def test_a_crop_that_cannot_be_is_refused(box, message):
    with pytest.raises(PhotoError, match=message):
        crop(numbered(100, 200), box)


@given(SHARES, SHARES, SHARES, SHARES, SIDES, SIDES)
def test_any_box_drawn_becomes_a_crop_that_can_be_cut(left, top, right, bottom, height, width):
    box = within_photo(left, top, right, bottom, height, width)
    photo = np.broadcast_to(np.uint8(0), (height, width, 3))
    assert min(crop(photo, box).shape[:2]) >= MIN_SIDE


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_box_large_enough_is_kept_to_the_pixel(left, right):
    box = within_photo(left / 100, 0, right / 100, 1, 1000, 1000)
    if abs(left - right) > 6:
        assert (box.left, box.right) == tuple(sorted((10 * left, 10 * right)))
    assert (box.top, box.bottom) == (0, 1000)
