"""Compare > Heat maps: beside maps that need no network, and the metrics of the field."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.heatmaps.metrics import MAP_METRICS
from model.run.writer import add_table
from tests import toys
from tests.model.evaluation.test_localisation import rows
from tests.model.evaluation.test_map_baselines import baselines
from tests.pages.driver import table_with, texts, visit

NUM_PHOTOS = 30


@pytest.fixture
def toy_run(tmp_path, monkeypatch):
    """A run whose maps have more energy than the centre, and less than a dark blob."""
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    toy_run = toys.write(tmp_path, "one")
    table = rows([1] * NUM_PHOTOS, [0.45, 0.55] * (NUM_PHOTOS // 2))
    return add_table(toy_run, run.LOCALISATION, table)


def of_heat_maps():
    app = visit("compare")
    app.segmented_control(key="compare_view").set_value("Heat maps").run()
    assert not app.exception
    return app


def test_without_the_measurements_each_names_its_command(toy_run):
    said = texts(of_heat_maps())
    assert "Not measured yet: Toy one. `python -m train explain-report" in said
    assert "--only baselines" in said
    assert "--only metrics" in said
    assert "on the lesion than" not in said


def test_what_a_map_without_a_network_reaches_is_said_and_not_only_drawn(toy_run):
    against = baselines(toy_run.localisation, hits=(0.9, 1, 1)).assign(
        centre_hit=[0, 1, 1] * (NUM_PHOTOS // 3)
    )
    add_table(toy_run, run.MAP_BASELINES, against)
    app = of_heat_maps()
    said = texts(app)
    assert "**Grad-CAM, Toy one**: its maximum lies inside the lesion more often than" in said
    assert "it has less energy on the lesion than a dark blob (-1.50, -1." in said
    assert "it has more energy on the lesion than the centre (+1.00, " in said
    table = table_with(app, "Without a network")
    assert list(table["Without a network"]) == [
        "The centre",
        "The mean training mask",
        "A dark blob",
    ]
    assert list(table["Pointing without"]) == ["0.67", "1.00", "1.00"]
    assert "--only baselines" not in said


def test_every_metric_is_shown_with_its_meaning_and_number_of_photos(toy_run):
    by_chance = np.linspace(0.5, 1, NUM_PHOTOS)
    ids = [f"photo_{number}" for number in range(NUM_PHOTOS)]
    table = pd.concat(
        pd.DataFrame(
            {"image_id": ids, "lesion_id": ids, "method": method, "road": road, "sparseness": 0.5}
        )
        for method, road in (("grad_cam", by_chance / 2), ("random", by_chance))
    ).reindex(columns=["image_id", "lesion_id", "method", *MAP_METRICS])
    add_table(toy_run, run.HEATMAP_METRICS, table)
    app = of_heat_maps()
    meanings = table_with(app, "What it measures").set_index("Metric")["Good"]
    assert list(meanings.index) == [metric.title for metric in MAP_METRICS.values()]
    assert meanings["Infidelity"] == "lower is better"
    means = table_with(app, "Heat map")
    assert list(means["Heat map"]) == ["Grad-CAM", "A random map"]
    assert means.loc[0, "ROAD"].startswith("0.38 (")
    assert means.loc[0, "ROAD"].endswith("), n = 30")
    assert "Random Logit" not in means.columns  # nothing was defined
    assert "--only metrics" not in texts(app)
