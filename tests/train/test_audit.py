"""The audit finds by itself what is wrong with a folder."""

import pandas as pd
import pytest

from tests.conftest import DATA
from tests.toys import encoded
from train import __main__ as command
from train import rendered


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
    said = {
        " ".join(line.split()[1:]): line.split()[0]
        for line in capsys.readouterr().out.splitlines()
        if line.strip()[:1].isdigit()
    }
    assert said["photos"] == "12"
    assert said["files that cannot be read"] == "1"
    assert said["pairs of exact copies"] == "1"
    assert said["pairs of copies under different diagnoses"] == "1"
    assert said["test photos with a copy or lesion mate in Train"] == "1"
    table = pd.read_csv(target).set_index("image_id")
    assert table.loc["again", "picture"] == table.loc["photo_0", "picture"]
    assert table.loc[["again", "photo_0"], "contradicts"].all()
    assert not table.loc["photo_1", "contradicts"]
    assert "JPEG, PNG" in table.loc["broken", "problem"]


@pytest.mark.data
def test_the_nine_class_set_is_found_broken_as_it_is(capsys):
    command.main(["audit", "--data", str(DATA / "isic9")])
    said = capsys.readouterr().out
    assert "77 exact: ak and nv" in said  # 62 in Train and 15 across Train and Test
    assert "75 exact: mel and sk" in said
    assert "3 exact: sk and mel" in said
