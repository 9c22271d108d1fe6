"""`python -m train run` from photos to a run folder, and what it says to a wrong request."""

import json

import numpy as np
import pandas as pd
import pytest

from model import metrics, run
from model.classifier import Classifier
from model.photo import decode
from tests import toys
from tests.conftest import ROOT
from train import __main__ as command
from train import rendered
from train.recipes import RECIPES


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The demo's quick trial in two folds, built once by the real command."""
    out = tmp_path_factory.mktemp("runs")
    assert command.main(["run", "demo", "--quick", "--folds", "2", "--out", str(out)]) == 0
    return run.read(out / "demo")


def test_the_run_says_what_it_is(trained):
    card = trained.card
    assert card["recipe"] == "demo"
    assert card["protocol"] == "honest"
    assert card["data"]["rendered"] is True
    assert card["settings"]["quick"] is True
    assert card["settings"]["folds"] == 2
    assert trained.title.endswith("(quick trial)")
    assert trained.diagnoses == ["dotted", "even", "ragged"]
    assert any("drawings" in limit for limit in card["limits"])
    assert set(card["versions"]) >= {"python", "tensorflow", "keras"}


def test_every_photo_is_tested_in_one_fold_and_its_lesion_with_it(trained):
    rows = trained.predictions
    assert sorted(rows["fold"].unique()) == [0, 1]
    tested = rows[rows["split"] == "test"]
    assert not tested["image_id"].duplicated().any()
    assert len(tested) == card_photos(trained)
    for _, fold in rows.groupby("fold"):
        assert (fold.groupby("lesion_id")["split"].nunique() == 1).all()


def card_photos(trained):
    return trained.card["data"]["num_photos"]


def test_the_counts_of_the_card_are_those_of_the_predictions(trained):
    first = trained.predictions[trained.predictions["fold"] == 0]
    assert len(first) == card_photos(trained)
    counted = pd.crosstab(first["diagnosis"], first["split"])
    for code, row in trained.card["data"]["counts"].items():
        assert row == {split: counted.loc[code, split] for split in run.SPLITS}


def test_the_network_gives_the_predictions_that_stand_beside_it(trained, tmp_path):
    """The shipped network, on the very photos, by the app's own path: decode, resize, calibrate."""
    rendered.write(tmp_path, 40)
    rows = trained.predictions[trained.predictions["fold"] == 0].sample(12, random_state=0)
    photos = [
        decode((tmp_path / "photos" / row.diagnosis / f"{row.image_id}.jpg").read_bytes())
        for row in rows.itertuples()
    ]
    answers = Classifier(trained).predict(photos)
    found = np.array([list(answer.probabilities.values()) for answer in answers])
    assert found == pytest.approx(rows[trained.probability_columns].to_numpy(), abs=2e-5)


def test_at_least_95_percent_of_the_validation_photos_are_not_novel(trained, tmp_path):
    rendered.write(tmp_path, 40)
    rows = trained.predictions
    rows = rows[(rows["fold"] == 0) & (rows["split"] == "validation")]
    photos = [
        decode((tmp_path / "photos" / row.diagnosis / f"{row.image_id}.jpg").read_bytes())
        for row in rows.itertuples()
    ]
    novel = [answer.is_novel for answer in Classifier(trained).predict(photos)]
    assert np.mean(novel) <= 0.05
    assert np.mean(novel) > 0.05 - 1 / len(novel)


def test_a_trained_run_can_be_evaluated(trained):
    found = metrics.evaluate(trained.predictions, trained.diagnoses)
    assert found.num_photos == card_photos(trained)


def test_weights_carry_no_optimizer(trained):
    import zipfile

    import h5py

    with zipfile.ZipFile(trained.path / run.NETWORK) as archive:
        names = archive.namelist()
        with archive.open("model.weights.h5") as file, h5py.File(file) as weights:
            assert "optimizer" not in weights
    assert "model.weights.h5" in names
    config = json.loads(zipfile.ZipFile(trained.path / run.NETWORK).read("config.json"))
    assert not config.get("compile_config")


