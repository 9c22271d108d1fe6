"""A recipe trained again with another seed, by the real command."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.run import REPEATS
from model.run.writer import add_table
from tests import toys
from train import __main__ as command
from train import repeat as repeating
from train.build import BuildOptions
from train.recipes.demo import DEMO
from train.repeat import RepeatError, recipe_of, store

# Without a network, to be quick.
QUICK = ["--quick", "--results-only"]


@pytest.fixture
def quick_recipe(monkeypatch):
    monkeypatch.setitem(repeating.RECIPES, "demo", DEMO.quickly())


def test_the_command_trains_with_another_seed_on_the_same_split(
    tmp_path, quick_recipe, monkeypatch, capsys
):
    runs, out = tmp_path / "runs", tmp_path / "again"
    assert command.main(["run", "demo", *QUICK, "--out", str(runs)]) == 0
    first = run.read(runs / "demo")
    arguments = ["repeat", "demo", "--runs", str(runs), "--out", str(out), "--seed"]
    assert command.main([*arguments, "21"]) == 0
    again = run.read(out / "seed_21" / "demo")
    assert again.card["seed"] == 21
    shared = ["image_id", "lesion_id", "diagnosis", "split"]
    pd.testing.assert_frame_equal(again.predictions[shared], first.predictions[shared])
    assert not np.allclose(
        again.predictions[again.probability_columns], first.predictions[first.probability_columns]
    )
    repeated = run.read(runs / "demo")
    rows = repeated.repeats.set_index("image_id")
    expected = again.test_photos.set_index("image_id")[again.probability_columns]
    pd.testing.assert_frame_equal(rows[again.probability_columns], expected)
    assert set(rows["seed"]) == {21}
    entry = repeated.ledger.entries[-1]
    assert (entry.event, entry.what, entry.num_photos) == ("reading", REPEATS, len(rows))
    assert repeated.ledger.fault is None

    # What was trained is not trained again, and what is there stays.
    monkeypatch.setattr(repeating, "build", None)
    (out / "seed_21").rename(out / "seed_22")  # another seed, as far as the folder tells
    assert command.main([*arguments, "22"]) == 2
    assert "was trained with seed 21" in capsys.readouterr().err
    assert command.main([*arguments, "21"]) == 2
    assert "seed 20, 21 already; name another one than 21." in capsys.readouterr().err


@pytest.fixture
def toy(tmp_path):
    return toys.write(tmp_path, with_network=False)


def test_a_second_repeat_joins_the_first(toy, tmp_path):
    for seed in (7, 8):
        again = toys.write(
            tmp_path / str(seed), rows=toys.predictions(seed=seed), with_network=False, seed=seed
        )
        toy = store(toy, again)
    assert toy.repeats["seed"].value_counts().to_dict() == {7: 30, 8: 30}


def test_every_seed_is_asked_about_the_same_photos(tmp_path):
    external = toys.external().assign(source="PAD", split="test")
    toy = toys.write(tmp_path, external=external, with_network=False)
    full, less = (
        toys.write(tmp_path / str(seed), external=of, with_network=False, seed=seed)
        for seed, of in ((7, external), (8, None))
    )
    toy = store(toy, full)
    with pytest.raises(RepeatError, match="Seed 7 was asked about outside_0, too"):
        store(toy, less)
    more = toys.write(tmp_path / "9", external=external, with_network=False, seed=9)
    assert len(store(toy, more).repeats) == 2 * 36


def test_photos_that_took_part_in_the_training_must_do_so_again(tmp_path):
    external = toys.external().assign(source="PAD", split="train")
    toy = toys.write(tmp_path, external=external, with_network=False)
    with pytest.raises(RepeatError, match="toy was trained on photos of PAD, too"):
        repeating.repeat(toy, DEMO, None, tmp_path / "out", BuildOptions())
    again = toys.write(tmp_path / "again", with_network=False, seed=7)
    with pytest.raises(RepeatError, match="90 of them in the same part as the 100 of toy"):
        store(toy, again)


def test_seeds_of_teachers_do_not_overlap(tmp_path, monkeypatch):
    recipe = replace(DEMO, teachers=3)
    monkeypatch.setitem(repeating.RECIPES, "demo", recipe)
    settings = json.loads(json.dumps(recipe.settings("honest", 1)))
    toy = of_demo(tmp_path, settings=settings)
    with pytest.raises(RepeatError, match="name another one than 23, at least 4 apart"):
        recipe_of(toy, 23)
    assert recipe_of(toy, 24).seed == 24


def test_photos_of_other_data_sets_come_along_where_both_were_tested_on_them(tmp_path):
    external = toys.external().assign(source="PAD", split="test")
    external.loc[0, "split"] = "train"
    toy = toys.write(tmp_path, external=external, with_network=False)
    less = external.drop(index=1)  # index 0 took part in the training of both
    again = toys.write(tmp_path / "again", external=less, with_network=False, seed=7)
    rows = store(toy, again).repeats
    assert [*rows.loc[rows["source"] == "PAD", "image_id"]] == [
        f"outside_{n}" for n in (2, 3, 4, 5)
    ]


def test_a_run_that_was_tested_on_other_photos_is_refused(toy, tmp_path):
    rows = toys.predictions().replace({"image_id": {"test_3": "test_x"}})
    again = toys.write(tmp_path / "again", rows=rows, with_network=False, seed=7)
    with pytest.raises(RepeatError, match="90 photos, 89 of them in the same part"):
        store(toy, again)
    assert run.read(toy.path).repeats is None


def of_demo(tmp_path, **changes):
    """A toy run that says it is the demo's."""
    settings = DEMO.settings("honest", 1)
    plain = {
        key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()
    }
    card = {"recipe": "demo", "settings": plain, "seed": 20} | changes
    return toys.write(tmp_path, with_network=False, **card)


def test_only_the_seed_may_differ(tmp_path):
    assert recipe_of(of_demo(tmp_path), 21) == replace(DEMO, seed=21)
    other = DEMO.settings("honest", 1) | {"epochs": 1}
    with pytest.raises(RepeatError, match="The recipe demo has changed since toy was trained"):
        recipe_of(of_demo(tmp_path, settings=other), 21)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": 21}, "toy was trained with seed 21 already; name another one than 21."),
        ({"recipe": "toy"}, "toy has no recipe here"),
    ],
)
def test_what_cannot_be_repeated_is_said(tmp_path, changes, sentence):
    with pytest.raises(RepeatError, match=sentence):
        recipe_of(of_demo(tmp_path, **changes), 21)


def test_a_seed_that_is_there_is_not_trained_again(tmp_path):
    demo = of_demo(tmp_path)
    tested = demo.test_photos[["image_id", *demo.probability_columns]]
    demo = add_table(demo, REPEATS, tested.assign(seed=21, revision="a", kind="", source=""))
    with pytest.raises(RepeatError, match="seed 20, 21 already; name another one than 21"):
        recipe_of(demo, 21)
