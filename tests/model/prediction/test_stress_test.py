"""Small changes to a photo, with a network that looks at nothing but the mean of each colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.prediction.prediction import Prediction
from model.prediction.stress_test import CHANGES, stress_test

RED = np.full((60, 80, 3), (200, 40, 60), np.uint8)


def red_with_a_blue_frame():
    """Blue leads as long as the whole frame is seen; red leads in the middle."""
    photo = np.full((80, 80, 3), (0, 0, 255), np.uint8)
    photo[12:68, 12:68] = (255, 0, 0)
    return photo


def test_there_are_thirty_changes_each_slighter_before_clearer():
    assert sum(len(levels) for _, levels in CHANGES.values()) == 30
    for kind in ("crop", "blur", "shift"):
        amounts = list(CHANGES[kind][1].values())
        assert amounts == sorted(amounts)


def test_the_levels_are_named_as_far_as_they_go():
    assert {kind: levels for kind, (_, levels) in CHANGES.items()} == {
        "turn": {"by 5°": 5, "by -5°": -5, "by 10°": 10, "by -10°": -10, "by 20°": 20},
        "crop": {"of 4 %": 0.04, "of 8 %": 0.08, "of 12 %": 0.12, "of 16 %": 0.16, "of 20 %": 0.2},
        "shift": {"by 4 %": 0.08, "by 8 %": 0.16},
        "light": {
            "more, 10 %": 1.1,
            "less, 10 %": 0.9,
            "more, 20 %": 1.2,
            "less, 20 %": 0.8,
            "more, 30 %": 1.3,
        },
        "contrast": {"more, 15 %": 1.15, "less, 15 %": 0.85, "more, 30 %": 1.3},
        "blur": {
            "of 0.2 % of the side": pytest.approx(0.002),
            "of 0.4 % of the side": pytest.approx(0.004),
            "of 0.6 % of the side": pytest.approx(0.006),
        },
        "JPEG": {"of quality 70": 70, "of quality 50": 50, "of quality 30": 30},
        "hue": {"by 4°": 4, "by -4°": -4, "by 8°": 8, "by -8°": -8},
    }


def changed(kind, amount, photo):
    return np.asarray(CHANGES[kind][0](Image.fromarray(photo), amount))


def test_what_is_cut_off_is_cut_off_where_it_should_be():
    row, column = np.mgrid[:50, :100].astype(np.uint8)
    photo = np.stack([row, column, row], axis=-1)
    middle = changed("crop", 0.2, photo)  # a tenth off every side
    assert (middle.shape, middle[0, 0].tolist()) == ((40, 80, 3), [5, 10, 5])
    shifted = changed("shift", 0.16, photo)
    assert (shifted.shape, shifted[0, 0].tolist()) == ((42, 84, 3), [8, 16, 8])
    # Of 120 x 90, turned by 20°, 1 / (cos 20° + 4/3 sin 20°) = 0.716 is left of each side.
    assert changed("turn", -20, np.zeros((90, 120, 3), np.uint8)).shape == (64, 86, 3)


def test_light_contrast_and_hue_change_as_far_as_they_say():
    photo = np.full((4, 8, 3), 100, np.uint8)
    photo[:, 4:] = 200
    assert changed("light", 1.2, photo)[0, [0, -1], 0].tolist() == [120, 240]
    assert changed("contrast", 1.3, photo)[0, [0, -1], 0].tolist() == [85, 215]  # around 150
    # Yellow is 60° from red and has as much green: of 8° there is 8 / 60.
    for degrees, band in ((8, 1), (-8, 2)):
        found = changed("hue", degrees, np.full((2, 2, 3), (255, 0, 0), np.uint8))[0, 0]
        assert found[0] == 255
        assert found[band] == pytest.approx(255 * 8 / 60, abs=5)
        assert found[3 - band] == 0


def test_blur_is_a_share_of_the_longer_side_and_jpeg_loses_more_at_less_quality():
    edge = np.zeros((50, 500, 3), np.uint8)
    edge[:, 250:] = 255
    # A spread of 3 pixels: three pixels before the edge a sixth of what lies beyond is seen.
    assert changed("blur", 0.006, edge)[25, 247, 0] == pytest.approx(255 * 0.2, abs=20)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    lost = [np.abs(changed("JPEG", one, noise) - noise.astype(int)).mean() for one in (75, 70, 30)]
    assert lost[0] < lost[1] < lost[2]


class Recorder:
    """Answers each photo with the number of those before it as the probability."""

    def __init__(self):
        self.shapes = []

    def predict(self, photos, kinds=None):
        answers = []
        for photo in photos:
            share = len(self.shapes) / 100
            answers.append(Prediction({"mel": share, "nv": 1 - share}, (), None))
            self.shapes.append(photo.shape)
        return answers


def test_the_photo_is_seen_as_it_is_and_its_copies_are_made_smaller():
    recorder = Recorder()
    found = stress_test(recorder, np.zeros((1024, 2048, 3), np.uint8))
    assert recorder.shapes[0] == (1024, 2048, 3)
    assert recorder.shapes[1 + 5 + 5 + 2] == (256, 512, 3)  # the first in another light
    assert found.prediction.probabilities["mel"] == 0
    last = found.perturbations[-1]
    assert (last.kind, last.level, last.prediction.probabilities["mel"]) == ("hue", "by -8°", 0.3)
    assert found.num_holding == 30


def test_each_change_is_shown_when_it_is_done():
    seen = []
    result = stress_test(
        Recorder(), RED, watch=lambda change, share: seen.append((change, round(30 * share)))
    )
    assert [number for _, number in seen] == list(range(1, 31))
    assert tuple(change for change, _ in seen) == result.perturbations


def test_an_answer_that_nothing_moves_holds(toy_classifier):
    result = stress_test(toy_classifier, RED)
    assert result.prediction.diagnosis == "bcc"
    assert result.num_holding == len(result.perturbations) == 30
    assert result.label_changes == []
    assert result.first_to_change == []


def test_what_flips_it_is_named_with_the_slightest_change_of_its_kind(toy_classifier):
    result = stress_test(toy_classifier, red_with_a_blue_frame())
    assert result.prediction.diagnosis == "nv"  # 51 % blue
    crop = next(change for change in result.label_changes if change.kind == "crop")
    assert (crop.level, crop.prediction.diagnosis) == ("of 4 %", "bcc")
    assert {change.kind for change in result.label_changes} & {"light", "JPEG", "blur"} == set()
    assert result.num_holding < 30
    assert crop in result.first_to_change  # no other is slighter than the first of its kind


def test_no_change_is_none(toy_classifier):
    """Each change moves pixels of a photo that has something in it."""
    photo = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    image = Image.fromarray(photo)
    for kind, (change, levels) in CHANGES.items():
        for level, amount in levels.items():
            other = change(image, amount)
            same = other.size == image.size and (np.asarray(other) == photo).all()
            assert not same, (kind, level)


def test_a_turn_shows_no_black_corner():
    white = Image.new("RGB", (120, 90), "white")
    change, levels = CHANGES["turn"]
    for degrees in levels.values():
        assert np.asarray(change(white, degrees)).min() > 200


@settings(max_examples=20, deadline=None)
@given(st.integers(16, 90), st.integers(16, 90), st.sampled_from(sorted(CHANGES)))
def test_every_change_gives_a_photo_at_any_size(height, width, kind):
    image = Image.new("RGB", (width, height), (120, 80, 60))
    change, levels = CHANGES[kind]
    for amount in levels.values():
        other = np.asarray(change(image, amount))
        assert other.dtype == np.uint8
        assert other.ndim == 3
        assert min(other.shape[:2]) > 0
