"""Do heat maps find the lesion better than maps that need no network? Paired, photo by photo."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from model.evaluation import bootstrap, localisation
from model.evaluation.bootstrap import Estimate
from model.heatmaps.baselines import BASELINES

COLUMNS = {"pointing": "hit", "energy": "energy", "iou": "iou"}  # by measure


@dataclass(frozen=True)
class Comparison:
    """One measure of one method's maps, held against one baseline on the same photos.

    `of_baseline` is the baseline's figure and `difference` the method's less that, both over
    `num_photos`, with intervals by lesion. Energy is in multiples of the lesion's share of the
    photo.
    """

    method: str
    baseline: str
    measure: str
    num_photos: int
    of_baseline: Estimate
    difference: Estimate

    @property
    def verdict(self) -> str:
        """`better` or `worse` where the whole interval is above or below 0, else `not shown`."""
        if self.difference.low > 0:
            return "better"
        return "worse" if self.difference.high < 0 else "not shown"


def comparisons(
    table: pd.DataFrame, baselines: pd.DataFrame, method: str, subset: str = "all"
) -> list[Comparison]:
    """Hold a method's maps against every baseline, by every measure.

    Args:
        table: `Run.localisation`.
        baselines: `Run.map_baselines`.
        method: a key of `METHODS`.
        subset: a key of `model.evaluation.localisation.SUBSETS`.
    Returns:
        By measure and baseline, over the photos that have a map of each; empty without any.
    """
    measured = [name for name in BASELINES if baselines[f"{name}_energy"].notna().any()]
    of_subset = localisation.photos_of(table, subset)
    rows = (
        localisation.with_maps(of_subset, method)
        # A centre of no fitted width, which the file keeps.
        .drop(columns=["centre_energy", "centre_iou"])
        .merge(baselines, on=["image_id", "version"])
        .dropna(subset=[f"{name}_energy" for name in measured])
    )
    if rows.empty:
        return []
    weights = bootstrap.lesion_weights(rows["lesion_id"], bootstrap.NUM_RESAMPLES, seed=0)

    def ratio(values, whole):
        return bootstrap.estimate(
            values.sum() / whole.sum(),
            bootstrap.ratio(weights @ values.to_numpy(), weights @ whole.to_numpy()),
        )

    compared = []
    for measure, column in COLUMNS.items():
        # As in `MethodAccuracy`: energy is a ratio of sums, the others are means.
        whole = rows["area"] if measure == "energy" else pd.Series(1.0, rows.index)
        ours = rows[f"{method}_{column}"]
        for baseline in measured:
            theirs = rows[f"{baseline}_{column}"]
            of_baseline, difference = ratio(theirs, whole), ratio(ours - theirs, whole)
            compared.append(
                Comparison(method, baseline, measure, len(rows), of_baseline, difference)
            )
    return compared
