"""Lists and metadata that cannot be used say why, in one sentence each."""

import pandas as pd
import pytest

from model.audit import lists
from model.audit.lists import MAX_LETTERS, read_lists, read_metadata
from model.audit.own_table import MAX_BYTES, OwnTable, TableError, opened
from tests.model.audit.lists import KNOWN, LISTED, brought


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (LISTED.drop(columns="split"), "does not say which part a photo belongs to"),
        (LISTED.assign(split="test"), "has the parts test; train and test are needed"),
        (LISTED.assign(split="holdout"), "names the part 'holdout'. Parts are train,"),
        (LISTED.drop(columns="image"), "a column image_id is needed"),
        (LISTED.iloc[:0], "and 0 rows"),
        (LISTED.assign(fold=range(9)), "holds 9 folds"),
        (LISTED.assign(image=""), "rows without a photo"),
        (
            pd.concat([LISTED, LISTED.iloc[[4, 4, 5]]]),
            "two rows for one photo: b is twice in test. There are 2 more",
        ),
        (LISTED.assign(p_nv="inf"), "has inf in the column p_nv; a probability is from 0 to 1"),
        (LISTED.assign(p_nv=-0.1), "has -0.1 in the column p_nv"),
        (LISTED.assign(p_nv=1.1), "has 1.1 in the column p_nv"),
        (LISTED.assign(p_melanoma=0.5), "two columns for one diagnosis: p_mel and p_melanoma"),
        (
            LISTED.set_axis(["image", "split", "label", "p_mel", "p_mel"], axis=1),
            "two columns for one diagnosis: p_mel and p_mel.1",
        ),
        (
            LISTED.assign(image=["x" * (MAX_LETTERS + 1), *LISTED["image"][1:]]),
            f"has an id of {MAX_LETTERS + 1} letters, which begins with 'xxxxxxxxxxxxxxxxxxxx'; at "
            f"most {MAX_LETTERS}",
        ),
    ],
)
def test_a_list_that_cannot_be_used_says_why(table, sentence):
    with pytest.raises(TableError, match=sentence):
        read_lists(brought(table))


def test_files_that_are_no_table_say_so(tmp_path):
    with pytest.raises(TableError, match="There is no file"):
        opened(tmp_path / "none.csv")
    for content in (b"", b"\n\n", bytes(range(256))):
        with pytest.raises(TableError, match="is empty or no table of text"):
            read_lists(OwnTable("x.csv", content))
    with pytest.raises(TableError, match="MB; at most 10 MB are accepted"):
        read_lists(OwnTable("x.csv", b"a" * (MAX_BYTES + 1)))


def test_metadata_without_lesions_is_refused():
    with pytest.raises(TableError, match="image_id and lesion_id are needed"):
        read_metadata(brought(KNOWN.drop(columns="lesion_id")))


def test_one_fold_of_several_is_read():
    folds = LISTED.assign(fold=[0] * 8 + [1])
    assert len(read_lists(brought(folds), fold="0")) == 8
    with pytest.raises(TableError, match="has no fold 7; it has 0, 1"):
        read_lists(brought(folds), fold="7")
    assert len(read_lists(brought(LISTED), fold="0")) == 9  # it has no folds


def test_a_probability_may_be_rounded_up():
    assert len(read_lists(brought(LISTED.assign(p_nv=1.0000001)))) == 9


@pytest.mark.parametrize("name", ["image_name", "isic_id", "Image_Name"])
def test_the_id_may_have_the_name_that_the_archive_gives_it(name):
    assert read_lists(brought(LISTED.rename(columns={"image": name})))["image_id"][0] == "a"
    assert "a" in read_metadata(brought(KNOWN.rename(columns={"image_id": name}))).index


@pytest.mark.parametrize(
    ("name", "image_id"),
    [
        ("1.2.840.1", "1.2.840.1"),
        ("1.2.840.2.dcm", "1.2.840.2"),
        ("x/ISIC_1.JPG", "ISIC_1"),
        ("x\\ISIC_1.jpeg ", "ISIC_1"),
        ("a.b.heic", "a.b"),
        ("a.b", "a.b"),
    ],
)
def test_only_the_ending_of_a_photo_is_cut_off_its_id(name, image_id):
    listed = LISTED.assign(image=[name, *LISTED["image"][1:]])
    assert read_lists(brought(listed))["image_id"][0] == image_id


def test_ids_with_dots_are_photos_of_their_own():
    file = OwnTable("ids.csv", b"id,split\n1.2.840.1,train\n1.2.840.2,test\n1.2.840.3,test\n")
    assert read_lists(file)["image_id"].tolist() == ["1.2.840.1", "1.2.840.2", "1.2.840.3"]


def test_more_rows_than_can_be_audited_are_refused(monkeypatch):
    monkeypatch.setattr(lists, "MAX_ROWS", 8)
    with pytest.raises(TableError, match=r"listed\.csv has 9 rows; at most 8 are accepted"):
        read_lists(brought(LISTED))
    train, test = OwnTable("train.txt", b"a\nc\nd\nf\nb\n"), OwnTable("test.txt", b"g\nh\ni\nj\n")
    with pytest.raises(TableError, match=r"train\.txt and test\.txt has 9 rows"):
        read_lists(test, train)
    monkeypatch.setattr(lists, "MAX_ROWS", 9)
    assert len(read_lists(test, train)) == len(read_lists(brought(LISTED))) == 9


def test_rows_of_other_lengths_are_read_or_named():
    """Spreadsheets write a comma at the end of each row, and leave out empty fields."""
    head = b"image_id,lesion_id,dx,dx_type\n"
    known = read_metadata(OwnTable("x.csv", head + b"a,L1\nb,L2,nv,histo,\n\nc,L3,mel,histo,,\n"))
    assert known.loc["a"].tolist() == ["L1", "", ""]
    assert known.loc["b"].tolist() == ["L2", "nv", "histo"]
    assert known.loc["c"].tolist() == ["L3", "mel", "histo"]
    known = read_metadata(OwnTable("x.csv", b"image_id,lesion_id\na,L1,\nb,L2,\n"))
    assert known["lesion_id"].to_dict() == {"a": "L1", "b": "L2"}
    for rows in (b"a,L1,nv,histo,more\n", b"b,L2,nv,histo\na,L1,nv,histo,more\n"):
        number = rows.count(b"\n")
        with pytest.raises(
            TableError, match=f"In x.csv, row {number} has 5 fields and the head 4. Give each row"
        ):
            read_metadata(OwnTable("x.csv", head + rows))


def test_metadata_without_a_lesion_says_so():
    with pytest.raises(
        TableError, match=r"names no lesion in its 8 rows\. Fill the column lesion_id"
    ):
        read_metadata(brought(KNOWN.assign(lesion_id=" ")))


def test_of_several_rows_of_a_photo_the_one_with_a_lesion_counts():
    known = pd.DataFrame({"image_id": ["a", "a", "", "b"], "lesion_id": ["", "L1", "L2", " NaN"]})
    assert read_metadata(brought(known))["lesion_id"].to_dict() == {"a": "L1", "b": ""}
