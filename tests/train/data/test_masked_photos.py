"""Photos with part of what they show: exact, pixel by pixel."""

import numpy as np
import pytest

from model.evaluation.without_lesion import ABOUT, VARIANTS
from train.data.masked_photos import CHANGES, masked

PHOTO = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
LESION = np.zeros((4, 5), bool)
LESION[1, 2] = LESION[2, 1] = True


def test_every_variant_is_named():
    assert CHANGES.keys() == VARIANTS.keys() == ABOUT.keys()
    with pytest.raises(KeyError):
        masked(PHOTO, LESION, "hair")


def test_each_variant_keeps_what_it_says_and_nothing_else():
    before = PHOTO.copy()
    changed = {variant: masked(PHOTO, LESION, variant) for variant in VARIANTS}
    assert (before == PHOTO).all()
    for photo in changed.values():
        assert (photo.dtype, photo.shape) == (np.uint8, PHOTO.shape)
    assert (changed["photo"] == PHOTO).all()
    assert (changed["lesion"][LESION] == PHOTO[LESION]).all()
    assert (changed["lesion"][~LESION] == 128).all()
    assert (changed["outline"][LESION] == 255).all()
    assert (changed["outline"][~LESION] == 0).all()
    box = np.zeros((4, 5), bool)
    box[1:3, 1:3] = True
    assert (changed["skin"][box] == 0).all()
    assert (changed["skin"][~box] == PHOTO[~box]).all()
    # The means of 0, 3, ... 57, of 1, 4, ... 58 and of 2, 5, ... 59, of which halves get even.
    assert (changed["colour"] == [28, 30, 30]).all()


def test_without_a_lesion_no_skin_is_blacked_out():
    nothing = np.zeros_like(LESION)
    assert (masked(PHOTO, nothing, "skin") == PHOTO).all()
    assert (masked(PHOTO, nothing, "lesion") == 128).all()
