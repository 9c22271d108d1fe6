"""Where a run is weak: the same figures for every group of patients and photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, metrics
from model.evaluation.bootstrap import Estimate

FEW = 20  # photos of what is watched; a share of fewer says little
AGES = (0, 30, 45, 60, 75, np.inf)
AGE_NAMES = ("under 30", "30 to 44", "45 to 59", "60 to 74", "75 and over")
# Individual typology angle in degrees: Chardon et al. 1991, named as by Del Bino and Bernerd 2013
# (https://doi.org/10.1111/bjd.12529).
TONES = (-np.inf, -30, 10, 28, 41, 55, np.inf)
TONE_NAMES = ("dark", "brown", "tan", "intermediate", "light", "very light")
UNKNOWN = "not recorded"
# Columns of predictions.csv and outside.csv, and what they are called.
CHARACTERISTICS = {
    "age": "Age",
    "sex": "Sex",
    "body_site": "Body site",
    "confirmed_by": "Confirmed by",
    "skin_type": "Skin type (Fitzpatrick)",
    "ita": "Skin tone in the photo",  # of skin_tone.csv, joined by `model.evaluation.skin_tone`
}
# HAM10000's words for how a diagnosis was confirmed.
NAMES = {
    "histo": "histopathology",
    "follow_up": "follow-up",
    "consensus": "expert consensus",
    "confocal": "confocal microscopy",
    "clinical": "clinical examination",
    "unknown": UNKNOWN,
    "": UNKNOWN,
}


@dataclass(frozen=True)
class Subgroup:
    """What a run reached on one group of photos.

    `balanced_accuracy` is the mean recall of the `num_diagnoses` that the group shows, with its
    interval by lesion; not defined for one alone, and of different diagnoses in different groups.
    `recall`, the share of the `num_targets` photos that got one of the answers watched for, has
    Wilson's interval by lesion. `is_small` where that share says little.
    """

    characteristic: str
    name: str
    num_photos: int
    num_lesions: int
    num_diagnoses: int
    balanced_accuracy: Estimate
    num_targets: int
    recall: Estimate

    @property
    def is_small(self) -> bool:
        return self.num_targets < FEW


@dataclass(frozen=True)
class RecallGap:
    """How much less often a group's `num_of` photos are recognised than the `num_others` others.

    `difference` is the recall of the others less that of the group, with its interval by lesion.
    The others are of other groups of the same characteristic; photos without a record of it are on
    neither side.
    """

    characteristic: str
    name: str
    num_of: int
    recall: float
    num_others: int
    recall_of_others: float
    difference: Estimate

    @property
    def is_shown(self) -> bool:
        """Whether the interval of the difference lies above 0."""
        return self.difference.is_above_zero


def recall_gaps(
    rows: pd.DataFrame, diagnoses: Sequence[str], targets: Sequence[str]
) -> list[RecallGap]:
    """Hold the recall of each group against that of all others.

    Args:
        rows, diagnoses, targets: as `subgroups` takes them.
    Returns:
        List of `RecallGap`s of every group with `FEW` photos of the targets on either side; of two
        groups only the one with the lower recall.
    """
    rows = rows[rows["diagnosis"].isin(targets)]
    _, probabilities = metrics.arrays(rows, diagnoses)
    found = np.isin(np.array(diagnoses)[probabilities.argmax(axis=1)], targets)
    gaps = []
    for column, characteristic in CHARACTERISTICS.items():
        if column not in rows.columns:
            continue
        names = named(column, rows[column]).to_numpy()
        recorded = names != UNKNOWN
        hits = found[recorded]
        groups = _in_order(column, pd.Series(names[recorded]))
        if len(groups) == 2:  # each is the others of the other: one comparison
            groups = [min(groups, key=lambda name: hits[names[recorded] == name].mean())]
        for name in groups:
            marked = names[recorded] == name
            if min(marked.sum(), (~marked).sum()) < FEW:
                continue
            gaps.append(
                RecallGap(
                    characteristic,
                    name,
                    int(marked.sum()),
                    float(hits[marked].mean()),
                    int((~marked).sum()),
                    float(hits[~marked].mean()),
                    bootstrap.share_difference(hits, rows["lesion_id"][recorded], marked),
                )
            )
    return gaps


def subgroups(
    rows: pd.DataFrame, diagnoses: Sequence[str], targets: Sequence[str]
) -> list[Subgroup]:
    """Measure a run on every group that its predictions know of.

    Args:
        rows: predictions of one split, with any of `CHARACTERISTICS` as columns.
        diagnoses: codes in output order.
        targets: codes whose recall is asked for: a photo of any of them counts as found when any
            of them is the answer.
    Returns:
        List of `Subgroup`s, by characteristic and then in a natural order.
    """
    measured = []
    for column, characteristic in CHARACTERISTICS.items():
        if column not in rows.columns:
            continue
        names = named(column, rows[column])
        if (names == UNKNOWN).all():
            continue
        for name in _in_order(column, names):
            own = rows[(names == name).to_numpy()]
            measured.append(_measure(characteristic, name, own, diagnoses, targets))
    return measured


def named(column: str, values: pd.Series) -> pd.Series:
    """The group that each value of a column belongs to, in words."""
    if column == "age":
        bands = pd.cut(values, AGES, right=False, labels=AGE_NAMES)
        return bands.astype(object).where(values.notna(), UNKNOWN).astype(str)
    if column == "ita":
        tones = pd.cut(values, TONES, labels=TONE_NAMES)
        return tones.astype(object).where(values.notna(), UNKNOWN).astype(str)
    if column == "skin_type":
        roman = dict(enumerate(("I", "II", "III", "IV", "V", "VI"), start=1))
        return values.map(roman).fillna(UNKNOWN)
    return values.astype(str).str.lower().replace(NAMES)


def _in_order(column, names):
    """Ages, skin types and tones by their order, anything else by its frequency; the unknown
    last."""
    present = names.value_counts().index.tolist()
    if column == "age":
        present = [name for name in AGE_NAMES if name in present] + [
            name for name in present if name not in AGE_NAMES
        ]
    elif column == "ita":
        present = [name for name in (*TONE_NAMES[::-1], UNKNOWN) if name in present]
    elif column == "skin_type":
        present = sorted(present, key=["I", "II", "III", "IV", "V", "VI", UNKNOWN].index)
    return sorted(present, key=lambda name: name == UNKNOWN)


def _measure(characteristic, name, rows, diagnoses, targets):
    _, probabilities = metrics.arrays(rows, diagnoses)
    answers = np.array(diagnoses)[probabilities.argmax(axis=1)]
    own = rows["diagnosis"].isin(targets).to_numpy()
    num_diagnoses = rows["diagnosis"].nunique()
    return Subgroup(
        characteristic,
        name,
        len(rows),
        rows["lesion_id"].nunique(),
        num_diagnoses,
        metrics.headline(rows.assign(split="test"), diagnoses).balanced_accuracy
        if num_diagnoses > 1
        else Estimate(*3 * (float("nan"),)),
        int(own.sum()),
        bootstrap.share_of_few(np.isin(answers[own], targets), rows["lesion_id"][own]),
    )
