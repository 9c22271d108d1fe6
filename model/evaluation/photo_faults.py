"""Faults of a photo: what counts as blurred, dark or cut off, and what that costs the network.

The validation photos of a run set the thresholds (`Run.quality`); test photos, its own and those of
other sources, show how often the network is right on photos beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation.sign_cost import SignCosts, by_photo, sign_costs

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class Fault:
    """What can be wrong: `measure` lies beyond the border that `beyond` of the validation photos
    lie beyond, too."""

    measure: str
    is_high: bool
    beyond: float


# Photos of a collection were chosen by experts, so few are bad; but one in eight lesions of
# HAM10000 does leave the frame, which its masks show (docs/photo_quality.md).
FAULTS = {
    "blurred": Fault("blur", True, 0.02),
    "dark": Fault("light", False, 0.01),
    "pale": Fault("light", True, 0.01),
    "glaring": Fault("glare", True, 0.01),
    "small": Fault("side", False, 0.02),
    "maybe cut off": Fault("fill", True, 0.1),
}


@dataclass(frozen=True)
class FaultEffect:
    """The value beyond which a photo counts as faulty, and what that costs on test photos."""

    threshold: float
    costs: SignCosts


def limits(run: Run) -> dict[str, float]:
    """The `threshold` of every fault.

    Args:
        run: `model.run.Run` with `quality`.
    """
    table = _measured(run)
    return {key: threshold(table, key) for key in FAULTS}


def faults(limits: Mapping[str, float], measured: Mapping[str, float]) -> list[str]:
    """Which faults a photo has.

    Args:
        limits: of `limits`.
        measured: of `measure`.
    Returns:
        List of keys of `FAULTS`.
    """
    return [
        key
        for key, fault in FAULTS.items()
        if _is_beyond(fault, measured[fault.measure], limits[key])
    ]


def threshold(table: pd.DataFrame, key: str) -> float:
    """The value beyond which a photo has a fault: a quantile of the validation photos.

    Args:
        table: `Run.quality`.
        key: of `FAULTS`.
    """
    fault = FAULTS[key]
    values = table.loc[table["split"] == "validation", fault.measure]
    return float(values.quantile(1 - fault.beyond if fault.is_high else fault.beyond))


def share_beyond(table: pd.DataFrame, key: str, value: float) -> float:
    """Share of the validation photos that are less extreme than a value.

    Args:
        table: `Run.quality`.
        key: of `FAULTS`.
        value: of the fault's measure.
    """
    fault = FAULTS[key]
    values = table.loc[table["split"] == "validation", fault.measure]
    return float((values < value if fault.is_high else values > value).mean())


def effect(run: Run, key: str) -> FaultEffect:
    """What a fault meant for the answers to test photos of the run's own kind.

    Args:
        run: `model.run.Run` with `quality`.
        key: of `FAULTS`.
    Returns:
        `FaultEffect`.
    """
    table = _measured(run)
    limit = threshold(table, key)
    values = table.set_index(["source", "image_id"])[FAULTS[key].measure]
    has_fault = by_photo(_is_beyond(FAULTS[key], values, limit))
    return FaultEffect(limit, sign_costs(run, None, has_fault))


def _is_beyond(fault, values, limit):
    return values > limit if fault.is_high else values < limit


def _measured(run):
    if run.quality is None:
        raise ValueError(f"{run.name} does not record the quality of its photos.")
    return run.quality
