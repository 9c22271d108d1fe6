"""`python -m train run` from photos to a run folder, and what it says to a wrong request."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import metrics
from model.evaluation.train_test_overlap import leakage
from model.photo.decode import decode
from model.prediction.classifier import Classifier
from model.run import UNKNOWN_LESION, ledger
from tests import toys
from tests.conftest import DATA, ROOT
from train import __main__ as command
from train.build import BuildOptions, build
from train.data import rendered
from train.fitting.prediction_table import prediction_table
from train.recipes import PUBLISHED, RECIPES
from train.recipes.demo import DEMO
from train.reports.neighbours import photos_of_fold


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
    probabilities = np.array([list(answer.probabilities.values()) for answer in answers])
    assert probabilities == pytest.approx(rows[trained.probability_columns].to_numpy(), abs=2e-5)


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


def test_the_ledger_tells_what_was_chosen_before_the_test_part_was_read(trained):
    kept = trained.ledger
    assert kept.fault is None
    chosen = [
        ("choice", what, "validation part")
        for what in ("epoch", "temperature", "prediction sets", "mix of diagnoses")
    ]
    of_first = [
        ("choice", "novelty threshold", "validation part"),
        ("choice", "photo quality limits", "validation part"),
        ("choice", "vote of the nearest lesions", "validation part"),
        ("prediction", "probabilities", "test part"),
    ]
    assert [(entry.event, entry.what, entry.photos) for entry in kept.entries] == [
        ("begins", "a training", "all parts"),
        *chosen,
        *of_first,
        *((event, what, f"{photos}, fold 1") for event, what, photos in chosen),
        ("prediction", "probabilities", "test part, fold 1"),
        ("reading", "predictions.csv", "test part"),
        ("reading", "predictions.csv", "test part, fold 1"),
        ("reading", "quality.csv", "test part"),
        ("reading", "neighbours.csv", "test part"),
    ]
    told = ledger.summarise(kept)
    assert (told.num_choices, told.num_late, told.num_predictions) == (11, 0, 1)
    rows = trained.predictions
    for entry in kept.entries[1:]:
        split, _, fold = entry.photos.partition(" part, fold ")
        own = rows[(rows["split"] == split.split()[0]) & (rows["fold"] == int(fold or 0))]
        assert (entry.num_photos, entry.photos_sha256) == (
            len(own),
            ledger.ids_sha256(own["image_id"]),
        )
        if entry.event == "prediction":  # what was hashed without diagnoses is what is stored
            assert entry.sha256 == ledger.predictions_sha256(own, trained.probability_columns)
        if entry.event == "reading":
            assert entry.sha256 == run.sha256(trained.path / entry.what)
    epoch = next(entry for entry in kept.entries if entry.what == "epoch")
    assert epoch.result == f"{trained.kept_epoch(0)} of 2, by val_loss"
    assert ledger.is_of(kept, trained)


def test_the_training_gathers_the_neighbours_that_the_command_gathers(trained, tmp_path):
    """The command on the very photos: the same lesions, the same choice, the same votes."""
    rendered.write(tmp_path / "data", 40)
    shutil.copytree(trained.path, tmp_path / "runs" / "demo")
    kept = trained.neighbour_arrays, trained.neighbour_votes
    photos = str(tmp_path / "data" / "photos")
    assert command.main(["neighbours", "demo", "--data", photos, "--runs", f"{tmp_path}/runs"]) == 0
    again = run.read(tmp_path / "runs" / "demo")
    gathered = again.neighbour_arrays, again.neighbour_votes
    for name, values in kept[0].items():
        assert np.shape(values) == np.shape(gathered[0][name])
        if values.dtype.kind != "f":  # the axes may point the other way
            assert np.array_equal(values, gathered[0][name]), name
    assert float(kept[0]["unit"]) == pytest.approx(float(gathered[0]["unit"]), rel=1e-3)
    own, theirs = (table.set_index("image_id") for table in (kept[1], gathered[1]))
    assert own.index.tolist() == theirs.index.tolist()
    # Photos at almost one distance may change places: 16 bits are kept.
    assert (own["nearest"] == theirs["nearest"]).mean() > 0.95
    assert (own["p_even"] - theirs["p_even"]).abs().median() < 1e-5
    first, second = (
        next(entry.result for entry in ledger.entries if entry.what.startswith("vote of"))
        for ledger in (trained.ledger, again.ledger)
    )
    assert first == second
    assert "## Similar cases" in (trained.path / "README.md").read_text("utf-8")


def test_the_neighbours_of_a_training_never_show_a_photo_its_own_lesion(trained):
    rows = trained.predictions[trained.predictions["fold"] == 0].set_index("image_id")
    arrays, table = trained.neighbour_arrays, trained.neighbour_votes
    assert set(arrays["image_ids"]) == set(rows.index[rows["split"] == "train"])
    others = rows[rows["split"] != "train"]
    assert table["image_id"].tolist() == others.index.tolist()
    assert (trained.path / run.NEIGHBOURS).stat().st_size < 3e6


def test_photos_without_lesion_id_are_lesions_of_their_own():
    """And a lesion that leaks into training is left out by its id, as for the command."""
    fold = pd.DataFrame(
        {
            "split": ["test", "train", "train", "train", "validation"],
            "image_id": ["a", "b", "c", "d", "e"],
            "lesion_id": ["x", "x", "", "", ""],
            "group": [0, 0, 1, 2, 2],
            "diagnosis": "nv",
            "confirmed_by": [np.nan, "histology", "", "", ""],
            "copy_of": ["", "", "", "b", ""],
        }
    )
    photos = photos_of_fold(fold)
    assert photos["image_id"].tolist() == ["b", "c", "e", "a"]
    assert photos.index.tolist() == [1, 2, 4, 0]
    assert photos["lesion_id"].tolist() == ["x", f"{UNKNOWN_LESION}1", f"{UNKNOWN_LESION}2", "x"]
    assert photos["confirmed_by"].tolist() == ["histology", "", "", ""]


def test_the_card_names_the_last_hash(trained):
    text = (trained.path / "README.md").read_text("utf-8")
    assert f"Last hash: `{trained.ledger.last_hash}`" in text
    assert "11 choices, all before the test part was predicted." in text


def test_a_second_training_goes_on_with_the_ledger_of_the_first(tmp_path, monkeypatch):
    """And whenever the table with diagnoses is made, the line of the predictions is in the file."""
    seen = []

    def watched(*arguments):
        kept = ledger.read(tmp_path / ".demo.unfinished")
        seen.append(kept.entries[-1].event)
        return prediction_table(*arguments)

    monkeypatch.setattr("train.build.prediction_table", watched)
    results_only = BuildOptions(with_network=False)
    first = build(DEMO.quickly(), None, tmp_path, results_only).ledger
    second = build(replace(DEMO.quickly(), seed=5), None, tmp_path, results_only).ledger
    assert seen == 2 * ["prediction"]
    assert second.fault is None
    assert second.hashes[: len(first.hashes)] == first.hashes
    told = ledger.summarise(second)
    assert (told.num_trainings, told.num_predictions) == (2, 2)
    assert told.num_late == told.num_choices / 2  # those of the second training


def test_a_broken_ledger_stops_a_training_before_it_begins(tmp_path, capsys):
    older = toys.write(tmp_path, "demo", with_network=False)
    (older.path / "ledger.csv").write_text("written by hand")
    assert command.main(["run", "demo", "--out", str(tmp_path)]) == 2
    printed = capsys.readouterr().err
    assert "The ledger does not open with the names of its columns." in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / ".demo.unfinished").exists()


def test_a_trained_run_can_be_evaluated(trained):
    evaluation = metrics.evaluate(trained.predictions, trained.diagnoses)
    assert evaluation.num_photos == card_photos(trained)


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


def test_bare_results_never_take_the_place_of_a_network(tmp_path, capsys):
    toys.write(tmp_path, "demo")
    assert command.main(["run", "demo", "--results-only", "--out", str(tmp_path)]) == 2
    assert "holds a run with its network" in capsys.readouterr().err
    assert run.read(tmp_path / "demo").has_network


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["run", "resnet"],
            "There is no recipe 'resnet'. Recipes: lentigo_third, lentigo_second, lentigo",
        ),
        (["run", "ham7_cnn"], "give their folder with --data DIR"),
        (["run", "ham7_cnn", "--data", "{empty}"], "It holds nothing"),
        (["run", "ham7_cnn", "--data", "{empty}/no"], "There is no folder"),
        (["run", "demo", "--folds", "0"], "--folds must be 1 or more"),
        (["audit", "--data", "{empty}"], "It holds nothing"),
        (["report", "--runs", "{empty}"], "There is no run in"),
        (["download", "imagenet", "--to", "{empty}"], "Known: ham10000, isic2018"),
    ],
)
def test_what_the_user_must_change_is_said_in_one_line(tmp_path, capsys, arguments, sentence):
    empty = tmp_path / "empty"
    empty.mkdir()
    out = ["--out", str(tmp_path)] if arguments[0] == "run" else []
    status = command.main([*(part.format(empty=empty) for part in arguments), *out])
    printed = capsys.readouterr()
    assert status == 2
    assert sentence in printed.err
    assert printed.err.count("\n") == 1


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """The same trial as published, results only."""
    out = tmp_path_factory.mktemp("leaky")
    arguments = ["--quick", "--protocol", "as-published", "--results-only", "--out", str(out)]
    assert command.main(["run", "demo", *arguments]) == 0
    return run.read(out / "demo--as-published")


def test_as_published_is_one_switch_that_leaks_and_says_so(leaky, trained):
    assert leaky.as_published
    assert leaky.card["recipe"] == "demo"
    assert any("took part in its training" in limit for limit in leaky.card["limits"])
    assert leaky.command == "python -m train run demo --protocol as-published --quick"
    assert leakage(leaky.predictions).num_same_lesion > 0
    assert leakage(trained.predictions).num_seen_in_training == 0
    assert not any("As published" in limit for limit in trained.card["limits"])


def test_a_results_only_run_has_its_figures_and_no_network(leaky):
    assert not leaky.has_network
    assert not (leaky.path / run.NETWORK).exists()
    assert leaky.novelty is None
    assert leaky.neighbour_arrays is None
    assert metrics.evaluate(leaky.predictions, leaky.diagnoses).num_photos > 0


def test_published_copies_are_in_the_predictions_where_they_are_held_out(tmp_path):
    """The real path from photos to a run folder, with copies on every side."""
    recipe = replace(
        DEMO.quickly(), balance="oversample_fixed", copies_per_diagnosis=30, augment="course"
    )
    honest, leaky = (
        build(recipe, None, tmp_path, BuildOptions(protocol, with_network=False))
        for protocol in run.PROTOCOLS
    )
    for built in (honest, leaky):
        rows = built.predictions
        assert built.card["data"]["num_copies"] == 90
        assert rows["num_copies"].sum() == 90
        assert ((rows["copy_of"] == "") | (rows["split"] != "train")).all()
        assert built.card["data"]["num_photos"] == (rows["copy_of"] == "").sum()
    assert (honest.predictions["copy_of"] == "").all()
    assert leakage(honest.predictions).num_seen_in_training == 0
    leaks = leakage(leaky.predictions)
    held = leaky.predictions[leaky.predictions["copy_of"] != ""]
    assert (held["split"] == "test").any()
    assert leaks.num_copies >= 0.5 * (held["split"] == "test").sum()
    assert set(held["copy_of"]) <= set(honest.predictions["image_id"])


def test_an_interrupted_build_is_not_resumed_under_another_split(tmp_path):
    """Weights that saw other training photos would carry test lesions into the new run."""
    from train.fitting.checkpoint import splits_fingerprint, start_or_resume

    photos = pd.DataFrame({"image_id": ["a", "b"]})
    splits = ["train", "test"], ["test", "train"]
    first, other = (
        {"splits": splits_fingerprint([photos.assign(split=sides)])} for sides in splits
    )
    start_or_resume(tmp_path, first)
    (tmp_path / "fold_0").mkdir()
    start_or_resume(tmp_path, first)
    assert (tmp_path / "fold_0").exists()
    start_or_resume(tmp_path, other)
    assert not (tmp_path / "fold_0").exists()


def test_a_network_can_be_trained_first_and_the_run_written_later(tmp_path, capsys):
    asked = ["run", "demo", "--quick", "--out", str(tmp_path)]
    assert command.main([*asked, "--fit-only"]) == 0
    assert "The same command without --fit-only writes the run folder." in capsys.readouterr().out
    assert run.read_all([tmp_path]) == ({}, {})
    epochs = (tmp_path / ".demo.unfinished" / "fold_0" / "history.csv").read_text()
    assert command.main(asked) == 0
    assert "epoch 1/" not in capsys.readouterr().out  # nothing is trained a second time
    assert (tmp_path / "demo" / "history.csv").read_text().count("\n") == epochs.count("\n")
    trained = run.read(tmp_path / "demo")
    assert trained.has_network
    assert ledger.summarise(trained.ledger).num_trainings == 1


def test_list_shows_every_recipe_with_command_time_and_result(capsys):
    assert command.main(["list"]) == 0
    printed = capsys.readouterr().out
    for recipe in RECIPES.values():
        assert recipe.command in printed
        assert recipe.minutes in printed
        assert recipe.expected in printed


def test_every_recipe_file_opens_with_its_command_and_time():
    files = sorted((ROOT / "train" / "recipes").glob("*.py"))
    assert len(files) > 1
    for recipe in RECIPES.values():
        openings = [file.read_text("utf-8").split('"""')[1] for file in files]
        (opening,) = [text for text in openings if recipe.command in text]
        assert "on 2 cores" in " ".join(opening.split())
        assert "on 2 cores" in recipe.minutes


