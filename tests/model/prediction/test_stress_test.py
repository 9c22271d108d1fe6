"""Small changes to a photo, with a network that looks at nothing but the mean of each colour."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

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


def test_an_answer_that_nothing_moves_holds(toy_classifier):
    result = stress_test(toy_classifier, RED)
    assert result.prediction.diagnosis == "bcc"
    assert result.num_holding == len(result.perturbations) == 30
    assert result.label_changes == []
    low, high = result.band("bcc")
    assert low <= result.prediction.probabilities["bcc"] <= high
    assert high - low < 0.5


def test_what_flips_it_is_named_with_the_slightest_change_of_its_kind(toy_classifier):
    result = stress_test(toy_classifier, red_with_a_blue_frame())
    assert result.prediction.diagnosis == "nv"  # 51 % blue
    crop = next(change for change in result.label_changes if change.kind == "crop")
    assert (crop.level, crop.prediction.diagnosis) == ("of 4 %", "bcc")
    assert {change.kind for change in result.label_changes} & {"light", "JPEG", "blur"} == set()
    assert result.num_holding < 30
    assert result.band("bcc")[1] > result.prediction.probabilities["bcc"]


def test_no_change_is_none(toy_classifier):
    """Each change moves pixels of a photo that has something in it."""
    photo = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    image = Image.fromarray(photo)
    for kind, (change, levels) in CHANGES.items():
        for level, amount in levels.items():
            changed = change(image, amount)
            same = changed.size == image.size and (np.asarray(changed) == photo).all()
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
        changed = np.asarray(change(image, amount))
        assert changed.dtype == np.uint8
        assert changed.ndim == 3
        assert min(changed.shape[:2]) > 0
