"""Labels from a list or a file, in the forms that tools write."""

import pytest

from train.importing import ImportRefusedError
from train.importing.labels import check_malignant, read_labels, read_malignant


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.txt", "0 Melanoma\n1 Nevus\n2 Spitz nevus\n"),  # as Teachable Machine writes it
        ("labels.txt", "\ufeffMelanoma\n\nNevus\nSpitz nevus"),
        ("labels.csv", "label,malignant\nMelanoma,yes\nNevus,no\nSpitz nevus,no\n"),
    ],
)
def test_labels_are_read_from_a_file(tmp_path, name, content):
    (tmp_path / name).write_text(content, "utf-8")
    assert read_labels(str(tmp_path / name)) == ["mel", "nv", "spitz_nevus"]


def test_labels_are_read_from_a_list():
    assert read_labels("MEL, nevus,Spitz nevus") == ["mel", "nv", "spitz_nevus"]


def test_a_label_that_begins_with_a_number_keeps_it(tmp_path):
    (tmp_path / "labels.txt").write_text("2 mm mole\n3 mm mole\n", "utf-8")
    assert read_labels(str(tmp_path / "labels.txt")) == ["2_mm_mole", "3_mm_mole"]


def test_those_that_count_as_malignant_are_read(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("label, malignant\na, yes\nb, no\nc, TRUE\n", "utf-8")
    assert read_malignant(str(path)) == ["a", "c"]
    assert read_malignant("a,c,a") == ["a", "c"]
    path.write_text("Label;Malignant\na;y \nb;No\n", "utf-8-sig")
    assert read_malignant(str(path)) == ["a"]
    path.write_text("label\na\nb\n", "utf-8")
    assert read_malignant(str(path)) == ["a", "b"]
    path.write_text("label,malignant\na,perhaps\n", "utf-8")
    with pytest.raises(ImportRefusedError, match="'perhaps' does not say"):
        read_malignant(str(path))
    assert read_malignant("none") == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mel", "fewer than two|names 1 labels"),
        ("mel,nv,melanoma", "names 'mel' twice"),
        ("nowhere.txt", "There is no file"),
        ("+,mel", "is no label: it has neither"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(text, sentence):
    with pytest.raises(ImportRefusedError, match=sentence):
        read_labels(text)


def test_a_malignant_code_that_is_no_label_is_refused():
    check_malignant(["a"], ["a", "b"])
    check_malignant(None, ["a", "b"])
    with pytest.raises(ImportRefusedError, match=r"'c' is called malignant.*a, b"):
        check_malignant(["c"], ["a", "b"])
