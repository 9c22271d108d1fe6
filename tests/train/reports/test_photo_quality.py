"""Measuring the photos of a run: those it looked at, in the size it sees."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.photo.decode import decode
from model.photo.quality import MEASURES, measure
from tests import toys
from tests.toys import encoded
from train.__main__ import main


@pytest.fixture
def data(tmp_path):
    """The photos of a toy run in folders, each of another grey."""
    rows = toys.predictions()
    chance = np.random.default_rng(3)
    for row in rows.itertuples():
        folder = tmp_path / "data" / row.diagnosis
        folder.mkdir(parents=True, exist_ok=True)
        photo = chance.integers(0, 255, (70, 90, 3)).astype(np.uint8)
        (folder / f"{row.image_id}.png").write_bytes(encoded(photo))
    return tmp_path / "data"


def test_every_validation_and_test_photo_is_measured_and_stands_in_the_run(data, tmp_path, capsys):
    runs = tmp_path / "runs"
    before = toys.write(runs, "toy")
    assert main(["quality-report", "--data", str(data), "--runs", str(runs)]) == 0
    toy_run = run.read(runs / "toy")
    table = toy_run.quality
    assert dict(table["split"].value_counts()) == {"validation": 30, "test": 30}
    row = table[table["image_id"] == "test_4"].iloc[0]
    path = next(data.rglob("test_4.png"))
    measured = measure(decode(path.read_bytes()), toys.SIZE, toys.SIZE)
    assert row[list(MEASURES)].to_numpy(float) == pytest.approx(
        [measured[name] for name in MEASURES], rel=1e-3
    )
    pd.testing.assert_frame_equal(toy_run.predictions, before.predictions)
    printed = capsys.readouterr().out
    assert "toy: 60 validation and test photos measured" in printed
    assert "cut off" in printed


def test_photos_that_are_missing_leave_the_run_as_it_was(data, tmp_path, capsys):
    runs = tmp_path / "runs"
    toys.write(runs, "toy")
    next(data.rglob("test_4.png")).unlink()
    arguments = ["quality-report", "--data", str(data), "--runs", str(runs), "--run", "toy"]
    assert main(arguments) == 2
    assert "1 of its 60 validation and test photos are not in" in capsys.readouterr().err
    assert run.read(runs / "toy").quality is None


def test_an_unknown_run_is_named(data, tmp_path, capsys):
    toys.write(tmp_path / "runs", "toy")
    arguments = ["--data", str(data), "--runs", str(tmp_path / "runs"), "--run", "nobody"]
    assert main(["quality-report", *arguments]) == 2
    assert "There is no run 'nobody'" in capsys.readouterr().err
