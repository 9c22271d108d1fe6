"""Outlines from answers of a network that are known."""

import numpy as np
import pytest

from model.photo import outline
from model.photo.outline import Outline, dice, drawn, expected_dice, one_piece, outline_of


def square(top, left, side, size=64):
    area = np.zeros((size, size), bool)
    area[top : top + side, left : left + side] = True
    return area


def found_in(*areas):
    """The outline in a photo whose views say these areas are lesion."""
    return outline_of(np.zeros((64, 64, 3), np.uint8), np.stack(areas).astype(np.float32))


def test_dice_is_twice_the_overlap_over_the_sum():
    one, other = square(0, 0, 10), square(0, 5, 10)
    assert dice(one, other) == 0.5
    assert dice(one, one) == 1
    assert dice(one, square(30, 30, 10)) == 0
    assert dice(np.zeros((4, 4), bool), np.zeros((4, 4), bool)) == 0


def test_of_several_pieces_the_one_in_the_middle_counts_without_holes():
    middle = square(27, 27, 10)
    middle[30, 30] = False
    corner = square(0, 0, 20)  # larger, and far from the middle
    assert (one_piece(middle | corner) == square(27, 27, 10)).all()
    assert not one_piece(np.zeros((8, 8), bool)).any()


def test_the_expected_dice_is_that_of_shares_taken_at_their_word():
    mask = square(0, 0, 8)
    assert expected_dice(mask.astype(float), mask) == 1
    # 64 places at 0.75 and 36 at 0.25: twice 48 over 48 + 9 + 64.
    shares = np.where(mask, 0.75, 0.0)
    shares[20:26, 20:26] = 0.25
    assert expected_dice(shares, mask) == pytest.approx(96 / 121)
    assert expected_dice(shares, np.zeros_like(mask)) == 0


def test_views_that_agree_give_their_area_and_no_doubt():
    area = square(16, 16, 32)
    found = found_in(area, area, area, area)
    assert (found.mask == area).all()
    assert found.certainty == 1
    assert found.at_edge == 0


def test_views_that_disagree_give_what_most_say_and_doubt():
    area, half = square(16, 16, 32), square(16, 16, 32)
    half[:, 32:] = False
    found = found_in(area, area, area, half)
    assert (found.mask == area).all()
    # Three quarters sure of half of it: 2 * 0.875 / 1.875.
    assert found.certainty == pytest.approx(1.75 / 1.875)


def test_nothing_found_is_wholly_doubted():
    found = found_in(*[np.zeros((64, 64), bool)] * 4)
    assert (found.mask.any(), found.certainty, found.at_edge) == (False, 0.0, 0.0)


def test_the_share_of_the_edge_that_the_lesion_takes_is_counted_once():
    assert found_in(*[np.ones((64, 64), bool)] * 4).at_edge == 1
    first_row = np.zeros((64, 64), bool)
    first_row[0] = True
    # Of the 252 pixels of the edge, each corner counts once.
    assert found_in(*[first_row] * 4).at_edge == pytest.approx(64 / 252)


def test_the_outline_is_drawn_in_light_and_dark_around_the_mask_and_nowhere_else():
    photo = np.full((150, 200, 3), 120, np.uint8)
    mask = np.zeros((150, 200), bool)
    mask[50:100, 60:140] = True
    picture = drawn(photo, mask)
    colours = {tuple(colour) for colour in picture.reshape(-1, 3)}
    assert colours == {(120, 120, 120), outline.LIGHT, outline.DARK}
    assert (picture[75, 100] == 120).all()
    assert (picture[10, 10] == 120).all()
    assert tuple(picture[50, 100]) == outline.LIGHT
    assert tuple(picture[47, 100]) in {outline.DARK, (120, 120, 120)}
    assert (photo == 120).all()


def test_an_empty_outline_is_not_drawn():
    photo = np.full((64, 64, 3), 120, np.uint8)
    assert (drawn(photo, np.zeros((64, 64), bool)) == photo).all()


def test_a_large_photo_is_measured_at_its_proportions(monkeypatch):
    monkeypatch.setattr(
        outline, "lesion_shares", lambda seen, _: np.ones((4, *seen.shape[:2]), np.float32)
    )
    found = outline.outline(np.zeros((600, 800, 3), np.uint8), {"side": np.int32(32)})
    assert isinstance(found, Outline)
    assert found.photo.shape == (150, 200, 3)
    assert found.mask.shape == (150, 200)
