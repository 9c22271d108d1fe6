"""One network, one fold: epochs that survive an interruption.

A workspace holds everything a resumed training needs: history.csv (it decides which epochs are
done), the weights and optimizer state after the last of them, and the best weights so far. Weights
are written before the row of their epoch, and the best take their place after it, so a training may
be killed at any moment.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.run import HISTORY_COLUMNS, best_epoch
from train import progress
from train.data import augment, balance

if TYPE_CHECKING:
    import keras

    from train.recipe import Recipe


@dataclass(frozen=True)
class Part:
    """Photos of one split: (n, height, width, 3) uint8 RGB, and (n,) int output numbers.

    `is_phone` is (n,) bool, or None where no photo was taken with a phone.
    """

    photos: np.ndarray
    labels: np.ndarray
    is_phone: np.ndarray | None = None


def fit(
    recipe: Recipe,
    training: Part,
    validation: Part,
    num_diagnoses: int,
    workspace: Path,
    fold: int = 0,
) -> tuple[keras.Model, pd.DataFrame]:
    """Train one network, or go on where an interrupted training stopped.

    Args:
        recipe: `train.recipe.Recipe`.
        training, validation: `Part`.
        workspace: folder for the resumable state; made if missing.
        fold: number of the fold, for seed and history.
    Returns:
        (network, history): the Keras network with the weights of the best validation epoch, not
        compiled, and a DataFrame of `HISTORY_COLUMNS`.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    history = _history(workspace)
    _put_best(workspace, history, recipe)
    if len(history) < recipe.epochs and not _is_over(recipe, history):
        history = _train(recipe, training, validation, num_diagnoses, workspace, fold, history)
    best = recipe.network(recipe.height, recipe.width, num_diagnoses)
    best.load_weights(workspace / "best.weights.h5")
    return best, history


def _train(recipe, training, validation, num_diagnoses, workspace, fold, history):
    """Train from where the history ends; the whole history."""
    import keras

    from train.fitting import losses
    from train.fitting.batches import Epoch
    from train.fitting.learning_rate import ByStep

    teachers = _teachers(recipe, training, validation, num_diagnoses, workspace, fold)
    seed = recipe.seed + 1000 * fold
    keras.utils.set_random_seed(recipe.seed + fold)
    # Small photos first need a network for photos of any size; its weights are the same.
    size = (None, None) if recipe.small_epochs else (recipe.height, recipe.width)
    network = recipe.network(*size, num_diagnoses)
    drawn = _photos_drawn(recipe, training, num_diagnoses)
    codes = _codes(training, drawn)
    num_photos = drawn.sum() if recipe.photos_per_epoch else len(training.labels)
    steps = math.ceil(num_photos / recipe.batch_size)
    schedule = ByStep(recipe, steps)
    optimizer = keras.optimizers.Adam(
        schedule,
        weight_decay=recipe.weight_decay or None,
        use_ema=recipe.averaging > 0,
        ema_momentum=recipe.averaging,
        ema_overwrite_frequency=None,
    )
    optimizer.build(network.trainable_variables)
    loss, accuracy = losses.loss(recipe, drawn, network.output_shape[-1]), losses.accuracy(drawn)
    network.compile(optimizer, loss, metrics=[accuracy])
    if len(history):
        network.load_weights(_weights_after(workspace, len(history)))
        progress.console.print(f"Going on after epoch {len(history)} of an interrupted training.")

    learner, layers, wanted = None, [], None
    with progress.bar(_title(workspace), recipe.epochs * steps) as advance:
        for _ in range(len(history) * steps):
            advance()
        while len(history) < recipe.epochs and not _is_over(recipe, history):
            epoch = len(history)
            started = time.perf_counter()
            if learner is None or _changes(recipe, epoch) != wanted:
                wanted = _changes(recipe, epoch)
                learner, layers = _learner(network, wanted, seed, teachers, loss, accuracy)
            augment.reseed(layers, epoch)
            rows = _rows(recipe, codes, drawn, seed + epoch)
            own_weights = _weights_after(workspace, epoch + 1)
            # Training figures are Keras's averages over the epoch, augmentation included.
            learned = learner.fit(
                Epoch(training.photos, codes, rows, recipe.batch_size),
                epochs=1,
                verbose=0,
                shuffle=False,  # the rows are in random order, with a seed of their own
                callbacks=_callbacks(network, own_weights, advance),
            ).history
            val_loss, val_accuracy = network.evaluate(
                validation.photos, validation.labels.astype(np.int32), recipe.batch_size, verbose=0
            )
            row = {
                "fold": fold,
                "epoch": epoch + 1,
                "loss": learned["loss"][0],
                "accuracy": learned["accuracy"][0],
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
                "learning_rate": schedule.rates[(epoch + 1) * steps - 1],
                "seconds": time.perf_counter() - started,
            }
            rows = [*history.to_dict("records"), row]
            history = pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))
            _save(network, history, recipe, workspace)
            if recipe.averaging:  # the average is judged; the training goes on without it
                network.load_weights(own_weights)
            progress.console.print(
                f"{_title(workspace)} epoch {epoch + 1}/{recipe.epochs}: loss {row['loss']:.3f}, "
                f"accuracy {row['accuracy']:.3f}, validation loss {val_loss:.3f}, validation "
                f"accuracy {val_accuracy:.3f}, {row['seconds']:.0f} s"
            )
    return history


