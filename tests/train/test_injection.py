"""`python -m train inject` on drawings: resumed, extended, and what it says to a wrong request."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.evaluation.injection import InjectionError, effect, read
from train import __main__ as command
from train import injection
from train.data import rendered
from train.injection import Plan, inject
from train.recipes.demo import DEMO
from train.recipes.frozen_trunk import FROZEN_TRUNK, dense_head

RECIPE = replace(DEMO, layout="folders", epochs=2)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawings")
    rendered.write(folder, 20)
    return folder


@pytest.fixture(scope="module")
def injected(drawings, tmp_path_factory):
    out = tmp_path_factory.mktemp("injections")
    plan = Plan(num_seeds=1, doses=(0.0, 1.0))
    return inject(RECIPE, drawings / "photos", out, drawings / "lesions.csv", plan), out


def test_it_writes_what_reads_back(injected):
    found, out = injected
    assert found.doses == [1.0]
    assert found.seeds(1.0) == [RECIPE.seed]
    assert effect(found, 1.0).num_photos == len(found.probe)
    assert read(out / "demo").answers.equals(found.answers)
    history = pd.read_csv(out / "demo" / "history.csv")
    assert history[["dose", "seed", "epoch"]].to_numpy().tolist() == [
        [0.0, RECIPE.seed, 1],
        [0.0, RECIPE.seed, 2],
        [1.0, RECIPE.seed, 1],
        [1.0, RECIPE.seed, 2],
    ]
    assert [path.name for path in out.iterdir()] == ["demo"]


def test_a_larger_plan_trains_only_what_is_missing(injected, drawings, monkeypatch):
    found, out = injected
    trained = []

    def fit(recipe, training, validation, num_diagnoses, workspace):
        trained.append((workspace.parent.name, len(training.labels)))
        network = recipe.network(recipe.height, recipe.width, num_diagnoses)
        return network, pd.DataFrame({"epoch": [1]})

    monkeypatch.setattr(injection, "fit", fit)
    plan = Plan(num_seeds=1, doses=(0.0, 0.5, 1.0))
    more = inject(RECIPE, drawings / "photos", out, drawings / "lesions.csv", plan)
    assert trained == [(f"dose_50_seed_{RECIPE.seed}", more.card["num_training"])]
    assert more.doses == [0.5, 1.0]
    assert more.answers[found.answers.columns].equals(found.answers)


def test_other_epochs_are_another_injection(injected, drawings):
    _, out = injected
    with pytest.raises(InjectionError, match="another num_epochs"):
        inject(replace(RECIPE, epochs=3), drawings / "photos", out, drawings / "lesions.csv")


def test_a_plan_begins_with_its_ends():
    assert Plan(2).trainings(7) == [
        (0.0, 7),
        (1.0, 7),
        (0.0, 8),
        (1.0, 8),
        (0.25, 7),
        (0.5, 7),
        (0.25, 8),
        (0.5, 8),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing", "--data", "x"], "There is no recipe 'nothing'. Recipes: "),
        (["ham7_cnn", "--data", "nowhere"], "There is no folder nowhere."),
        (["demo", "--data", ".", "--seeds", "0"], "--seeds must be 1 or more, not 0."),
    ],
)
def test_a_wrong_request_gets_a_sentence(arguments, sentence, capsys):
    assert command.main(["inject", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_the_frozen_trunk_gives_features_that_its_head_takes():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    features = injection.FEATURES[FROZEN_TRUNK.name](pixels)
    assert features.shape == (2, *dense_head(None, None, 7).input_shape[1:])
    assert not np.allclose(features[0], features[1])
