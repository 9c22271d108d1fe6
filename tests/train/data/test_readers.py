"""Folders as their publishers ship them, and the wrong folder."""

import pandas as pd
import pytest

from tests.toys import encoded, flat
from train.data import readers
from train.data.readers import DataError


def picture(path, size=80, colour=(200, 100, 50)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(flat(colour, size, size), "JPEG"))


@pytest.fixture
def ham(tmp_path):
    """HAM10000 in two folders, as on Kaggle and Dataverse, one photo in a sharper copy."""
    pd.DataFrame(
        {
            "lesion_id": ["HAM_1", "HAM_1", "HAM_2"],
            "image_id": ["ISIC_1", "ISIC_2", "ISIC_3"],
            "dx": ["mel", "mel", "nv"],
            "dx_type": ["histo", "histo", "follow_up"],
            "age": [80.0, 80.0, None],
            "sex": ["male", "male", None],
            "localization": ["scalp", "scalp", "back"],
        }
    ).to_csv(tmp_path / "HAM10000_metadata.csv", index=False)
    picture(tmp_path / "HAM10000_images_part_1" / "ISIC_1.jpg")
    picture(tmp_path / "HAM10000_images_part_2" / "ISIC_2.jpg")
    picture(tmp_path / "HAM10000_images_part_2" / "ISIC_3.jpg", 80)
    picture(tmp_path / "HAM10000_images_sharp" / "ISIC_3.jpg", 120)
    return tmp_path


def test_ham10000_is_read_with_all_its_folders(ham):
    table = readers.read(ham, "ham10000")
    assert list(table.columns) == list(readers.COLUMNS)
    assert list(table["image_id"]) == ["ISIC_1", "ISIC_2", "ISIC_3"]
    assert list(table["diagnosis"]) == ["mel", "mel", "nv"]
    assert list(table["lesion_id"]) == ["HAM_1", "HAM_1", "HAM_2"]
    assert list(table["sex"]) == ["male", "male", ""]
    assert table["age"].isna().tolist() == [False, False, True]
    assert list(table["body_site"]) == ["scalp", "scalp", "back"]
    assert list(table["confirmed_by"]) == ["histo", "histo", "follow_up"]


def test_of_two_copies_the_sharper_one_is_taken(ham):
    table = readers.read(ham, "ham10000").set_index("image_id")
    assert table.loc["ISIC_3", "path"].parent.name == "HAM10000_images_sharp"


def test_the_journal_s_own_table_with_tabs_is_read(ham):
    table = pd.read_csv(ham / "HAM10000_metadata.csv")
    (ham / "HAM10000_metadata.csv").unlink()
    table.to_csv(ham / "HAM10000_metadata", sep="\t", index=False)
    assert list(readers.read(ham, "ham10000")["diagnosis"]) == ["mel", "mel", "nv"]


def test_photos_that_are_missing_are_left_out(ham):
    (ham / "HAM10000_images_part_1" / "ISIC_1.jpg").unlink()
    assert list(readers.read(ham, "ham10000")["image_id"]) == ["ISIC_2", "ISIC_3"]


def test_ham10000_without_its_photos_says_what_to_unpack(ham):
    for path in ham.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(DataError, match=r"none of its photos. Unpack"):
        readers.read(ham, "ham10000")


def test_the_official_challenge_files_are_read(tmp_path):
    truth = tmp_path / "ISIC2018_Task3_Training_GroundTruth"
    truth.mkdir()
    (truth / "ISIC2018_Task3_Training_GroundTruth.csv").write_text(
        "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC\nISIC_1,0.0,1.0,0,0,0,0,0\nISIC_2,0,0,0,1.0,0,0,0\n"
    )
    (tmp_path / "ISIC2018_Task3_Training_LesionGroupings.csv").write_text(
        "image,lesion_id,diagnosis_confirm_type\nISIC_1,HAM_1,histopathology\nISIC_2,HAM_2,x\n"
    )
    for number in (1, 2):
        picture(tmp_path / "ISIC2018_Task3_Training_Input" / f"ISIC_{number}.jpg")
    table = readers.read(tmp_path, "ham10000")
    assert list(table["diagnosis"]) == ["nv", "akiec"]
    assert list(table["lesion_id"]) == ["HAM_1", "HAM_2"]
    assert table["confirmed_by"][0] == "histopathology"
    assert readers.layout_of(tmp_path) == "ham10000"


