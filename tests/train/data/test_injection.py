"""The training parts of an injection: what leaks in, what makes room, what stays as it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.evaluation.injection import AUGMENTED, COPY, LESION
from train.data import augment, injection
from train.data.readers import DataError
from train.recipes.demo import DEMO
from train.recipes.isic_binary import ISIC_BINARY_CNN

RECIPE = replace(DEMO, balance="none", test_share=0.25, validation_share=0.25)
SEED = 3


def far(number):
    """A perceptual hash that is far from those of all other numbers."""
    return np.random.default_rng(number).bytes(32)


def photo(name, lesion, diagnosis, pixels=None, phash=None):
    number = int("".join(letter for letter in name if letter.isdigit()))
    return {
        "image_id": name,
        "lesion_id": lesion,
        "diagnosis": diagnosis,
        "path": f"{name}.jpg",
        "shipped_part": "",
        "pixels": pixels or f"pixels of {name}",
        "phash": phash or far(number),
        "problem": "",
    }


def lesion_of(name):
    return int(name[1:].split(" ")[0]) % 1000


@pytest.fixture
def fingerprinted():
    """40 lesions of either diagnosis: a photo alone, with another, or with two copies."""
    rows = []
    for number in range(80):
        diagnosis = "mel" if number % 2 else "nv"
        own = photo(f"a{number}", f"lesion {number}", diagnosis)
        rows.append(own)
        if number % 8 in (2, 3):
            rows.append(photo(f"b{1000 + number}", f"lesion {number}", diagnosis))
        if number % 8 in (4, 5):
            near = bytes([own["phash"][0] ^ 1]) + own["phash"][1:]
            rows.append(photo(f"c{2000 + number}", "", diagnosis, phash=near))
            same = {"pixels": own["pixels"], "phash": own["phash"]}
            rows.append(photo(f"d{3000 + number}", f"lesion {number}", diagnosis, **same))
    return pd.DataFrame(rows)


@pytest.fixture
def parts(fingerprinted):
    return injection.parts(fingerprinted, RECIPE)


def test_the_probe_is_one_photo_of_each_test_lesion(parts):
    probe = parts[parts["part"] == "probe"]
    numbers = probe["image_id"].map(lesion_of)
    assert not numbers.duplicated().any()
    assert len(probe) == 20
    assert (probe["leaks_through"] != "").all()
    assert (parts.loc[parts["part"] != "probe", "leaks_through"] == "").all()


def test_what_a_photo_leaks_through_is_what_stands_beside_it(parts):
    ways = {}
    for row in parts[parts["part"] == "probe"].itertuples():
        number = lesion_of(row.image_id)
        expected = {0: AUGMENTED, 1: AUGMENTED, 2: LESION, 3: LESION, 4: COPY, 5: COPY}
        assert row.leaks_through == expected.get(number % 8, AUGMENTED)
        leaks = parts[parts["leaks"] == row.image_id]
        assert (leaks["part"] == "leak").all()
        assert (
            leaks["image_id"].str[1:5].str.extract(r"(\d+)")[0].astype(int) % 1000 == number
        ).all()
        ways[row.leaks_through] = set(leaks["diagnosis"].groupby(leaks["leaks"]).size())
    # A changed copy of itself; the other photo of the lesion; the near and the exact copy.
    assert ways == {AUGMENTED: {1}, LESION: {1}, COPY: {2}}


def test_no_lesion_stands_on_two_sides_unless_it_leaks(parts):
    sides = parts[parts["part"].isin(["train", "validation", "probe"])]
    assert (sides.groupby("group")["part"].nunique() == 1).all()
    leaks = parts[parts["part"] == "leak"].groupby("leaks")["group"].nunique()
    assert (leaks == 1).all()


def test_exact_copies_come_back_only_as_leaks(parts):
    copies = parts[parts["image_id"].str.contains("(copy", regex=False)]
    assert len(copies) > 0
    assert (copies["part"] == "leak").all()


def test_the_order_of_a_seed_leaks_the_same_share_of_either_diagnosis(parts):
    ranks = injection.ranks(parts, SEED)
    diagnosis = parts.set_index("image_id")["diagnosis"][ranks.index]
    for dose, number in ((0.0, 0), (0.25, 2), (0.5, 5), (1.0, 10)):
        leaking = diagnosis[ranks < dose].value_counts()
        assert [leaking.get(code, 0) for code in ("mel", "nv")] == [number, number]
    assert not ranks.equals(injection.ranks(parts, SEED + 1))
    assert ranks.equals(injection.ranks(parts, SEED))


@pytest.mark.parametrize("dose", [0.25, 0.5, 1.0])
def test_every_dose_has_as_many_training_photos_of_each_diagnosis(parts, dose):
    honest = parts.loc[injection.training_rows(parts, 0.0, SEED)]
    assert (honest["part"] == "train").all()
    assert len(honest) == (parts["part"] == "train").sum()
    leaky = parts.loc[injection.training_rows(parts, dose, SEED)]
    assert (
        leaky["diagnosis"].value_counts().to_dict() == honest["diagnosis"].value_counts().to_dict()
    )
    ranks = injection.ranks(parts, SEED)
    wanted = set(ranks.index[ranks < dose])
    assert set(leaky.loc[leaky["part"] == "leak", "leaks"]) == wanted
    # All of what a photo leaks through comes in, and nothing of the probe or of validation.
    assert (leaky["part"] == "leak").sum() == parts["leaks"].isin(wanted).sum()
    assert set(leaky["part"]) == {"train", "leak"}
    assert not leaky.index.duplicated().any()


def test_a_larger_dose_leaks_what_a_smaller_one_does_and_removes_what_it_removes(parts):
    small, large = (set(injection.training_rows(parts, dose, SEED)) for dose in (0.25, 1.0))
    is_leak = set(parts.index[parts["part"] == "leak"])
    assert small & is_leak < large & is_leak
    assert large - is_leak < small - is_leak


def test_it_refuses_to_leak_more_than_there_is_in_training(parts):
    few = parts.drop(parts.index[(parts["part"] == "train") & (parts["diagnosis"] == "mel")][3:])
    with pytest.raises(DataError, match="photos of mel would take the place of 3 in training"):
        injection.training_rows(few.reset_index(drop=True), 1.0, SEED)


def test_the_changed_copies_show_their_photo(parts):
    num_photos = int((parts["source"] == parts.index).sum())
    pixels = np.zeros((num_photos, 8, 8, 3), np.uint8)
    pixels[:] = np.arange(num_photos)[:, None, None, None]
    drawn = injection.draw_changed(pixels, parts, seed=1)
    assert drawn.shape == (len(parts), 8, 8, 3)
    # A flat picture stays flat under flips, turns and zooms: so it shows where it comes from.
    assert (drawn[:, 4, 4, 0] == parts["source"]).all()
    originals = parts.loc[parts["source"], "image_id"].to_numpy()[num_photos:]
    assert (parts["image_id"].iloc[num_photos:] == originals + " changed").all()


def test_a_recipe_with_verdicts_gets_them(fingerprinted):
    renamed = fingerprinted.assign(diagnosis=fingerprinted["diagnosis"].replace("mel", "bcc"))
    recipe = replace(ISIC_BINARY_CNN, test_share=0.25, validation_share=0.25)
    parts = injection.parts(renamed, recipe)
    assert set(parts["diagnosis"]) == {"benign", "malignant"}


def test_copies_are_made_in_batches_without_a_seam(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    monkeypatch.setattr(augment, "BATCH", 2)
    copied = augment.with_changed(pixels, np.array([4, 0, 1]), "none", seed=0)
    assert np.array_equal(copied, pixels[[0, 1, 2, 3, 4, 4, 0, 1]])
    assert augment.with_changed(pixels, np.array([], int), "none", seed=0) is pixels
