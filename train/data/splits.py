"""Who is trained on, who chooses, who is tested on.

The honest protocol: photos of one lesion, exact copies and near copies stay on one side;
contradictory copies are left out; copies for balance are made after the split, of training photos.
The as-published protocol does what the usual notebooks do: it keeps every photo, makes the copies
first and then splits by image. Each function takes the protocol; nothing else tells them apart.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from model.run import AS_PUBLISHED
from train.data import balance, duplicates
from train.data.readers import DataError

MIN_GROUPS = 10  # fewer lesions than this cannot fill three parts with anything to measure


@dataclass(frozen=True)
class Cleaned:
    """Photos fit for a split, and what was left out of them and why.

    `photos` has the table's columns plus `pixels`, `phash`, `picture` and `group`;
    `left_out` has `image_id`, `diagnosis` and `reason`.
    """

    photos: pd.DataFrame
    left_out: pd.DataFrame


def clean(fingerprinted, protocol):
    """Leave out what cannot be learned from or measured on.

    In this order: unreadable files, and under the honest protocol contradictory copies, all but
    one of several exact copies, and diagnoses left with fewer than 10 lesions.

    Args:
        fingerprinted: the table of `train.data.duplicates.fingerprint`.
        protocol: `honest` or `as-published`.
    Returns:
        `Cleaned`.
    Raises:
        DataError: fewer than two diagnoses are left.
    """
    left_out = []

    def leave_out(table, mask, reason):
        gone = table.loc[mask, ["image_id", "diagnosis"]].assign(reason=reason)
        left_out.append(gone)
        return table[~mask].reset_index(drop=True)

    photos = leave_out(fingerprinted, fingerprinted["pixels"] == "", "unreadable")
    if photos.empty:
        reason = fingerprinted["problem"].iloc[0] if len(fingerprinted) else "There are none."
        raise DataError(f"None of the {len(fingerprinted)} photos can be read. {reason}")
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
    # benign/1.jpg and malignant/1.jpg are two photos: where names collide, the folder is added.
    twice = photos["image_id"].duplicated(keep=False)
    if twice.any():
        names = photos["path"].map(lambda path: "/".join(path.parts[-3:]))
        photos["image_id"] = photos["image_id"].where(~twice, names)
    return Cleaned(photos, pd.concat(left_out, ignore_index=True))


def folds(photos, recipe, protocol, num_folds=1):
    """Split, and add the copies for balance: the order of the two is what the protocols differ in.

    With one fold, a test part is set aside once. With several, every photo is in the test part
    of exactly one fold; in each fold a validation part is taken from the rest. The shares of the
    diagnoses are kept alike.

    Args:
        photos: `Cleaned.photos`, of the diagnoses the network shall tell apart.
        recipe: `train.recipe.Recipe`, for its balance, shares and seed.
        protocol: `honest` (split by group, then copy training photos) or `as-published` (copy,
            then split by image, or along the parts the data was shipped in).
        num_folds: 1, or the number of folds; with several the test share is 1 / num_folds.
    Returns:
        One table per fold: the rows of `photos` and of the copies, with `split` (`train`,
        `validation` or `test`), `copy_of` and `num_copies` (see `train.data.balance.with_copies`).
    Raises:
        DataError: more folds than lesions (or photos) of a diagnosis, or folds of a recipe that
            was published on the one test part its data ships with.
    """
    is_leaky = protocol == AS_PUBLISHED
    together = "image_id" if is_leaky else "group"
    fewest = photos.groupby("diagnosis")[together].nunique().min()
    if num_folds > fewest:
        raise DataError(
            f"{num_folds} folds need {num_folds} {'photos' if is_leaky else 'lesions'} of every "
            f"diagnosis; one has {fewest}. Choose fewer with --folds."
        )
    if is_leaky:
        copied = balance.with_copies(photos, recipe)
        return [copied.assign(split=split) for split in _splits(copied, recipe, None, num_folds)]
    splits = _splits(photos, recipe, "group", num_folds)
    return [balance.with_copies(photos.assign(split=split), recipe) for split in splits]


def _splits(photos, recipe, together, num_folds):
    """`train`, `validation` or `test` per photo and fold; rows alike in `together` stay together.

    Without `together` a recipe published on the shipped parts is tested on the shipped Test.
    """
    num_parts = round(1 / recipe.test_share) if num_folds == 1 else num_folds
    num_rest_parts = round((1 - 1 / num_parts) / recipe.validation_share)
    shipped = photos["shipped_part"].to_numpy() == "Test"
    if together is None and recipe.published_on_shipped_test and shipped.any():
        if num_folds > 1:
            raise DataError(
                f"{recipe.name} was published on the Test folder its data ships with, so as "
                f"published it has one split and not {num_folds} folds. Leave --folds out."
            )
        parts = [(np.flatnonzero(~shipped), np.flatnonzero(shipped))]
    else:
        parts = list(_parts(photos, num_parts, together, recipe.seed))[:num_folds]
    splits = []
    for rest, test in parts:
        _, validation = next(_parts(photos.iloc[rest], num_rest_parts, together, recipe.seed))
        split = np.full(len(photos), "train", dtype=object)
        split[rest[validation]] = "validation"
        split[test] = "test"
        splits.append(split)
    return splits


def _parts(photos, num_parts, together, seed):
    by_image = together is None
    kind = StratifiedKFold if by_image else StratifiedGroupKFold
    folds = kind(num_parts, shuffle=True, random_state=seed)
    return folds.split(photos, photos["diagnosis"], None if by_image else photos[together])
