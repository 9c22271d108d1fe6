"""What planted shortcuts do to the answers of a run: the same photos before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.photo.shortcuts import SHORTCUTS
from model.prediction.prediction import operating_points

if TYPE_CHECKING:
    from model.run import Run

BENIGN, MALIGNANT = "benign", "malignant"


@dataclass(frozen=True)
class PlantedEffect:
    """What one planted thing does to photos that are all benign, or all malignant.

    `planted` is a key of `model.photo.shortcuts.SHORTCUTS`, `verdict` `benign` or `malignant`.
    `before` is the mean malignant sum, `change` its mean change, `flipped` the share of photos with
    another answer. Of `num_below` photos whose sum was below the run's most sensitive threshold,
    `crossing` is the share that is not below it any more; None without such a threshold or such
    photos.
    Intervals by lesion.
    """

    planted: str
    verdict: str
    num_photos: int
    num_lesions: int
    before: float
    change: Estimate
    flipped: Estimate
    num_below: int
    crossing: Estimate | None

    @property
    def direction(self) -> int:
        """1 where the sum is shown to rise, -1 where it is shown to fall, else 0; by the interval
        as it is printed."""
        return self.change.direction


def effects(run: Run) -> list[PlantedEffect]:
    """Sum up what was measured, in the order of `SHORTCUTS`, benign photos first.

    Args:
        run: `model.run.Run`.
    Returns:
        List of `PlantedEffect`, without those of which there is no photo; empty where nobody
        measured it.
    """
    if run.planted is None:
        return []
    facts = run.test_photos[["image_id", "lesion_id", "diagnosis"]]
    rows = run.planted.merge(facts, on="image_id", validate="many_to_one")
    rows["verdict"] = rows["diagnosis"].map(run.verdict)
    by_group = dict(list(rows.groupby(["planted", "verdict"])))
    groups = [(planted, verdict) for planted in SHORTCUTS for verdict in (BENIGN, MALIGNANT)]
    limit = threshold(run)
    return [
        _effect(planted, verdict, by_group[planted, verdict], limit)
        for planted, verdict in groups
        if (planted, verdict) in by_group
    ]


def threshold(run: Run) -> float | None:
    """The run's most sensitive threshold on the malignant sum of its own kind of photo."""
    points = operating_points(run, next(iter(run.kinds), None))
    own = [point for point in points if set(point.of) == set(run.malignant)]
    return max(own, key=lambda point: point.target_sensitivity).threshold if own else None


def _effect(planted: str, verdict: str, rows: pd.DataFrame, limit: float | None) -> PlantedEffect:
    change = (rows["malignant_after"] - rows["malignant_before"]).to_numpy()
    flipped = (rows["answer_after"] != rows["answer_before"]).to_numpy()
    below = rows.iloc[:0] if limit is None else rows[rows["malignant_before"] < limit]
    crossing = None
    if len(below):
        crossing = bootstrap.share(below["malignant_after"] >= limit, below["lesion_id"])
    return PlantedEffect(
        planted,
        verdict,
        len(rows),
        rows["lesion_id"].nunique(),
        float(rows["malignant_before"].mean()),
        bootstrap.mean_by_lesion(change, rows["lesion_id"]),
        bootstrap.share(flipped, rows["lesion_id"]),
        len(below),
        crossing,
    )
