"""Who is trained on, who chooses, who is tested on - and nobody twice.

The honest protocol: photos of one lesion, exact copies and near copies stay on one side;
contradictory copies are left out; the split comes before any augmentation.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from train import copies
from train.datasets import DataError

MIN_GROUPS = 10  # fewer lesions than this cannot fill three parts with anything to measure


@dataclass(frozen=True)
class Cleaned:
    """Photos fit for an honest split, and what was left out of them and why.

    `photos` has the table's columns plus `pixels`, `phash`, `picture` and `group`;
    `left_out` has `image_id`, `diagnosis` and `reason`.
    """

    photos: pd.DataFrame
    left_out: pd.DataFrame


def clean(fingerprinted):
    """Leave out what cannot be learned from or measured on.

    In this order: unreadable files, contradictory copies, all but one of several exact copies,
    and diagnoses left with fewer than 10 lesions.

    Args:
        fingerprinted: the table of `train.copies.fingerprint`.
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
    photos = copies.group(photos)
    photos = leave_out(photos, copies.contradictions(photos), "copies under several diagnoses")
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


def honest(photos, seed, num_folds=1, test_share=0.2, validation_share=0.15):
    """Split by group, keeping the shares of the diagnoses alike.

    With one fold, a test part is set aside once. With several, every photo is in the test part
    of exactly one fold; in each fold a validation part is taken from the rest.

    Args:
        photos: `Cleaned.photos`.
        seed: decides who goes where.
        num_folds: 1, or the number of folds.
        test_share, validation_share: of all photos; with folds the test share is 1 / num_folds.
    Returns:
        One Series of `train`, `validation` or `test` per fold, aligned with `photos`.
    """
    fewest = photos.groupby("diagnosis")["group"].nunique().min()
    if num_folds > fewest:
        raise DataError(
            f"{num_folds} folds need {num_folds} lesions of every diagnosis; one has {fewest}. "
            "Choose fewer with --folds."
        )
    num_parts = round(1 / test_share) if num_folds == 1 else num_folds
    num_rest_parts = round((1 - 1 / num_parts) / validation_share)
    splits = []
    for rest, test in list(_parts(photos, num_parts, seed))[:num_folds]:
        _, validation = next(_parts(photos.iloc[rest], num_rest_parts, seed))
        split = np.full(len(photos), "train", dtype=object)
        split[rest[validation]] = "validation"
        split[test] = "test"
        splits.append(pd.Series(split, index=photos.index, name="split"))
    return splits


def _parts(photos, num_parts, seed):
    folds = StratifiedGroupKFold(num_parts, shuffle=True, random_state=seed)
    return folds.split(photos, photos["diagnosis"], photos["group"])
