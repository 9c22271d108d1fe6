"""Planted shortcuts: where they are drawn, and that nothing else of the photo changes."""

import numpy as np
import pytest

from model.photo.shortcuts import CENTRE, SHORTCUTS, plant, seed_of
from tests import toys

SKIN = (214, 168, 140)
SIZES = [(64, 64), (65, 71), (150, 200), (200, 120), (64, 640)]


def skin(height, width):
    return toys.flat(SKIN, height, width)


def from_the_middle(height, width):
    """Distance of each pixel from the middle, in shorter sides."""
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows + 0.5 - height / 2, columns + 0.5 - width / 2)
    return distance / min(height, width)


@pytest.mark.parametrize("name", SHORTCUTS)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_mask_holds_all_that_changes_and_keeps_off_the_middle(name, height, width):
    photo = skin(height, width)
    for seed in range(12):
        planted = plant(photo, name, seed)
        assert (planted.photo.dtype, planted.photo.shape) == (np.uint8, photo.shape)
        assert (planted.mask.dtype, planted.mask.shape) == (bool, (height, width))
        assert (planted.photo[~planted.mask] == SKIN).all()
        changed = (planted.photo != SKIN).any(axis=2)
        assert changed[planted.mask].mean() > 0.8  # the rest is the faint end of a soft edge
        assert 0.003 < planted.mask.mean() < 0.4
        if name != "hair":
            assert from_the_middle(height, width)[planted.mask].min() > CENTRE
    assert (photo == SKIN).all()


@pytest.mark.parametrize("name", SHORTCUTS)
def test_one_seed_draws_one_picture_and_another_seed_another(name):
    photo = skin(90, 120)
    first, again, other = (plant(photo, name, seed) for seed in (7, 7, 8))
    assert (first.photo == again.photo).all()
    assert (first.mask == again.mask).all()
    assert (first.photo != other.photo).any()


def test_things_of_one_seed_stand_at_places_of_their_own():
    """A seed of a photo must not turn the ruler to where it turns the plaster."""
    photo = skin(150, 150)
    masks = [[plant(photo, name, seed).mask for seed in range(8)] for name in ("ruler", "plaster")]
    overlaps = [(one & other).any() for one, other in zip(*masks, strict=True)]
    assert len(set(overlaps)) == 2


def test_a_ruler_is_a_strip_with_lines_along_each_of_the_four_edges():
    edges = set()
    for seed in range(24):
        planted = plant(skin(150, 200), "ruler", seed)
        full_rows, full_columns = planted.mask.all(axis=1), planted.mask.all(axis=0)
        is_upright = full_columns.any()
        strip = full_columns if is_upright else full_rows
        # Nothing but a strip as long as the photo, at one of its edges.
        assert planted.mask.sum() == strip.sum() * (150 if is_upright else 200)
        assert strip[0] != strip[-1]
        assert 0.12 * 150 < strip.sum() < 0.18 * 150
        edges.add((bool(is_upright), bool(strip[0])))
        drawn = planted.photo[planted.mask].astype(int).sum(axis=1)
        assert drawn.max() > 680  # paper
        assert drawn.min() < 350  # lines
        # The lines begin at the edge of the paper that faces the middle.
        places = np.flatnonzero(strip)
        inner, outer = places[[-2, 1] if strip[0] else [1, -2]]
        lines = planted.photo[..., 0].T if is_upright else planted.photo[..., 0]
        assert lines[inner].std() > 10
        assert lines[outer].std() == 0
    assert len(edges) == 4


def test_each_thing_has_its_colour():
    photo = skin(150, 200)

    def inside(name):
        planted = plant(photo, name, 3)
        return planted.photo[planted.mask].astype(int)

    red, green, blue = inside("ink").mean(axis=0)
    assert blue > green < red
    for name in ("dark_corner", "hair"):
        assert np.percentile(inside(name), 5) < 60
    corners = plant(photo, "dark_corner", 3).photo[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() < 15
    assert (
        len({tuple(plant(photo, "plaster", seed).photo.max(axis=(0, 1))) for seed in range(9)}) > 1
    )


def test_the_seed_of_a_photo_stays_the_same():
    """Figures that were measured with it stand in run folders."""
    assert seed_of("ISIC_0024306") == 9821349
    assert seed_of("ISIC_0024307") != seed_of("ISIC_0024306")


def test_names_stand_in_running_text_and_as_titles():
    assert {name: shortcut.title for name, shortcut in SHORTCUTS.items()} == {
        "ruler": "Ruler",
        "ink": "Ink mark",
        "dark_corner": "Dark corner",
        "hair": "Hair",
        "plaster": "Plaster",
    }
    with pytest.raises(KeyError):
        plant(skin(64, 64), "crayon", 0)