def test_one_s_own_classes_can_be_trained(tmp_path):
    """Two folders of one's own, through the real command, into a run that answers."""
    for pattern in ("even", "dotted"):
        folder = tmp_path / "photos" / f"My {pattern}"
        folder.mkdir(parents=True)
        for seed in range(24):
            photo = rendered.render(pattern, seed, 100, 120).photo
            (folder / f"{pattern} {seed}.png").write_bytes(toys.encoded(photo))
    command_line = ["run", "own_cnn", "--quick", "--data", str(tmp_path / "photos")]
    assert command.main([*command_line, "--out", str(tmp_path / "runs")]) == 0
    own = run.read(tmp_path / "runs" / "own_cnn")
    assert own.neighbour_arrays is None  # neighbours.csv could not name them
    assert own.diagnoses == ["my_dotted", "my_even"]
    (answer,) = Classifier(own).predict([rendered.render("even", 99).photo])
    assert answer.malignant_sum is None
    assert any("malignancy" in limit for limit in own.card["limits"])


def test_ids_with_a_space_have_no_neighbours_and_the_command_says_why(tmp_path, capsys):
    rows = toys.predictions().replace({"image_id": {"train_3": "train 3"}})
    toys.write(tmp_path, rows=rows)
    arguments = ["neighbours", "toy", "--data", str(tmp_path), "--runs", str(tmp_path)]
    assert command.main(arguments) == 2
    said = capsys.readouterr().err
    assert "neighbours.csv cannot name 'train 3', which has a space in it. Rename" in said


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_network_is_flat_and_has_its_heatmap_layer(recipe):
    import keras

    num_diagnoses = 2 if recipe.by_verdict else 5
    network = recipe.network(recipe.height, recipe.width, num_diagnoses)
    assert type(network).__name__ == "Functional"
    assert network.output_shape == (None, 1 if recipe.by_verdict else 5)
    assert len(network.get_layer(recipe.heatmap_layer).output.shape) == 4
    assert not any(isinstance(layer, keras.Model) for layer in network.layers)
    last = "sigmoid" if recipe.by_verdict else "linear"
    assert network.layers[-1].activation.__name__ == last


