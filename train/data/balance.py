"""Class balance: equally many photos of both verdicts, or augmented copies of rare diagnoses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.lesions import verdict
from train.data import augment

if TYPE_CHECKING:
    from train.recipe import Recipe


@dataclass(frozen=True)
class Kind:
    """One kind of balancing.

    `num_copies`, from the recipe, the number of photos of a diagnosis and that of the most
    frequent diagnosis, says how many augmented copies to add; None: no copies are made.
    `prior_in_loss`: the training prior is added to the logits inside the loss.
    """

    num_copies: Callable[[Recipe, int, int], int] | None = None
    prior_in_loss: bool = False


KINDS = {
    "none": Kind(),
    # Rare diagnoses get more weight: Ren et al. 2020, https://arxiv.org/abs/2007.10740.
    "balanced_softmax": Kind(prior_in_loss=True),
    "oversample_fixed": Kind(lambda recipe, num_photos, num_majority: recipe.copies_per_diagnosis),
    "oversample_to_majority": Kind(
        lambda recipe, num_photos, num_majority: num_majority - num_photos
    ),
}


def by_verdict(photos: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Relabel photos as `benign` or `malignant` and keep equally many of each.

    The more frequent verdict is thinned out by a hash of the photo's id, so it loses the same
    photos whatever else was left out. Diagnoses without a verdict in `model.lesions` are left out.

    Args:
        photos: `train.data.splits.Cleaned.photos`.
    Returns:
        (kept, left_out): the photos kept, in their order, with the verdict as `diagnosis`; and the
        others as in `train.data.splits.Cleaned.left_out`.
    """
    verdicts = photos["diagnosis"].map(verdict)
    fewest = verdicts.value_counts().min()
    digests = photos["image_id"].map(lambda name: hashlib.sha256(name.encode()).hexdigest())
    ranks = digests.groupby(verdicts).rank(method="first")  # NaN where there is no verdict
    is_kept = ranks <= fewest
    left_out = photos.loc[~is_kept, ["image_id", "diagnosis"]].assign(
        reason="as many benign as malignant photos are wanted"
    )
    kept = photos[is_kept].assign(diagnosis=verdicts[is_kept]).reset_index(drop=True)
    return kept, left_out


def with_copies(photos: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Add a row for each augmented copy that the recipe's kind of balancing asks for.

    Where the photos are split already, only training photos are counted and copied.

    Args:
        photos: table with `image_id` and `diagnosis`, and `split` where it is decided.
        recipe: for `balance`, `copies_per_diagnosis` and seed.
    Returns:
        The photos with `copy_of` (empty) and `num_copies` (how often each was copied), followed
        by the copies; `source` is the row of the photo that a copy is made of.
    """
    photos = photos.reset_index(drop=True)
    photos = photos.assign(copy_of="", num_copies=0, source=photos.index)
    sources = _sources(photos, recipe)
    copies = photos.iloc[sources].assign(copy_of=photos["image_id"].iloc[sources], num_copies=0)
    serial = copies.groupby("copy_of").cumcount() + 1
    copies["image_id"] = copies["copy_of"] + " copy " + serial.astype(str)
    photos["num_copies"] = photos["image_id"].map(copies["copy_of"].value_counts())
    photos["num_copies"] = photos["num_copies"].fillna(0).astype(int)
    return pd.concat([photos, copies], ignore_index=True)


def photos_drawn(counts: np.ndarray, num_photos: int, power: float) -> np.ndarray:
    """How many photos of each diagnosis an epoch draws.

    Args:
        counts: (diagnoses,) int, the training photos there are.
        num_photos: to draw in all.
        power: see `train.recipe.Recipe.sampling_power`.
    Returns:
        (diagnoses,) int, at least 1 where there is a photo; their sum is about `num_photos`.
    """
    weights = np.where(counts > 0, np.maximum(counts, 1.0) ** power, 0.0)
    drawn = np.rint(num_photos * weights / weights.sum()).astype(int)
    return np.where(counts > 0, np.maximum(drawn, 1), 0)


def draw_rows(labels: np.ndarray, num_drawn: np.ndarray, seed: int) -> np.ndarray:
    """Draw the photos of one epoch, in random order.

    Args:
        labels: (photos,) int.
        num_drawn: (labels,) int, of `photos_drawn`.
        seed: of the draw.
    Returns:
        (sum of `num_drawn`,) int row numbers. No photo of a label comes a second time before each
        came once.
    """
    draw = np.random.default_rng(seed)
    drawn = []
    for label in np.flatnonzero(num_drawn):
        rows = np.flatnonzero(labels == label)
        rounds = -(-num_drawn[label] // len(rows))
        drawn.append(np.concatenate([draw.permutation(rows) for _ in range(rounds)]))
        drawn[-1] = drawn[-1][: num_drawn[label]]
    return draw.permutation(np.concatenate(drawn))


def log_prior(num_drawn: np.ndarray) -> np.ndarray:
    """Log of how often each diagnosis is drawn.

    A diagnosis that is never drawn counts as one of average frequency: so the network learns
    that it does not occur.

    Args:
        num_drawn: (diagnoses,) int.
    Returns:
        (diagnoses,) float32.
    """
    shares = np.where(num_drawn > 0, num_drawn, num_drawn[num_drawn > 0].mean())
    return np.log(shares / num_drawn.sum()).astype(np.float32)


def _sources(photos: pd.DataFrame, recipe: Recipe) -> np.ndarray:
    """(copies,) int: the row to copy for each copy, drawn at random within each diagnosis."""
    num_copies = KINDS[recipe.balance].num_copies
    is_source = (photos["split"] == "train") if "split" in photos else photos["diagnosis"] != ""
    if num_copies is None or not is_source.any():
        return np.zeros(0, dtype=int)
    rows_by_diagnosis = photos[is_source].groupby("diagnosis").groups
    num_majority = max(len(rows) for rows in rows_by_diagnosis.values())
    draw = np.random.default_rng(recipe.seed)
    return np.concatenate(
        [
            draw.choice(np.asarray(rows), num_copies(recipe, len(rows), num_majority))
            for _, rows in sorted(rows_by_diagnosis.items())
        ]
    )


def draw_copies(pixels: np.ndarray, table: pd.DataFrame, recipe: Recipe) -> np.ndarray:
    """Compute the pixels of the augmented copies in a table.

    Args:
        pixels: (n, height, width, 3) uint8, RGB, of the first n rows of `table`.
        table: of `with_copies`.
        recipe: for `augment` and seed.
    Returns:
        (rows, height, width, 3) uint8: `pixels`, then one changed photo per copy.
    """
    sources = table["source"].to_numpy()[len(pixels) :]
    return augment.with_changed(pixels, sources, recipe.augment, recipe.seed)
