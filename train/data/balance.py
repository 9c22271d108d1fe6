"""Making rare diagnoses as frequent as common ones: fewer photos of some, copies of others."""

import hashlib

import numpy as np
import pandas as pd

from model.lesions import verdict
from train.data import augment

BATCH = 100


def by_verdict(photos):
    """The same photos as `benign` or `malignant`, as many of the one as of the other.

    The more frequent side is thinned out by a hash of the photo's id, so it loses the same photos
    whatever else was left out. Diagnoses that `model.lesions` knows no verdict on are left out.

    Args:
        photos: `train.data.splits.Cleaned.photos`.
    Returns:
        (kept, left_out): the photos kept, in their order, with the verdict as `diagnosis`; and the
        others as in `train.data.splits.Cleaned.left_out`.
    """
    verdicts = photos["diagnosis"].map(verdict)
    fewest = verdicts.value_counts().min()
    chance = photos["image_id"].map(lambda name: hashlib.sha256(name.encode()).hexdigest())
    place = chance.groupby(verdicts).rank(method="first")  # NaN where there is no verdict
    is_kept = place <= fewest
    left_out = photos.loc[~is_kept, ["image_id", "diagnosis"]].assign(
        reason="as many benign as malignant photos are wanted"
    )
    kept = photos[is_kept].assign(diagnosis=verdicts[is_kept]).reset_index(drop=True)
    return kept, left_out


def with_copies(photos, recipe):
    """Add the rows of the augmented copies that a recipe balances with.

    `copies` adds the same number to every diagnosis, `levelled` as many as bring every diagnosis
    to the most frequent one. Where the photos are split already, only training photos are counted
    and copied.

    Args:
        photos: table with `image_id` and `diagnosis`, and `split` where it is decided.
        recipe: `train.recipe.Recipe`.
    Returns:
        The photos with `copy_of` (empty) and `num_copies` (how often each was copied), followed
        by the copies, with the number of the photo's row in `source`.
    """
    photos = photos.reset_index(drop=True)
    photos = photos.assign(copy_of="", num_copies=0, source=photos.index)
    can_copy = photos["split"] == "train" if "split" in photos else photos["diagnosis"] != ""
    rows = photos[can_copy].groupby("diagnosis").indices
    own = np.flatnonzero(can_copy)
    most = max((len(places) for places in rows.values()), default=0)
    chance = np.random.default_rng(recipe.seed)
    chosen = []
    for _, places in sorted(rows.items()):
        wanted = {"copies": recipe.copies_per_diagnosis, "levelled": most - len(places)}
        chosen.append(chance.choice(own[places], wanted.get(recipe.balance, 0)))
    chosen = np.concatenate(chosen)
    copies = photos.iloc[chosen].assign(copy_of=photos["image_id"].iloc[chosen], num_copies=0)
    number = copies.groupby("copy_of").cumcount() + 1
    copies["image_id"] = copies["copy_of"] + " copy " + number.astype(str)
    photos["num_copies"] = photos["image_id"].map(copies["copy_of"].value_counts())
    photos["num_copies"] = photos["num_copies"].fillna(0).astype(int)
    return pd.concat([photos, copies], ignore_index=True)


def draw_copies(photos, table, recipe):
    """Make the pictures of a table that holds copies.

    Args:
        photos: (n, height, width, 3) uint8, the pictures of the first n rows.
        table: of `with_copies`.
        recipe: for strength and seed of the changes.
    Returns:
        (rows, height, width, 3) uint8: `photos`, then one changed picture per copy.
    """
    sources = table["source"].to_numpy()[len(photos) :]
    if not len(sources):
        return photos
    pictures = np.empty((len(table), *photos.shape[1:]), np.uint8)
    pictures[: len(photos)] = photos
    layers = augment.changes(recipe.augment, seed=recipe.seed)
    for start in range(0, len(sources), BATCH):
        changed = augment.changed(photos[sources[start : start + BATCH]], layers)
        place = len(photos) + start
        pictures[place : place + len(changed)] = np.round(changed)
    return pictures