LAYERS = {
    "isic_binary_cnn": "Conv 32, Pool, Conv 32, Pool, Flatten, Dense 128, Dense 1",
    "isic9_simple": "Conv 16, Pool, Conv 32, Pool, Conv 64, Pool, Flatten, Dense 128, Dense 9",
    "isic9_dropout": (
        "Conv 16, Pool, Conv 32, Pool, Conv 64, Pool, Flatten, Dropout 0.2, Dense 128, Dense 9"
    ),
    "isic9_initial": (
        "Conv 16, Pool, Conv 32, Pool, Conv 64, Pool, Dropout 0.2, Flatten, Dense 128, Dense 9"
    ),
    "isic9_batchnorm": (
        "Conv 16, Norm, Pool, Conv 32, Norm, Pool, Conv 64, Norm, Pool, Dropout 0.2, Flatten, "
        "Dense 128, Dense 9"
    ),
}


@pytest.mark.parametrize(("name", "expected"), LAYERS.items())
def test_a_published_network_has_the_published_layers(name, expected):
    from keras import layers

    recipe = RECIPES[name]
    described = []
    for layer in recipe.network(recipe.height, recipe.width, 2 if recipe.by_verdict else 9).layers:
        if isinstance(layer, layers.Conv2D):
            assert layer.kernel_size == (3, 3)
            assert layer.activation.__name__ == "relu"
            assert layer.padding == ("valid" if recipe.by_verdict else "same")
            described.append(f"Conv {layer.filters}")
        elif isinstance(layer, layers.MaxPooling2D):
            assert layer.pool_size == (2, 2)
            described.append("Pool")
        elif isinstance(layer, layers.Dense):
            described.append(f"Dense {layer.units}")
        elif isinstance(layer, layers.Dropout):
            described.append(f"Dropout {layer.rate}")
        elif isinstance(layer, layers.BatchNormalization):
            described.append("Norm")
        elif isinstance(layer, layers.Flatten):
            described.append("Flatten")
    assert ", ".join(described) == expected


