"""The photos that an imported network is measured on, and how they are split."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from model.audit.own_table import read_csv
from model.run import SPLITS
from train.data import duplicates, readers
from train.data.readers import DataError
from train.data.splits import with_distinct_ids
from train.progress import track

SEED = 20
FEWEST = 20  # validation photos; with fewer, nothing fitted on them holds
# Reasons for the card, in the words of `train.data.splits` where it knows them.
UNREADABLE = "unreadable"
CONTRADICTORY = "copies under several diagnoses"
COPY = "exact copy of another photo"
NOT_A_LABEL = "not among the network's labels"
SHARED = "shows a lesion or a picture of the training photos"
SHARED_WITH_TEST = "shows a lesion or a picture of the test photos"


@dataclass(frozen=True)
class Parts:
    """Photos with their `split`, and those left out.

    `photos` has the columns of `train.data.splits.folds`. With `is_training_known` the training
    photos are among them, and each photo was said to be one of them or not. `left_out` has
    `image_id`, `diagnosis` and `reason`.
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
        split: table with `image_id` and `split`; a photo that it does not name was not trained on.
    Raises:
        DataError: the data cannot be read, or is too little.
    """
    table = readers.read(data, readers.layout_of(data))
    if lesions is not None:
        table = readers.with_lesions(table, lesions)
    table["split"], is_complete = _known_parts(table, split)
    table = duplicates.fingerprint(
        table, lambda photos: track(photos, "Reading the photos", total=len(table))
    )
    # The training copy of a picture is the one that stays.
    table = table.sort_values(
        "split", key=lambda part: part != "train", kind="stable", ignore_index=True
    )
    kept, left_out = _cleaned(table, diagnoses)
    _check_labels(data, table, kept, diagnoses)
    kept["split"] = _halved(kept)
    _check(kept, data)
    is_training_known = is_complete and bool((kept["split"] == "train").any())
    photos = with_distinct_ids(kept).sort_values("image_id", ignore_index=True)
    return Parts(photos.assign(copy_of="", num_copies=0), left_out, is_training_known)


def _cleaned(table, diagnoses):
    """(photos, those left out with their reason); no group is in two parts."""
    left_out = []

    def leave_out(photos, mask, reason):
        left_out.append(photos.loc[mask, ["image_id", "diagnosis"]].assign(reason=reason))
        return photos[~mask].reset_index(drop=True)

    trained_lesions = set(table["lesion_id"][table["split"] == "train"]) - {""}
    photos = leave_out(table, table["pixels"] == "", UNREADABLE)
    if photos.empty:
        raise DataError(f"None of the {len(table)} photos can be read. {table['problem'].iloc[0]}")
    photos = duplicates.group(photos)
    is_trained = photos["split"] == "train"
    trained_groups = set(photos["group"][is_trained])
    trained_groups |= set(photos["group"][photos["lesion_id"].isin(trained_lesions)])
    photos = leave_out(photos, duplicates.contradictions(photos), CONTRADICTORY)
    photos = leave_out(photos, photos.duplicated("pixels"), COPY)
    if diagnoses is not None:
        photos = leave_out(photos, ~photos["diagnosis"].isin(diagnoses), NOT_A_LABEL)
    is_shared = photos["group"].isin(trained_groups) & (photos["split"] != "train")
    photos = leave_out(photos, is_shared, SHARED)
    # A photo without a part gets that of its lesion.
    tested = photos["group"].isin(photos["group"][photos["split"] == "test"])
    validated = photos["group"].isin(photos["group"][photos["split"] == "validation"])
    is_open = photos["split"] == ""
    photos.loc[is_open & tested, "split"] = "test"
    photos.loc[is_open & validated & ~tested, "split"] = "validation"
    photos = leave_out(photos, tested & (photos["split"] == "validation"), SHARED_WITH_TEST)
    return photos, pd.concat(left_out, ignore_index=True)


def _known_parts(table, csv_file):
    """((photos,) a name of `SPLITS`, or empty where nothing is known; whether each is known)."""
    if csv_file is not None:
        listed = _read_split(csv_file)
        stems = table["path"].map(lambda path: path.stem)
        part = stems.map(listed).fillna("")
        if (part == "").all() and (listed != "train").any():
            raise DataError(readers.no_match(csv_file, table))
        if stems[part != ""].duplicated().any():
            twice = stems[(part != "") & stems.duplicated(keep=False)].iloc[0]
            raise DataError(
                f"Several photos are called {twice}, so {csv_file} cannot tell them apart. Give a "
                "table with the columns file, diagnosis and split as --data."
            )
        return _checked(part), True
    if "split" in table and (table["split"] != "").any():
        part = _checked(table["split"])
    else:
        part = _checked(table["shipped_part"])
    return part, bool((part != "").all())


def _checked(part):
    words = {"val": "validation", "valid": "validation", "training": "train", "testing": "test"}
    part = part.fillna("").str.strip().str.lower().replace(words)
    unknown = sorted(set(part) - {"", *SPLITS})
    if unknown:
        raise DataError(
            f"{unknown[0]!r} is no part of a split. Parts: {', '.join(SPLITS)}; leave it empty "
            "where nobody knows."
        )
    return part


def _read_split(csv_file):
    """The part by the name of a photo's file without its ending."""
    try:
        table = read_csv(csv_file)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"The split {csv_file} cannot be read: {error}.") from error
    if not {"image_id", "split"} <= set(table.columns):
        raise DataError(
            f"{csv_file} has the columns {', '.join(table.columns)}; image_id and split (train, "
            "validation or test) are needed."
        )
    table["image_id"] = table["image_id"].map(readers.without_ending)
    table["split"] = _checked(table["split"])
    table = table.drop_duplicates(["image_id", "split"])
    if table["image_id"].duplicated().any():
        twice = table["image_id"][table["image_id"].duplicated()].iloc[0]
        raise DataError(f"{csv_file} puts the photo {twice} into two parts.")
    return table.set_index("image_id")["split"]


def _check_labels(data, table, kept, diagnoses):
    """DataError where the photos show fewer than two of the network's diagnoses."""
    shown = sorted(kept["diagnosis"].unique())
    if len(shown) < 2:
        labels = f"; the network's labels are {', '.join(diagnoses)}" if diagnoses else ""
        raise DataError(
            f"The photos of {data} show {', '.join(sorted(table['diagnosis'].unique()))}{labels}. "
            "Photos of at least two of its diagnoses are needed."
        )


def _halved(photos):
    """The parts with validation photos and test photos, where one of them was missing."""
    part = photos["split"].to_numpy(dtype=object).copy()
    is_open = part == ""
    if not (part == "validation").any() or not (part == "test").any():
        is_open |= (part == "validation") | (part == "test")
    rows = np.flatnonzero(is_open)
    chosen = photos.iloc[rows]
    part[rows] = "test"
    if chosen["group"].nunique() > 1 and len(rows) >= FEWEST:
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
        raise DataError(
            f"{data} leaves {counts['validation']} validation and {counts['test']} test photos; "
            f"at least {FEWEST} to fit calibration and thresholds on and some to measure on are "
            "needed. Give more photos of known diagnosis that the network was not trained on."
        )
    for part in ("validation", "test"):
        shown = photos["diagnosis"][photos["split"] == part].unique()
        if len(shown) < 2:
            raise DataError(
                f"All {counts[part]} {part} photos of {data} show {shown[0]}. Photos of at least "
                "two diagnoses are needed there."
            )
