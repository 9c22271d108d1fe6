"""Epochs that survive an interruption, on a network small enough to train in a test."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.run import HISTORY_COLUMNS
from train.fitting import fit as fitting
from train.fitting import learning_rate, losses
from train.fitting.fit import Part, fit
from train.recipe import Recipe
from train.recipes.demo import DEMO


def tiny(height, width, num_diagnoses):
    from keras import Input, Model, layers

    photo = Input((height, width, 3))
    x = layers.Rescaling(1 / 255)(photo)
    x = layers.Conv2D(4, 3, activation="relu", name="maps")(x)
    return Model(photo, layers.Dense(num_diagnoses)(layers.GlobalAveragePooling2D()(x)))


RECIPE = replace(
    DEMO,
    network=tiny,
    heatmap_layer="maps",
    height=12,
    width=12,
    epochs=4,
    patience=9,
    batch_size=8,
    learning_rate=0.05,
    augment="flips",
)


def colours(size, seed):
    """Reddish photos are 0, bluish ones 1."""
    chance = np.random.default_rng(seed)
    labels = np.arange(size) % 2
    photos = chance.integers(0, 120, (size, 12, 12, 3))
    photos[labels == 0, ..., 0] += 130
    photos[labels == 1, ..., 2] += 130
    return Part(photos.astype(np.uint8), labels)


TRAINING, VALIDATION = colours(64, 0), colours(32, 1)


def test_a_network_learns_what_there_is_to_learn(tmp_path):
    network, history = fit(RECIPE, TRAINING, VALIDATION, 2, tmp_path)
    assert list(history.columns) == list(HISTORY_COLUMNS)
    assert list(history["epoch"]) == [1, 2, 3, 4]
    assert history["val_accuracy"].iloc[-1] == 1
    answers = network.predict(VALIDATION.photos.astype("float32"), verbose=0).argmax(axis=1)
    assert (answers == VALIDATION.labels).all()
    assert getattr(network, "optimizer", None) is None


def test_the_weights_are_those_of_the_best_validation_epoch(tmp_path):
    recipe = replace(RECIPE, learning_rate=3.0, epochs=5)  # wild enough to get worse again
    network, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    network.compile(loss=losses.loss(recipe, np.array([[32, 32]]), 2), metrics=["accuracy"])
    loss, _ = network.evaluate(VALIDATION.photos.astype("float32"), VALIDATION.labels, verbose=0)
    assert loss == pytest.approx(history["val_loss"].min(), rel=1e-3)


def test_an_interrupted_training_goes_on_where_it_stopped(tmp_path):
    _, whole = fit(RECIPE, TRAINING, VALIDATION, 2, tmp_path / "whole")
    fit(replace(RECIPE, epochs=2), TRAINING, VALIDATION, 2, tmp_path / "parts")
    _, parts = fit(RECIPE, TRAINING, VALIDATION, 2, tmp_path / "parts")
    assert list(parts["epoch"]) == [1, 2, 3, 4]
    # Seeds follow the epoch and the optimizer's state is kept, so both ways end alike, up to the
    # order in which two threads draw their augmentations.
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert parts[columns].to_numpy() == pytest.approx(whole[columns].to_numpy(), rel=0.05)


def test_training_stops_when_the_validation_part_has_had_enough(tmp_path):
    recipe = replace(RECIPE, epochs=50, patience=3, learning_rate=0.0)
    _, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    assert len(history) == 4  # the first is the best; three more are waited for


def test_the_rate_falls_along_a_cosine():
    recipe = replace(RECIPE, schedule="cosine", epochs=10, learning_rate=1.0)
    rates = [learning_rate.rate(recipe, epoch) for epoch in range(10)]
    assert rates[0] == 1
    assert rates[5] == pytest.approx(0.5)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 0
    assert learning_rate.rate(RECIPE, 3) == RECIPE.learning_rate


def test_a_warm_cosine_rises_for_an_epoch_and_falls_step_by_step():
    recipe = replace(RECIPE, schedule="warm_cosine", epochs=10, learning_rate=1.0)
    assert learning_rate.rate(recipe, 0) == 0
    assert learning_rate.rate(recipe, 0.5) == pytest.approx(0.5)
    assert learning_rate.rate(recipe, 5.0) == pytest.approx(0.5)
    falling = [learning_rate.rate(recipe, 1 + step / 10) for step in range(90)]
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) == 90


def test_the_optimizer_gets_the_rate_of_each_step_and_after_the_end_the_last():
    recipe = replace(RECIPE, schedule="warm_cosine", epochs=2, learning_rate=1.0)
    by_step = learning_rate.ByStep(recipe, steps=2)
    given = [float(by_step(step)) for step in range(6)]
    assert given == pytest.approx([0, 0.5, 0.5, 0.1464, 0.1464, 0.1464], abs=1e-4)


def test_averaged_weights_are_judged_and_kept(tmp_path):
    # An average that never leaves the first step: it learns nothing, whatever the weights do.
    recipe = replace(RECIPE, averaging=1.0 - 1e-9)
    network, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    assert history["accuracy"].iloc[-1] > 0.9
    assert history["val_loss"].nunique() == 1
    network.compile(loss=losses.loss(recipe, np.array([[32, 32]]), 2), metrics=["accuracy"])
    loss, _ = network.evaluate(VALIDATION.photos.astype("float32"), VALIDATION.labels, verbose=0)
    assert loss == pytest.approx(history["val_loss"].iloc[0], rel=1e-3)


def test_an_epoch_goes_on_from_the_weights_of_the_last_and_not_from_their_average(tmp_path):
    # The average stands still, so whoever started from it would begin anew in each epoch.
    recipe = replace(RECIPE, averaging=1.0 - 1e-9, augment="none", learning_rate=0.01)
    _, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    losses = history["loss"].to_numpy()
    assert (losses[1:] < 0.9 * losses[:-1]).all()


def test_an_interrupted_training_keeps_both_its_weights_and_their_average(tmp_path):
    recipe = replace(RECIPE, averaging=0.9, augment="none")
    _, whole = fit(recipe, TRAINING, VALIDATION, 2, tmp_path / "whole")
    fit(replace(recipe, epochs=2), TRAINING, VALIDATION, 2, tmp_path / "parts")
    _, parts = fit(recipe, TRAINING, VALIDATION, 2, tmp_path / "parts")
    columns = ["loss", "val_loss"]
    assert parts[columns].to_numpy() == pytest.approx(whole[columns].to_numpy(), rel=1e-3)


def asked_of(monkeypatch):
    """What `augment.changes` is asked for, and what is added to its seed in every epoch."""
    asked, added = [], []
    changes, reseed = fitting.augment.changes, fitting.augment.reseed

    def noted(strength, seed, side=None):
        asked.append((strength, side))
        return changes(strength, seed, side)

    def reseeded(layers, more):
        added.append(more)
        reseed(layers, more)

    monkeypatch.setattr(fitting.augment, "changes", noted)
    monkeypatch.setattr(fitting.augment, "reseed", reseeded)
    return asked, added


def test_the_first_epochs_may_see_smaller_photos(tmp_path, monkeypatch):
    asked, added = asked_of(monkeypatch)
    recipe = replace(RECIPE, small_epochs=3, small_side=8, augment="dermatoscope")
    network, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    assert asked == [("dermatoscope", 8), ("dermatoscope", None)]
    assert added == [0, 1, 2, 3]
    assert network.input_shape == (None, 12, 12, 3)
    assert history["val_accuracy"].iloc[-1] > 0.9


def test_balanced_softmax_adds_the_prior_inside_the_loss():
    recipe = replace(RECIPE, balance="balanced_softmax")
    loss = losses.loss(recipe, np.array([[90, 10]]), 2)
    # Equal logits mean the prior: -log 0.1 for the rare diagnosis.
    assert float(loss(np.array([1]), np.zeros((1, 2), "float32"))) == pytest.approx(-np.log(0.1))


def test_each_kind_of_photo_has_a_prior_of_its_own_in_the_loss():
    recipe = replace(RECIPE, balance="balanced_softmax")
    loss = losses.loss(recipe, np.array([[90, 10], [25, 75]]), 2)
    even = np.zeros((1, 2), "float32")
    # Codes 0 and 1 are dermatoscopic photos of both diagnoses, 2 and 3 phone photos.
    for code, share in enumerate([0.9, 0.1, 0.25, 0.75]):
        assert float(loss(np.array([code]), even)) == pytest.approx(-np.log(share)), code


def test_a_training_on_two_kinds_of_photo_counts_its_own_accuracy(tmp_path):
    recipe = replace(
        RECIPE, balance="balanced_softmax", photos_per_epoch=40, phone_photos_per_epoch=20
    )
    is_phone = np.arange(len(TRAINING.labels)) % 3 == 0
    both = Part(TRAINING.photos, TRAINING.labels, is_phone)
    _, history = fit(recipe, both, VALIDATION, 2, tmp_path)
    assert history["val_accuracy"].iloc[-1] == 1
    assert history["accuracy"].iloc[-1] > 0.9


def test_one_sigmoid_is_trained_with_binary_cross_entropy(tmp_path):
    def one_sigmoid(height, width, num_diagnoses):
        from keras import Model, layers

        maps = tiny(height, width, num_diagnoses)
        return Model(maps.input, layers.Dense(1, activation="sigmoid")(maps.layers[-2].output))

    network, history = fit(replace(RECIPE, network=one_sigmoid), TRAINING, VALIDATION, 2, tmp_path)
    assert history["val_accuracy"].iloc[-1] == 1
    answers = network.predict(VALIDATION.photos.astype("float32"), verbose=0)[:, 0] > 0.5
    assert (answers == VALIDATION.labels).all()


def test_a_recipe_cannot_be_changed_after_it_is_written():
    with pytest.raises(AttributeError):
        RECIPE.epochs = 3
    assert isinstance(RECIPE, Recipe)


def test_a_network_learns_from_teachers_that_were_trained_before_it(tmp_path):
    recipe = replace(RECIPE, teachers=2, epochs=6, balance="balanced_softmax")
    network, history = fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    assert history["val_accuracy"].iloc[-1] == 1
    assert list(history["epoch"]) == [1, 2, 3, 4, 5, 6]
    alone = replace(recipe, teachers=0, seed=recipe.seed + 2)
    second = fit(alone, TRAINING, VALIDATION, 2, tmp_path / "teacher_2")[0]
    _, other = fit(alone, TRAINING, VALIDATION, 2, tmp_path / "alone")
    # The second teacher is what its seed gives alone, and asking again trains nothing anew.
    written = pd.read_csv(tmp_path / "teacher_2" / "history.csv")
    assert written["loss"].to_numpy() == pytest.approx(other["loss"].to_numpy(), rel=1e-3)
    first = pd.read_csv(tmp_path / "teacher_1" / "history.csv")
    assert (first["loss"] != written["loss"]).all()
    assert network is not second


def test_a_finished_training_needs_nothing_but_its_history_and_its_best_weights(tmp_path):
    network, history = fit(replace(RECIPE, teachers=1), TRAINING, VALIDATION, 2, tmp_path)
    for path in tmp_path.iterdir():
        if path.name not in ("history.csv", "best.weights.h5"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again, same = fit(replace(RECIPE, teachers=1), TRAINING, VALIDATION, 2, tmp_path)
    pd.testing.assert_frame_equal(same, history, check_dtype=False)
    for ours, theirs in zip(again.get_weights(), network.get_weights(), strict=True):
        assert (ours == theirs).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.weights.h5", "history.csv"]


@pytest.mark.parametrize("stopped_at", ["history.csv", "best.weights.h5"])
def test_the_best_weights_are_those_of_an_epoch_that_the_history_knows(
    tmp_path, monkeypatch, stopped_at
):
    """Killed before or after the row of the third epoch: both ways it goes on with what fits."""
    replace_file = os.replace

    def stopping(source, target):
        if Path(target).name == stopped_at and (tmp_path / "best_003.weights.h5").exists():
            raise KeyboardInterrupt
        replace_file(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(fitting.os, "replace", stopping)
        with pytest.raises(KeyboardInterrupt):
            fit(RECIPE, TRAINING, VALIDATION, 2, tmp_path)
    done = len(pd.read_csv(tmp_path / "history.csv"))
    assert done == {"history.csv": 2, "best.weights.h5": 3}[stopped_at]
    network, history = fit(replace(RECIPE, epochs=done), TRAINING, VALIDATION, 2, tmp_path)
    network.compile(loss=losses.loss(RECIPE, np.array([[32, 32]]), 2))
    loss = network.evaluate(VALIDATION.photos.astype("float32"), VALIDATION.labels, verbose=0)
    assert history["val_loss"].idxmin() == done - 1
    assert loss == pytest.approx(history["val_loss"].min(), rel=1e-3)


@pytest.mark.slow
def test_a_killed_training_resumes_and_ends_with_the_same_epochs(tmp_path):
    """kill -9 in the middle of the real command; the second start goes on, not over."""
    command = [sys.executable, "-m", "train", "run", "demo", "--quick", "--out", str(tmp_path)]
    workspace = tmp_path / ".demo.unfinished" / "fold_0"
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (workspace / "history.csv").exists():
        assert first.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not (tmp_path / "demo").exists()
    done_before = len(pd.read_csv(workspace / "history.csv"))
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert f"Going on after epoch {done_before}" in second.stdout
    history = pd.read_csv(tmp_path / "demo" / "history.csv")
    assert list(history["epoch"]) == list(range(1, DEMO.quickly().epochs + 1))
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_cosine_can_begin_again_with_other_changes():
    recipe = replace(
        RECIPE,
        schedule="warm_cosine",
        epochs=14,
        learning_rate=1.0,
        cosine_epochs=10,
        restart_after=8,
        restart_rate=0.5,
    )
    assert learning_rate.rate(recipe, 5.0) == pytest.approx(0.5)
    assert learning_rate.rate(recipe, 7.999) == pytest.approx(
        0.0955, abs=1e-3
    )  # cut off before it ends
    assert learning_rate.rate(recipe, 8.0) == pytest.approx(0.5)
    assert learning_rate.rate(recipe, 11.0) == pytest.approx(0.25)
    assert learning_rate.rate(recipe, 13.999) == pytest.approx(0, abs=1e-3)


def test_the_changes_after_a_restart_are_those_asked_for(monkeypatch, tmp_path):
    asked, added = asked_of(monkeypatch)
    recipe = replace(
        RECIPE, epochs=3, patience=3, augment="strong", restart_after=2, restart_augment="flips"
    )
    fit(recipe, TRAINING, VALIDATION, 2, tmp_path)
    assert asked == [("strong", None), ("flips", None)]
    assert added == [0, 1, 2]


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is read as Linux tells it"
)
def test_the_photos_are_in_memory_once_however_many_epochs_there_are(tmp_path, monkeypatch):
    taken = []
    reseed = fitting.augment.reseed

    def counted(*args):
        taken.append(memory())
        return reseed(*args)

    monkeypatch.setattr(fitting.augment, "reseed", counted)
    size = 3000
    photos = Part(np.full((size, 100, 100, 3), 90, np.uint8), np.arange(size) % 2)
    few = Part(photos.photos[:16], photos.labels[:16])
    recipe = replace(
        RECIPE, height=100, width=100, epochs=5, photos_per_epoch=16, balance="balanced_softmax"
    )
    fit(recipe, photos, few, 2, tmp_path)
    assert len(taken) == 5
    growth, one_copy = taken[-1] - taken[1], photos.photos.nbytes
    assert growth < one_copy


def memory():
    """Bytes that this process holds at the moment."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
