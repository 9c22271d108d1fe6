"""One photo laid over another: turned, flipped and in another size, and not where nothing fits."""

import numpy as np
import pytest
from PIL import Image

from model.photo import registration
from model.photo.registration import SIDE, LaidOver, Registration, lay_over
from train.data import rendered


def test_a_photo_registers_onto_itself_and_not_onto_nothing():
    photo = registration.grey(rendered.render("dotted", 1).photo)
    points = registration.keypoints(photo)
    onto_itself = registration.register(points, points)
    assert onto_itself.num_points > 0.9 * len(points)  # a few are not clearly the likest
    assert onto_itself.factor == pytest.approx(1)
    assert abs(onto_itself.shift) < 1e-3
    assert registration.correlation(photo, photo, onto_itself) == pytest.approx(1, abs=1e-3)
    nothing = registration.keypoints(np.full((150, 200), 0.5, np.float32))
    assert len(nothing) == 0
    assert registration.register(points, nothing) is None
    away = registration.Registration(1, 195 + 0j, 3)
    assert registration.correlation(photo, photo, away) == 0


def test_flipped_keypoints_are_those_of_the_flipped_photo():
    photo = registration.grey(rendered.render("dotted", 2).photo)
    flipped_points = registration.keypoints(photo).flipped(photo.shape[1])
    seen = registration.keypoints(photo[:, ::-1].copy())
    onto = registration.register(flipped_points, seen)
    assert onto.num_points > 0.5 * len(seen)
    assert onto.factor == pytest.approx(1, abs=0.02)


def lesion(seed=3, height=300, width=400):
    return rendered.render("dotted", seed, height, width).photo


@pytest.mark.parametrize("is_flipped", [False, True])
def test_a_turned_photo_of_another_size_lies_where_it_belongs(is_flipped):
    photo = lesion()
    image = Image.fromarray(photo).rotate(-20, Image.Resampling.BICUBIC).resize((600, 450))
    other = np.asarray(image)[:, :: -1 if is_flipped else 1]
    laid = lay_over(other, photo)
    assert laid.is_flipped is is_flipped
    assert abs(np.degrees(np.angle(laid.registration.factor))) == pytest.approx(20, abs=1)
    drawn = laid.drawn(other, photo)
    assert drawn.shape == (300, 400, 4)
    middle = drawn[100:200, 150:250]
    assert (middle[..., 3] == 255).all()
    gap = np.abs(middle[..., :3].astype(int) - photo[100:200, 150:250].astype(int))
    assert gap.mean() < 6
    far = np.abs(middle[..., :3].astype(int) - photo[80:180, 130:230].astype(int))
    assert far.mean() > 2 * gap.mean()  # the test would notice twenty pixels


def test_what_the_first_does_not_reach_is_clear():
    photo = np.full((SIDE // 2, SIDE, 3), 200, np.uint8)
    moved = LaidOver(Registration(1, 50 + 0j, 9), False, 1.0).drawn(photo, photo)
    assert (moved[:, :49, 3] == 0).all()
    assert (moved[:, 51:, 3] == 255).all()
    assert (moved[:, 51:, :3] == 200).all()
    # In a photo of twice the size, the shift is twice as many pixels.
    large = np.full((SIDE, 2 * SIDE, 3), 200, np.uint8)
    moved = LaidOver(Registration(1, 50 + 0j, 9), False, 1.0).drawn(photo, large)
    assert (moved[:, :98, 3] == 0).all()
    assert (moved[2:-2, 102:-2, 3] == 255).all()


def test_different_lesions_and_smooth_ones_are_not_laid_over_each_other():
    assert lay_over(lesion(1), lesion(2)) is None
    smooth = rendered.render("even", 9002, 300, 400)
    assert lay_over(rendered.render("even", 9002, 300, 400, view=3).photo, smooth.photo) is None
