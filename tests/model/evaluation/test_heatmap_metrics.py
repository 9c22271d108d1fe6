"""Means of the metrics of heat maps, and what they are worth beside random maps."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.bootstrap import Estimate
from model.evaluation.heatmap_metrics import MetricMean, means
from model.heatmaps.metrics import MAP_METRICS


def table(**by_method):
    """One row per method and photo: `road`; Max-Sensitivity is not defined for a random map."""
    return pd.DataFrame(
        {
            "image_id": f"photo_{place}",
            "lesion_id": f"lesion_{place}",
            "method": method,
            "road": value,
            "max_sensitivity": np.nan if method == "random" else 0.5,
        }
        for method, values in by_method.items()
        for place, value in enumerate(values)
    )


def test_the_difference_to_random_maps_is_paired():
    by_chance = np.linspace(0, 1, 20)
    measured = means(table(grad_cam=by_chance - 0.05, random=by_chance))
    road, sensitivity, random = measured
    assert (road.method, road.metric, road.num_photos) == ("grad_cam", "road", 20)
    assert road.mean.value == pytest.approx(0.45)
    assert road.against_random.value == pytest.approx(-0.05)
    assert road.mean.high > random.mean.value  # two intervals would show nothing
    assert sensitivity.against_random is None
    assert (random.method, random.against_random) == ("random", None)


def test_photos_without_a_figure_are_left_out_and_counted():
    measured = means(table(grad_cam=[0.5, np.nan, 1.0], random=[0.5, 0.5, np.nan]))
    road = next(mean for mean in measured if mean.method == "grad_cam" and mean.metric == "road")
    assert (road.num_photos, road.mean.value) == (2, 0.75)
    assert road.against_random.value == 0  # of the one photo that has both
    assert not [mean for mean in measured if mean.metric == "sparseness"]


def test_methods_come_in_the_order_of_the_app_and_unknown_ones_not_at_all():
    measured = means(table(random=[1.0], smooth_grad=[1.0], magic=[0.0], grad_cam=[1.0]))
    assert list(dict.fromkeys(mean.method for mean in measured)) == [
        "grad_cam",
        "smooth_grad",
        "random",
    ]


@pytest.mark.parametrize("metric", MAP_METRICS)
def test_which_way_is_better_depends_on_the_metric(metric):
    def verdict(low, high):
        figure = Estimate(0, low, high)
        return MetricMean("grad_cam", metric, 9, figure, figure).verdict

    below, above = (
        ("better", "worse") if MAP_METRICS[metric].lower_is_better else ("worse", "better")
    )
    assert verdict(-0.2, -0.1) == below
    assert verdict(0.1, 0.2) == above
    assert verdict(-0.1, 0.1) == "not shown"
    assert verdict(np.nan, np.nan) == "not shown"
    figure = Estimate(0, 0.1, 0.2)
    assert MetricMean("random", metric, 9, figure, None).verdict == "not shown"
