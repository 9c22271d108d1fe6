"""The audit finds by itself what is wrong with a folder."""

import re

import pandas as pd
import pytest

from tests.conftest import DATA
from tests.toys import encoded
from train import __main__ as command
from train.data import rendered


@pytest.fixture
def folder(tmp_path):
    """Ten photos, one of them a second time under another diagnosis in Test, one broken."""
    photos = tmp_path / "photos"
    for number in range(10):
        diagnosis = ("melanoma", "nevus")[number % 2]
        path = photos / "Train" / diagnosis / f"photo_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(rendered.render("ragged", number).photo))
    test = photos / "Test" / "nevus"
    test.mkdir(parents=True)
    (test / "again.png").write_bytes((photos / "Train/melanoma/photo_0.png").read_bytes())
    (test / "broken.jpg").write_text("no photo")
    return photos


def test_copies_contradictions_and_leaks_are_counted(folder, tmp_path, capsys):
    target = tmp_path / "audit.csv"
    assert command.main(["audit", "--data", str(folder), "--csv", str(target)]) == 0
    counts = {
        " ".join(line.split()[1:]): line.split()[0]
        for line in capsys.readouterr().out.splitlines()
        if line.strip()[:1].isdigit()
    }
    assert counts["photos"] == "12"
    assert counts["files that cannot be read"] == "1"
    assert counts["pairs of exact duplicates"] == "1"
    assert counts["pairs of duplicates with different diagnoses"] == "1"
    assert counts["test photos with a duplicate or a photo of the same lesion in Train"] == "1"
    table = pd.read_csv(target).set_index("image_id")
    assert table.loc["again", "picture"] == table.loc["photo_0", "picture"]
    assert table.loc[["again", "photo_0"], "contradicts"].all()
    assert not table.loc["photo_1", "contradicts"]
    assert "JPEG, PNG" in table.loc["broken", "problem"]


def test_lesions_on_two_sides_and_wrong_labels_are_counted(folder, tmp_path, capsys):
    known = tmp_path / "known.csv"
    # A lesion in Train and Test, under two diagnoses; a label that agrees; one that does not.
    known.write_text(
        "image_id,lesion_id,dx,dx_type,side\n"
        "again,L1,nv,histo,benign\nphoto_2,L1,MEL,histo,malignant\n"
        "photo_4,,bcc,histo,malignant\nphoto_6,,,,\n"
    )
    arguments = ["audit", "--data", str(folder), "--lesions", str(known), "--labels", str(known)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "1 lesions with several diagnoses" in printed
    assert "1 lesions in both Train and Test" in printed
    assert "1 photos with another diagnosis in a table of labels" in printed
    assert "1 in mel: bcc by dx\n" in printed
    assert "by dx_type" not in printed
    assert "by side" not in printed  # a verdict is no diagnosis
    assert "1 exact: Test nv and Train mel" in printed


@pytest.mark.parametrize("text", ["image_id,age\na,50\n", "photo,dx\na,mel\n", ""])
def test_a_table_without_labels_is_said(folder, tmp_path, capsys, text):
    (tmp_path / "labels.csv").write_text(text)
    arguments = ["audit", "--data", str(folder), "--labels", str(tmp_path / "labels.csv")]
    assert command.main(arguments) == 2
    printed = capsys.readouterr().err
    assert "labels.csv" in printed
    assert printed.count("\n") == 1


@pytest.mark.data
def test_the_nine_class_set_is_found_broken_as_it_is(capsys):
    labels = ["--labels", str(DATA / "isic9" / "label_audit.csv")]
    command.main(["audit", "--data", str(DATA / "isic9"), *labels])
    printed = capsys.readouterr().out
    assert "62 exact: Train ak and Train nv" in printed
    assert "15 exact: Test ak and Train nv" in printed
    assert "75 exact: Train mel and Train sk" in printed
    assert "3 exact: Test sk and Train mel" in printed
    assert "76 in nv: akiec by ham10000" in printed
    assert "26 in sk: mel by isic2019" in printed


@pytest.mark.data
@pytest.mark.slow
def test_the_repeats_of_ham10000_are_found(capsys):
    command.main(["audit", "--data", str(DATA / "ham10000")])
    printed = capsys.readouterr().out
    assert "10015 photos" in printed
    assert "2545 photos beyond the first of their lesion" in printed
    missed = re.search(r"(\d+) pairs of near duplicates with different lesion ids", printed)[1]
    assert int(missed) == 1  # one picture with two white balances, under two lesions
