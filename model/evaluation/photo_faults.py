"""Faults of a photo: what counts as blurred, dark or cut off, and what that costs the network.

The validation photos of a run set the thresholds (`Run.quality`); its test photos show how often
the network is right on photos beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation.bootstrap import (
    NUM_RESAMPLES,
    Estimate,
    estimate,
    lesion_weights,
    ratio,
    share,
)
from model.evaluation.subgroups import FEW

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
    """What a fault meant on test photos.

    `threshold` is the value beyond which a photo counts as faulty, `faulty` and `others` the share
    of right answers on photos beyond it and on the rest, `cost` the difference, others less faulty,
    with its interval by lesion; `num_faulty` and `num_others` say how many these are.
    """

    threshold: float
    faulty: Estimate | None
    others: Estimate | None
    num_faulty: int
    num_others: int
    cost: Estimate | None = None

    @property
    def is_costly(self) -> bool:
        """Whether enough such photos show that the network is right on them less often."""
        return self.num_faulty >= FEW and self.cost is not None and self.cost.low > 0


def faults(run: Run, measured: Mapping[str, float]) -> list[str]:
    """Which faults a photo has.

    Args:
        run: `model.run.Run` with `quality`.
        measured: of `measure`.
    Returns:
        List of keys of `FAULTS`.
    """
    table = _measured(run)
    return [
        key
        for key, fault in FAULTS.items()
        if _is_beyond(fault, measured[fault.measure], threshold(table, key))
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
    """What a fault meant for the answers to the run's test photos.

    Args:
        run: `model.run.Run` with `quality`.
        key: of `FAULTS`.
    Returns:
        `FaultEffect`.
    """
    table = _measured(run)
    limit = threshold(table, key)
    test = run.test_photos
    right = test[run.probability_columns].to_numpy().argmax(axis=1) == test["diagnosis"].map(
        {code: index for index, code in enumerate(run.diagnoses)}
    )
    rows = test[["image_id", "lesion_id"]].assign(right=right).merge(table, on="image_id")
    beyond = _is_beyond(FAULTS[key], rows[FAULTS[key].measure], limit)
    parts = rows[beyond], rows[~beyond]
    faulty, others = (
        share(part["right"], part["lesion_id"]) if len(part) else None for part in parts
    )
    cost = _difference(rows, beyond) if faulty and others else None
    return FaultEffect(limit, faulty, others, len(parts[0]), len(parts[1]), cost)


def _difference(rows: pd.DataFrame, beyond: pd.Series) -> Estimate:
    """The share of right answers on the other photos, less that on faulty ones.

    Both shares come from the same draws of lesions, since photos of one lesion may lie on either
    side.
    """
    weights = lesion_weights(rows["lesion_id"], NUM_RESAMPLES, seed=0)
    right, is_faulty = rows["right"].to_numpy(float), beyond.to_numpy()
    sides = [weights * chosen for chosen in (~is_faulty, is_faulty)]
    drawn = [ratio(side @ right, side.sum(axis=1)) for side in sides]
    return estimate(right[~is_faulty].mean() - right[is_faulty].mean(), drawn[0] - drawn[1])


def _is_beyond(fault, values, limit):
    return values > limit if fault.is_high else values < limit


def _measured(run):
    if run.quality is None:
        raise ValueError(f"{run.name} does not record the quality of its photos.")
    return run.quality
