"""Audit of lists of photos, such as somebody published with a result: no photo is needed.

A list names the photos of a training and a test, and may hold what a network said about them. The
metadata of the data set says which lesion each photo shows and how its diagnosis was confirmed.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.evaluation.metrics import Headline, headline
from model.lesions import agree, code_of
from model.run import SPLITS
from train.data.duplicates import SAME_LESION
from train.data.readers import OWN_COLUMNS, DataError, read_csv

TRAIN, _, TEST = SPLITS
IDS = ("image_id", "isic_id", "id", *OWN_COLUMNS["file"])
PARTS = {"training": TRAIN, "val": "validation", "valid": "validation", "dev": "validation"}
LAST_WORD = re.compile(r"[ _-][^ _-]*$")


@dataclass(frozen=True)
class ListAudit:
    """What a list lets through.

    `num_photos`, `num_copies` and `num_unknown` count photos by part, the last two those that are
    copies by their name, such as `ISIC_0027419 copy 1`, and those that the metadata does not know.
    Of these tables each has a row per case: `repeated` (`image_id`, `parts`), the same id in
    several parts; `straddling` (`lesion_id`, a count per part), lesions in several parts; `met`
    (`image_id`, `lesion_id`, `mates`), test photos whose lesion is in training, too; `contradicted`
    (`image_id`, `listed`, `known`), labels that the metadata contradicts. `confirmed` counts photos
    by part and by how they were confirmed. `figures` holds accuracy on all test photos, on those
    that were `met` and on the others, None where there are none; empty without probabilities.
    `num_joined` counts the straddling lesions that only `SAME_LESION` joins.
    """

    num_photos: dict[str, int]
    num_copies: dict[str, int]
    num_unknown: dict[str, int]
    repeated: pd.DataFrame
    straddling: pd.DataFrame
    met: pd.DataFrame
    contradicted: pd.DataFrame
    confirmed: pd.DataFrame
    figures: dict[str, Headline | None]
    num_joined: int

    @property
    def has_leak(self) -> bool:
        return not (self.repeated.empty and self.straddling.empty)


def read_lists(file: Path, train: Path | None = None) -> pd.DataFrame:
    """Read a list that names the part of each photo, or a test list beside a training list.

    Args:
        file: a table with the photo's id and, where they are known, `split`, `diagnosis` and a
            probability `p_<diagnosis>` of each diagnosis; or one id per line.
        train: the training list, where `file` is the test list.
    Returns:
        DataFrame with `image_id`, `split`, `diagnosis` (empty where it is not named) and the
        probabilities, in the order of the files.
    Raises:
        DataError: with a sentence for the user.
    """
    tested = _read(file)
    if train is not None:
        tested = pd.concat([_read(train).assign(split=TRAIN), tested.assign(split=TEST)])
    if (tested["split"] == "").any():
        raise DataError(
            f"{file} does not say which part a photo belongs to. Give it a column split (train, "
            "validation, test), or name the training photos with --train FILE."
        )
    if not {TRAIN, TEST} <= set(tested["split"]):
        raise DataError(
            f"{file} has the parts {', '.join(sorted(set(tested['split'])))}; train and test are "
            "needed to find what they share."
        )
    return tested.reset_index(drop=True)


def read_metadata(file: Path) -> pd.DataFrame:
    """Read the metadata of a data set, such as HAM10000_metadata.csv.

    Returns:
        DataFrame with `lesion_id`, `diagnosis` and `confirmed_by` (empty where it is not named),
        indexed by image_id.
    Raises:
        DataError: with a sentence for the user.
    """
    table = _table(file)
    names = _names(table)
    lesion = _first(names, OWN_COLUMNS["lesion_id"])
    image = _first(names, IDS)
    if image is None or lesion is None:
        raise DataError(
            f"{file} has the columns {', '.join(map(str, table.columns))}; image_id and lesion_id "
            "are needed, as in HAM10000_metadata.csv."
        )
    known = pd.DataFrame({"lesion_id": table[lesion]})
    for own in ("diagnosis", "confirmed_by"):
        column = _first(names, OWN_COLUMNS[own])
        known[own] = "" if column is None else table[column]
    known["diagnosis"] = known["diagnosis"].map(code_of)
    known.index = pd.Index(table[image].map(_stem), name="image_id")
    return known[~known.index.duplicated()]


def audit_lists(listed: pd.DataFrame, known: pd.DataFrame) -> ListAudit:
    """Hold lists of photos against the metadata of their data set.

    Args:
        listed: of `read_lists`.
        known: of `read_metadata`.
    Raises:
        DataError: the metadata knows none of the photos.
    """
    if not listed["image_id"].isin(known.index).any():
        raise DataError(
            f"The metadata knows none of the {len(listed):,} photos, the first of which is "
            f"{listed['image_id'].iloc[0]!r}. Give the metadata of the same data set."
        )
    original = listed["image_id"].map(lambda image_id: _original(image_id, known.index))
    stated_labels = known.rename(columns={"diagnosis": "diagnosis_known"})
    rows = listed.assign(original=original).join(stated_labels, on="original")
    is_unknown = ~rows["original"].isin(known.index)
    rows["lesion_id"] = rows["lesion_id"].where(~is_unknown, rows["image_id"])
    stated = rows["lesion_id"].copy()
    rows["lesion_id"] = _joined(rows)
    parts = rows.groupby("image_id")["split"].agg(lambda own: sorted(set(own), key=SPLITS.index))
    several = parts[parts.map(len) > 1]
    in_training = rows[rows["split"] == TRAIN].groupby("lesion_id")["image_id"].agg(list)
    tested = rows[rows["split"] == TEST].drop_duplicates("image_id")
    is_met = tested["lesion_id"].isin(in_training.index)
    met = tested.loc[is_met, ["image_id", "lesion_id"]]
    met["mates"] = met["lesion_id"].map(in_training)
    names_diagnosis = (rows["diagnosis"] != "") & rows["diagnosis_known"].fillna("").ne("")
    contradicted = rows[
        names_diagnosis
        & ~rows.apply(lambda row: agree(row["diagnosis"], row["diagnosis_known"] or ""), axis=1)
    ]
    return ListAudit(
        num_photos=_by_part(rows),
        num_copies=_by_part(rows[rows["original"] != rows["image_id"]]),
        num_unknown=_by_part(rows[is_unknown]),
        repeated=pd.DataFrame({"image_id": several.index, "parts": several.map(", ".join)}),
        straddling=_straddling(rows),
        met=met.reset_index(drop=True),
        contradicted=contradicted[["image_id", "diagnosis", "diagnosis_known"]]
        .rename(columns={"diagnosis": "listed", "diagnosis_known": "known"})
        .drop_duplicates()
        .reset_index(drop=True),
        confirmed=_confirmed(rows),
        figures=_figures(tested, is_met),
        num_joined=_num_joined(rows, stated),
    )


def _read(file):
    table = _ids(file)
    table = _table(file) if table is None else table
    names = _names(table)
    image = _first(names, IDS)
    if image is None or table.empty:
        raise DataError(
            f"{file} has the columns {', '.join(map(str, table.columns))} and {len(table):,} rows; "
            "a column image_id is needed, or one id per line."
        )
    if "fold" in names and table[names["fold"]].nunique() > 1:
        raise DataError(
            f"{file} holds {table[names['fold']].nunique()} folds, whose parts overlap on purpose. "
            "Give the rows of one fold."
        )
    rows = pd.DataFrame({"image_id": table[image].map(_stem)})
    split, truth = (_first(names, OWN_COLUMNS[own]) for own in ("split", "diagnosis"))
    rows["split"] = "" if split is None else table[split].map(_part)
    unknown = sorted(set(rows["split"]) - {"", *SPLITS})
    if unknown:
        raise DataError(f"{file} names the part {unknown[0]!r}. Parts are {', '.join(SPLITS)}.")
    rows["diagnosis"] = "" if truth is None else table[truth].map(code_of)
    for name in table.columns:
        if str(name).lower().startswith("p_"):
            rows[f"p_{code_of(str(name)[2:])}"] = pd.to_numeric(table[name], "coerce")
    return rows


def _ids(file):
    """A file with one id per line as a table; None where it is something else."""
    try:
        lines = Path(file).read_text("utf-8-sig").split("\n")
    except (OSError, ValueError):
        return None
    lines = [line.strip() for line in lines if line.strip()]
    if not lines or any(mark in line for line in lines for mark in ",;\t"):
        return None
    return pd.DataFrame({"image_id": lines[lines[0].lower() in IDS :]})


def _table(file):
    try:
        return read_csv(file)
    except (OSError, ValueError, csv.Error) as error:
        if not Path(file).is_file():
            raise DataError(f"There is no file {file}. Give a table, a CSV file.") from error
        raise DataError(
            f"{file} is empty or no table of text. Give a CSV file, or one id per line."
        ) from error


def _names(table):
    return {str(column).strip().lower(): column for column in table.columns}


def _first(names, wanted):
    return next((names[name] for name in wanted if name in names), None)


def _stem(name):
    """ISIC_0027419 of images/ISIC_0027419.jpg: lists name photos in either way."""
    return str(name).strip().replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]


def _original(image_id, known):
    """The photo that another one is a copy of by its name; itself where there is none."""
    name = image_id
    while name not in known and (ending := LAST_WORD.search(name)):
        name = name[: ending.start()]
    return name if name in known else image_id


def _part(word):
    word = str(word).strip().lower()
    return PARTS.get(word, word)


def _joined(rows):
    """Lesion ids with one in place of two where `SAME_LESION` says that two are the same lesion."""
    lesion_of = rows.drop_duplicates("image_id").set_index("image_id")["lesion_id"].to_dict()
    stands_for: dict[str, str] = {}

    def root(lesion):
        while lesion in stands_for:
            lesion = stands_for[lesion]
        return lesion

    for one, other in pd.read_csv(SAME_LESION).itertuples(index=False):
        if one in lesion_of and other in lesion_of:
            first, second = root(lesion_of[one]), root(lesion_of[other])
            if first != second:
                stands_for[second] = first
    return rows["lesion_id"].map(root)


def _num_joined(rows, stated):
    """Straddling lesions none of whose stated ids straddles by itself."""
    by_itself = set(_straddling(rows.assign(lesion_id=stated))["lesion_id"])
    joined_of = dict(zip(stated, rows["lesion_id"], strict=True))
    explained = {joined_of[lesion] for lesion in by_itself}
    return int((~_straddling(rows)["lesion_id"].isin(explained)).sum())


def _by_part(rows):
    counts = rows["split"].value_counts()
    return {part: int(counts[part]) for part in SPLITS if part in counts}


def _straddling(rows):
    counts = pd.crosstab(rows["lesion_id"], rows["split"]).reindex(columns=SPLITS, fill_value=0)
    several = counts[(counts > 0).sum(axis=1) > 1]
    return several.rename_axis(columns=None).reset_index()


def _confirmed(rows):
    known = rows[rows["confirmed_by"].fillna("") != ""]
    return pd.crosstab(known["confirmed_by"], known["split"]).rename_axis(
        index="confirmed_by", columns=None
    )


def _figures(tested, is_met):
    """Accuracy on all test photos, on those that training has met, and on the others."""
    columns = [name for name in tested if name.startswith("p_")]
    diagnoses = [name[2:] for name in columns]
    truth = tested["diagnosis"].where(tested["diagnosis"] != "", tested["diagnosis_known"])
    usable = tested[columns].notna().all(axis=1) & truth.isin(diagnoses)
    if len(columns) < 2 or not usable.any():
        return {}
    rows = tested.assign(diagnosis=truth)
    subsets = {"all": usable, "met": usable & is_met, "others": usable & ~is_met}
    return {
        name: headline(rows[chosen], diagnoses) if chosen.any() else None
        for name, chosen in subsets.items()
    }