@pytest.fixture
def folders(tmp_path):
    for part in ("Train", "Test"):
        picture(tmp_path / part / "melanoma" / f"{part}_1.jpg")
        picture(tmp_path / part / "nevus" / f"{part}_2.png")
    (tmp_path / "Train" / "nevus" / "notes.txt").write_text("not a photo")
    return tmp_path


def test_one_folder_per_class_is_read_with_its_parts(folders):
    table = readers.read(folders, "folders")
    assert list(table["diagnosis"]) == ["mel", "nv", "mel", "nv"]
    assert list(table["shipped_part"]) == ["Test", "Test", "Train", "Train"]
    assert set(table["lesion_id"]) == {""}
    assert readers.layout_of(folders) == "folders"


def test_one_folder_per_class_may_stand_without_parts(folders):
    table = readers.read(folders / "Train", "folders")
    assert list(table["diagnosis"]) == ["mel", "nv"]
    assert set(table["shipped_part"]) == {""}


def test_lesion_ids_come_from_a_table_that_knows_them(folders):
    (folders / "ids.csv").write_text("image_id,lesion_id,other\nTrain_1,L1,x\nTest_1,L1,x\n")
    table = readers.with_lesions(readers.read(folders, "folders"), folders / "ids.csv")
    assert list(table["lesion_id"]) == ["L1", "", "L1", ""]


def test_a_lesion_table_without_the_columns_is_refused(folders):
    (folders / "ids.csv").write_text("photo,patient\na,b\n")
    with pytest.raises(DataError, match=r"photo, patient; image_id and lesion_id are needed"):
        readers.with_lesions(readers.read(folders, "folders"), folders / "ids.csv")
    with pytest.raises(DataError, match="cannot be read"):
        readers.with_lesions(readers.read(folders, "folders"), folders / "missing.csv")


@pytest.mark.parametrize("layout", ["ham10000", "folders"])
def test_the_wrong_folder_names_what_was_expected_and_what_was_found(tmp_path, layout):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "taxes.pdf").write_text("")
    with pytest.raises(DataError, match=r"It holds holiday/, taxes.pdf") as caught:
        readers.read(tmp_path, layout)
    assert "HAM10000_metadata.csv" in str(caught.value) or "Train/<class>/" in str(caught.value)


def test_the_image_folders_of_ham10000_are_not_taken_for_diagnoses(ham):
    with pytest.raises(readers.DataError) as caught:
        readers.read(ham, "folders")
    assert str(caught.value) == (
        f"{ham} holds the table of HAM10000, whose image folders are not diagnoses; a folder for "
        "each diagnosis was expected. Train a recipe for HAM10000, such as ham7_cnn, or move the "
        "table elsewhere if these folders are diagnoses."
    )


def test_the_table_of_ham10000_may_lie_beside_train_and_test(folders):
    before = readers.read(folders, "folders")
    (folders / "HAM10000_metadata.csv").write_text("lesion_id,image_id,dx\n")
    assert readers.read(folders, "folders").equals(before)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        readers.read(tmp_path / "nowhere", "folders")


def test_asked_alike_the_smaller_copy_is_taken_and_the_sharper_one_told(ham):
    table = readers.read(ham, "ham10000", lowest_resolution=True).set_index("image_id")
    assert table.loc["ISIC_3", "path"].parent.name == "HAM10000_images_part_2"
    assert "HAM10000_images_sharp" in str(table.loc["ISIC_3", "high_res_path"])
    assert table.loc["ISIC_1", "high_res_path"] == ""
    plain = readers.read(ham, "ham10000")
    assert (plain["high_res_path"] == "").all()


def test_asked_alike_a_broken_copy_is_never_taken_for_the_smaller_one(ham):
    (ham / "HAM10000_images_part_1" / "ISIC_3.jpg").write_bytes(b"broken")
    table = readers.read(ham, "ham10000", lowest_resolution=True).set_index("image_id")
    assert table.loc["ISIC_3", "path"].parent.name == "HAM10000_images_part_2"
