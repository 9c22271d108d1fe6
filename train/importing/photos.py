"""The photos that an imported network is measured on, and how they are split."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from model.run import HONEST, SPLITS
from train.data import duplicates, readers, splits
from train.progress import track

SEED = 20
FEWEST = 20  # validation photos; with fewer, nothing fitted on them holds
SHARED = "shows a lesion or a picture of the training photos"
NOT_A_LABEL = "not among the network's labels"


@dataclass(frozen=True)
class Parts:
    """Photos with their `split`, and those left out.

    `photos` has the columns of `train.data.splits.folds`; without `is_training_known` none of them
    is of the training part. `left_out` has `image_id`, `diagnosis` and `reason`.
    """

    photos: pd.DataFrame
    left_out: pd.DataFrame
    is_training_known: bool


def read_parts(
    data: Path,
    diagnoses: list[str] | None = None,
    lesions: Path | None = None,
    split: Path | None = None,
) -> Parts:
    """Read a data folder and split it as far as nobody has.

    Which photos the network was trained on is known from `split`, from a column `split` of the
    data's own table, or from folders Train and Test. Photos that share a lesion or a picture with
    them are left out. What is not of the training part becomes validation and test photos, half
    and half by lesion, where nothing says which is which.

    Args:
        data: folder or table in any layout of `train.data.readers`.
        diagnoses: labels of the network; photos of others are left out.
        lesions: table with `image_id` and `lesion_id`.
        split: table with `image_id` and `split`.
    Raises:
        DataError: the data cannot be read, or is too little.
    """
    table = readers.read(data, readers.layout_of(data))
    if lesions is not None:
        table = readers.with_lesions(table, lesions)
    table = duplicates.fingerprint(
        table, lambda photos: track(photos, "Reading the photos", total=len(table))
    )
    cleaned = splits.clean(table, HONEST, min_groups=1)
    photos, left_out = cleaned.photos, [cleaned.left_out]
    if diagnoses is not None:
        is_strange = ~photos["diagnosis"].isin(diagnoses)
        left_out.append(_reason(photos[is_strange], NOT_A_LABEL))
        photos = photos[~is_strange].reset_index(drop=True)
    part = _known_parts(photos, split)
    is_training_known = bool((part == "train").any())
    trained_groups = photos["group"][part == "train"]
    is_shared = photos["group"].isin(trained_groups) & (part != "train")
    left_out.append(_reason(photos[is_shared], SHARED))
    photos, part = photos[~is_shared].reset_index(drop=True), part[~is_shared.to_numpy()]
    photos = photos.assign(split=_halved(photos, part), copy_of="", num_copies=0)
    _check(photos, data)
    return Parts(photos, pd.concat(left_out, ignore_index=True), is_training_known)


def _reason(photos, reason):
    return photos[["image_id", "diagnosis"]].assign(reason=reason)


def _known_parts(photos, csv_file):
    """(photos,) object: a name of `SPLITS`, or empty where nothing is known."""
    if csv_file is not None:
        part = photos["path"].map(lambda path: path.stem).map(_read_split(csv_file))
    elif "split" in photos and (photos["split"] != "").any():
        part = photos["split"]
    else:
        part = photos["shipped_part"].str.lower()
    part = part.fillna("").str.strip().str.lower().to_numpy(dtype=object)
    unknown = sorted(set(part) - {"", *SPLITS})
    if unknown:
        raise readers.DataError(
            f"{unknown[0]!r} is no part of a split. Parts: {', '.join(SPLITS)}; leave it empty "
            "where nobody knows."
        )
    return part


def _read_split(csv_file):
    try:
        table = pd.read_csv(csv_file, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise readers.DataError(f"The split {csv_file} cannot be read: {error}.") from error
    if not {"image_id", "split"} <= set(table.columns):
        raise readers.DataError(
            f"{csv_file} has the columns {', '.join(table.columns)}; image_id and split (train, "
            "validation or test) are needed."
        )
    return table.drop_duplicates("image_id").set_index("image_id")["split"]


def _halved(photos, part):
    """The parts with validation photos and test photos, where one of them was missing."""
    part = part.copy()
    is_open = part == ""
    if not (part == "validation").any() or not (part == "test").any():
        is_open |= (part == "validation") | (part == "test")
    rows = np.flatnonzero(is_open)
    if len(rows):
        chosen = photos.iloc[rows]
        part[rows] = "test"
        if chosen["group"].nunique() > 1:
            part[rows[_half(chosen)]] = "validation"
    return part


def _half(photos):
    """Rows of one half of the photos; a group stays together, the diagnoses are spread evenly."""
    folds = StratifiedGroupKFold(2, shuffle=True, random_state=SEED)
    with warnings.catch_warnings():
        # It warns of a diagnosis with one photo, which then lies in one half.
        warnings.simplefilter("ignore", UserWarning)
        return next(folds.split(photos, photos["diagnosis"], photos["group"]))[1]


def _check(photos, data):
    counts = photos["split"].value_counts().reindex(SPLITS, fill_value=0)
    if counts["validation"] < FEWEST or counts["test"] < 1:
        raise readers.DataError(
            f"{data} leaves {counts['validation']} validation and {counts['test']} test photos; "
            f"at least {FEWEST} to fit calibration and thresholds on and some to measure on are "
            "needed. Give more photos of known diagnosis that the network was not trained on."
        )
