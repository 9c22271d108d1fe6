"""Splits of photos that a network may or may not have been trained on."""

import pandas as pd
import pytest

from tests.train.importing import networks
from train.data.readers import DataError
from train.importing.photos import NOT_A_LABEL, SHARED, SHARED_WITH_TEST, read_parts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return networks.write_photos(tmp_path_factory.mktemp("data") / "photos")


def counts(parts):
    return parts.photos["split"].value_counts().to_dict()


def test_without_a_word_half_validates_and_half_tests_and_no_lesion_is_in_both(folder):
    photos, lesions = folder
    parts = read_parts(photos, lesions=lesions)
    assert counts(parts) == {"validation": 36, "test": 36}
    assert not parts.is_training_known
    assert (parts.photos.groupby("group")["split"].nunique() == 1).all()
    table = pd.crosstab(parts.photos["diagnosis"], parts.photos["split"])
    assert (table == 12).all(axis=None)


def test_photos_of_no_label_are_left_out(folder):
    photos, lesions = folder
    parts = read_parts(photos, ["dark", "medium"], lesions)
    assert set(parts.photos["diagnosis"]) == {"dark", "medium"}
    assert (parts.left_out["reason"] == NOT_A_LABEL).sum() == 24


def test_a_training_photo_takes_its_copies_out_of_the_test(tmp_path):
    """Also where the training copy would have been dropped as the second of two."""
    networks.write_photos(tmp_path / "d" / "Train", seed=1)
    networks.write_photos(tmp_path / "d" / "Test", seed=2)
    for number in range(4):
        copied = tmp_path / "d" / "Train" / "dark" / f"dark_{number}.png"
        (tmp_path / "d" / "Test" / "dark" / f"aaa_{number}.png").write_bytes(copied.read_bytes())
    parts = read_parts(tmp_path / "d")
    assert not parts.photos["image_id"].str.startswith("aaa").any()
    assert counts(parts)["train"] == 72


def test_a_lesion_is_never_in_two_parts_whatever_the_split_says(folder, tmp_path):
    photos, lesions = folder
    split = tmp_path / "split.csv"
    parts_of = {0: "train", 1: "train"}  # photos 0 and 1 show one lesion, 2 and 3 another ...
    lines = [
        f"{code}_{n}.png,{parts_of.get(n, 'val' if (n % 2 and n < 4) or n >= 14 else 'test')}"
        for code in networks.RED
        for n in range(24)
    ]
    split.write_text("\n".join(["image_id,split", *lines]), "utf-8")
    parts = read_parts(photos, lesions=lesions, split=split)
    assert parts.is_training_known
    assert (parts.photos.groupby("group")["split"].nunique() == 1).all()
    left = parts.left_out[parts.left_out["reason"] == SHARED_WITH_TEST]
    assert sorted(left["image_id"]) == ["bright_3", "dark_3", "medium_3"]


def test_a_blank_in_the_table_means_that_nobody_knows(folder):
    rows = [
        f"photos/{code}/{code}_{number}.png,{code},{'train' if number == 0 else ''}"
        for code in networks.RED
        for number in range(24)
    ]
    path = own_table(folder, "\n".join(["file,diagnosis,split", *rows]))
    assert not read_parts(path).is_training_known


def test_tables_that_match_no_photo_are_refused(folder, tmp_path):
    photos, _ = folder
    for option, header in (("split", "image_id,split"), ("lesions", "image_id,lesion_id")):
        path = tmp_path / f"{option}.csv"
        path.write_text(f"{header}\nother_1,test\n", "utf-8")
        with pytest.raises(DataError, match="names none of the 72 photos"):
            read_parts(photos, **{option: path})


def test_a_table_of_excel_is_read(folder):
    rows = [f"photos/{code}/{code}_{n}.png;{code}" for code in networks.RED for n in range(24)]
    path = own_table(folder, "")
    path.write_text("\r\n".join(["File;Diagnosis", *rows]), "utf-8-sig")
    assert len(read_parts(path).photos) == 72


def test_photos_of_one_label_are_refused(folder):
    with pytest.raises(DataError, match=r"show bright, dark, medium; the network's labels are x"):
        read_parts(folder[0], ["x", "dark"])


def test_photos_that_share_a_lesion_with_training_photos_are_left_out(folder, tmp_path):
    photos, lesions = folder
    split = tmp_path / "split.csv"
    # dark_0 to dark_4 trained; dark_5 shows the lesion of dark_4.
    split.write_text(
        "image_id,split\n" + "".join(f"dark_{number},train\n" for number in range(5)), "utf-8"
    )
    parts = read_parts(photos, lesions=lesions, split=split)
    assert parts.is_training_known
    assert counts(parts)["train"] == 5
    left = parts.left_out[parts.left_out["reason"] == SHARED]
    assert left["image_id"].tolist() == ["dark_5"]


def test_folders_train_and_test_say_what_was_trained_on(tmp_path):
    networks.write_photos(tmp_path / "d" / "Train", seed=1)
    networks.write_photos(tmp_path / "d" / "Test", per_diagnosis=16, seed=2)
    parts = read_parts(tmp_path / "d")
    assert parts.is_training_known
    assert counts(parts) == {"train": 72, "validation": 24, "test": 24}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("image_id,part\ndark_1,train\n", "image_id and split"),
        ("image_id,split\ndark_1,trained\n", "'trained' is no part of a split"),
        (None, "cannot be read"),
    ],
)
def test_a_split_that_cannot_be_used_is_refused(folder, tmp_path, lines, sentence):
    split = tmp_path / "split.csv"
    if lines:
        split.write_text(lines, "utf-8")
    with pytest.raises(DataError, match=sentence):
        read_parts(folder[0], split=split)


def test_too_few_photos_are_refused(tmp_path):
    networks.write_photos(tmp_path / "photos", per_diagnosis=6)
    with pytest.raises(DataError, match=r"leaves 0 validation and 18 test photos; at least 20"):
        read_parts(tmp_path / "photos")


def own_table(folder, text):
    photos, _ = folder
    path = photos.parent / "table.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_table_of_one_s_own_names_files_people_and_the_split(folder):
    rows = [
        f"photos/{code}/{code}_{number}.png,{code.upper()},p{number // 4},{part},{30 + number}"
        for code in networks.RED
        for number in range(24)
        for part in ["train" if number < 8 else "test"]
    ]
    path = own_table(folder, "\n".join(["path,label,patient,split,age", *rows]))
    parts = read_parts(path)
    assert parts.is_training_known
    assert counts(parts)["train"] == 24
    # A person stands in for the lesion: p2 to p5 are left, each with photos of all diagnoses.
    rest = parts.photos[parts.photos["split"] != "train"]
    assert set(rest["lesion_id"]) == {"p2", "p3", "p4", "p5"}
    assert (rest.groupby("lesion_id")["split"].nunique() == 1).all()
    assert rest["age"].between(38, 53).all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,age\na.png,3\n", "file and diagnosis are needed"),
        ("file,diagnosis\nphotos/none.png,mel\n", "1 of the 1 files.*none.png"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(folder, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read_parts(own_table(folder, text))


def test_two_tables_in_a_folder_are_one_too_many(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("file,diagnosis\n", "utf-8")
    with pytest.raises(DataError, match=r"2 tables with a file and a diagnosis \(a.csv, b.csv\)"):
        read_parts(tmp_path)
