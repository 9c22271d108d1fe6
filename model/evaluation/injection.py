"""What a leak is worth: the same recipe with and without it, on the same test photos.

An injection is a folder of `assets/injections`, written by `python -m train inject`: card.json,
probe.csv (a row per test photo: ids, diagnosis, what it can leak through, its rank in the order of
each seed, and the answer of each training) and history.csv.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.evaluation.bootstrap import (
    NUM_RESAMPLES,
    Estimate,
    estimate,
    lesion_weights,
    mean,
    ratio,
)

DOSES = (0.0, 0.25, 0.5, 1.0)
COPY, LESION, AUGMENTED = "copy", "lesion", "augmented"
THROUGH = (COPY, LESION, AUGMENTED)
RANK = "rank_"  # opens the columns of the ranks; the seed follows
CARD, PROBE, HISTORY = "card.json", "probe.csv", "history.csv"
PROBE_COLUMNS = ("image_id", "lesion_id", "diagnosis", "leaks_through")


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
    def seeds(self) -> list[int]:
        """The seeds that were trained at dose 0, and so have something to compare with."""
        seeds = [int(str(name).removeprefix(RANK)) for name in self.ranks]
        return [seed for seed in seeds if self.has(0.0, seed)]

    def has(self, dose: float, seed: int) -> bool:
        return column(dose, seed) in self.answers

    @property
    def doses(self) -> list[float]:
        """Doses above 0 that were measured with at least one seed."""
        return [dose for dose in DOSES if dose and any(self.has(dose, seed) for seed in self.seeds)]


@dataclass(frozen=True)
class Effect:
    """What a leak adds on a group of probe photos, each photo against itself without the leak.

    `without` and `with_leak` are accuracies, means over the seeds; the interval of `difference` is
    from resampling lesions and seeds. `by_seed` has the difference of each seed. `num_photos` is
    the mean over the seeds, because which photos leak depends on the seed.
    """

    dose: float
    num_photos: int
    without: float
    with_leak: float
    difference: Estimate
    by_seed: tuple[float, ...]


def column(dose: float, seed: int) -> str:
    """The column of the answers of one training: `dose_25_seed_20`."""
    return f"dose_{100 * dose:.0f}_seed_{seed}"


def read(folder: Path) -> Injection:
    """Read an injection.

    Raises:
        InjectionError: a file is missing, was changed or does not hold what it should.
    """
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        for name, digest in card["files"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                raise InjectionError(f"{folder.name}: {name} is not what {CARD} lists.")
        table = pd.read_csv(folder / PROBE, keep_default_na=False)
    except (OSError, ValueError, KeyError) as error:
        raise InjectionError(f"{folder.name} cannot be read: {error}.") from error
    if not {*PROBE_COLUMNS} <= {*table} or not table["leaks_through"].isin(THROUGH).all():
        raise InjectionError(f"{folder.name}: {PROBE} lacks {', '.join(PROBE_COLUMNS)}.")
    ranks = table.filter(regex=f"^{RANK}")
    return Injection(card, table[list(PROBE_COLUMNS)], ranks, table.filter(regex="^dose_"))


def read_all(parent: Path) -> list[Injection]:
    """The injections of a folder, by name; unfinished ones and what cannot be trusted stay out."""
    found = []
    for folder in sorted(path.parent for path in parent.glob(f"[!.]*/{CARD}")):
        try:
            found.append(read(folder))
        except InjectionError:
            continue
    return [injection for injection in found if injection.doses]


def effect(
    injection: Injection,
    dose: float,
    through: Sequence[str] = THROUGH,
    leaking: bool = True,
) -> Effect | None:
    """What one dose adds on the photos that leak, or on the others.

    Args:
        injection: with this dose.
        dose: above 0.
        through: what the photos can leak through.
        leaking: False: the photos that do not leak at this dose, though they could.
    Returns:
        None where there are no such photos.
    """
    probe = injection.probe
    truth = probe["diagnosis"].to_numpy()
    can = probe["leaks_through"].isin(through).to_numpy()
    seeds = [seed for seed in injection.seeds if injection.has(dose, seed)]
    members, right, right_with = [], [], []
    for seed in seeds:
        leaks = (injection.ranks[f"{RANK}{seed}"] < dose).to_numpy()
        members.append(can & (leaks == leaking))
        right.append((injection.answers[column(0.0, seed)] == truth).to_numpy(float))
        right_with.append((injection.answers[column(dose, seed)] == truth).to_numpy(float))
    member, before, after = (np.array(rows, float) for rows in (members, right, right_with))
    sizes = member.sum(axis=1)
    if not len(seeds) or (sizes == 0).any():
        return None
    by_seed = ((after - before) * member).sum(axis=1) / sizes
    weights = lesion_weights(probe["lesion_id"], NUM_RESAMPLES, seed=0)
    drawn = ratio(weights @ ((after - before) * member).T, weights @ member.T)
    picks = np.random.default_rng(0).integers(len(seeds), size=drawn.shape)
    resampled = mean(np.take_along_axis(drawn, picks, axis=1), axis=1)
    return Effect(
        dose,
        round(float(sizes.mean())),
        float(((before * member).sum(axis=1) / sizes).mean()),
        float(((after * member).sum(axis=1) / sizes).mean()),
        estimate(float(by_seed.mean()), resampled),
        tuple(map(float, by_seed)),
    )
