"""Reporting guidelines, item by item: what each asks, and where the project answers it.

A table of items for each guideline, in short words of our own. Their numbers are the guidelines'.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

RUN = "lentigo_second"  # the run that opens the app; the answers are about it


class Status(StrEnum):
    """How far an item is answered; the values stand in the tables."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class Item:
    """One item of a guideline.

    `number` is the guideline's, `asks` its subject, `where` Markdown: where it is answered, or what
    is missing and why.
    """

    number: str
    asks: str
    status: Status
    where: str


@dataclass(frozen=True)
class Guideline:
    """A reporting guideline and what became of each item; `checked` says how far its list was
    compared with the publication."""

    name: str
    title: str
    source: str
    checked: str
    file: str

    @property
    def items(self) -> list[Item]:
        with open(Path(__file__).with_name(self.file), newline="", encoding="utf-8") as file:
            return [
                Item(row["number"], row["asks"], Status(row["status"]), row["where"])
                for row in csv.DictReader(file)
            ]

    def counts(self) -> Counter[Status]:
        """How many items have each status."""
        return Counter(item.status for item in self.items)


GUIDELINES = (
    Guideline(
        "CLEAR Derm",
        "image-based AI reports in dermatology",
        "Daneshjou et al. 2022, JAMA Dermatology, https://doi.org/10.1001/jamadermatol.2021.4915",
        "The article was not at hand, and no public copy of its list was found. A report about it "
        "(MDedge Dermatology, December 2021) names the same four parts, data, technique, technical "
        "assessment and application; the 25 items within them were listed from knowledge of the "
        "article, so their order and numbers may differ.",
        "clear_derm.csv",
    ),
    Guideline(
        "CLAIM 2024",
        "AI in medical imaging",
        "Tejani et al. 2024, Radiology: Artificial Intelligence, https://doi.org/10.1148/ryai.240300",
        "The journal's table was not at hand. All 44 items agree in number and subject with a "
        "public summary of the list (Aperivue, medsci-skills), whose authors say that they "
        "compared it with the article, item by item.",
        "claim.csv",
    ),
    Guideline(
        "TRIPOD+AI",
        "prediction models",
        "Collins et al. 2024, BMJ, https://doi.org/10.1136/bmj-2023-078378",
        "The 52 numbers follow a public transcription of the checklist.",
        "tripod_ai.csv",
    ),
    Guideline(
        "STARD-AI",
        "diagnostic accuracy of AI",
        "Sounderajah et al. 2025, Nature Medicine, https://doi.org/10.1038/s41591-025-03953-8",
        "The 48 numbers follow a public transcription of the article's Table 2.",
        "stard_ai.csv",
    ),
)


def total(guidelines: Sequence[Guideline] = GUIDELINES) -> Counter[Status]:
    """The counts of several guidelines together."""
    return sum((guideline.counts() for guideline in guidelines), Counter())
