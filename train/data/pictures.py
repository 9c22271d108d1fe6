"""What training takes of a table of photos: their pixels and the numbers of their diagnoses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.photo.decode import decode, resize
from train.progress import track

if TYPE_CHECKING:
    from train.recipe import Recipe


def decoded(photos: pd.DataFrame, recipe: Recipe) -> np.ndarray:
    """Decode and resize every photo; (n, height, width, 3) uint8, RGB."""
    pixels = np.empty((len(photos), recipe.height, recipe.width, 3), np.uint8)
    for row, path in enumerate(track(photos["path"], "Resizing the photos")):
        pixels[row] = resize(decode(Path(path).read_bytes()), recipe.height, recipe.width)
    return pixels


def labels(photos: pd.DataFrame, diagnoses: Sequence[str]) -> np.ndarray:
    """(photos,) int, the number of each photo's diagnosis."""
    return photos["diagnosis"].map({code: i for i, code in enumerate(diagnoses)}).to_numpy()