def test_the_nine_class_family_is_trained_as_published():
    for name in ("initial", "augmented", "rebalanced", "batchnorm"):
        recipe = RECIPES[f"isic9_{name}"]
        assert (recipe.height, recipe.width) == (180, 180)
        assert (recipe.epochs, recipe.patience, recipe.monitor) == (50, 5, "val_accuracy")
        assert (recipe.schedule, recipe.weight_decay) == ("constant", 0)  # plain Adam
    assert RECIPES["isic9_rebalanced"].copies_per_diagnosis == 500
    assert RECIPES["isic_binary_cnn"].height == 128
    assert RECIPES["ham7_cnn"].folds == 5


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("recipe", PUBLISHED, ids=lambda recipe: recipe.name)
def test_a_trial_of_every_published_recipe_ends_in_a_run(recipe, tmp_path):
    """Under the protocol that keeps more photos."""
    data = DATA / ("isic9" if recipe.layout == "folders" else "ham10000")
    lesions = ["--lesions", str(DATA / "ham10000" / "HAM10000_metadata.csv")]
    arguments = ["--quick", "--data", str(data), *lesions, "--out", str(tmp_path)]
    protocol = ["--protocol", "as-published"]
    folds = ["--folds", "2"] if recipe.folds > 2 else []  # more folds find nothing more
    assert command.main(["run", recipe.name, *arguments, *protocol, *folds]) == 0
    trial = run.read(tmp_path / recipe.run_name("as-published"))
    assert leakage(trial.predictions).num_photos > 20
