"""One network, one fold: epochs that survive an interruption.

A workspace holds everything a resumed training needs: history.csv (the row of an epoch is written
last, so it is the truth about what is done), the weights and optimizer state after that epoch, and
the best weights so far.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
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
    import keras
    import tensorflow as tf

    workspace.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed + fold)
    # Small photos first need a network for photos of any size; its weights are the same.
    size = (None, None) if recipe.small_epochs else (recipe.height, recipe.width)
    height, width = size
    network = recipe.network(height, width, num_diagnoses)
    drawn = _photos_drawn(recipe, training, num_diagnoses)
    network.compile(
        optimizer=keras.optimizers.Adam(
            recipe.learning_rate,
            weight_decay=recipe.weight_decay or None,
            use_ema=recipe.averaging > 0,
            ema_momentum=recipe.averaging,
            ema_overwrite_frequency=None,
        ),
        loss=_loss(recipe, drawn, network.output_shape[-1]),
        metrics=[_accuracy(drawn)],
    )
    network.optimizer.build(network.trainable_variables)

    history = _resume(network, workspace)
    # TensorFlow holds on to what a dataset's functions capture, so the photos go in only once.
    photos, codes = tf.constant(training.photos), _codes(training, drawn)
    checked = _in_order(validation, recipe.batch_size)
    num_photos = drawn.sum() if recipe.photos_per_epoch else len(training.labels)
    steps = math.ceil(num_photos / recipe.batch_size)
    with progress.bar(f"Fold {fold}", recipe.epochs * steps) as advance:
        for _ in range(len(history) * steps):
            advance()
        while len(history) < recipe.epochs and not _is_over(recipe, history):
            epoch = len(history)
            started = time.perf_counter()
            network.fit(
                _shuffled(recipe, photos, codes, drawn, recipe.seed + 1000 * fold + epoch, epoch),
                epochs=1,
                verbose=0,
                shuffle=False,  # the dataset shuffles itself, with a seed of its own
                callbacks=[_every_batch(recipe, network.optimizer, epoch, steps, advance)],
            )
            # Training figures are Keras's averages over the epoch, augmentation included.
            learned = network.history.history
            network.save_weights(_weights_after(workspace, epoch + 1))
            if recipe.averaging:
                network.optimizer.finalize_variable_values(network.trainable_variables)
            loss, accuracy = network.evaluate(checked, verbose=0)
            row = {
                "fold": fold,
                "epoch": epoch + 1,
                "loss": learned["loss"][0],
                "accuracy": learned["accuracy"][0],
                "val_loss": loss,
                "val_accuracy": accuracy,
                "learning_rate": float(network.optimizer.learning_rate),
                "seconds": time.perf_counter() - started,
            }
            rows = [*history.to_dict("records"), row]
            history = pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))
            _save(network, history, best_epoch(history, recipe.monitor) == epoch + 1, workspace)
            if (
                recipe.averaging
            ):  # the averaged weights are judged; the training goes on with its own
                network.load_weights(_weights_after(workspace, epoch + 1))
            progress.console.print(
                f"fold {fold} epoch {epoch + 1}/{recipe.epochs}: loss {row['loss']:.3f}, accuracy "
                f"{row['accuracy']:.3f}, validation loss {loss:.3f}, validation accuracy "
                f"{accuracy:.3f}, {row['seconds']:.0f} s"
            )
    best = recipe.network(recipe.height, recipe.width, num_diagnoses)
    best.load_weights(workspace / "best.weights.h5")
    return best, history


def rate(recipe: Recipe, epoch: int) -> float:
    """Learning rate at a point of the training.

    Args:
        epoch: from 0; a part of it says how far the epoch has come.
    Returns:
        With the schedule `constant` always the same; with `cosine` a cosine that ends near zero,
        one value for each epoch; with `warm_cosine` the same step by step, after a first epoch
        that rises from zero. After `recipe.restart_after` epochs the cosine begins again.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "cosine":
        epoch = int(epoch)
    elif epoch < 1:
        return recipe.learning_rate * epoch
    if _is_restarted(recipe, epoch):
        left = recipe.epochs - recipe.restart_after
        return _cosine(recipe.restart_rate, (epoch - recipe.restart_after) / left)
    return _cosine(recipe.learning_rate, epoch / (recipe.cosine_epochs or recipe.epochs))


def _cosine(highest, share):
    return highest * 0.5 * (1 + math.cos(math.pi * share))


