"""`audit` of lists: what it prints and writes."""

import pytest

from model import run
from model.audit.same_lesion import SAME_LESION
from model.run import sha256
from tests import toys
from tests.model.audit.lists import KNOWN, LISTED
from train.__main__ import main


def written(folder, table, name="listed.csv"):
    path = folder / name
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def files(tmp_path):
    """Paths of the metadata and of the list."""
    return written(tmp_path, KNOWN, "metadata.csv"), written(tmp_path, LISTED)


def test_the_command_writes_a_certificate_that_holds_all_it_needs(files, tmp_path, capsys):
    metadata, _ = files
    listed = written(tmp_path, LISTED.replace("zzz", "<script>alert(1)</script>"))
    html = tmp_path / "certificate.html"
    ask = ["audit", "--predictions", str(listed), "--metadata", str(metadata)]
    assert main([*ask, "--certificate", str(html)]) == 0
    said = capsys.readouterr().out
    assert "These lists leak." in said
    assert "2 lesions are in more than one part." in said
    assert "Of 5 test photos, 2 (40 %) show a lesion that is in training, too." in said
    assert "1 label is contradicted by the metadata." in said
    page = html.read_text("utf-8")
    assert "<h1>These lists leak.</h1>" in page
    assert "<script>" not in page
    assert "src=" not in page
    assert "href=" not in page
    assert SAME_LESION.name in page
    for path in (listed, metadata, SAME_LESION):
        assert sha256(path) in page
    assert str(tmp_path) not in page
    assert main([*ask, "--certificate", str(tmp_path / "none" / "x.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_one_thing_is_audited(capsys):
    assert main(["audit"]) == 2
    assert "Give one thing to audit" in capsys.readouterr().err
    assert main(["audit", "--predictions", "a.csv", "--data", "b"]) == 2
    assert "Both go together for a --certificate" in capsys.readouterr().err
    assert main(["audit", "--predictions", "a.csv"]) == 2
    assert "There is no file a.csv" in capsys.readouterr().err


def test_without_metadata_the_runs_at_hand_know_the_lesions(tmp_path, monkeypatch, capsys):
    runs = tmp_path / "runs"
    of = toys.write(runs, "one")
    monkeypatch.setattr(run, "default_folders", lambda: [runs])
    table = of.predictions.assign(fold=[0] * 89 + [1])
    table.loc[table.index[-2], "image_id"] = "train_1"
    html = tmp_path / "certificate.html"
    ask = ["audit", "--predictions", str(written(tmp_path, table)), "--certificate", str(html)]
    assert main(ask) == 2
    assert "holds 2 folds" in capsys.readouterr().err
    assert main([*ask, "--fold", "0"]) == 0
    said = capsys.readouterr().out
    assert (
        "The models here know the lesions of 0 of the 10,015 photos of HAM10000 and of 90" in said
    )
    assert "1 photo is in more than one part." in said
    page = html.read_text("utf-8")
    assert of.card["files"]["predictions.csv"] in page
    command = "python -m train audit --predictions listed.csv --fold 0 --certificate leaks.html"
    assert command in page
