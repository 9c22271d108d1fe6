"""What the truth of a photo rests on: any confirmation, or a pathologist's look at the tissue.

A lesion that looks harmless is seldom cut out. So whoever counts photos with histology alone counts
the difficult ones among the benign (verification bias).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

# HAM10000's and PAD-UFES-20's word, and that of the ISIC Archive.
HISTOLOGY = ("histo", "histopathology")


class Reference(StrEnum):
    """Which photos count. The values stand in URLs."""

    ANY = "any"
    HISTOLOGY = "histology"


@dataclass(frozen=True)
class Confirmed:
    """How many photos of some diagnoses, and how many others, are confirmed by histology."""

    num_of: int
    num_of_by_histology: int
    num_others: int
    num_others_by_histology: int


def photos_of(rows: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """The rows whose truth rests on a reference standard; all of them for `Reference.ANY`.

    Args:
        rows: predictions, with `confirmed_by` where the data has it.
    """
    return rows if reference == Reference.ANY else rows[_by_histology(rows)]


def counts(rows: pd.DataFrame, codes: Sequence[str]) -> Confirmed | None:
    """How the diagnoses `codes` and the others were confirmed.

    Args:
        rows: predictions of one split.
        codes: of the diagnoses looked for.
    Returns:
        `Confirmed`; None where there is nothing to choose, because the data does not say how its
        photos were confirmed, or because all were by histology, or none of the one side was.
    """
    if "confirmed_by" not in rows.columns:
        return None
    by_histology = _by_histology(rows)
    own = rows["diagnosis"].isin(codes)
    found = Confirmed(
        int(own.sum()),
        int((own & by_histology).sum()),
        int((~own).sum()),
        int((~own & by_histology).sum()),
    )
    is_choice = found.num_of_by_histology and found.num_others_by_histology
    return found if is_choice and not by_histology.all() else None


def _by_histology(rows):
    return rows["confirmed_by"].isin(HISTOLOGY)
