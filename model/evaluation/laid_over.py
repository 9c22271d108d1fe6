"""How often two photos can be laid over each other: of one lesion, and of two.

The table is written by `python -m train lay-over`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.evaluation.bootstrap import Estimate, wilson

FILE = Path(__file__).resolve().parents[2] / "assets" / "same_lesion" / "laid_over.csv"
COLUMNS = ("image_a", "image_b", "is_same_lesion", "is_laid_over", "num_points", "correlation")


class LaidOverError(ValueError):
    """A table that cannot be used; the message says why."""


@dataclass(frozen=True)
class LaidOverRates:
    """The share of pairs of photos that could be laid over each other: of `num_same` lesions, one
    pair each, and of `num_other` pairs of two lesions."""

    num_same: int
    num_other: int
    same: Estimate
    other: Estimate


def rates(file: Path = FILE) -> LaidOverRates | None:
    """Count the table; None where nobody measured it.

    Raises:
        LaidOverError: the table is malformed.
    """
    if not file.is_file():
        return None
    table = pd.read_csv(file)
    missing = sorted(set(COLUMNS) - set(table.columns))
    if missing:
        raise LaidOverError(f"{file.name} lacks the columns {', '.join(missing)}.")
    for column in ("is_same_lesion", "is_laid_over"):
        if not pd.api.types.is_bool_dtype(table[column]):
            raise LaidOverError(f"{file.name} holds something other than True and False.")
    same = table.loc[table["is_same_lesion"], "is_laid_over"]
    other = table.loc[~table["is_same_lesion"], "is_laid_over"]
    return LaidOverRates(
        len(same),
        len(other),
        wilson(int(same.sum()), len(same)),
        wilson(int(other.sum()), len(other)),
    )


def rates_sentence(found: LaidOverRates | None) -> str:
    """The rates in words."""
    if found is None:
        return "How often that succeeds was not measured."
    return (
        f"Of {found.num_same:,} lesions of HAM10000, a share of {found.same} could be laid over "
        f"another photo of themselves; of {found.num_other:,} pairs of photos of different "
        f"lesions, drawn at random, {found.other}."
    )
