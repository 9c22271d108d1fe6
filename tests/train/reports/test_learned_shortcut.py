"""Teaching a ruler: a tiny HAM10000 in which nothing but the ruler tells the diagnoses apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import learned_shortcut, without_lesion
from model.evaluation.learned_shortcut import AS_TRAINED, NONE, SWAPPED
from model.heatmaps.methods import METHODS
from tests import toys
from tests.train.reports import small_ham10000
from train.__main__ import main
from train.recipes import ham7
from train.reports import learned_shortcut as training
from train.reports import without_lesion as recipes

CODES = ("mel", "nv")


def tiny(height, width, num_diagnoses):
    """Sees how bright a photo is, as a ruler makes it; its heat map layer is that of the toys."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 255, name="rescale")(photo)
    x = layers.Conv2D(3, 1, activation="relu", name="colours", kernel_initializer="ones")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.BatchNormalization(momentum=0.5, name="norm")(x)
    return Model(photo, layers.Dense(num_diagnoses, name="logits")(x))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    rows = toys.predictions(CODES, per_split=40)
    lesion = small_ham10000.square(26, 26, 12)
    data = tmp_path / "data"
    data.mkdir()
    photo = small_ham10000.painted((90, 70, 60), (lesion, (60, 40, 30)))
    small_ham10000.write(data, dict.fromkeys(rows["image_id"], (photo, lesion)))
    toys.write(tmp_path / "runs", without_lesion.RUN, codes=CODES, rows=rows, has_novelty=False)
    recipe = replace(
        ham7.HAM7_CNN,
        network=tiny,
        height=toys.SIZE,
        width=toys.SIZE,
        epochs=8,
        patience=8,
        learning_rate=0.05,
        weight_decay=0.0,
        augment="none",
        batch_size=10,
        folds=1,
    )
    monkeypatch.setattr(recipes, "recipe", lambda: recipe)
    monkeypatch.setattr(training, "METHODS", {"grad_cam": METHODS["grad_cam"]})
    return tmp_path


def call(folders, *more):
    arguments = ["--data", str(folders / "data"), "--runs", str(folders / "runs")]
    arguments += ["--to", str(folders / "results")]
    return main(["shortcuts", "--only", "learned", *arguments, *more])


def test_the_network_learns_the_ruler_and_is_tested_without_and_the_other_way_round(
    folders, capsys
):
    assert call(folders) == 0
    table, maps = learned_shortcut.read(folders / "results")
    rulers = table.pivot(index="image_id", columns="condition", values="has_ruler")
    assert not rulers[NONE].any()
    truth = table.drop_duplicates("image_id").set_index("image_id")["diagnosis"]
    is_malignant = (truth.loc[rulers.index] == "mel").to_numpy()
    for condition, often in ((AS_TRAINED, is_malignant), (SWAPPED, ~is_malignant)):
        assert rulers[condition][often].mean() > 0.7
        assert rulers[condition][~often].mean() < 0.3
    by_condition = {of.condition: of for of in learned_shortcut.results(table)}
    # Nothing else tells: without rulers it guesses.
    assert by_condition[NONE].balanced_accuracy.value == 0.5
    assert by_condition[AS_TRAINED].balanced_accuracy.value > 0.75
    assert by_condition[SWAPPED].balanced_accuracy.value < 0.25
    assert set(maps["network"]) == {"learned", "plain"}
    assert maps["image_id"].nunique() == 40
    assert maps["area"].between(0.1, 0.25).all()
    shown = capsys.readouterr().out
    assert "Rulers as in training" in shown
    assert "Finds the ruler" in shown
    names = sorted(path.name for path in (folders / "results").iterdir())
    assert names == ["ruler.csv", "ruler_maps.csv"]


def test_a_stop_leaves_nothing_half_and_what_was_measured_is_not_measured_again(
    folders, monkeypatch, capsys
):
    def stop(*arguments):
        raise KeyboardInterrupt

    def untrained(pixels, parts, diagnoses, chosen, workspace, title):
        workspace.mkdir(exist_ok=True)
        return tiny(chosen.height, chosen.width, len(diagnoses))

    monkeypatch.setattr(training, "trained", untrained)
    measure_maps = training._maps
    monkeypatch.setattr(training, "_maps", stop)
    assert call(folders) == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    assert learned_shortcut.read(folders / "results") is None
    assert [path.name for path in (folders / "results").iterdir()] == [".ruler.unfinished"]
    monkeypatch.setattr(training, "_maps", measure_maps)
    assert call(folders) == 0
    monkeypatch.setattr(training, "trained", stop)
    assert call(folders) == 0  # nothing is left to train


def test_the_share_of_photos_with_a_ruler_is_that_which_was_asked_for():
    ids = pd.Series([f"ISIC_{number:07}" for number in range(4000)])
    often = np.arange(4000) % 2 == 0
    chosen = training.rulers(ids, often)
    assert chosen[often].mean() == pytest.approx(0.9, abs=0.02)
    assert chosen[~often].mean() == pytest.approx(0.1, abs=0.02)
    assert (training.rulers(ids, often) == chosen).all()


def test_the_run_must_have_its_network(folders, capsys):
    rows = run.read(folders / "runs" / without_lesion.RUN).predictions
    toys.write(folders / "runs", without_lesion.RUN, codes=CODES, rows=rows, with_network=False)
    assert call(folders) == 2
    assert "without its network" in capsys.readouterr().err
