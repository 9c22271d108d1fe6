"""What a leak adds: each test photo held against itself without the leak."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from model.evaluation.injection import (
    AUGMENTED,
    COPY,
    LESION,
    RANK,
    THROUGH,
    Injection,
    column,
)

REAL = (COPY, LESION)  # photos that somebody took, not copies that a program made


@dataclass(frozen=True)
class Effect:
    """What a leak adds on a group of probe photos, each photo against itself without the leak.

    `without` and `with_leak` are accuracies, means over the seeds; `balanced` is the difference of
    the balanced accuracies, over the diagnoses that the group has. Intervals are from resampling
    lesions and seeds; `by_seed` has the difference of each seed. `num_photos` is the mean over the
    seeds, because which photos leak depends on the seed.
    """

    dose: float
    num_photos: int
    without: float
    with_leak: float
    difference: Estimate
    balanced: Estimate
    by_seed: tuple[float, ...]


@dataclass(frozen=True)
class Group:
    """Probe photos that are looked at together, see `effect`; `name` continues a sentence."""

    name: str
    through: Sequence[str] = THROUGH
    leaking: bool = True


ALL = Group("photos that leak")
NOT_LEAKING = Group("photos that do not leak", THROUGH, leaking=False)
GROUPS = (
    ALL,
    Group("photos that leak through another photo of their lesion or a copy", REAL),
    Group("photos that leak through a changed copy of themselves", (AUGMENTED,)),
    NOT_LEAKING,
)


def effect(injection: Injection, dose: float, group: Group = ALL) -> Effect | None:
    """What one dose adds on the photos that leak, or on the others.

    Args:
        injection: with this dose.
        dose: above 0, one of `Injection.doses`.
        group: whose photos; those that do not leak could, at a larger dose.
    Returns:
        None where there are no such photos.
    """
    probe = injection.probe
    truth = probe["diagnosis"].to_numpy()
    can = probe["leaks_through"].isin(group.through).to_numpy()
    seeds = injection.seeds(dose)
    members, right, right_with = [], [], []
    for seed in seeds:
        leaks = (injection.ranks[f"{RANK}{seed}"] < dose).to_numpy()
        members.append(can & (leaks == group.leaking))
        right.append(injection.answers[column(0.0, seed)] == truth)
        right_with.append(injection.answers[column(dose, seed)] == truth)
    member, before, after = (np.array(rows, float) for rows in (members, right, right_with))
    sizes = member.sum(axis=1)
    if (sizes == 0).any():
        return None
    gain = (after - before) * member
    weights = lesion_weights(probe["lesion_id"], NUM_RESAMPLES, seed=0)
    picks = np.random.default_rng(0).integers(len(seeds), size=(NUM_RESAMPLES, len(seeds)))

    def of_all(of_seeds, drawn):
        """Mean over the seeds, and over as many drawn ones in each resample."""
        resampled = mean(np.take_along_axis(drawn, picks, axis=1), axis=1)
        return estimate(float(mean(of_seeds)), resampled)

    one = np.ones((1, len(probe)))
    by_seed = _gains(one, gain, member)[0]
    codes = [truth == code for code in np.unique(truth)]
    of_codes, drawn_of_codes = (
        mean(np.array([_gains(rows, gain * own, member * own) for own in codes]), axis=0)
        for rows in (one, weights)
    )
    return Effect(
        dose,
        round(float(sizes.mean())),
        float(((before * member).sum(axis=1) / sizes).mean()),
        float(((after * member).sum(axis=1) / sizes).mean()),
        of_all(by_seed, _gains(weights, gain, member)),
        of_all(of_codes[0], drawn_of_codes),
        tuple(map(float, by_seed)),
    )


def _gains(weights, gain, member):
    """(resamples, seeds): the mean gain of the members; NaN where none is drawn."""
    return ratio(weights @ gain.T, weights @ member.T)


def effects(injection: Injection) -> Iterator[tuple[Group, Effect]]:
    """Every effect of an injection, the largest dose first."""
    for dose in reversed(injection.doses):
        for group in GROUPS:
            found = effect(injection, dose, group)
            if found:
                yield group, found


def table(
    measured: Iterable[tuple[Injection, Mapping[tuple[Group, float], Effect]]],
) -> pd.DataFrame:
    """One row per injection, dose and group, with every figure.

    Args:
        measured: injections with their effects by group and dose.
    """
    return pd.DataFrame(
        {
            "System": injection.title,
            "Recipe": injection.name,
            "Test photos that leak": found.dose,
            "Photos": group.name,
            "Number of photos": found.num_photos,
            "Seeds": len(found.by_seed),
            "Accuracy without the leak": found.without,
            "Accuracy with it": found.with_leak,
            "Difference": found.difference.value,
            "Difference, low": found.difference.low,
            "Difference, high": found.difference.high,
            "Balanced accuracy, difference": found.balanced.value,
            "Balanced accuracy, low": found.balanced.low,
            "Balanced accuracy, high": found.balanced.high,
            "Of each seed": " ".join(f"{value:+.3f}" for value in found.by_seed),
        }
        for injection, found_by_group in measured
        for (group, _), found in found_by_group.items()
    )


def sentence(found: Effect, group: Group = ALL) -> str:
    """What a leak adds, as far as the interval allows to say."""
    of = f"{found.num_photos:,} {group.name}, {_seeds(found)}"
    values = f"{found.without:.2f} without the leak, {found.with_leak:.2f} with it"
    return (
        f"Of the {of}: accuracy {values}, difference {found.difference}; balanced accuracy, "
        f"difference {found.balanced}. {_verdict(found)}"
    )


def _verdict(found: Effect) -> str:
    ways = {
        "accuracy": found.difference.direction,
        "balanced accuracy": found.balanced.direction,
    }
    said = [
        f"{verb} the {' and the '.join(metrics)}"
        for verb, sign in (("lifts", 1), ("lowers", -1))
        if (metrics := [metric for metric, way in ways.items() if way == sign])
    ]
    return f"So the leak {' and '.join(said)}." if said else "No effect is shown."


def _seeds(found: Effect) -> str:
    number = len(found.by_seed)
    return "1 training of each kind" if number == 1 else f"{number} trainings of each kind"
