"""Shortcuts planted on test photos, with a network whose answers are known: it sees colours."""

import json

import pytest

from model import run
from model.photo.shortcuts import SHORTCUTS
from tests import toys
from train.__main__ import main
from train.reports import planted

SKIN = (90, 90, 110)  # a little blue: nv


@pytest.fixture
def folders(tmp_path):
    """A run of six photos in each part, and its photos."""
    rows = toys.predictions(per_split=6)
    for row in rows.itertuples():
        folder = tmp_path / "data" / row.diagnosis
        folder.mkdir(parents=True, exist_ok=True)
        pixels = toys.encoded(toys.flat(SKIN, 96, 120))
        (folder / f"{row.image_id}.png").write_bytes(pixels)
    toys.write(tmp_path / "runs", "toy", rows=rows)
    return tmp_path


def call(folders, *more):
    arguments = ["--data", str(folders / "data"), "--runs", str(folders / "runs")]
    return main(["shortcuts", "--only", "planted", *arguments, *more])


def test_everything_is_planted_on_every_test_photo(folders, capsys):
    assert call(folders) == 0
    toy_run = run.read(folders / "runs" / "toy")
    table = toy_run.planted
    assert sorted(table["image_id"].unique()) == [f"test_{number}" for number in range(6)]
    assert (table.groupby("image_id")["planted"].agg(list).map(tuple) == tuple(SHORTCUTS)).all()
    assert (table["answer_before"] == "nv").all()
    assert table.groupby("image_id")["malignant_before"].nunique().eq(1).all()
    by_thing = table.set_index("planted")
    change = by_thing["malignant_after"] - by_thing["malignant_before"]
    # Paper is grey, so the answer gets less sure; a dark corner keeps the order of the colours.
    assert (change["ruler"] > 0).all()
    assert (by_thing.loc["dark_corner", "answer_after"] == "nv").all()
    assert change.abs().max() < 1
    printed = capsys.readouterr().out
    assert "toy: what drawn shortcuts do" in printed
    assert "2 benign" in printed
    assert "4 malignant" in printed
    assert not list((folders / "runs").glob(".toy.*"))
    (entry,) = [entry for entry in toy_run.ledger.entries if entry.what == run.PLANTED]
    assert (entry.event, entry.num_photos) == ("reading", 6)


def test_the_photos_are_drawn_by_a_seed_and_as_many_as_were_asked_for(folders):
    assert call(folders, "--photos", "2") == 0
    first = run.read(folders / "runs" / "toy").planted
    assert first["image_id"].nunique() == 2
    assert call(folders, "--photos", "2") == 0
    assert run.read(folders / "runs" / "toy").planted.equals(first)


def test_a_stopped_measurement_goes_on_where_it_was(folders, monkeypatch, capsys):
    drawn = []
    plant = planted.plant

    def stop_in_the_third(photo, name, seed):
        drawn.append((name, seed))
        if len(drawn) == 2 * len(SHORTCUTS) + 3:
            raise KeyboardInterrupt
        return plant(photo, name, seed)

    monkeypatch.setattr(planted, "plant", stop_in_the_third)
    assert call(folders) == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    assert run.read(folders / "runs" / "toy").planted is None
    (kept,) = (folders / "runs").glob(".toy.*")
    lines = kept.read_text().splitlines()
    assert len(lines) == 1 + 2
    image_id, rows = json.loads(lines[1])
    rows[0]["malignant_after"] = 0.125
    kept.write_text("\n".join([lines[0], json.dumps([image_id, rows]), lines[2]]) + "\n")
    assert call(folders) == 0
    assert len(drawn) == 2 * len(SHORTCUTS) + 3 + 4 * len(SHORTCUTS)
    table = run.read(folders / "runs" / "toy").planted.set_index(["image_id", "planted"])
    assert table.loc[(image_id, "ruler"), "malignant_after"] == 0.125
    # One seed for a photo, whichever thing is drawn.
    assert len({seed for _, seed in drawn}) == 6


def test_runs_that_cannot_be_measured_are_left_out_with_a_sentence(folders, capsys):
    rows = toys.predictions(per_split=12)
    toys.write(folders / "runs", "elsewhere", rows=rows)
    drawn = toys.card()["data"] | {"rendered": True}
    toys.write(folders / "runs", "drawings", rows=toys.predictions(per_split=6), data=drawn)
    assert call(folders) == 0
    printed = capsys.readouterr().out
    assert "drawings: left out" in printed
    assert "elsewhere: 12 of its 24 validation and test photos are not in" in printed
    measured = {
        name: of.planted is not None for name, of in run.read_all([folders / "runs"])[0].items()
    }
    assert measured == {"drawings": False, "elsewhere": False, "toy": True}
    assert call(folders, "--run", "elsewhere") == 2
    assert "12 of its 24" in capsys.readouterr().err
    assert call(folders, "--run", "nobody") == 2
