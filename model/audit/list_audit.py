"""Audit of lists of photos, such as somebody published with a result: no photo is needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.audit.lists import TEST, TRAIN
from model.audit.own_table import TableError
from model.audit.same_lesion import SAME_LESION
from model.evaluation.metrics import Headline, headline
from model.lesions import agree
from model.run import SPLITS

MARKS = " _-"  # before a word
MOST_WORDS = 4  # that a copy's name adds to the photo's


@dataclass(frozen=True)
class ListAudit:
    """What a list lets through.

    `num_photos`, `num_again`, `num_copies`, `num_unknown` and `num_without_lesion` count by part:
    photos, further rows of a photo in training, photos that are copies by their name, such as
    `ISIC_0027419 copy 1`, those that the metadata does not know, and those that it knows without a
    lesion.
    Of these tables each has a row per case: `repeated` (`image_id`, `parts`), the same id in
    several parts; `straddling` (`lesion_id`, a count per part), lesions in several parts; `met`
    (`image_id`, `lesion_id`, `mates`), test photos whose lesion is in training, too; `contradicted`
    (`image_id`, `listed`, `known`), labels that the metadata contradicts. `confirmed` counts photos
    by part and by how they were confirmed. `figures` holds accuracy on all test photos, on those
    that were `met` and on the others, None where there are none; empty without probabilities.
    `num_joined` counts the straddling lesions that only `SAME_LESION` joins.
    """

    num_photos: dict[str, int]
    num_again: dict[str, int]
    num_copies: dict[str, int]
    num_unknown: dict[str, int]
    num_without_lesion: dict[str, int]
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


def audit_lists(listed: pd.DataFrame, known: pd.DataFrame) -> ListAudit:
    """Hold lists of photos against the metadata of their data set.

    Args:
        listed: of `model.audit.lists.read_lists`.
        known: of `model.audit.lists.read_metadata`.
    Raises:
        TableError: the metadata knows none of the photos, or the lesion of none.
    """
    if not listed["image_id"].isin(known.index).any():
        raise TableError(
            f"The metadata knows none of the {len(listed):,} photos, the first of which is "
            f"{listed['image_id'].iloc[0]!r}. Give the metadata of the same data set."
        )
    again = listed.duplicated(["split", "image_id"])
    num_again, listed = _by_part(listed[again]), listed[~again]
    ids = frozenset(known.index)
    original = listed["image_id"].map(lambda image_id: _original(image_id, ids))
    stated_labels = known.rename(columns={"diagnosis": "diagnosis_known"})
    rows = listed.assign(original=original).join(stated_labels, on="original")
    is_unknown = ~rows["original"].isin(known.index)
    has_no_lesion = ~is_unknown & (rows["lesion_id"] == "")
    if (is_unknown | has_no_lesion).all():
        raise TableError(
            f"The metadata names the lesion of none of the {len(rows):,} photos. Give metadata "
            "with their lesions."
        )
    # Each is a lesion of its own with its copies, under a name that no lesion has.
    own = "photo " + rows["original"]
    rows["lesion_id"] = rows["lesion_id"].where(~(is_unknown | has_no_lesion), own)
    stated = rows["lesion_id"].copy()
    rows["lesion_id"] = _joined(rows)
    by_photo = rows.groupby("image_id")["split"]
    in_several = rows[by_photo.transform("nunique") > 1].groupby("image_id")["split"]
    several = in_several.agg(lambda own: ", ".join(sorted(set(own), key=SPLITS.index)))
    in_training = rows[rows["split"] == TRAIN].groupby("lesion_id")["image_id"].agg(list).to_dict()
    tested = rows[rows["split"] == TEST].drop_duplicates("image_id")
    is_met = tested["lesion_id"].isin(in_training)
    met = tested.loc[is_met, ["image_id", "lesion_id"]]
    # Not by `map`, which copies the list for each photo.
    mates = [in_training[lesion] for lesion in met["lesion_id"]]
    met["mates"] = pd.Series(mates, met.index, dtype=object)
    names_diagnosis = (rows["diagnosis"] != "") & rows["diagnosis_known"].fillna("").ne("")
    named = rows[names_diagnosis]
    pairs = zip(named["diagnosis"], named["diagnosis_known"], strict=True)
    contradicted = named[np.array([not agree(*pair) for pair in pairs], dtype=bool)]
    return ListAudit(
        num_photos=_by_part(rows),
        num_again=num_again,
        num_copies=_by_part(rows[rows["original"] != rows["image_id"]]),
        num_unknown=_by_part(rows[is_unknown]),
        num_without_lesion=_by_part(rows[has_no_lesion]),
        repeated=pd.DataFrame({"image_id": several.index, "parts": several}),
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


def _original(image_id, known):
    """The photo that another one is a copy of by its name; itself where there is none."""
    name = image_id
    for _ in range(MOST_WORDS):
        end = max(map(name.rfind, MARKS))
        if name in known or end < 0:
            break
        name = name[:end]
    return name if name in known else image_id


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
