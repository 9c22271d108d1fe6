"""Augmentation: random changes to training photos that do not change the diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from train.data import dermatoscope

if TYPE_CHECKING:
    import keras

BATCH = 100  # photos changed at a time
# Shares of a full turn, of the side, of the value range. `course` follows the course assignment
# behind the 9-class recipes, which only rotates its copies, by up to 10 degrees; `tutorial` follows
# Keras's tutorial with the same three convolutions.
STRENGTHS: dict[str, Mapping[str, Any]] = {
    "none": {},
    "flips": {"flip": True},
    "course": {"turn": 10 / 360},
    "tutorial": {"flip": True, "turn": 0.1, "zoom": 0.1},
    "strong": {"flip": True, "turn": 0.5, "zoom": 0.3, "brightness": 0.12, "contrast": 0.2},
    "dermatoscope": dermatoscope.RANGES,
    "dermatoscope_mild": dermatoscope.MILD,
}


def changes(strength: str, seed: int, side: int | None = None) -> list[keras.Layer]:
    """The layers that change a batch, in order; they change it in training only.

    Args:
        strength: a key of `STRENGTHS`.
        seed: of the first layer; the others follow.
        side: of the square photos returned, in pixels; None: the size does not change.
    Returns:
        List of Keras layers, (batch, height, width, 3) float32 in [0, 255] -> the same.
    """
    from keras import layers

    from train.data.random_dermatoscope import RandomDermatoscope

    chosen = STRENGTHS[strength]
    if strength.startswith("dermatoscope"):
        return [RandomDermatoscope(side, seed, cast(dermatoscope.Ranges, chosen))]
    chain: list[keras.Layer] = []
    if chosen.get("flip"):
        chain.append(layers.RandomFlip("horizontal_and_vertical", seed=seed))
    if "turn" in chosen:
        chain.append(layers.RandomRotation(chosen["turn"], fill_mode="reflect", seed=seed + 1))
    if "zoom" in chosen:
        zoom = (-chosen["zoom"], 0.0)  # inwards only, height and width apart
        chain.append(layers.RandomZoom(zoom, zoom, fill_mode="reflect", seed=seed + 2))
    if "contrast" in chosen:
        chain.append(layers.RandomContrast(chosen["contrast"], seed=seed + 3))
    if "brightness" in chosen:
        chain.append(layers.RandomBrightness(chosen["brightness"], (0, 255), seed=seed + 4))
    if side is not None:
        chain.append(layers.Resizing(side, side))
    return chain


def reseed(layers: Iterable[keras.Layer], added: int) -> None:
    """Let layers draw as if they had just been made by `changes` with a seed larger by `added`."""
    for layer in layers:
        if hasattr(layer, "generator"):
            layer.generator.state.assign([layer.seed + added, 0])


def changed(photos: Any, layers: Iterable[keras.Layer]) -> Any:
    """Change each photo of a batch at random.

    Args:
        photos: (batch, height, width, 3) uint8 or float32, RGB; a tensor or an input of a network.
        layers: of `changes`.
    Returns:
        (batch, height, width, 3) float32 in [0, 255].
    """
    from keras import ops

    photos = ops.cast(photos, "float32")
    for layer in layers:
        photos = layer(photos, training=True)
    return ops.clip(photos, 0.0, 255.0)


def with_changed(pixels: np.ndarray, sources: np.ndarray, strength: str, seed: int) -> np.ndarray:
    """Photos, followed by changed copies of some of them.

    Args:
        pixels: (n, height, width, 3) uint8, RGB.
        sources: (copies,) int, the row that each copy is made of.
        strength: a key of `STRENGTHS`.
        seed: of the changes.
    Returns:
        (n + copies, height, width, 3) uint8; `pixels` itself where there are no copies.
    """
    if not len(sources):
        return pixels
    with_copies = np.empty((len(pixels) + len(sources), *pixels.shape[1:]), np.uint8)
    with_copies[: len(pixels)] = pixels
    layers = changes(strength, seed)
    for start in range(0, len(sources), BATCH):
        copies = changed(pixels[sources[start : start + BATCH]], layers)
        first = len(pixels) + start
        with_copies[first : first + len(copies)] = np.round(copies)
    return with_copies
