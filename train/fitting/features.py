"""Features of photos as a trained network gives them, in several degrees of sharpness."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd

from model.network.compiled import CompiledNetwork, NetworkOutput
from model.photo.decode import PhotoError, decode, resize
from train.progress import console, track

if TYPE_CHECKING:
    from train.recipe import Recipe


def in_sharpnesses(
    network: keras.Model,
    recipe: Recipe,
    photos: pd.DataFrame,
    pixels: np.ndarray,
    output: NetworkOutput,
) -> tuple[np.ndarray, np.ndarray]:
    """Features of photos, with `recipe.novelty_layers` in up to three degrees of sharpness.

    Each photo as it is, its sharper file where there is one, and reduced to half of the network's
    side. Otherwise a score of fine texture would take a sharper camera for another kind of
    picture.

    Args:
        network: the Keras network.
        recipe: what the network was trained by.
        photos: with their `split`, and `high_res_path` where there are sharper files.
        pixels: (photos, height, width, 3) uint8, as the network sees them.
        output: the network's output for them.
    Returns:
        (features, parts): (rows, features) float32, and the split of each row.
    """
    split = photos["split"].to_numpy()
    features, parts = [output.features], [split]
    if recipe.novelty_layers:
        rows = np.flatnonzero(split != "test")
        one_view = CompiledNetwork(
            network, recipe.heatmap_layer, feature_layers=recipe.novelty_layers
        )
        paths = photos.get("high_res_path", pd.Series("", photos.index)).to_numpy()
        sharper = rows[paths[rows] != ""]
        reduced = [_reduced(pixels[row]) for row in track(rows, "Reducing the photos")]
        readable, sharp = read_photos(paths[sharper], recipe, "Reading the sharper files")
        for chosen, versions in ((rows, reduced), (sharper[readable], sharp)):
            if versions:
                parts.append(split[chosen])
                features.append(one_view(np.stack(versions)).features)
    return np.concatenate(features), np.concatenate(parts)


def read_photos(
    paths: Iterable[Path | str], recipe: Recipe, title: str
) -> tuple[list[int], list[np.ndarray]]:
    """Decode files at the network's size; a file that cannot be read is named and left out.

    Args:
        paths: of the files.
        recipe: whose height and width count.
        title: of the progress bar.
    Returns:
        (indices, photos) of the files that can be read; a photo is (height, width, 3) uint8.
    """
    indices, photos = [], []
    for index, path in enumerate(track(paths, title)):
        try:
            photo = decode(Path(path).read_bytes())
        except (PhotoError, OSError) as error:
            console.print(f"Left out: {path} ({error})")
            continue
        indices.append(index)
        photos.append(resize(photo, recipe.height, recipe.width))
    return indices, photos


def _reduced(photo):
    height, width = photo.shape[:2]
    return resize(resize(photo, height // 2, width // 2), height, width)
