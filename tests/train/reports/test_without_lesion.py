"""Training without the lesion: a tiny HAM10000 whose lesions differ by colour alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import without_lesion
from model.evaluation.without_lesion import VARIANTS
from tests import toys
from tests.train.reports import small_ham10000
from train.__main__ import main
from train.recipes import ham7
from train.reports import learned_shortcut
from train.reports import without_lesion as training

COLOURS = {"bcc": (230, 40, 40), "mel": (40, 230, 40), "nv": (40, 40, 230)}
SKIN = (150, 150, 150)


def tiny(height, width, num_diagnoses):
    """Learns colours and shapes of tiny photos in seconds."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(photo)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(photo, layers.Dense(num_diagnoses, name="logits")(x))


def test_a_table_stays_as_it_was_until_the_new_one_is_whole(tmp_path, monkeypatch):
    file = tmp_path / "table.csv"
    training.write_table(pd.DataFrame({"share": [0.123456]}), file)
    assert file.read_text() == "share\n0.1235\n"
    assert learned_shortcut.write_table is training.write_table

    def stop(*of):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        training.write_table(pd.DataFrame({"share": [1.0]}), file)
    assert file.read_text() == "share\n0.1235\n"


def untrained(recipe, *arguments):
    """In the place of `fit`, where nothing depends on what was learned."""
    return recipe.network(recipe.height, recipe.width, len(toys.CODES)), None


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A run of the name that is wanted, its photos with masks, and a recipe of seconds."""
    rows = toys.predictions(per_split=30)
    lesion = small_ham10000.square(20, 20, 24)
    data = tmp_path / "data"
    data.mkdir()
    drawn = {
        row.image_id: (small_ham10000.painted(SKIN, (lesion, COLOURS[row.diagnosis])), lesion)
        for row in rows.itertuples()
    }
    small_ham10000.write(data, drawn)
    toys.write(tmp_path / "runs", without_lesion.RUN, rows=rows, with_network=False)
    recipe = replace(
        ham7.HAM7_CNN,
        network=tiny,
        height=8,
        width=8,
        epochs=12,
        patience=12,
        learning_rate=0.1,
        weight_decay=0.0,
        augment="none",
        folds=1,
    )
    monkeypatch.setattr(training, "recipe", lambda: recipe)
    return tmp_path


def call(folders, *more):
    arguments = ["--data", str(folders / "data"), "--runs", str(folders / "runs")]
    arguments += ["--to", str(folders / "results")]
    return main(["shortcuts", "--only", "masked", *arguments, *more])


def test_each_variant_is_trained_and_tested_on_its_own_photos(folders, capsys):
    assert call(folders) == 0
    table = without_lesion.read(folders / "results")
    rows = run.read(folders / "runs" / without_lesion.RUN).predictions
    tested = rows[rows["split"] == "test"].sort_values("image_id")
    for variant in VARIANTS:
        of_variant = table[table["variant"] == variant].sort_values("image_id")
        for column in ("image_id", "lesion_id", "diagnosis"):
            assert list(of_variant[column]) == list(tested[column])
    found = {of.variant: of for of in without_lesion.results(table)}
    # The colour of the lesion tells all, its outline and the skin are the same on every photo.
    assert found["photo"].balanced_accuracy.value == 1
    assert found["lesion"].balanced_accuracy.value == 1
    assert found["colour"].balanced_accuracy.value == 1
    for variant in ("outline", "skin"):
        assert found[variant].balanced_accuracy.value == pytest.approx(1 / 3)
        assert not found[variant].is_above_chance
    assert "The skin around it" in capsys.readouterr().out
    assert [path.name for path in (folders / "results").iterdir()] == ["masked.csv"]
    assert (folders / "results" / "masked.csv").read_text().splitlines()[1].count(".") == 3


def test_a_stopped_training_goes_on_with_the_variants_that_are_left(folders, monkeypatch, capsys):
    fitted = []

    def stop_at_the_third(recipe, *arguments):
        fitted.append(arguments[3].name)
        if len(fitted) == 3:
            raise KeyboardInterrupt
        return untrained(recipe, *arguments)

    monkeypatch.setattr(training, "fit", stop_at_the_third)
    assert call(folders) == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    first = without_lesion.read(folders / "results")
    assert list(first["variant"].unique()) == ["photo", "lesion"]
    assert call(folders) == 0
    assert fitted == [
        "fold_photo",
        "fold_lesion",
        "fold_outline",
        "fold_outline",
        "fold_skin",
        "fold_colour",
    ]
    table = without_lesion.read(folders / "results")
    assert table[: len(first)].equals(first)
    assert call(folders) == 0
    assert len(fitted) == 6


def test_results_of_another_split_are_not_kept(folders, monkeypatch):
    monkeypatch.setattr(training, "fit", untrained)
    results = folders / "results"
    results.mkdir()
    rows = pd.DataFrame(
        {"variant": "photo", "image_id": ["other"], "lesion_id": "l", "diagnosis": "nv"}
    ).assign(p_bcc=0.0, p_mel=0.0, p_nv=1.0)
    rows.to_csv(results / without_lesion.FILE, index=False)
    assert call(folders) == 0
    table = without_lesion.read(results)
    assert "other" not in set(table["image_id"])
    assert set(table["variant"]) == set(VARIANTS)


def test_no_test_photo_is_trained_on_and_the_validation_photos_choose_the_epoch(
    folders, monkeypatch
):
    seen = {}

    def remember(recipe, learned, validation, *arguments):
        seen["train"], seen["validation"] = learned, validation
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", remember)
    assert call(folders) == 130
    toy_run = run.read(folders / "runs" / without_lesion.RUN)
    rows = toy_run.predictions.sort_values("image_id")
    for split, part in seen.items():
        own = rows[rows["split"] == split]["diagnosis"]
        assert list(part.labels) == [toy_run.diagnoses.index(code) for code in own]
        # The middle of each photo shows the colour of its own diagnosis.
        middle = part.photos[:, 4, 4].astype(int)
        assert (middle.argmax(axis=1) == np.array([[*COLOURS].index(code) for code in own])).all()


def test_missing_photos_or_masks_are_named(folders, capsys):
    (folders / "data" / "test_3_segmentation.png").unlink()
    assert call(folders) == 2
    assert "lacks 1 of the 90 photos of ham7_cnn, or their masks" in capsys.readouterr().err


def test_the_recipe_is_the_small_cnn_on_one_split():
    chosen = training.recipe()
    assert chosen == replace(ham7.HAM7_CNN, folds=1)
    assert chosen.quickly().epochs == 2


def test_a_trial_takes_few_photos(folders):
    rows = run.read(folders / "runs" / without_lesion.RUN).predictions
    few = training.few(pd.concat([rows] * 5))
    assert (few.groupby(["split", "diagnosis"]).size() == 20).all()
