"""The commands write what they choose and read into the ledger, and one of them checks it."""

import pandas as pd
import pytest

from model import run
from model.run import ledger
from tests import toys
from tests.toys import encoded, flat
from train import __main__ as command
from train.data import external_photos
from train.reports import external_figures, ledger_entries


@pytest.fixture
def toy(tmp_path):
    return toys.write(tmp_path / "runs")


@pytest.fixture
def things(tmp_path):
    """Two pictures without a lesion."""
    folder = tmp_path / "things"
    folder.mkdir()
    for name, colour in {"red": (255, 0, 0), "blue": (0, 0, 255)}.items():
        (folder / f"{name}.png").write_bytes(encoded(flat(colour)))
    return folder


def events(folder):
    return [(entry.event, entry.what, entry.photos) for entry in ledger.read(folder).entries]


def test_the_ledger_of_a_run_that_had_none_says_so(toy, capsys):
    where = ["toy", "--runs", str(toy.path.parent)]
    assert command.main(["ledger", *where]) == 1
    assert "Nobody recorded what was chosen" in capsys.readouterr().out
    assert command.main(["ledger", *where, "--begin"]) == 0
    printed = capsys.readouterr().out
    assert "what was chosen and read before is not recorded" in printed
    kept = ledger.read(toy.path)
    (begun,) = kept.entries
    assert (begun.what, begun.photos, begun.num_photos) == (ledger.LATE, "test part", 30)
    assert begun.sha256 == ledger.predictions_sha256(toy.test_photos, toy.probability_columns)
    assert f"Last hash: {kept.last_hash}" in printed
    assert command.main(["ledger", *where, "--begin"]) == 2
    assert "toy has a ledger already" in capsys.readouterr().err
    assert command.main(["ledger", "nobody", *where[1:]]) == 2


def test_a_broken_or_shortened_ledger_fails_the_check(toy, capsys):
    where = ["toy", "--runs", str(toy.path.parent)]
    ledger_entries.record(toy, ledger.Entry("choice", "one"), ledger.Entry("choice", "two"))
    assert command.main(["ledger", *where]) == 0
    published = ledger.read(toy.path).last_hash
    assert command.main(["ledger", *where, "--hash", published]) == 0
    file = toy.path / "ledger.csv"
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert command.main(["ledger", *where]) == 0  # which is why a hash must be published
    capsys.readouterr()
    assert command.main(["ledger", *where, "--hash", published]) == 1
    assert "lines were lost or written anew" in capsys.readouterr().out
    file.write_bytes(whole.replace(b",one,", b",two,"))
    assert command.main(["ledger", *where]) == 1
    assert "The ledger is broken at line 2" in capsys.readouterr().out


def test_predictions_from_elsewhere_are_recorded_before_and_after(toy, things):
    measured = external_figures.measure(toy, external_photos.read(no_lesions=things))
    assert events(toy.path) == [
        ("begins", ledger.LATE, "test part"),
        ("prediction", "probabilities", "no lesion"),
        ("reading", "outside.csv", "no lesion"),
    ]
    _, predicted, stored = measured.ledger.entries
    rows = measured.external
    assert predicted.num_photos == 2
    assert predicted.photos_sha256 == ledger.ids_sha256(["red", "blue"])
    assert predicted.sha256 == ledger.predictions_sha256(rows, toy.probability_columns)
    assert stored.sha256 == run.sha256(toy.path / "outside.csv")


def test_photos_that_took_part_in_the_training_are_not_read_as_a_test():
    table = pd.DataFrame(
        {
            "kind": "phone photo",
            "source": ["A", "A", "A", ""],
            "split": ["train", "test", "validation", "test"],
            "image_id": ["a", "b", "c", "d"],
            "p_x": 1.0,
        }
    )
    entries = list(ledger_entries.external_predictions(table, ["p_x"]))
    assert [(entry.photos, entry.photos_sha256) for entry in entries] == [
        ("A", ledger.ids_sha256(["b"])),
        ("phone photo", ledger.ids_sha256(["d"])),
    ]


def test_a_broken_ledger_stops_a_measurement_before_it_begins(toy, things, capsys):
    (toy.path / "ledger.csv").write_text("written by hand")
    where = ["external", "toy", "--runs", str(toy.path.parent)]
    assert command.main([*where, "--not-lesions", str(things)]) == 2
    assert "does not open with the names of its columns" in capsys.readouterr().err
    assert not (toy.path / "outside.csv").exists()
    assert (toy.path / "ledger.csv").read_text() == "written by hand"


def test_a_file_about_several_sources_is_a_reading_of_each(toy):
    table = pd.DataFrame(
        {
            "image_id": ["test_0", "test_0", "x", "y", "validation_0"],
            "source": ["", "", "A", "A", ""],
            "split": [*4 * ["test"], "validation"],
        }
    )
    ledger_entries.record_reading(toy, run.HISTORY, table)
    _, own, other = ledger.read(toy.path).entries
    assert (own.photos, own.num_photos) == ("test part", 1)
    assert own.photos_sha256 == ledger.ids_sha256(["test_0"])
    assert (other.photos, other.photos_sha256) == ("A", ledger.ids_sha256(["x", "y"]))
    assert own.sha256 == other.sha256 == run.sha256(toy.path / run.HISTORY)
