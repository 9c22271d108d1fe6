"""Training the network that finds a lesion's outline; an interrupted training goes on."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from train import progress
from train.networks.outline_network import SIDE, unet

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Settings:
    """What decides a training, beside its photos.

    Sides are in pixels. `turn` is the largest turn in degrees beside quarter turns and flips,
    `zoom` the largest factor either way, `shift` the largest shift as a share of the side, `colour`
    the largest change of the light and of each colour, as a factor.
    """

    side: int = SIDE
    epochs: int = 14
    batch_size: int = 32
    learning_rate: float = 3e-3
    seed: int = 21
    turn: float = 45
    zoom: float = 1.5
    shift: float = 0.1
    colour: float = 1.25


@dataclass(frozen=True)
class Lesions:
    """Photos, (n, side, side, 3) uint8 RGB, and their masks, (n, side, side) uint8, 0 or 255."""

    photos: np.ndarray
    masks: np.ndarray


def fit(
    training: Lesions, validation: Lesions, settings: Settings, workspace: Path, state: str
) -> tuple[keras.Model, list[dict[str, Any]]]:
    """Train, or go on after the last finished epoch of the same training.

    Args:
        training, validation: the latter choose the epoch by their mean soft Dice.
        settings: of the training.
        workspace: folder for what an interrupted training has done.
        state: what tells these photos from others.
    Returns:
        (network of the best epoch, a row of figures for each epoch).
    """
    import keras

    workspace.mkdir(parents=True, exist_ok=True)
    file = workspace / "history.json"
    asked = {"state": state, **asdict(settings)}
    history: list[dict[str, Any]] = []
    if file.exists():
        kept = json.loads(file.read_text("utf-8"))
        history = kept["history"] if kept["asked"] == asked else []
    steps = math.ceil(len(training.photos) / settings.batch_size)
    keras.utils.set_random_seed(settings.seed)
    network = unet(settings.side)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps * settings.epochs)
    network.compile(keras.optimizers.Adam(rate), loss=_loss)
    network.optimizer.build(network.trainable_variables)
    if history:
        network.load_weights(workspace / f"epoch_{len(history)}.weights.h5")
        progress.console.print(f"Going on after epoch {len(history)} of an interrupted training.")
    with progress.bar("Training the outline", settings.epochs * steps) as advance:
        for epoch in range(len(history), settings.epochs):
            started = time.perf_counter()
            losses = []
            for photos, masks in batches(training, settings, epoch):
                losses.append(float(network.train_on_batch(photos, masks)))
                advance()
            dice = soft_dice(network, validation)
            history.append(
                {
                    "epoch": epoch + 1,
                    "loss": float(np.mean(losses)),
                    "val_dice": dice,
                    "seconds": time.perf_counter() - started,
                }
            )
            network.save_weights(workspace / f"epoch_{epoch + 1}.weights.h5")
            if dice == max(row["val_dice"] for row in history):
                network.save_weights(workspace / "best.weights.h5")
            file.write_text(json.dumps({"asked": asked, "history": history}), "utf-8")
            (workspace / f"epoch_{epoch}.weights.h5").unlink(missing_ok=True)
            progress.console.print(
                f"Epoch {epoch + 1}: loss {history[-1]['loss']:.3f}, validation Dice {dice:.3f}"
            )
    network.load_weights(workspace / "best.weights.h5")
    return network, history


def soft_dice(network: keras.Model, lesions: Lesions) -> float:
    """Mean over photos of twice the overlap over the sum, of shares instead of yes or no."""
    logits = network.predict(lesions.photos, batch_size=64, verbose=0)[..., 0]
    shares = 1 / (1 + np.exp(-logits))
    masks = _halved(lesions.masks)
    overlap = 2 * (shares * masks).sum(axis=(1, 2))
    return float((overlap / (shares.sum(axis=(1, 2)) + masks.sum(axis=(1, 2)) + 1e-6)).mean())


def batches(
    lesions: Lesions, settings: Settings, epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One epoch of changed photos and masks; the same settings and epoch give the same.

    Yields:
        (photos (n, side, side, 3) float32 in 0 to 255, masks (n, side / 2, side / 2, 1) float32).
    """
    draw = np.random.default_rng([settings.seed, epoch])
    order = draw.permutation(len(lesions.photos))
    for start in range(0, len(order), settings.batch_size):
        rows = np.sort(order[start : start + settings.batch_size])
        yield _changed(lesions.photos[rows], lesions.masks[rows], settings, draw)


def _changed(photos, masks, settings, draw):
    """Flip, turn, zoom and shift photos and masks alike; change the colours of the photos."""
    import tensorflow as tf

    number, side = len(photos), settings.side
    both = np.concatenate([photos, masks[..., None]], axis=3).astype(np.float32)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=both,
        transforms=_transforms(number, side, settings, draw),
        output_shape=[side, side],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    ).numpy()
    light = settings.colour ** draw.uniform(-1, 1, (number, 1, 1, 3))
    light *= settings.colour ** draw.uniform(-1, 1, (number, 1, 1, 1))
    contrast = settings.colour ** draw.uniform(-1, 1, (number, 1, 1, 1))
    pixels = moved[..., :3]
    middle = pixels.mean(axis=(1, 2), keepdims=True)
    pixels = np.clip(((pixels - middle) * contrast + middle) * light, 0, 255)
    return pixels.astype(np.float32), _halved(moved[..., 3])[..., None].astype(np.float32)


def _transforms(number, side, settings, draw):
    """(n, 8) float32: where each place of a changed photo comes from."""
    angle = np.radians(draw.uniform(-settings.turn, settings.turn, number))
    angle += np.pi / 2 * draw.integers(4, size=number)
    flip = draw.choice([-1.0, 1.0], number)
    zoom = settings.zoom ** draw.uniform(-1, 1, number)
    shift = draw.uniform(-settings.shift, settings.shift, (number, 2)) * side
    a, b = np.cos(angle) * zoom, np.sin(angle) * zoom
    matrix = np.stack([a * flip, -b, b * flip, a], axis=1).reshape(number, 2, 2)
    middle = (side - 1) / 2
    offset = middle - matrix @ np.array([middle, middle]) + shift
    rows = np.zeros((number, 8), np.float32)
    rows[:, [0, 1]], rows[:, 2] = matrix[:, 0], offset[:, 0]
    rows[:, [3, 4]], rows[:, 5] = matrix[:, 1], offset[:, 1]
    return rows


def _halved(masks):
    """(n, side, side), 0 to 255 -> (n, side / 2, side / 2) float32, 0 to 1: the share of each
    two by two pixels."""
    number, height, width = masks.shape
    blocks = masks.reshape(number, height // 2, 2, width // 2, 2).astype(np.float32)
    return blocks.mean(axis=(2, 4)) / 255


def _loss(masks, logits):
    """Cross-entropy plus one less soft Dice, the latter photo by photo."""
    from keras import ops

    entropy = ops.mean(ops.binary_crossentropy(masks, logits, from_logits=True))
    shares = ops.sigmoid(logits)
    overlap = 2 * ops.sum(shares * masks, axis=(1, 2, 3))
    whole = ops.sum(shares, axis=(1, 2, 3)) + ops.sum(masks, axis=(1, 2, 3))
    return entropy + 1 - ops.mean((overlap + 1) / (whole + 1))
