"""Lists of photos, such as somebody published with a result, and the metadata of a data set.

A list names the photos of a training and a test, and may hold what a network said about them. The
metadata says which lesion each photo shows and how its diagnosis was confirmed.
"""

from __future__ import annotations

import re

import pandas as pd

from model.audit.own_table import OWN_COLUMNS, OwnTable, TableError
from model.lesions import code_of
from model.photo.decode import SUFFIXES
from model.run import SPLITS

TRAIN, _, TEST = SPLITS
IDS = ("image_id", "isic_id", "image_name", "id", *OWN_COLUMNS["file"])
PARTS = {"training": TRAIN, "val": "validation", "valid": "validation", "dev": "validation"}
MARKS = ",;\t"  # that a line with one id has none of
MAX_ROWS = 200_000  # of all lists together; half a minute
MAX_LETTERS = 200  # of an id
# What stands in place of a lesion id where nobody knows it.
NO_LESION = ("", "nan", "na", "n/a", "none", "null", "unknown")
# Other endings cannot be cut: an id may have dots of its own, as those of DICOM do.
ENDINGS = (*SUFFIXES, ".bmp", ".gif", ".tif", ".tiff", ".dcm")
ROUNDING = 1e-6  # what a probability may be over 1


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
    _check_rows(len(tested), file.name if train is None else f"{train.name} and {file.name}")
    _check_once(tested, file.name)
    return tested.reset_index(drop=True)


def read_metadata(file: OwnTable) -> pd.DataFrame:
    """Read the metadata of a data set, such as HAM10000_metadata.csv.

    Returns:
        DataFrame with `lesion_id`, `diagnosis` and `confirmed_by` (each empty where it is not
        named), indexed by image_id.
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
    known = pd.DataFrame({"lesion_id": table[lesion].str.strip()})
    is_named = ~known["lesion_id"].str.lower().isin(NO_LESION)
    if not is_named.any():
        raise TableError(
            f"{file.name} names no lesion in its {len(table):,} rows. Fill the column {lesion}."
        )
    known["lesion_id"] = known["lesion_id"].where(is_named, "")
    for own in ("diagnosis", "confirmed_by"):
        column = _first(names, OWN_COLUMNS[own])
        known[own] = "" if column is None else table[column].str.strip()
    known["diagnosis"] = known["diagnosis"].map(code_of)
    known.index = pd.Index(table[image].map(_stem), name="image_id")
    # Of several rows of a photo, one that names its lesion.
    known = known.iloc[(~is_named).to_numpy().argsort(kind="stable")]
    return known[~known.index.duplicated() & (known.index != "")]


def _read(file, fold):
    file.check_size()
    table = _ids(file)
    table = file.rows() if table is None else table
    _check_rows(len(table), file.name)
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
    long = rows.loc[rows["image_id"].str.len() > MAX_LETTERS, "image_id"]
    if len(long):
        raise TableError(
            f"{file.name} has an id of {len(long.iloc[0]):,} letters, which begins with "
            f"{long.iloc[0][:20]!r}; at most {MAX_LETTERS} are accepted. Give each photo a short "
            "id."
        )
    rows["diagnosis"] = "" if truth is None else table[truth].map(code_of)
    return rows.assign(**_probabilities(table, file.name))


def _probabilities(table, name):
    """The columns `p_<diagnosis>` by the code of their diagnosis, NaN where there is no number."""
    read: dict[str, pd.Series] = {}
    column_of: dict[str, str] = {}
    for column in table.columns:
        if not column.lower().startswith("p_"):
            continue
        # A second column of one name was read as `p_mel.1`.
        base = re.sub(r"\.\d+$", "", column)
        own = f"p_{code_of((base if base in table.columns else column)[2:])}"
        if own in read:
            raise TableError(
                f"{name} has two columns for one diagnosis: {column_of[own]} and {column}. Give "
                "each diagnosis one column."
            )
        read[own], column_of[own] = pd.to_numeric(table[column], "coerce"), column
        is_none = (read[own] < 0) | (read[own] > 1 + ROUNDING)
        if is_none.any():
            raise TableError(
                f"{name} has {table.loc[is_none, column].iloc[0][:20]} in the column {column}; a "
                "probability is from 0 to 1. Give probabilities, or name the column otherwise."
            )
    return read


def _check_rows(number, name):
    if number > MAX_ROWS:
        raise TableError(
            f"{name} has {number:,} rows; at most {MAX_ROWS:,} are accepted. Give the rows of the "
            "parts that you want to compare."
        )


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
    file = str(name).strip().replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, ending = file.rpartition(".")
    return stem.strip() if f"{dot}{ending}".lower() in ENDINGS else file


def _part(word):
    word = str(word).strip().lower()
    return PARTS.get(word, word)
