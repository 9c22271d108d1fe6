"""Paired injection: test photos leak into the training part, and nothing else changes.

The probe is one photo of each lesion of an honest test part. A probe photo leaks through what
stands beside it in its lesion: other photos of it, near copies, exact copies. One that stands alone
leaks through an augmented copy of itself. Whatever comes into the training part takes the place of
another training photo of the same diagnosis, so all training parts have the same numbers.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation.injection import AUGMENTED, COPY, LESION
from model.run import HONEST
from train.data import augment, balance, splits
from train.data.readers import DataError

if TYPE_CHECKING:
    from train.recipe import Recipe

COPY_CHANGES = "tutorial"  # as the copies of `ham7_levelled`: flipped, turned and zoomed a little
PROBE, LEAK = "probe", "leak"  # beside `train` and `validation`


def parts(fingerprinted: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Split the photos honestly and find what each test photo can leak through.

    Args:
        fingerprinted: the table of `train.data.duplicates.fingerprint`.
        recipe: for its shares and seed; its classes, where it asks for verdicts.
    Returns:
        A row per photo, then one per augmented copy: the columns of
        `train.data.splits.Cleaned.photos`, `part` (`train`, `validation`, `probe` or `leak`),
        `leaks_through` (of a probe photo: `copy`, `lesion` or `augmented`; else empty), `leaks`
        (of a leak: the `image_id` of the probe photo; else empty) and `source` (the row whose file
        a row shows).
    Raises:
        DataError: as `train.data.splits.clean` and `folds`.
    """
    photos = splits.clean(fingerprinted, HONEST).photos
    if recipe.by_verdict:
        photos, _ = balance.by_verdict(photos)
    (fold,) = splits.folds(photos, recipe, HONEST)
    photos = photos.assign(part=fold["split"].to_numpy()[: len(photos)])
    num_kept = len(photos)
    photos = pd.concat([photos, _exact_copies(fingerprinted, photos)], ignore_index=True)
    photos = photos.assign(source=photos.index)

    tested = photos[photos["part"] == "test"]
    order = tested["image_id"].map(_digest)
    tested = tested.assign(is_exact_copy=tested.index >= num_kept, order=order)
    tested = tested.sort_values(["is_exact_copy", "order"])
    through: dict[int, str] = {}
    leaks: dict[int, str] = {}
    for _, lesion in tested.groupby("group", sort=False):
        probe, *others = lesion.index
        is_copy = lesion["duplicate_group"].iloc[1:] == lesion["duplicate_group"].iloc[0]
        through[probe] = AUGMENTED if not others else COPY if is_copy.any() else LESION
        leaks |= dict.fromkeys(others, lesion["image_id"].iloc[0])
    rows = photos.index.to_series()
    photos["leaks_through"] = rows.map(through).fillna("")
    photos["leaks"] = rows.map(leaks).fillna("")
    photos["part"] = photos["part"].mask(photos["leaks_through"] != "", PROBE)
    photos["part"] = photos["part"].mask(photos["leaks"] != "", LEAK)
    copies = photos.loc[[row for row, way in through.items() if way == AUGMENTED]]
    copies = copies.assign(part=LEAK, leaks_through="", leaks=copies["image_id"])
    copies["image_id"] += " changed"
    return pd.concat([photos, copies], ignore_index=True)


def ranks(photos: pd.DataFrame, seed: int) -> pd.Series:
    """In which order the probe photos leak: at dose 0.25 those with a rank below 0.25.

    A larger dose leaks what a smaller one does, and more. Every diagnosis leaks in the same share.

    Args:
        photos: of `parts`.
        seed: of the order.
    Returns:
        Float Series, above 0 and below 1, indexed by the `image_id` of the probe photos.
    """
    probe = photos[photos["part"] == PROBE].set_index("image_id")["diagnosis"]
    draw = np.random.default_rng(seed)
    ranked = pd.Series(0.0, probe.index)
    for _, names in sorted(probe.groupby(probe).groups.items()):
        ranked[names] = (draw.permutation(len(names)) + 0.5) / len(names)
    return ranked


def training_rows(photos: pd.DataFrame, dose: float, seed: int) -> np.ndarray:
    """The training part at one dose.

    Args:
        photos: of `parts`.
        dose: share of the probe photos that leak, from 0 to 1.
        seed: which photos leak, and which make room for them.
    Returns:
        (n,) int row numbers, in rising order; n is the same at every dose.
    Raises:
        DataError: more would leak of a diagnosis than it has training photos.
    """
    ranked = ranks(photos, seed)
    leaking = photos["leaks"].isin(ranked.index[ranked < dose])
    draw = np.random.default_rng(seed)
    kept = []
    for diagnosis, rows in sorted(photos.groupby("diagnosis").groups.items()):
        own = photos.loc[rows]
        training = draw.permutation(own.index[own["part"] == "train"])
        num_leaks = int(leaking[rows].sum())
        if num_leaks >= len(training):
            raise DataError(
                f"{num_leaks} photos of {diagnosis} would take the place of {len(training)} in "
                "training. Take a data set with more photos of it, or a smaller dose."
            )
        kept.append(training[num_leaks:])
    return np.sort(np.concatenate([*kept, photos.index[leaking]]))


def draw_changed(pixels: np.ndarray, photos: pd.DataFrame, seed: int) -> np.ndarray:
    """Add the pixels of the augmented copies of `parts` to those of its photos.

    Args:
        pixels: (n, height, width, 3) uint8, RGB, of the first n rows.
        photos: of `parts`.
        seed: of the changes.
    Returns:
        (rows, height, width, 3) uint8.
    """
    sources = photos["source"].to_numpy()[len(pixels) :]
    return augment.with_changed(pixels, sources, COPY_CHANGES, seed)


def _exact_copies(fingerprinted: pd.DataFrame, photos: pd.DataFrame) -> pd.DataFrame:
    """Exact copies of test photos, which cleaning has left out."""
    tested = photos[photos["part"] == "test"].drop_duplicates("pixels").set_index("pixels")
    is_other = ~fingerprinted["path"].isin(photos["path"])
    copies = fingerprinted[is_other & fingerprinted["pixels"].isin(tested.index)].copy()
    copies["image_id"] += " (copy " + (copies.groupby("pixels").cumcount() + 1).astype(str) + ")"
    for column in ("diagnosis", "duplicate_group", "group", "part"):
        copies[column] = copies["pixels"].map(tested[column])
    return copies


def _digest(name: str) -> str:
    """An order that depends on nothing else that is in the table."""
    return hashlib.sha256(name.encode()).hexdigest()
