"""Splits of the photos into training, validation and test, under two protocols.

The honest protocol keeps photos of one lesion, exact duplicates and near duplicates in the same
part, leaves out contradictory duplicates, and makes augmented copies after the split, of training
photos only. The as-published protocol does what the usual notebooks do: it keeps all photos, makes
the augmented copies first and then splits by image. The protocols differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from model.run import AS_PUBLISHED
from train.data import balance, duplicates
from train.data.readers import DataError

if TYPE_CHECKING:
    from train.recipe import Recipe

MIN_GROUPS = 10  # with fewer lesions, three parts hold too little to measure


@dataclass(frozen=True)
class Cleaned:
    """Photos fit for a split, and those left out.

    `photos` has the table's columns plus `pixels`, `phash`, `duplicate_group` and `group`;
    `left_out` has `image_id`, `diagnosis` and `reason`.
    """

    photos: pd.DataFrame
    left_out: pd.DataFrame


def clean(fingerprinted: pd.DataFrame, protocol: str) -> Cleaned:
    """Leave out the photos that a network can neither learn from nor be measured on.

    In this order: unreadable files, and under the honest protocol contradictory duplicates, all
    but one of several exact duplicates, and diagnoses left with fewer than 10 lesions.

    Args:
        fingerprinted: the table of `train.data.duplicates.fingerprint`.
        protocol: `honest` or `as-published`.
    Returns:
        `Cleaned`.
    Raises:
        DataError: fewer than two diagnoses are left.
    """
    left_out = []

    def leave_out(photos: pd.DataFrame, mask: pd.Series, reason: str) -> pd.DataFrame:
        left_out.append(photos.loc[mask, ["image_id", "diagnosis"]].assign(reason=reason))
        return photos[~mask].reset_index(drop=True)

    # The reasons are written into card.json, in the words of the runs that ship.
    photos = leave_out(fingerprinted, fingerprinted["pixels"] == "", "unreadable")
    if photos.empty:
        problem = fingerprinted["problem"].iloc[0] if len(fingerprinted) else "There are none."
        raise DataError(f"None of the {len(fingerprinted)} photos can be read. {problem}")
    photos = duplicates.group(photos)
    if protocol != AS_PUBLISHED:
        contradictory = duplicates.contradictions(photos)
        photos = leave_out(photos, contradictory, "copies under several diagnoses")
        photos = leave_out(photos, photos.duplicated("pixels"), "exact copy of another photo")
        lesions = photos.groupby("diagnosis")["group"].nunique()
        rare = photos["diagnosis"].isin(lesions.index[lesions < MIN_GROUPS])
        photos = leave_out(photos, rare, f"diagnosis left with fewer than {MIN_GROUPS} lesions")
    if photos["diagnosis"].nunique() < 2:
        raise DataError(
            f"After cleaning, {len(photos)} photos of {photos['diagnosis'].nunique()} diagnoses "
            f"are left; at least two diagnoses with {MIN_GROUPS} lesions each are needed."
        )
    return Cleaned(with_distinct_ids(photos), pd.concat(left_out, ignore_index=True))


def with_distinct_ids(photos: pd.DataFrame) -> pd.DataFrame:
    """benign/1.jpg and malignant/1.jpg are two photos: where names collide, the folder is added."""
    is_ambiguous = photos["image_id"].duplicated(keep=False)
    if not is_ambiguous.any():
        return photos
    longer_names = photos["path"].map(lambda path: "/".join(path.parts[-3:]))
    return photos.assign(image_id=photos["image_id"].where(~is_ambiguous, longer_names))


def folds(
    photos: pd.DataFrame, recipe: Recipe, protocol: str, num_folds: int = 1
) -> list[pd.DataFrame]:
    """Split the photos and add augmented copies; the protocols differ in which comes first.

    With one fold, one test part is set aside. With several, each photo is in the test part of
    exactly one fold, and in each fold a validation part is taken from the rest. All parts have
    about the same shares of the diagnoses.

    Args:
        photos: `Cleaned.photos`, of the diagnoses that the network shall distinguish.
        recipe: for its balance, shares and seeds.
        protocol: `honest` (split by group, then copy training photos) or `as-published` (copy,
            then split by image, or along the parts the data was shipped in).
        num_folds: 1, or the number of folds; with several the test share is 1 / num_folds.
    Returns:
        One table per fold: the rows of `photos` and of the copies, with `split` (`train`,
        `validation` or `test`), `copy_of` and `num_copies` (see `train.data.balance.with_copies`).
    Raises:
        DataError: more folds than lesions (or photos) of a diagnosis, or several folds of a recipe
            that was published on the test part that its data set ships with.
    """
    is_leaky = protocol == AS_PUBLISHED
    unit = "image_id" if is_leaky else "group"
    fewest = photos.groupby("diagnosis")[unit].nunique().min()
    if num_folds > fewest:
        raise DataError(
            f"{num_folds} folds need {num_folds} {'photos' if is_leaky else 'lesions'} of every "
            f"diagnosis; one has {fewest}. Choose fewer with --folds."
        )
    if is_leaky:
        copied = balance.with_copies(photos, recipe)
        return [copied.assign(split=split) for split in _splits_by_image(copied, recipe, num_folds)]
    return [
        balance.with_copies(photos.assign(split=split), recipe)
        for split in _splits_by_group(photos, recipe, num_folds)
    ]


def _splits_by_group(photos: pd.DataFrame, recipe: Recipe, num_folds: int) -> list[np.ndarray]:
    """`train`, `validation` or `test` for each photo, once per fold; a group stays together."""
    num_parts = _num_parts(recipe, num_folds)
    tests = list(_parts(photos, num_parts, "group", recipe.split_seed))[:num_folds]
    return [_split(photos, recipe, test, num_parts, "group") for test in tests]


def _splits_by_image(photos: pd.DataFrame, recipe: Recipe, num_folds: int) -> list[np.ndarray]:
    """`train`, `validation` or `test` for each photo, once per fold, whatever its lesion.

    A recipe published on the shipped parts is tested on the shipped Test.
    """
    num_parts = _num_parts(recipe, num_folds)
    is_shipped_test = photos["shipped_part"].to_numpy() == "Test"
    if not (recipe.published_on_shipped_test and is_shipped_test.any()):
        tests = list(_parts(photos, num_parts, None, recipe.split_seed))[:num_folds]
    elif num_folds == 1:
        tests = [np.flatnonzero(is_shipped_test)]
    else:
        raise DataError(
            f"{recipe.name} was published on the Test folder its data ships with, so as "
            f"published it has one split and not {num_folds} folds. Leave --folds out."
        )
    return [_split(photos, recipe, test, num_parts, None) for test in tests]


def _num_parts(recipe: Recipe, num_folds: int) -> int:
    """How many equal parts the photos are dealt into; one of them is the test part."""
    return round(1 / recipe.test_share) if num_folds == 1 else num_folds


def _split(
    photos: pd.DataFrame, recipe: Recipe, test: np.ndarray, num_parts: int, unit: str | None
) -> np.ndarray:
    """Take the validation part from the photos that are not in the test part.

    Args:
        test: (n,) int, the rows of the test part.
        unit: the column whose values stay together, or None.
    Returns:
        (photos,) object: `train`, `validation` or `test`.
    """
    num_rest_parts = round((1 - 1 / num_parts) / recipe.validation_share)
    rest = np.setdiff1d(np.arange(len(photos)), test)
    validation = next(_parts(photos.iloc[rest], num_rest_parts, unit, recipe.split_seed))
    split = np.full(len(photos), "train", dtype=object)
    split[rest[validation]] = "validation"
    split[test] = "test"
    return split


def _parts(
    photos: pd.DataFrame, num_parts: int, unit: str | None, seed: int
) -> Iterator[np.ndarray]:
    """Rows of parts of about equal size, each with about the same shares of the diagnoses."""
    kind = StratifiedKFold if unit is None else StratifiedGroupKFold
    folds = kind(num_parts, shuffle=True, random_state=seed)
    groups = None if unit is None else photos[unit]
    return (part for _, part in folds.split(photos, photos["diagnosis"], groups))
