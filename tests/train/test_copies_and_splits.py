"""Who is a copy of whom, and that nobody stands on two sides of an honest split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.run import SPLITS
from tests.toys import encoded
from train import copies, rendered, splits
from train.datasets import DataError


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
    found = copies.fingerprint(table)
    assert found["problem"].astype(bool).tolist() == [False] * 6 + [True]
    assert found["pixels"][0] == found["pixels"][1] != found["pixels"][2]
    found = copies.group(found[found["pixels"] != ""]).set_index("image_id")
    guises = ["first", "exact", "recompressed", "smaller", "brighter"]
    assert found.loc[guises, "picture"].nunique() == 1
    assert found.loc["other", "picture"] != found.loc["first", "picture"]


def test_different_drawings_of_one_pattern_are_no_copies():
    hashes = [
        np.packbits(copies.imagehash.phash(Image.fromarray(lesion(seed)), 16).hash).tobytes()
        for seed in range(60)
    ]
    assert len(copies.near_pairs(hashes)) == 0


def test_near_pairs_count_bits():
    hashes = [
        bytes(32),
        bytes([0b111]) + bytes(31),
        bytes([255] * 5) + bytes(27),
        bytes([255] * 32),
    ]
    assert copies.near_pairs(hashes, 3).tolist() == [[0, 1]]
    assert copies.near_pairs(hashes, 40).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_a_lesion_joins_what_copies_do_not(table):
    found = copies.fingerprint(table.assign(lesion_id=["", "", "", "", "", "L", "L"]).iloc[:6])
    found.loc[4, "lesion_id"] = "L"
    found = copies.group(found).set_index("image_id")
    assert found.loc["other", "group"] == found.loc["first", "group"]
    assert found.loc["other", "picture"] != found.loc["first", "picture"]


def photos(pictures, lesions, diagnoses):
    """A fingerprinted table without files: photos of one number show one picture."""
    table = pd.DataFrame({"diagnosis": diagnoses, "lesion_id": lesions})
    # Hashes of numbers, far apart in bits.
    table["pixels"] = [f"{number}-{row}" for row, number in enumerate(pictures)]
    table["phash"] = [np.random.default_rng(number).bytes(32) for number in pictures]
    table["image_id"] = [f"{row:04d}" for row in range(len(table))]
    return table.assign(problem="")


def many(per_code=30, codes=("mel", "nv")):
    numbers = range(per_code * len(codes))
    return photos(numbers, [""] * len(numbers), [codes[n % len(codes)] for n in numbers])


def test_copies_under_two_diagnoses_are_left_out_both():
    table = many()
    table.loc[1, "phash"] = table.loc[0, "phash"]  # photo 0 is mel, photo 1 is nv
    cleaned = splits.clean(table)
    assert list(cleaned.left_out["image_id"]) == ["0000", "0001"]
    assert set(cleaned.left_out["reason"]) == {"copies under several diagnoses"}
    assert len(cleaned.photos) == 58


def test_of_exact_copies_one_stays():
    table = many()
    table.loc[2, ["phash", "pixels"]] = table.loc[0, ["phash", "pixels"]]
    cleaned = splits.clean(table)
    assert list(cleaned.left_out["image_id"]) == ["0002"]
    assert cleaned.left_out["reason"][0] == "exact copy of another photo"


def test_unreadable_files_and_diagnoses_with_too_few_lesions_are_left_out():
    table = many(codes=("mel", "nv", "df"))
    rare = (table["diagnosis"] == "df") & (table.index > 15)
    table = table[~rare].reset_index(drop=True)
    table.loc[0, "pixels"] = ""
    cleaned = splits.clean(table)
    assert sorted(cleaned.photos["diagnosis"].unique()) == ["mel", "nv"]
    reasons = cleaned.left_out.set_index("image_id")["reason"]
    assert reasons["0000"] == "unreadable"
    assert reasons["0002"] == "diagnosis left with fewer than 10 lesions"


def test_photos_of_one_name_in_two_folders_stay_two(tmp_path):
    table = many()
    table["path"] = [tmp_path / diagnosis / "1.jpg" for diagnosis in table["diagnosis"]]
    table.loc[[0, 1], "image_id"] = "1"  # mel/1.jpg and nv/1.jpg
    cleaned = splits.clean(table)
    assert len(cleaned.photos) == 60
    assert cleaned.photos["image_id"].is_unique
    assert cleaned.photos["image_id"][0].endswith("mel/1.jpg")


def test_a_folder_without_a_readable_photo_is_said():
    table = many().assign(pixels="", problem="This photo has 20 x 20 pixels.")
    with pytest.raises(DataError, match=r"None of the 60 photos can be read. This photo has 20"):
        splits.clean(table)


def test_more_folds_than_lesions_are_refused():
    with pytest.raises(DataError, match=r"40 folds need 40 lesions .* one has 30"):
        splits.honest(splits.clean(many()).photos, seed=1, num_folds=40)


def test_nothing_left_to_tell_apart_is_said():
    with pytest.raises(DataError, match=r"at least two diagnoses with 10 lesions each"):
        splits.clean(many(per_code=5))


def test_a_split_has_its_shares_and_its_diagnoses():
    cleaned = splits.clean(many(per_code=100))
    (split,) = splits.honest(cleaned.photos, seed=3)
    shares = split.value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.2, abs=0.02)
    assert shares["validation"] == pytest.approx(0.15, abs=0.03)
    for part in SPLITS:
        share = (cleaned.photos["diagnosis"][split == part] == "mel").mean()
        assert share == pytest.approx(0.5, abs=0.06)


def test_a_split_is_decided_by_its_seed():
    cleaned = splits.clean(many())
    (first,), (again,), (other,) = (splits.honest(cleaned.photos, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_with_folds_every_photo_is_tested_once():
    cleaned = splits.clean(many())
    folds = splits.honest(cleaned.photos, seed=1, num_folds=5)
    tested = np.stack([(split == "test").to_numpy() for split in folds])
    assert (tested.sum(axis=0) == 1).all()
    assert all(set(split) == set(SPLITS) for split in folds)


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
    chain = copies.group(table)["group"]
    table["diagnosis"] = np.where(chain % 2 == 0, "mel", "nv")
    sizes = table.assign(chain=chain).groupby("diagnosis")["chain"].nunique()
    if len(sizes) < 2 or sizes.min() < 12:
        return
    cleaned = splits.clean(table)
    for split in splits.honest(cleaned.photos, seed, num_folds):
        placed = cleaned.photos.assign(split=split)
        assert (placed.groupby("phash")["split"].nunique() == 1).all()
        known = placed[placed["lesion_id"] != ""]
        assert (known.groupby("lesion_id")["split"].nunique() == 1).all()
