"""What is wrong with a data folder before anyone trains on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.lesions import agree
from train.data import duplicates


@dataclass(frozen=True)
class Audit:
    """Counts for a person, and one row per photo for a machine.

    `findings` maps a sentence to a number; `balance` counts photos by diagnosis and shipped part;
    `contradictions` has one row per pair of copies under different diagnoses; `mislabelled` one per
    photo and table of labels that disagree (`image_id`, `row`, `diagnosis`, `table`, `says`);
    `photos` has `image_id`, `diagnosis`, `shipped_part`, `path`, `problem`, `picture` (photos with
    one number are copies, exact or near, of one picture), `group` (their lesion as well) and
    `contradicts` (True where a copy carries another diagnosis).
    """

    findings: dict[str, int]
    balance: pd.DataFrame
    contradictions: pd.DataFrame
    mislabelled: pd.DataFrame
    photos: pd.DataFrame

    def kinds_of_contradictions(self):
        """Pairs counted by `copy` (exact or near) and the two places, "Train mel" say."""
        pairs = self.contradictions
        places = [
            (pairs[f"shipped_part_{side}"] + " " + pairs[f"diagnosis_{side}"]).str.strip()
            for side in "ab"
        ]
        ordered = pd.DataFrame(np.sort(np.array(places), axis=0).T, columns=["first", "second"])
        return ordered.assign(copy=pairs["copy"].to_numpy()).value_counts(
            ["copy", "first", "second"]
        )


def audit(fingerprinted, labels=None):
    """Look for copies, contradictions and leaks.

    Args:
        fingerprinted: the table of `train.data.duplicates.fingerprint`.
        labels: what other tables say of the photos, from `train.data.readers.read_labels`, or None.
    Returns:
        `Audit`.
    """
    broken = fingerprinted[fingerprinted["pixels"] == ""]
    photos = duplicates.group(fingerprinted[fingerprinted["pixels"] != ""])
    photos["contradicts"] = duplicates.contradictions(photos)
    exact = _pairs(photos, photos["pixels"])
    near = _pairs(photos, photos["picture"])
    near = near[near["pixels_a"] != near["pixels_b"]]
    contradictions = pd.concat([exact.assign(copy="exact"), near.assign(copy="near")])
    contradictions = contradictions[contradictions["diagnosis_a"] != contradictions["diagnosis_b"]]
    lesions = photos[photos["lesion_id"] != ""].groupby("lesion_id")
    findings = {
        "photos": len(fingerprinted),
        "files that cannot be read": len(broken),
        "pairs of exact copies": len(exact),
        "pairs of near copies": len(near),
        "pairs of copies under different diagnoses": len(contradictions),
        "lesions with more than one photo": int((lesions.size() > 1).sum()),
        "photos beyond the first of their lesion": int((lesions.size() - 1).sum()),
        "pairs of near copies that lesion ids miss": _missed(near),
        "lesions under several diagnoses": int((lesions["diagnosis"].nunique() > 1).sum()),
        "lesions on both sides of Train and Test": int(
            (lesions["shipped_part"].nunique() > 1).sum()
        ),
        "test photos with a copy or lesion mate in Train": _leaks(photos),
    }
    mislabelled = _mislabelled(photos, labels)
    if labels is not None:
        findings["photos to which a table of labels gives another diagnosis"] = mislabelled[
            "image_id"
        ].nunique()
    balance = pd.crosstab(fingerprinted["diagnosis"], fingerprinted["shipped_part"])
    balance = balance.rename(columns={"": "photos"})
    table = pd.concat([photos, broken])
    columns = ["image_id", "diagnosis", "shipped_part", "path", "problem"]
    return Audit(
        findings,
        balance,
        contradictions,
        mislabelled,
        table[[*columns, "picture", "group", "contradicts"]].sort_values("image_id"),
    )


def _pairs(photos, key):
    """Every pair of photos with one key, `_a` and `_b` apart."""
    columns = ["image_id", "diagnosis", "shipped_part", "pixels", "lesion_id"]
    several = photos.loc[key.map(key.value_counts()) > 1, columns].assign(key=key)
    several["row"] = range(len(several))
    pairs = several.merge(several, on="key", suffixes=("_a", "_b"))
    return pairs[pairs["row_a"] < pairs["row_b"]].drop(columns=["row_a", "row_b", "key"])


def _missed(near):
    known = (near["lesion_id_a"] != "") & (near["lesion_id_b"] != "")
    return int((known & (near["lesion_id_a"] != near["lesion_id_b"])).sum())


def _mislabelled(photos, labels):
    if labels is None:
        return pd.DataFrame(columns=["image_id", "row", "diagnosis", "table", "says"])
    stems = photos["path"].map(lambda path: path.stem)
    found = photos[["diagnosis"]].assign(image_id=stems, row=range(len(photos)))
    found = found.merge(labels, on="image_id")
    agreed = [agree(*pair) for pair in zip(found["diagnosis"], found["says"], strict=True)]
    return found[~np.array(agreed, dtype=bool)]


def _leaks(photos):
    trained = set(photos.loc[photos["shipped_part"] == "Train", "group"])
    tested = photos.loc[photos["shipped_part"] == "Test", "group"]
    return int(tested.isin(trained).sum())
