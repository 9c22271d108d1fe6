"""Lists of photos, such as somebody published with a result, and the metadata of a data set.

A list names the photos of a training and a test, and may hold what a network said about them. The
metadata says which lesion each photo shows and how its diagnosis was confirmed.
"""

from __future__ import annotations

import pandas as pd

from model.audit.own_table import OWN_COLUMNS, OwnTable, TableError
from model.lesions import code_of
from model.run import SPLITS

TRAIN, _, TEST = SPLITS
IDS = ("image_id", "isic_id", "id", *OWN_COLUMNS["file"])
PARTS = {"training": TRAIN, "val": "validation", "valid": "validation", "dev": "validation"}
MARKS = ",;\t"  # that a line with one id has none of


def read_lists(file: OwnTable, train: OwnTable | None = None, fold: str = "") -> pd.DataFrame:
    """Read a list that names the part of each photo, or a test list beside a training list.

    Args:
        file: a table with the photo's id and, where they are known, `split`, `diagnosis` and a
            probability `p_<diagnosis>` of each diagnosis; or one id per line.
        train: the training list, where `file` is the test list.
        fold: of a table with folds, the one to read.
    Returns:
        DataFrame with `image_id`, `split`, `diagnosis` (empty where it is not named) and the
        probabilities, in the order of the files.
    Raises:
        TableError: with a sentence for the user.
    """
    tested = _read(file, fold)
    if train is not None:
        tested = pd.concat([_read(train, fold).assign(split=TRAIN), tested.assign(split=TEST)])
    if (tested["split"] == "").any():
        raise TableError(
            f"{file.name} does not say which part a photo belongs to. Give it a column split "
            "(train, validation, test), or give the training photos as a list of their own."
        )
    if not {TRAIN, TEST} <= set(tested["split"]):
        raise TableError(
            f"{file.name} has the parts {', '.join(sorted(set(tested['split'])))}; train and test "
            "are needed to find what they share."
        )
    _check_once(tested, file.name)
    return tested.reset_index(drop=True)


def read_metadata(file: OwnTable) -> pd.DataFrame:
    """Read the metadata of a data set, such as HAM10000_metadata.csv.

    Returns:
        DataFrame with `lesion_id`, `diagnosis` and `confirmed_by` (empty where it is not named),
        indexed by image_id.
    Raises:
        TableError: with a sentence for the user.
    """
    table = file.rows()
    names = _names(table)
    lesion = _first(names, OWN_COLUMNS["lesion_id"])
    image = _first(names, IDS)
    if image is None or lesion is None:
        raise TableError(
            f"{file.name} has the columns {_listed(table)}; image_id and lesion_id are needed, as "
            "in HAM10000_metadata.csv."
        )
    known = pd.DataFrame({"lesion_id": table[lesion]})
    for own in ("diagnosis", "confirmed_by"):
        column = _first(names, OWN_COLUMNS[own])
        known[own] = "" if column is None else table[column]
    known["diagnosis"] = known["diagnosis"].map(code_of)
    known.index = pd.Index(table[image].map(_stem), name="image_id")
    return known[~known.index.duplicated()]


def _read(file, fold):
    file.check_size()
    table = _ids(file)
    table = file.rows() if table is None else table
    names = _names(table)
    image = _first(names, IDS)
    if image is None or table.empty:
        raise TableError(
            f"{file.name} has the columns {_listed(table)} and {len(table):,} rows; a column "
            "image_id is needed, or one id per line."
        )
    if fold and "fold" in names:
        folds = table[names["fold"]]
        if not (folds == fold).any():
            raise TableError(
                f"{file.name} has no fold {fold}; it has {', '.join(sorted(set(folds)))}."
            )
        table = table[folds == fold]
    if "fold" in names and table[names["fold"]].nunique() > 1:
        raise TableError(
            f"{file.name} holds {table[names['fold']].nunique()} folds, whose parts overlap on "
            "purpose. Give the rows of one fold."
        )
    rows = pd.DataFrame({"image_id": table[image].map(_stem)})
    split, truth = (_first(names, OWN_COLUMNS[own]) for own in ("split", "diagnosis"))
    rows["split"] = "" if split is None else table[split].map(_part)
    unknown = sorted(set(rows["split"]) - {"", *SPLITS})
    if unknown:
        raise TableError(
            f"{file.name} names the part {unknown[0]!r}. Parts are {', '.join(SPLITS)}."
        )
    if (rows["image_id"] == "").any():
        raise TableError(f"{file.name} has rows without a photo. Name the photo of each row.")
    rows["diagnosis"] = "" if truth is None else table[truth].map(code_of)
    for name in table.columns:
        if str(name).lower().startswith("p_"):
            rows[f"p_{code_of(str(name)[2:])}"] = pd.to_numeric(table[name], "coerce")
    return rows


def _check_once(rows, name):
    """A photo has one row in its part, but for training: oversampling lists a photo there again."""
    rows = rows[rows["split"] != TRAIN]
    twice = rows[rows.duplicated(["split", "image_id"])]
    if not twice.empty:
        first = twice.iloc[0]
        others = f" There are {len(twice) - 1:,} more such rows." if len(twice) > 1 else ""
        raise TableError(
            f"{name} has two rows for one photo: {first['image_id']} is twice in {first['split']}."
            f"{others} Give each photo one row."
        )


def _ids(file):
    """A file with one id per line as a table; None where it is something else."""
    try:
        lines = file.content.decode("utf-8-sig").split("\n")
    except ValueError:
        return None
    lines = [line.strip() for line in lines if line.strip()]
    if not lines or any(mark in line for line in lines for mark in MARKS):
        return None
    return pd.DataFrame({"image_id": lines[lines[0].lower() in IDS :]})


def _names(table):
    return {str(column).strip().lower(): column for column in table.columns}


def _listed(table):
    return ", ".join(map(str, table.columns))


def _first(names, wanted):
    return next((names[name] for name in wanted if name in names), None)


def _stem(name):
    """ISIC_0027419 of images/ISIC_0027419.jpg: lists name photos in either way."""
    return str(name).strip().replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]


def _part(word):
    word = str(word).strip().lower()
    return PARTS.get(word, word)