def test_a_quick_trial_never_takes_the_place_of_a_full_run(tmp_path, capsys):
    toys.write(tmp_path, "demo", with_network=False)
    assert command.main(["run", "demo", "--quick", "--out", str(tmp_path)]) == 2
    assert "holds a full run" in capsys.readouterr().err
    assert run.read(tmp_path / "demo").card["recipe"] == "toy"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "resnet"], "There is no recipe 'resnet'. Recipes: ham7_cnn"),
        (["run", "ham7_cnn"], "give their folder with --data DIR"),
        (["run", "ham7_cnn", "--data", "{empty}"], "It holds nothing"),
        (["run", "ham7_cnn", "--data", "{empty}/no"], "There is no folder"),
        (["run", "demo", "--folds", "0"], "1 or more expected"),
        (["audit", "--data", "{empty}"], "It holds nothing"),
        (["download", "imagenet", "--to", "{empty}"], "Known: ham10000, isic2018"),
    ],
)
def test_what_the_user_must_change_is_said_in_one_line(tmp_path, capsys, arguments, sentence):
    empty = tmp_path / "empty"
    empty.mkdir()
    out = ["--out", str(tmp_path)] if arguments[0] == "run" else []
    status = command.main([*(part.format(empty=empty) for part in arguments), *out])
    said = capsys.readouterr()
    assert status == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_an_interrupted_build_is_not_resumed_under_another_split(tmp_path):
    """Weights that saw other training photos would carry test lesions into the new run."""
    from train.build import _splits_fingerprint, _start_or_resume

    photos = pd.DataFrame({"image_id": ["a", "b"]})
    splits = ["train", "test"], ["test", "train"]
    first, other = ({"splits": _splits_fingerprint([photos.assign(split=one)])} for one in splits)
    _start_or_resume(tmp_path, first)
    (tmp_path / "fold_0").mkdir()
    _start_or_resume(tmp_path, first)
    assert (tmp_path / "fold_0").exists()
    _start_or_resume(tmp_path, other)
    assert not (tmp_path / "fold_0").exists()


def test_list_shows_every_recipe_with_command_time_and_result(capsys):
    assert command.main(["list"]) == 0
    said = capsys.readouterr().out
    for recipe in RECIPES.values():
        assert recipe.command in said
        assert recipe.minutes in said
        assert recipe.expected in said


def test_every_recipe_file_opens_with_its_command_and_time():
    files = sorted((ROOT / "train" / "recipes").glob("*.py"))
    assert len(files) == len(RECIPES) + 1
    for recipe in RECIPES.values():
        openings = [file.read_text("utf-8").split('"""')[1] for file in files]
        (opening,) = [text for text in openings if recipe.command in text]
        assert "on 2 cores" in opening
        assert "on 2 cores" in recipe.minutes


def test_one_s_own_classes_can_be_trained(tmp_path):
    """Two folders of one's own, through the real command, into a run that answers."""
    for pattern in ("even", "dotted"):
        folder = tmp_path / "photos" / f"My {pattern}"
        folder.mkdir(parents=True)
        for seed in range(24):
            photo = rendered.render(pattern, seed, 100, 120).photo
            (folder / f"{pattern}_{seed}.png").write_bytes(toys.encoded(photo))
    command_line = ["run", "own_cnn", "--quick", "--data", str(tmp_path / "photos")]
    assert command.main([*command_line, "--out", str(tmp_path / "runs")]) == 0
    found = run.read(tmp_path / "runs" / "own_cnn")
    assert found.diagnoses == ["my_dotted", "my_even"]
    (answer,) = Classifier(found).predict([rendered.render("even", 99).photo])
    assert answer.malignant_sum is None
    assert any("malignancy" in limit for limit in found.card["limits"])


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_network_is_flat_and_has_its_heatmap_layer(recipe):
    import keras

    network = recipe.network(recipe.height, recipe.width, 5)
    assert type(network).__name__ == "Functional"
    assert network.output_shape == (None, 5)
    assert len(network.get_layer(recipe.heatmap_layer).output.shape) == 4
    assert not any(isinstance(layer, keras.Model) for layer in network.layers)
    assert network.layers[-1].activation.__name__ == "linear"