def _learner(network, changes, seed, teachers, loss, accuracy):
    """(what is trained, its random layers): the network behind random changes of its photos."""
    from train.fitting import losses
    from train.fitting.batches import Mixing, with_changes

    strength, side = changes
    layers = augment.changes(strength, seed, side)
    layers += [Mixing(seed)] if teachers else []
    learner = with_changes(network, layers, teachers)
    if teachers:
        learner.compile(
            network.optimizer, losses.distillation, metrics=[losses.of_learner(accuracy)]
        )
    else:
        learner.compile(network.optimizer, loss, metrics=[accuracy])
    return learner, layers


def _callbacks(network, own_weights, advance):
    """Keep a network's own weights: when `fit` ends, Keras puts their average in their place."""
    import keras

    return [
        keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs=None: advance(),
            on_epoch_end=lambda epoch, logs=None: network.save_weights(own_weights),
        )
    ]


def _photos_drawn(recipe, part, num_diagnoses):
    """(kinds, diagnoses) int: photos in an epoch, dermatoscopic ones first, then phone photos.

    Without phone photos there is one kind.
    """
    if not recipe.photos_per_epoch:
        return np.bincount(part.labels, minlength=num_diagnoses)[None]
    is_phone = np.zeros(len(part.labels), bool) if part.is_phone is None else part.is_phone
    wanted = [(~is_phone, recipe.photos_per_epoch), (is_phone, recipe.phone_photos_per_epoch)]
    return np.stack(
        [
            balance.photos_drawn(
                np.bincount(part.labels[rows], minlength=num_diagnoses),
                number,
                recipe.sampling_power,
            )
            for rows, number in wanted
            if rows.any()
        ]
    )


def _codes(part, drawn):
    """(n,) int32, what the loss learns from: the diagnosis, plus their number for phone photos."""
    codes = part.labels if len(drawn) == 1 else part.labels + drawn.shape[1] * part.is_phone
    return codes.astype(np.int32)


def _changes(recipe, epoch):
    """(strength, side) of the random changes, see `train.data.augment.changes`."""
    # Copies are augmented once, before the training; augmenting them again is another recipe.
    strength = recipe.restart_augment if recipe.is_restarted(epoch) else recipe.augment
    makes_copies = balance.KINDS[recipe.balance].num_copies is not None
    side = recipe.small_side if epoch < recipe.small_epochs else None
    return "none" if makes_copies else strength, side


def _rows(recipe, codes, drawn, seed):
    """(photos of an epoch,) int, the rows of the training photos in random order."""
    if recipe.photos_per_epoch:
        return balance.draw_rows(codes, drawn.ravel(), seed)
    return np.random.default_rng(seed).permutation(len(codes))


def _teachers(recipe, training, validation, num_diagnoses, workspace, fold):
    """The networks whose mean answer the network learns: the same recipe with other seeds."""
    alone = [
        replace(recipe, teachers=0, seed=recipe.seed + number)
        for number in range(1, recipe.teachers + 1)
    ]
    return [
        fit(teacher, training, validation, num_diagnoses, workspace / f"teacher_{number}", fold)[0]
        for number, teacher in enumerate(alone, 1)
    ]


def _title(workspace):
    return workspace.name.replace("_", " ").capitalize()


def _is_over(recipe, history):
    return (
        len(history) > 0 and len(history) - best_epoch(history, recipe.monitor) >= recipe.patience
    )


def _history(workspace):
    """The epochs that are done; none in a new workspace."""
    file = workspace / "history.csv"
    return pd.read_csv(file) if file.exists() else pd.DataFrame(columns=list(HISTORY_COLUMNS))


def _save(network, history, recipe, workspace):
    if best_epoch(history, recipe.monitor) == len(history):
        network.save_weights(_new_best(workspace, len(history)))
    history.to_csv(workspace / "history.new", index=False)
    os.replace(workspace / "history.new", workspace / "history.csv")
    _put_best(workspace, history, recipe)
    _weights_after(workspace, len(history) - 1).unlink(missing_ok=True)


def _put_best(workspace, history, recipe):
    """Let the weights of the best epoch that the history knows take their place."""
    if not len(history):
        return
    new = _new_best(workspace, best_epoch(history, recipe.monitor))
    if new.exists():
        os.replace(new, workspace / "best.weights.h5")


def _new_best(workspace, epoch):
    return workspace / f"best_{epoch:03d}.weights.h5"


def _weights_after(workspace, epoch):
    return workspace / f"epoch_{epoch:03d}.weights.h5"
