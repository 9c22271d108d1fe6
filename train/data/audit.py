"""Audit of a data folder: its duplicates, contradictions and leaks, before any training."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.lesions import agree
from train.data import duplicates


@dataclass(frozen=True)
class Audit:
    """Counts for a person, and one row per photo for a machine.

    `findings` maps a description to a count; `balance` counts photos by diagnosis and shipped
    part; `contradictions` has one row per pair of duplicates with different diagnoses;
    `mislabelled` one per photo and table of labels that disagree (`image_id`, `row`, `diagnosis`,
    `table`, `says`); `photos` has `image_id`, `diagnosis`, `shipped_part`, `path`, `problem`,
    `duplicate_group` (exact and near duplicates share it), `group` (photos of the same lesion share
    it as well) and `contradicts` (True where a duplicate has another diagnosis).
    """

    findings: dict[str, int]
    balance: pd.DataFrame
    contradictions: pd.DataFrame
    mislabelled: pd.DataFrame
    photos: pd.DataFrame

    def kinds_of_contradictions(self) -> pd.Series:
        """Count the pairs by `match` (exact or near) and by folders, such as "Train mel"."""
        pairs = self.contradictions
        folders = [
            (pairs[f"shipped_part_{side}"] + " " + pairs[f"diagnosis_{side}"]).str.strip()
            for side in "ab"
        ]
        ordered = pd.DataFrame(np.sort(np.array(folders), axis=0).T, columns=["first", "second"])
        return ordered.assign(match=pairs["match"].to_numpy()).value_counts(
            ["match", "first", "second"]
        )


def audit(fingerprinted: pd.DataFrame, labels: pd.DataFrame | None = None) -> Audit:
    """Find duplicates, contradictions and leaks.

    Args:
        fingerprinted: the table of `train.data.duplicates.fingerprint`.
        labels: diagnoses that other tables give to the photos, from
            `train.data.readers.read_labels`, or None.
    """
    unreadable = fingerprinted[fingerprinted["pixels"] == ""]
    photos = duplicates.group(fingerprinted[fingerprinted["pixels"] != ""])
    photos["contradicts"] = duplicates.contradictions(photos)
    exact = _pairs(photos, photos["pixels"])
    near = _pairs(photos, photos["duplicate_group"])
    near = near[near["pixels_a"] != near["pixels_b"]]
    contradictions = pd.concat([exact.assign(match="exact"), near.assign(match="near")])
    contradictions = contradictions[contradictions["diagnosis_a"] != contradictions["diagnosis_b"]]
    lesions = photos[photos["lesion_id"] != ""].groupby("lesion_id")
    findings = {
        "photos": len(fingerprinted),
        "files that cannot be read": len(unreadable),
        "pairs of exact duplicates": len(exact),
        "pairs of near duplicates": len(near),
        "pairs of duplicates with different diagnoses": len(contradictions),
        "lesions with more than one photo": int((lesions.size() > 1).sum()),
        "photos beyond the first of their lesion": int((lesions.size() - 1).sum()),
        "pairs of near duplicates with different lesion ids": _num_missed(near),
        "lesions with several diagnoses": int((lesions["diagnosis"].nunique() > 1).sum()),
        "lesions in both Train and Test": int((lesions["shipped_part"].nunique() > 1).sum()),
        "test photos with a duplicate or a photo of the same lesion in Train": _num_leaks(photos),
    }
    mislabelled = _mislabelled(photos, labels)
    if labels is not None:
        num_mislabelled = mislabelled["image_id"].nunique()
        findings["photos with another diagnosis in a table of labels"] = num_mislabelled
    balance = pd.crosstab(fingerprinted["diagnosis"], fingerprinted["shipped_part"])
    balance = balance.rename(columns={"": "photos"})
    table = pd.concat([photos, unreadable])
    columns = ["image_id", "diagnosis", "shipped_part", "path", "problem"]
    return Audit(
        findings,
        balance,
        contradictions,
        mislabelled,
        table[[*columns, "duplicate_group", "group", "contradicts"]].sort_values("image_id"),
    )


def _pairs(photos: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """All pairs of photos with the same key, in columns that end in `_a` and `_b`."""
    columns = ["image_id", "diagnosis", "shipped_part", "pixels", "lesion_id"]
    paired = photos.loc[key.map(key.value_counts()) > 1, columns].assign(key=key)
    paired["row"] = range(len(paired))
    pairs = paired.merge(paired, on="key", suffixes=("_a", "_b"))
    return pairs[pairs["row_a"] < pairs["row_b"]].drop(columns=["row_a", "row_b", "key"])


def _num_missed(near: pd.DataFrame) -> int:
    is_recorded = (near["lesion_id_a"] != "") & (near["lesion_id_b"] != "")
    return int((is_recorded & (near["lesion_id_a"] != near["lesion_id_b"])).sum())


def _mislabelled(photos: pd.DataFrame, labels: pd.DataFrame | None) -> pd.DataFrame:
    if labels is None:
        return pd.DataFrame(columns=["image_id", "row", "diagnosis", "table", "says"])
    stems = photos["path"].map(lambda path: path.stem)
    labelled = photos[["diagnosis"]].assign(image_id=stems, row=range(len(photos)))
    labelled = labelled.merge(labels, on="image_id")
    agrees = [agree(*pair) for pair in zip(labelled["diagnosis"], labelled["says"], strict=True)]
    return labelled[~np.array(agrees, dtype=bool)]


def _num_leaks(photos: pd.DataFrame) -> int:
    training_groups = set(photos.loc[photos["shipped_part"] == "Train", "group"])
    test_groups = photos.loc[photos["shipped_part"] == "Test", "group"]
    return int(test_groups.isin(training_groups).sum())
