"""The injections: a recipe trained with and without a leak, answering the same test photos.

An injection is a folder of `assets/injections`, written by `python -m train inject`: card.json,
probe.csv (a row per test photo: ids, diagnosis, what it can leak through, its rank in the order of
each seed, and the answer of each training) and history.csv.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model.run.files import sha256
from model.run.schema import CODES, COUNT, TEXT, first_fault

DOSES = (0.0, 0.25, 0.5, 1.0)
COPY, LESION, AUGMENTED = "copy", "lesion", "augmented"
THROUGH = (COPY, LESION, AUGMENTED)
CARD, PROBE, HISTORY = "card.json", "probe.csv", "history.csv"
PROBE_COLUMNS = ("image_id", "lesion_id", "diagnosis", "leaks_through")
RANK, DOSE = "rank_", "dose_"  # open the columns of ranks and of answers
CARD_SCHEMA = {
    "type": "object",
    "required": [
        "recipe",
        "title",
        "command",
        "diagnoses",
        "num_training",
        "num_epochs",
        "state",
        "files",
    ],
    "properties": {
        **dict.fromkeys(("recipe", "title", "command", "source", "licence", "revision"), TEXT),
        "diagnoses": CODES,
        **dict.fromkeys(("num_training", "num_epochs"), COUNT),
        "state": {"type": "object"},
        "files": {"type": "object", "required": [PROBE], "additionalProperties": TEXT},
    },
}


class InjectionError(ValueError):
    """An injection that cannot be trusted; the message says what is wrong with it."""


@dataclass(frozen=True)
class Injection:
    """A recipe's trainings with and without a leak.

    `card` is card.json; `probe` has `PROBE_COLUMNS` and a row per test photo; `ranks` has a column
    per seed, from 0 to 1: a photo leaks at the doses above its rank; `answers` has a column per
    training (`column`), the diagnosis that its network takes each photo for.
    """

    card: Mapping[str, Any]
    probe: pd.DataFrame
    ranks: pd.DataFrame
    answers: pd.DataFrame

    @property
    def name(self) -> str:
        return self.card["recipe"]

    @property
    def title(self) -> str:
        return self.card["title"]

    def seeds(self, dose: float) -> list[int]:
        """The seeds that were trained without a leak and at this dose."""
        all_seeds = [int(str(name).removeprefix(RANK)) for name in self.ranks]
        return [
            seed
            for seed in all_seeds
            if {column(0.0, seed), column(dose, seed)} <= set(self.answers)
        ]

    @property
    def doses(self) -> list[float]:
        """Doses above 0 that were measured with at least one seed, the smallest first."""
        return [dose for dose in DOSES if dose and self.seeds(dose)]


def column(dose: float, seed: int) -> str:
    """The column of the answers of one training: `dose_25_seed_20`."""
    return f"{DOSE}{100 * dose:.0f}_seed_{seed}"


def read(folder: Path) -> Injection:
    """Read an injection.

    Raises:
        InjectionError: a file is missing, was changed or does not hold what it should.
    """
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        fault = first_fault(card, CARD_SCHEMA)
        if fault:
            raise InjectionError(f"{folder.name}: {CARD} is not that of an injection ({fault}).")
        for name, digest in card["files"].items():
            if Path(name).name != name or sha256(folder / name) != digest:
                raise InjectionError(
                    f"{folder.name}: {name} is not the file that {CARD} was written for. Restore "
                    "it, or measure again."
                )
        table = pd.read_csv(folder / PROBE, keep_default_na=False)
        ranks = table.filter(regex=rf"^{RANK}\d+$").astype(float)
    except (OSError, ValueError) as error:
        if isinstance(error, InjectionError):
            raise
        raise InjectionError(f"{folder.name} cannot be read: {error}.") from error
    if not {*PROBE_COLUMNS} <= {*table}:
        raise InjectionError(f"{folder.name}: {PROBE} needs {', '.join(PROBE_COLUMNS)}.")
    answers = table.filter(regex=rf"^{DOSE}\d+_seed_\d+$")
    codes = pd.concat([table["diagnosis"], *(answers[name] for name in answers)])
    unknown = sorted(set(codes) - set(card["diagnoses"]))
    ways = sorted(set(table["leaks_through"]) - set(THROUGH))
    if unknown or ways:
        raise InjectionError(f"{folder.name}: {PROBE} has the unknown value {(unknown + ways)[0]}.")
    return Injection(card, table[list(PROBE_COLUMNS)], ranks, answers)


def read_all(parent: Path) -> list[Injection]:
    """The injections of a folder that can be trusted and have something to compare, by name."""
    found = []
    for file in sorted(parent.glob(f"[!.]*/{CARD}")):
        try:
            found.append(read(file.parent))
        except InjectionError:
            continue
    return [injection for injection in found if injection.doses]
