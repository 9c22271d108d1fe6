"""What the metrics of `model.heatmaps.metrics` say about each method, from the photos' figures."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.heatmaps.baselines import BASELINES
from model.heatmaps.methods import METHODS
from model.heatmaps.metrics import MAP_METRICS

RANDOM = "random"
TITLES = {
    **{name: method.title for name, method in METHODS.items()},
    **BASELINES,
    RANDOM: "A random map",
}


@dataclass(frozen=True)
class MetricMean:
    """The mean of one metric over the photos for which it is defined, with its interval by lesion.

    `against_random` is the paired difference to random maps of the same photos, None of a random
    map and where the metric is not defined for one.
    """

    method: str
    metric: str
    num_photos: int
    mean: Estimate
    against_random: Estimate | None

    @property
    def verdict(self) -> str:
        """Against random maps: `better`, `worse`, or `not shown`."""
        difference = self.against_random
        if difference is None or not (difference.low > 0 or difference.high < 0):
            return "not shown"
        is_lower = difference.high < 0
        return "better" if is_lower == MAP_METRICS[self.metric].lower_is_better else "worse"


def means(table: pd.DataFrame) -> list[MetricMean]:
    """Sum up every metric of every method.

    Args:
        table: `Run.heatmap_metrics`.
    Returns:
        In the order of `TITLES` and `MAP_METRICS`, without what is not defined for any photo.
    """
    by_method = {
        method: table[table["method"] == method].set_index("image_id") for method in TITLES
    }
    summed = (
        _mean(rows, by_method[RANDOM], method, metric)
        for method, rows in by_method.items()
        for metric in MAP_METRICS
        if metric in table.columns
    )
    return [mean for mean in summed if mean]


def _mean(rows, by_chance, method, metric):
    rows = rows[rows[metric].notna()]
    if rows.empty:
        return None
    mean = bootstrap.mean_by_lesion(rows[metric], rows["lesion_id"])
    differences = (rows[metric] - by_chance[metric].reindex(rows.index)).dropna()
    against_random = None
    if method != RANDOM and not differences.empty:
        lesions = rows["lesion_id"].loc[differences.index]
        against_random = bootstrap.mean_by_lesion(differences, lesions)
    return MetricMean(method, metric, len(rows), mean, against_random)
