"""The stress test put to test photos, with a network whose answers are known: it sees colours."""

import json

import numpy as np
import pandas as pd
import pytest

from model import run
from model.prediction import stress_test
from model.prediction.stress_test import CHANGES
from tests import toys
from train.__main__ import main
from train.data.external_photos import ISIC_TEST
from train.reports import stress_report

SURE, UNSURE = (250, 60, 60), (131, 130, 60)  # red by far; red by less than a change of hue


@pytest.fixture
def folders(tmp_path):
    """A run, its photos (every third unsure), and two photos of the official test, one unknown to
    the run."""
    rows = toys.predictions(per_split=6)
    photos = tmp_path / "data"
    for number, row in enumerate(rows.itertuples()):
        (photos / row.diagnosis).mkdir(parents=True, exist_ok=True)
        colour = SURE if number % 3 else UNSURE
        pixels = toys.encoded(toys.flat(colour, 64, 64))
        (photos / row.diagnosis / f"{row.image_id}.png").write_bytes(pixels)
    official = tmp_path / "official"
    official.mkdir()
    names = ["ISIC_1", "ISIC_2"]
    truth = pd.DataFrame({"image": names, "MEL": [1, 0], "NV": [0, 1]})
    truth.to_csv(official / "ISIC2018_Task3_Test_GroundTruth.csv", index=False)
    for name in names:
        (official / f"{name}.png").write_bytes(toys.encoded(toys.flat(SURE, 64, 64)))
    external = (
        toys.external()
        .iloc[2:3]
        .assign(kind="dermatoscopic photo", source=ISIC_TEST, split="test", image_id="ISIC_1")
    )
    size = toys.card()["input"] | {"views": 8}
    toys.write(tmp_path / "runs", "toy", rows=rows, external=external, input=size)
    return tmp_path


def call(folders, *more):
    arguments = ["--data", str(folders / "data"), "--runs", str(folders / "runs")]
    arguments += ["--isic2018-test", str(folders / "official")]
    return main(["quality-report", *arguments, *more])


def test_photos_of_every_source_are_measured_and_known_to_the_run(folders, capsys):
    assert call(folders) == 0
    toy_run = run.read(folders / "runs" / "toy")
    quality, turning, stress = toy_run.quality, toy_run.turning, toy_run.stress
    for table, splits in ((quality, ["validation", "test"]), (turning, ["validation", "test"])):
        own = table[table["source"] == ""]
        assert list(own["split"].unique()) == splits
        assert len(own) == 12
        other = table[table["source"] == ISIC_TEST]
        # Nothing is known of the other photo: the run was not asked about it.
        assert list(other["image_id"]) == ["ISIC_1"]
        assert list(other["split"]) == ["test"]
    assert (turning["num_agreeing"] == 8).all()  # a colour stays the same when turned
    stress = stress.set_index("image_id")
    assert (stress["num_changes"] == sum(len(levels) for _, levels in CHANGES.values())).all()
    assert dict(stress["source"]) == dict.fromkeys(stress.index, "") | {"ISIC_1": ISIC_TEST}
    is_unsure = [number % 3 == 0 for number in range(6)]
    holding = stress.loc[[f"test_{number}" for number in range(6)], "num_holding"]
    assert list(holding < 30) == is_unsure
    assert stress.loc["ISIC_1", "num_holding"] == 30
    printed = capsys.readouterr().out
    assert "changes under stress" in printed
    assert not list((folders / "runs").glob(".toy.*"))


def test_each_source_gives_as_many_photos_as_were_asked_for(folders):
    assert call(folders, "--only", "stress", "--stress-photos", "2") == 0
    toy_run = run.read(folders / "runs" / "toy")
    assert (toy_run.quality, toy_run.turning) == (None, None)
    assert dict(toy_run.stress["source"].value_counts()) == {"": 2, ISIC_TEST: 1}


def test_a_run_that_was_not_asked_about_other_photos_is_refused(folders, capsys):
    rows = run.read(folders / "runs" / "toy").predictions
    toys.write(folders / "runs", "asked_nothing", rows=rows)
    assert call(folders, "--run", "asked_nothing") == 2
    assert "First: python -m train external asked_nothing" in capsys.readouterr().err
    assert run.read(folders / "runs" / "asked_nothing").quality is None


def test_a_stopped_measurement_goes_on_where_it_was(folders, monkeypatch, capsys):
    tested = []

    def stop_at_the_fourth(classifier, photo, kind):
        tested.append(photo)
        if len(tested) == 4:
            raise KeyboardInterrupt
        return stress_test.stress_test(classifier, photo, kind)

    monkeypatch.setattr(stress_report, "stress_test", stop_at_the_fourth)
    assert call(folders, "--only", "stress") == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    toys_run = run.read(folders / "runs" / "toy")
    assert toys_run.stress is None
    (kept,) = (folders / "runs").glob(".toy.*")
    assert len(kept.read_text().splitlines()) == 1 + 3
    # What is kept counts, even where it would come out otherwise today.
    lines = kept.read_text().splitlines()
    image_id, rows = json.loads(lines[1])
    rows[0]["num_holding"] = 7
    kept.write_text("\n".join([lines[0], json.dumps([image_id, rows]), *lines[2:]]) + "\n")
    assert call(folders, "--only", "stress") == 0
    assert len(tested) == 4 + 4
    assert np.isin(7, run.read(folders / "runs" / "toy").stress["num_holding"])
    assert not kept.exists()
