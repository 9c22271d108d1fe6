"""Photos of other data sets: read as published, split by person, predicted beside a run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.evaluation import external_results as evaluated
from model.photo.kind import DERMATOSCOPIC, NO_LESION, PHONE
from tests.conftest import DATA
from tests.toys import encoded, flat
from train.build import BuildError, BuildOptions, build
from train.data import external_photos
from train.data.readers import DataError
from train.fitting.predict_external import code_of_run
from train.recipes.demo import DEMO


@pytest.fixture
def phone(tmp_path):
    """PAD-UFES-20 with three photos, one of them missing on disk, and one unknown diagnosis."""
    folder = tmp_path / "pad"
    (folder / "images").mkdir(parents=True)
    table = pd.DataFrame(
        {
            "img_id": ["PAT_1_1_1.png", "PAT_1_1_2.png", "PAT_2_3_4.png", "PAT_3_4_5.png"],
            "patient_id": ["PAT_1", "PAT_1", "PAT_2", "PAT_3"],
            "diagnostic": ["MEL", "SCC", "NEV", "WART"],
            "age": [70, 70, 30, 20],
            "gender": ["FEMALE", "FEMALE", None, "MALE"],
            "region": ["ARM", "ARM", "FACE", "NOSE"],
            "fitspatrick": [2.0, 2.0, None, 4.0],
            "biopsed": [True, True, False, False],
        }
    )
    table.to_csv(folder / "metadata.csv", index=False)
    for name in ("PAT_1_1_1.png", "PAT_1_1_2.png", "PAT_3_4_5.png"):
        (folder / "images" / name).write_bytes(encoded(flat((200, 120, 90))))
    return folder


@pytest.fixture
def things(tmp_path):
    folder = tmp_path / "things"
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(4):
        picture = noise.integers(0, 256, (80, 90, 3), dtype=np.uint8)
        (folder / f"thing_{number}.png").write_bytes(encoded(picture))
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder


def test_phone_photos_are_read_as_their_publisher_ships_them(phone):
    table = external_photos.read(phone)
    assert list(table.columns) == list(external_photos.COLUMNS)
    assert list(table["image_id"]) == ["PAT_1_1_1", "PAT_1_1_2"]
    assert list(table["diagnosis"]) == ["mel", "akiec"]
    assert list(table["person_id"]) == ["PAT_1", "PAT_1"]
    assert table.loc[0, ["sex", "body_site", "confirmed_by"]].tolist() == ["female", "arm", "histo"]
    assert table["skin_type"].tolist() == [2, 2]
    assert set(table["kind"]) == {PHONE}


def test_pictures_of_anything_have_no_diagnosis(things):
    table = external_photos.read(no_lesions=things)
    assert set(table["diagnosis"]) == {""}
    assert len(table) == 5
    assert external_photos.read().empty


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "holds no metadata.csv. Give the folder of PAD-UFES-20"),
        (lambda folder: (folder / "metadata.csv").write_text("a\n1\n"), "lacks the columns diag"),
        (
            lambda folder: (folder / "metadata.csv").write_text(
                "img_id,patient_id,diagnostic\na.png,1,MEL\n"
            ),
            "holds metadata.csv but none of its photos",
        ),
    ],
)
def test_a_folder_that_is_not_pad_ufes_says_so(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(DataError, match=message):
        external_photos.read(tmp_path)


@pytest.fixture
def isic_test(tmp_path):
    """The official ISIC 2018 test with three photos, one of them missing on disk."""
    folder = tmp_path / "isic"
    (folder / "ISIC2018_Task3_Test_Input").mkdir(parents=True)
    (folder / "ISIC2018_Task3_Test_GroundTruth.csv").write_text(
        "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\n"
        "ISIC_1,1.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
        "ISIC_2,0.0,0.0,0.0,0.0,1.0,0.0,0.0\n"
        "ISIC_3,0.0,1.0,0.0,0.0,0.0,0.0,0.0\n"
    )
    for name in ("ISIC_1.jpg", "ISIC_2.jpg"):
        (folder / "ISIC2018_Task3_Test_Input" / name).write_bytes(encoded(flat((200, 120, 90))))
    return folder


def test_the_official_test_is_read_as_its_publisher_ships_it(isic_test):
    table = external_photos.read(isic_test=isic_test)
    assert table[["image_id", "diagnosis"]].to_numpy().tolist() == [
        ["ISIC_1", "mel"],
        ["ISIC_2", "bkl"],
    ]
    assert set(table["kind"]) == {DERMATOSCOPIC}
    assert set(table["source"]) == {"official ISIC 2018 test"}
    assert list(table["person_id"]) == list(table["image_id"])


def test_a_folder_that_is_not_the_official_test_says_so(tmp_path, isic_test):
    with pytest.raises(DataError, match="holds no ISIC2018_Task3_Test_GroundTruth"):
        external_photos.read(isic_test=tmp_path / "nowhere")
    for file in isic_test.rglob("*.jpg"):
        file.unlink()
    with pytest.raises(DataError, match=r"GroundTruth\.csv but none of its photos"):
        external_photos.read(isic_test=isic_test)


def test_nobody_s_photos_are_in_two_parts():
    people = np.repeat([f"PAT_{number}" for number in range(30)], 2)
    photos = pd.DataFrame({"person_id": people, "diagnosis": np.tile(["mel", "nv", "bcc"], 20)})
    parts = external_photos.split_by_person(photos, 5, seed=1)
    assert parts.groupby("person_id")["split"].nunique().max() == 1
    counts = parts["split"].value_counts()
    assert counts["train"] == 36
    assert abs(counts["test"] - 12) <= 2
    assert abs(counts["validation"] - 12) <= 2
    again = external_photos.split_by_person(photos, 5, seed=1)
    assert again["split"].tolist() == parts["split"].tolist()


def test_other_photos_of_people_that_a_run_saw_are_no_test_photos():
    seen = pd.DataFrame(
        {"kind": PHONE, "person_id": ["PAT_1", "PAT_2"], "split": ["train", "validation"]}
    )
    photos = pd.DataFrame(
        {
            "kind": [PHONE, PHONE, PHONE, NO_LESION],
            "person_id": ["PAT_1", "PAT_2", "PAT_3", "PAT_1"],
            "split": "test",
        }
    )
    known = external_photos.in_splits_of(photos, seen)
    assert known["split"].tolist() == ["train", "validation", "test", "test"]
    assert external_photos.in_splits_of(photos, None) is photos


def test_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        external_photos.read(no_lesions=tmp_path)


def test_a_run_is_tried_on_them_and_scores_features_of_several_layers(tmp_path, things):
    """The real path on drawings: eight views, a score of two layers, pictures of noise."""
    recipe = replace(
        DEMO.quickly(), views=8, novelty_layers=("block1_conv_relu", "block2_conv_relu")
    )
    built = build(
        recipe,
        None,
        tmp_path / "runs",
        BuildOptions(external_photos=external_photos.read(no_lesions=things)),
    )
    assert built.card["input"]["views"] == 8
    assert built.novelty["layers"].tolist() == list(recipe.novelty_layers)
    assert len(built.external) == 4  # the broken file is told and left out
    rows = built.predictions
    validation = rows[rows["split"] == "validation"]["novelty"]
    # The cut was fitted on soft and plain versions together, so about 95 % of the plain stay.
    assert 0.85 < (validation <= 1).mean() <= 1
    [things_found] = evaluated.by_source(built)
    assert things_found.area.value == 1.0
    assert things_found.flagged.value == 1.0
    assert (built.path / "README.md").exists()


@pytest.mark.parametrize(
    ("diagnoses", "expected"),
    [
        (["akiec", "mel", "nv"], ["mel", "akiec", ""]),
        (["benign", "malignant"], ["malignant", "malignant", ""]),
        (["ak", "mel"], ["mel", "", ""]),  # akiec may be ak or scc: nobody can tell
        (["dotted", "even"], ["", "", ""]),
    ],
)
def test_diagnoses_are_told_in_the_run_s_own_terms(diagnoses, expected):
    assert [code_of_run(diagnoses, code) for code in ("mel", "akiec", "")] == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"novelty_layers": ("block9_relu",)}, "network has no layer 'block9_relu'"),
        ({"views": 8, "height": 48}, "photos must be square to be turned"),
    ],
)
def test_a_recipe_the_app_could_not_use_is_refused_before_it_is_trained(tmp_path, change, message):
    with pytest.raises(BuildError, match=message):
        build(replace(DEMO.quickly(), **change), None, tmp_path)


def test_files_that_cannot_be_read_cost_no_training(tmp_path, things):
    for file in things.glob("*.png"):
        file.unlink()
    built = build(
        DEMO.quickly(),
        None,
        tmp_path / "runs",
        BuildOptions(external_photos=external_photos.read(no_lesions=things)),
    )
    assert built.external is None


@pytest.mark.data
def test_the_real_folders_are_read():
    table = external_photos.read(DATA / "pad_ufes", DATA / "not_lesions")
    counts = table[table["kind"] == PHONE]["diagnosis"].value_counts().to_dict()
    assert counts == {"bcc": 160, "akiec": 149, "nv": 90, "bkl": 69, "mel": 27}
    assert table[table["kind"] == PHONE]["person_id"].nunique() == 382
    assert (table["kind"] == NO_LESION).sum() == 304