def _is_restarted(recipe, epoch):
    return 0 < recipe.restart_after <= epoch


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
    """(n,) int, what the loss learns from: the diagnosis, plus their number for phone photos."""
    return part.labels if len(drawn) == 1 else part.labels + drawn.shape[1] * part.is_phone


def _accuracy(drawn):
    """Keras's accuracy, or that of the diagnosis in `_codes`."""
    import keras

    if len(drawn) == 1:
        return "accuracy"

    def accuracy(codes, logits):
        truth = keras.ops.cast(keras.ops.reshape(codes, (-1,)), "int32") % drawn.shape[1]
        answer = keras.ops.cast(keras.ops.argmax(logits, axis=-1), "int32")
        return keras.ops.cast(truth == answer, "float32")

    return accuracy


def _loss(recipe, drawn, num_outputs):
    import keras

    if num_outputs == 1:
        return keras.losses.BinaryCrossentropy()  # of one sigmoid
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not balance.KINDS[recipe.balance].prior_in_loss:
        return plain
    log_priors = np.stack([balance.log_prior(of_kind) for of_kind in drawn])

    def balanced_softmax(codes, logits):
        if len(drawn) == 1:
            return plain(codes, logits + log_priors[0])
        codes = keras.ops.cast(keras.ops.reshape(codes, (-1,)), "int32")
        prior = keras.ops.take(log_priors, codes // num_outputs, axis=0)
        return plain(codes % num_outputs, logits + prior)

    return balanced_softmax


def _every_batch(recipe, optimizer, epoch, steps, advance):
    import keras

    def begin(batch, logs=None):
        optimizer.learning_rate = rate(recipe, epoch + batch / steps)

    return keras.callbacks.LambdaCallback(
        on_train_batch_begin=begin, on_train_batch_end=lambda batch, logs=None: advance()
    )


def _shuffled(recipe, photos, codes, drawn, seed, epoch):
    import tensorflow as tf

    labels = tf.constant(codes)
    # Copies are augmented once, before the training; augmenting them again is another recipe.
    strength = recipe.restart_augment if _is_restarted(recipe, epoch) else recipe.augment
    makes_copies = balance.KINDS[recipe.balance].num_copies is not None
    strength = "none" if makes_copies else strength
    side = recipe.small_side if epoch < recipe.small_epochs else None
    layers = augment.changes(strength, seed, side)

    def load(rows):
        return augment.changed(tf.gather(photos, rows), layers), tf.gather(labels, rows)

    if recipe.photos_per_epoch:
        rows = tf.data.Dataset.from_tensor_slices(balance.draw_rows(codes, drawn.ravel(), seed))
    else:
        rows = tf.data.Dataset.range(len(codes)).shuffle(len(codes), seed=seed)
    # One call at a time: two would draw from the seeds in an order of chance. Augmenting is four
    # times faster than training, so the network does not wait for it.
    return rows.batch(recipe.batch_size).map(load).prefetch(4)


def _in_order(part, batch_size):
    import tensorflow as tf

    photos, labels = tf.constant(part.photos), tf.constant(part.labels)
    rows = tf.data.Dataset.range(len(part.labels)).batch(batch_size)
    return rows.map(
        lambda chosen: (tf.cast(tf.gather(photos, chosen), tf.float32), tf.gather(labels, chosen))
    ).prefetch(2)


def _is_over(recipe, history):
    return (
        len(history) > 0 and len(history) - best_epoch(history, recipe.monitor) >= recipe.patience
    )


def _resume(network, workspace):
    """Load the state after the last finished epoch; an empty history where there is none."""
    if not (workspace / "history.csv").exists():
        return pd.DataFrame(columns=list(HISTORY_COLUMNS))
    history = pd.read_csv(workspace / "history.csv")
    network.load_weights(_weights_after(workspace, len(history)))
    progress.console.print(f"Going on after epoch {len(history)} of an interrupted training.")
    return history


def _save(network, history, is_best, workspace):
    if is_best:
        network.save_weights(workspace / "new.weights.h5")
        os.replace(workspace / "new.weights.h5", workspace / "best.weights.h5")
    history.to_csv(workspace / "history.new", index=False)
    os.replace(workspace / "history.new", workspace / "history.csv")
    _weights_after(workspace, len(history) - 1).unlink(missing_ok=True)


def _weights_after(workspace, epoch):
    return workspace / f"epoch_{epoch:03d}.weights.h5"
