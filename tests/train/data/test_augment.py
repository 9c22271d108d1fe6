"""Changes to training photos: what they give, how they repeat, and what they leave alone."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from train.data import augment, dermatoscope, random_dermatoscope
from train.data.random_dermatoscope import RandomDermatoscope

CHANCE = np.random.default_rng(0)
PHOTOS = CHANCE.integers(0, 256, (16, 24, 24, 3)).astype(np.uint8)
# Everything off: each range at the value that changes nothing.
OFF = {
    "area": (1.0, 1.0),
    "aspect": (1.0, 1.0),
    "turn": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
    "hue": 0.0,
    "white_balance": 0.0,
    "blur": {"chance": 0.0, "width": 1.2, "strength": (0.0, 1.0)},
    "jpeg": {"chance": 0.0, "quality": (40, 90)},
    "vignette": {"chance": 0.0, "radius": (0.42, 0.62)},
}


def only(monkeypatch, **ranges):
    assert OFF.keys() == dermatoscope.RANGES.keys()
    monkeypatch.setattr(random_dermatoscope, "RANGES", OFF | ranges)


def changed(photos, seed=3, side=None):
    return convert_to_numpy(augment.changed(photos, [RandomDermatoscope(side, seed)]))


def the_eight_views(photo):
    turned = [np.rot90(photo, quarter) for quarter in range(4)]
    return [*turned, *(view[:, ::-1] for view in turned)]


def test_with_every_range_off_a_photo_is_one_of_its_eight_flips_and_turns(monkeypatch):
    only(monkeypatch)
    views = [the_eight_views(photo) for photo in PHOTOS]
    matches = []
    for seed in range(4):
        augmented = changed(PHOTOS, seed)
        distances = [
            [np.abs(photo - view).max() for view in eight]
            for photo, eight in zip(augmented, views, strict=True)
        ]
        assert np.min(distances, axis=1).max() < 0.1
        matches.extend(np.argmin(distances, axis=1))
    assert set(matches) == set(range(8))


def test_a_crop_shows_a_part_of_the_photo_larger(monkeypatch):
    only(monkeypatch, area=(0.25, 0.25))
    ramp = np.zeros((8, 32, 32, 3), np.uint8)
    ramp[..., 0] = np.arange(32) * 8  # red grows to the right, green downwards
    ramp[..., 1] = np.arange(32)[:, None] * 8
    augmented = changed(ramp)
    spans = augmented.max(axis=(1, 2)) - augmented.min(axis=(1, 2))
    # Half of each side: 15.5 of 31 steps of 8, the outermost pixel half outside.
    assert spans[:, :2] == pytest.approx(124, abs=4.1)


@pytest.mark.parametrize(
    ("what", "ranges"),
    [("saturation", {"saturation": 0.5}), ("hue", {"hue": 0.2})],
)
def test_grey_stays_grey_and_brightness_stays(monkeypatch, what, ranges):
    only(monkeypatch, **ranges)
    grey = np.full((4, 8, 8, 3), 120, np.uint8)
    assert changed(grey) == pytest.approx(120, abs=0.05)
    coloured = np.full((4, 8, 8, 3), (140, 110, 100), np.uint8)
    augmented = changed(coloured)
    assert np.abs(augmented - coloured).max() > 1, what
    luminance = augmented @ np.array(dermatoscope.YIQ[0])
    assert luminance == pytest.approx(np.array([140, 110, 100]) @ dermatoscope.YIQ[0], abs=0.1)


def test_blur_keeps_what_is_even_and_softens_what_is_not(monkeypatch):
    only(monkeypatch, blur={"chance": 1.0, "width": 1.2, "strength": (0.5, 1.0)})
    even = np.full((4, 12, 12, 3), 77, np.uint8)
    assert changed(even) == pytest.approx(77, abs=0.05)
    assert changed(PHOTOS).std(axis=(1, 2, 3)).max() < PHOTOS.std(axis=(1, 2, 3)).min()
    only(monkeypatch, blur={"chance": 1.0, "width": 1.2, "strength": (-0.6, -0.3)})
    soft = np.clip(np.sort(PHOTOS, axis=1) * 0.3 + 80, 0, 255)  # room to get sharper
    assert changed(soft).std(axis=(1, 2, 3)).min() > soft.std(axis=(1, 2, 3)).min()


def test_a_vignette_darkens_the_corners_alone(monkeypatch):
    only(monkeypatch, vignette={"chance": 1.0, "radius": (0.42, 0.42)})
    augmented = changed(np.full((4, 64, 64, 3), 200, np.uint8))
    assert augmented[:, 28:36, 28:36] == pytest.approx(200, abs=1)
    assert (augmented[:, 0, 0] < 120).all()


def test_one_seed_gives_one_result_and_two_seeds_two():
    assert (changed(PHOTOS, 1) == changed(PHOTOS, 1)).all()
    assert np.abs(changed(PHOTOS, 1) - changed(PHOTOS, 2)).max() > 10


def test_a_side_of_its_own_and_the_range_of_pixels():
    augmented = changed(PHOTOS, side=10)
    assert augmented.shape == (16, 10, 10, 3)
    assert augmented.min() >= 0
    assert augmented.max() <= 255


def test_beyond_its_edges_a_photo_is_mirrored():
    photo = np.arange(4.0, dtype=np.float32).reshape(1, 1, 4, 1)
    places = np.array([[[-1.5, -0.5, 0, 1.25, 3.5, 4.5, 8.0]]], np.float32)
    row = convert_to_numpy(random_dermatoscope._interpolated(photo, np.zeros_like(places), places))
    # 1 0 | 0 1 2 3 | 3 2 1 0: halfway over the edge is the outermost pixel itself.
    assert row[0, 0, :, 0] == pytest.approx([0.5, 0, 0, 1.25, 3, 2.5, 0])


@pytest.mark.parametrize("strength", augment.STRENGTHS)
def test_every_strength_works_inside_a_network_and_in_training_alone(strength):
    photos = keras.Input((24, 24, 3))
    layers = augment.changes(strength, 1, 16)
    changed = keras.Model(photos, augment.changed(photos, layers))
    assert changed(PHOTOS.astype(np.float32)).shape == (16, 16, 16, 3)
    if strength.startswith("dermatoscope"):
        (layer,) = layers
        assert (convert_to_numpy(layer(PHOTOS, training=False)) == PHOTOS).all()


@pytest.mark.parametrize("strength", [name for name in augment.STRENGTHS if name != "none"])
def test_a_seed_can_be_set_again(strength):
    layers = augment.changes(strength, 5)
    first = convert_to_numpy(augment.changed(PHOTOS, layers))
    assert np.abs(convert_to_numpy(augment.changed(PHOTOS, layers)) - first).max() > 1
    augment.reseed(layers, 0)
    assert (convert_to_numpy(augment.changed(PHOTOS, layers)) == first).all()
    augment.reseed(layers, 3)
    other = convert_to_numpy(augment.changed(PHOTOS, augment.changes(strength, 8)))
    assert (convert_to_numpy(augment.changed(PHOTOS, layers)) == other).all()
