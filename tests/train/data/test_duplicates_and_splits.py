"""Who is a copy of whom, and that nobody stands on two sides of an honest split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.run import AS_PUBLISHED, HONEST, PROTOCOLS, SPLITS
from tests.toys import encoded
from train.data import balance, duplicates, rendered, splits
from train.data.readers import DataError
from train.recipes.demo import DEMO

RECIPE = replace(DEMO, balance="none")


def write(folder, name, pixels, diagnosis, kind="PNG", **options):
    path = folder / f"{name}.{kind.lower()}"
    path.write_bytes(encoded(pixels, kind, **options))
    return {"image_id": name, "lesion_id": "", "diagnosis": diagnosis, "path": path}


def lesion(seed, pattern="ragged"):
    return rendered.render(pattern, seed, 150, 200).photo


@pytest.fixture
def table(tmp_path):
    """One picture in five guises, one photo of its own, one broken file."""
    first = lesion(1)
    smaller = np.asarray(Image.fromarray(first).resize((160, 120)))
    brighter = np.clip(first * 1.05 + 4, 0, 255).astype(np.uint8)
    rows = [
        write(tmp_path, "first", first, "mel"),
        write(tmp_path, "exact", first, "mel"),
        write(tmp_path, "recompressed", first, "mel", "JPEG", quality=60),
        write(tmp_path, "smaller", smaller, "mel"),
        write(tmp_path, "brighter", brighter, "mel"),
        write(tmp_path, "other", lesion(2), "mel"),
    ]
    (tmp_path / "broken.jpg").write_text("no photo")
    rows.append(rows[0] | {"image_id": "broken", "path": tmp_path / "broken.jpg"})
    return pd.DataFrame(rows).assign(shipped_part="")


def test_exact_and_near_copies_are_one_picture_and_others_are_not(table):
    prepared = duplicates.fingerprint(table)
    assert prepared["problem"].astype(bool).tolist() == [False] * 6 + [True]
    assert prepared["pixels"][0] == prepared["pixels"][1] != prepared["pixels"][2]
    prepared = duplicates.group(prepared[prepared["pixels"] != ""]).set_index("image_id")
    guises = ["first", "exact", "recompressed", "smaller", "brighter"]
    assert prepared.loc[guises, "duplicate_group"].nunique() == 1
    assert prepared.loc["other", "duplicate_group"] != prepared.loc["first", "duplicate_group"]


def test_different_drawings_of_one_pattern_are_no_copies():
    hashes = [
        np.packbits(duplicates.imagehash.phash(Image.fromarray(lesion(seed)), 16).hash).tobytes()
        for seed in range(60)
    ]
    assert len(duplicates.near_pairs(hashes)) == 0


def test_near_pairs_count_bits():
    hashes = [
        bytes(32),
        bytes([0b111]) + bytes(31),
        bytes([255] * 5) + bytes(27),
        bytes([255] * 32),
    ]
    assert duplicates.near_pairs(hashes, 3).tolist() == [[0, 1]]
    assert duplicates.near_pairs(hashes, 40).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_a_lesion_joins_what_copies_do_not(table):
    prepared = duplicates.fingerprint(
        table.assign(lesion_id=["", "", "", "", "", "L", "L"]).iloc[:6]
    )
    prepared.loc[4, "lesion_id"] = "L"
    prepared = duplicates.group(prepared).set_index("image_id")
    assert prepared.loc["other", "group"] == prepared.loc["first", "group"]
    assert prepared.loc["other", "duplicate_group"] != prepared.loc["first", "duplicate_group"]


def photos(pictures, lesions, diagnoses):
    """A fingerprinted table without files: photos of one number show one picture."""
    table = pd.DataFrame({"diagnosis": diagnoses, "lesion_id": lesions})
    # Hashes of numbers, far apart in bits.
    table["pixels"] = [f"{number}-{row}" for row, number in enumerate(pictures)]
    table["phash"] = [np.random.default_rng(number).bytes(32) for number in pictures]
    table["image_id"] = [f"{row:04d}" for row in range(len(table))]
    return table.assign(problem="", shipped_part="")


def many(per_code=30, codes=("mel", "nv")):
    numbers = range(per_code * len(codes))
    return photos(numbers, [""] * len(numbers), [codes[n % len(codes)] for n in numbers])


def test_copies_under_two_diagnoses_are_left_out_both():
    table = many()
    table.loc[1, "phash"] = table.loc[0, "phash"]  # photo 0 is mel, photo 1 is nv
    cleaned = splits.clean(table, HONEST)
    assert list(cleaned.left_out["image_id"]) == ["0000", "0001"]
    assert set(cleaned.left_out["reason"]) == {"copies under several diagnoses"}
    assert len(cleaned.photos) == 58


def test_of_exact_copies_one_stays():
    table = many()
    table.loc[2, ["phash", "pixels"]] = table.loc[0, ["phash", "pixels"]]
    cleaned = splits.clean(table, HONEST)
    assert list(cleaned.left_out["image_id"]) == ["0002"]
    assert cleaned.left_out["reason"][0] == "exact copy of another photo"


def test_unreadable_files_and_diagnoses_with_too_few_lesions_are_left_out():
    table = many(codes=("mel", "nv", "df"))
    rare = (table["diagnosis"] == "df") & (table.index > 15)
    table = table[~rare].reset_index(drop=True)
    table.loc[0, "pixels"] = ""
    cleaned = splits.clean(table, HONEST)
    assert sorted(cleaned.photos["diagnosis"].unique()) == ["mel", "nv"]
    reasons = cleaned.left_out.set_index("image_id")["reason"]
    assert reasons["0000"] == "unreadable"
    assert reasons["0002"] == "diagnosis left with fewer than 10 lesions"


def test_photos_of_one_name_in_two_folders_stay_two(tmp_path):
    table = many()
    table["path"] = [tmp_path / diagnosis / "1.jpg" for diagnosis in table["diagnosis"]]
    table.loc[[0, 1], "image_id"] = "1"  # mel/1.jpg and nv/1.jpg
    cleaned = splits.clean(table, HONEST)
    assert len(cleaned.photos) == 60
    assert cleaned.photos["image_id"].is_unique
    assert cleaned.photos["image_id"][0].endswith("mel/1.jpg")


def test_a_folder_without_a_readable_photo_is_said():
    table = many().assign(pixels="", problem="This photo has 20 x 20 pixels.")
    with pytest.raises(DataError, match=r"None of the 60 photos can be read. This photo has 20"):
        splits.clean(table, HONEST)


def test_more_folds_than_lesions_are_refused():
    with pytest.raises(DataError, match=r"40 folds need 40 lesions .* one has 30"):
        splits.folds(splits.clean(many(), HONEST).photos, RECIPE, HONEST, num_folds=40)
    with pytest.raises(DataError, match=r"40 folds need 40 photos .* one has 30"):
        splits.folds(splits.clean(many(), AS_PUBLISHED).photos, RECIPE, AS_PUBLISHED, num_folds=40)


def test_nothing_left_to_tell_apart_is_said():
    with pytest.raises(DataError, match=r"at least two diagnoses with 10 lesions each"):
        splits.clean(many(per_code=5), HONEST)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_split_has_its_shares_and_its_diagnoses(protocol):
    cleaned = splits.clean(many(per_code=100), protocol)
    (fold,) = splits.folds(cleaned.photos, RECIPE, protocol)
    shares = fold["split"].value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.2, abs=0.02)
    assert shares["validation"] == pytest.approx(0.15, abs=0.03)
    for _, part in fold.groupby("split"):
        assert (part["diagnosis"] == "mel").mean() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_split_is_decided_by_its_seed(protocol):
    cleaned = splits.clean(many(), protocol)
    (first,), (again,), (other,) = (
        splits.folds(cleaned.photos, replace(RECIPE, seed=seed, split_seed=split), protocol)
        for seed, split in ((1, 1), (2, 1), (1, 2))
    )
    assert first["split"].equals(again["split"])
    assert not first["split"].equals(other["split"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_with_folds_every_photo_is_tested_once(protocol):
    cleaned = splits.clean(many(), protocol)
    folds = splits.folds(cleaned.photos, RECIPE, protocol, num_folds=5)
    tested = np.stack([(fold["split"] == "test").to_numpy() for fold in folds])
    assert (tested.sum(axis=0) == 1).all()
    assert all(set(fold["split"]) == set(SPLITS) for fold in folds)


def test_as_published_keeps_copies_and_contradictions_and_splits_by_image():
    table = many(per_code=50)
    table["lesion_id"] = [f"L{row // 10}" for row in range(len(table))]
    table.loc[1, ["phash", "pixels"]] = table.loc[0, ["phash", "pixels"]]  # mel and nv
    cleaned = splits.clean(table, AS_PUBLISHED)
    assert len(cleaned.photos) == 100
    assert cleaned.left_out.empty
    (fold,) = splits.folds(cleaned.photos, RECIPE, AS_PUBLISHED)
    assert (fold.groupby("lesion_id")["split"].nunique() > 1).any()


def test_honest_copies_are_made_of_training_photos_alone():
    recipe = replace(RECIPE, balance="oversample_fixed", copies_per_diagnosis=7)
    (fold,) = splits.folds(splits.clean(many(), HONEST).photos, recipe, HONEST)
    made = fold[fold["copy_of"] != ""]
    assert made["diagnosis"].value_counts().to_dict() == {"mel": 7, "nv": 7}
    assert set(made["split"]) == {"train"}
    splits_of = fold.set_index("image_id")["split"]
    assert (splits_of[made["copy_of"]] == "train").all()
    copied = fold[fold["num_copies"] > 0]
    assert copied["num_copies"].sum() == 14
    assert set(copied["image_id"]) == set(made["copy_of"])
    assert fold["image_id"].is_unique


def test_published_copies_are_made_before_the_split_and_stand_in_every_part():
    recipe = replace(RECIPE, balance="oversample_fixed", copies_per_diagnosis=60)
    (fold,) = splits.folds(splits.clean(many(), AS_PUBLISHED).photos, recipe, AS_PUBLISHED)
    made = fold[fold["copy_of"] != ""]
    assert len(made) == 120
    assert set(made["split"]) == set(SPLITS)
    splits_of = fold.set_index("image_id")["split"]
    assert (splits_of[made["copy_of"]].to_numpy() != made["split"].to_numpy()).any()


def test_oversampling_to_the_majority_brings_every_diagnosis_to_the_most_frequent():
    table = many(per_code=40)
    table = table.drop(table.index[table["diagnosis"] == "nv"][12:]).reset_index(drop=True)
    recipe = replace(RECIPE, balance="oversample_to_majority")
    (fold,) = splits.folds(splits.clean(table, AS_PUBLISHED).photos, recipe, AS_PUBLISHED)
    assert fold["diagnosis"].value_counts().to_dict() == {"mel": 40, "nv": 40}
    (fold,) = splits.folds(splits.clean(table, HONEST).photos, recipe, HONEST)
    training = fold[fold["split"] == "train"]
    assert training["diagnosis"].value_counts().nunique() == 1
    assert (fold.loc[fold["split"] != "train", "copy_of"] == "").all()


def test_a_recipe_published_on_the_shipped_test_part_is_tested_there_only_as_published():
    table = many()
    table["shipped_part"] = ["Test" if row < 12 else "Train" for row in range(len(table))]
    recipe = replace(RECIPE, published_on_shipped_test=True)
    cleaned = splits.clean(table, AS_PUBLISHED).photos
    with pytest.raises(DataError, match=r"has one split and not 3 folds"):
        splits.folds(cleaned, recipe, AS_PUBLISHED, num_folds=3)
    (fold,) = splits.folds(cleaned, recipe, AS_PUBLISHED)
    assert fold["shipped_part"][fold["split"] == "test"].tolist() == ["Test"] * 12
    assert (fold["split"] == "validation").any()
    (fold,) = splits.folds(splits.clean(table, HONEST).photos, recipe, HONEST)
    assert set(fold["shipped_part"][fold["split"] == "test"]) == {"Test", "Train"}


def test_a_copy_is_a_changed_picture_of_its_photo():
    recipe = replace(RECIPE, balance="oversample_fixed", copies_per_diagnosis=70, augment="course")
    table = balance.with_copies(
        pd.DataFrame({"image_id": ["a", "b"], "diagnosis": ["x", "y"]}), recipe
    )
    assert list(table["copy_of"][2:]) == ["a"] * 70 + ["b"] * 70
    assert table["num_copies"].tolist() == [70, 70] + [0] * 140
    drawn = np.stack([lesion(1)[:64, :64], 255 - lesion(2)[:64, :64]])
    pictures = balance.draw_copies(drawn, table, recipe)
    assert pictures.shape == (142, 64, 64, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures[:2], drawn)
    means = pictures.reshape(142, -1).mean(axis=1)
    for place, source in enumerate([*range(2), *[0] * 70, *[1] * 70]):
        assert abs(means[place] - means[source]) < abs(means[0] - means[1]) / 2
    assert (pictures[2:72] != drawn[0]).any(axis=(1, 2, 3)).mean() > 0.9
    again = balance.draw_copies(drawn, table, recipe)
    assert np.array_equal(pictures, again)


def test_by_verdict_there_are_as_many_benign_as_malignant_photos():
    table = many(per_code=30, codes=("mel", "nv", "bcc", "bkl", "df", "spitz"))
    cleaned = splits.clean(table, HONEST).photos
    balanced, left_out = balance.by_verdict(cleaned)
    assert balanced["diagnosis"].value_counts().to_dict() == {"benign": 60, "malignant": 60}
    truth = table.set_index("image_id")["diagnosis"]
    assert set(truth[balanced["image_id"][balanced["diagnosis"] == "malignant"]]) == {"mel", "bcc"}
    assert "spitz" not in set(truth[balanced["image_id"]])
    assert sorted([*balanced["image_id"], *left_out["image_id"]]) == sorted(table["image_id"])
    assert set(left_out["diagnosis"]) == {"nv", "bkl", "df", "spitz"}


def test_by_verdict_the_same_photos_are_kept_whatever_cleaning_left_out():
    table = many(per_code=30, codes=("mel", "nv", "bkl"))
    whole, _ = balance.by_verdict(splits.clean(table, AS_PUBLISHED).photos)
    fewer, _ = balance.by_verdict(splits.clean(table.drop(index=[0, 1]), AS_PUBLISHED).photos)
    assert len(set(whole["image_id"]) - set(fewer["image_id"])) <= 2 + 1  # and one for balance


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 40), st.booleans()), min_size=80, max_size=160
    ),
    st.integers(0, 5),
    st.sampled_from([1, 3]),
)
@settings(max_examples=40, deadline=None)
def test_no_lesion_and_no_picture_ever_stands_on_two_sides(rows, seed, num_folds):
    """Photos share pictures and lesions in every way chance finds; no chain of them is cut."""
    lesions = [f"L{number}" if number < 30 else "" for _, number, _ in rows]
    table = photos([number for number, _, _ in rows], lesions, ["mel"] * len(rows))
    # One diagnosis per chain, or cleaning would leave too little; the chains are what is tested.
    chain = duplicates.group(table)["group"]
    table["diagnosis"] = np.where(chain % 2 == 0, "mel", "nv")
    sizes = table.assign(chain=chain).groupby("diagnosis")["chain"].nunique()
    if len(sizes) < 2 or sizes.min() < 12:
        return
    cleaned = splits.clean(table, HONEST)
    recipe = replace(RECIPE, seed=seed, balance="oversample_fixed", copies_per_diagnosis=3)
    for placed in splits.folds(cleaned.photos, recipe, HONEST, num_folds):
        assert (placed.groupby("phash")["split"].nunique() == 1).all()
        known = placed[placed["lesion_id"] != ""]
        assert (known.groupby("lesion_id")["split"].nunique() == 1).all()
