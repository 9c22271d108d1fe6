"""What tells kinds of photo apart, fitted anew for a network that is known: it sees colours."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model import run
from model.photo.kind import DERMATOSCOPIC, PHONE
from model.prediction.kind_classifier import KindClassifier
from model.run.writer import replace_kinds
from tests import toys
from train import __main__ as command
from train import kinds
from train.data.external_photos import COLUMNS
from train.recipes.demo import DEMO

CODES = list(toys.CODES)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A run that takes everything for a phone photo, its photos (blue) and phone photos (red)."""
    recipe = replace(DEMO, name="toy", height=toys.SIZE, width=toys.SIZE, heatmap_layer="colours")
    monkeypatch.setitem(kinds.RECIPES, "toy", recipe)
    chance = np.random.default_rng(0)
    data = tmp_path / "data"
    (data / "images").mkdir(parents=True)

    def paint(name, colour):
        noise = chance.integers(0, 40, 3)
        pixels = toys.flat(np.clip(np.array(colour) + noise, 0, 255), 80, 80)
        path = data / "images" / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return path

    rows = toys.predictions()
    for image_id in rows["image_id"]:
        paint(image_id, (20, 20, 200))
    table = rows[["image_id", "lesion_id", "diagnosis"]].rename(columns={"diagnosis": "dx"})
    table.to_csv(data / "HAM10000_metadata.csv", index=False)
    phone = pd.DataFrame(
        {
            "kind": PHONE,
            "source": "PAD",
            "split": "test",
            "image_id": [f"phone_{row}" for row in range(24)],
            "person_id": [f"person_{row // 2}" for row in range(24)],
            "diagnosis": [CODES[row % 3] for row in range(24)],
        }
    ).reindex(columns=list(COLUMNS))
    phone["path"] = [paint(name, (200, 20, 20)) for name in phone["image_id"]]
    phone[["sex", "body_site", "confirmed_by"]] = ""
    stored = phone.drop(columns="path").assign(
        split=np.repeat(["train", "validation", "test"], 8),
        novelty=0.5,
        recognised=PHONE,
        **{f"p_{code}": 1 / 3 for code in CODES},
    )
    toy = toys.write(
        tmp_path / "runs", rows=rows.assign(recognised=PHONE), external=stored, has_kinds=True
    )
    wrong = toy.kind_arrays | {"bias": np.array([0.0, 50.0])}
    return replace_kinds(toy, wrong, toy.predictions), data, phone


def test_kinds_are_told_apart_by_the_training_photos(folders):
    toy, data, phone = folders
    fitted = kinds.fit_again(toy, data, phone)
    assert set(fitted.predictions["recognised"]) == {DERMATOSCOPIC}
    assert set(fitted.external["recognised"]) == {PHONE}
    # Nobody has moved to another part, and the figures of the own photos are as they were.
    pd.testing.assert_series_equal(fitted.external["split"], toy.external["split"])
    columns = [*toy.probability_columns, "split", "diagnosis"]
    pd.testing.assert_frame_equal(fitted.predictions[columns], toy.predictions[columns])
    told = KindClassifier.from_arrays(fitted.kind_arrays)
    blue, red = np.array([[0.1, 0.1, 0.8]]), np.array([[0.8, 0.1, 0.1]])
    assert told.recognised(blue)[0][0] == DERMATOSCOPIC
    assert told.recognised(red)[0][0] == PHONE
    for name in ("mean", "whitening", "cut"):
        np.testing.assert_array_equal(fitted.kind_arrays[name], toy.kind_arrays[name])


def test_the_ledger_tells_what_was_fitted_on_which_photos(folders):
    toy, data, phone = folders
    ledger = kinds.fit_again(toy, data, phone).ledger
    assert ledger.fault is None
    (choice,) = [entry for entry in ledger.entries if entry.event == "choice"]
    assert choice.what == "kinds of photo"
    assert choice.result == f"linear discriminant analysis of {DERMATOSCOPIC} and {PHONE}"
    assert choice.num_photos == 30 + 8
    read = [entry.what for entry in ledger.entries if entry.event == "reading"]
    assert read == [run.PREDICTIONS, run.EXTERNAL]


def test_every_source_that_it_was_asked_about_is_needed(folders):
    toy, data, phone = folders
    with pytest.raises(kinds.KindsError, match="toy was asked about PAD, too"):
        kinds.fit_again(toy, data, phone[:0])


def test_all_photos_it_was_trained_on_are_needed(folders):
    toy, data, phone = folders
    (data / "images" / "train_3.png").unlink()
    with pytest.raises(kinds.KindsError, match="1 of the 90 photos of toy are not in"):
        kinds.fit_again(toy, data, phone)


def test_a_run_of_one_kind_is_refused(tmp_path, capsys):
    toys.write(tmp_path / "runs")
    arguments = ["fit-kinds", "toy", "--data", str(tmp_path), "--runs", str(tmp_path / "runs")]
    assert command.main(arguments) == 2
    assert "toy tells no kinds of photo apart" in capsys.readouterr().err
