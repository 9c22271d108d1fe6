"""The metrics of heat maps, measured on a network whose maps are known: it sees red."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation.heatmap_metrics import RANDOM, means
from model.heatmaps.metrics import MAP_METRICS
from model.prediction.classifier import Classifier
from model.run import HEATMAP_METRICS
from model.run.writer import add_table
from tests import toys
from tests.train.reports import small_ham10000
from tests.train.reports.small_ham10000 import painted, square
from train.__main__ import main
from train.reports import heatmap_accuracy, heatmap_metrics

NUM_TEST = 8
METHODS = ["grad_cam", "layer_cam"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Red squares on greenish grey, each with its mask."""
    drawn = {}
    for split in ("train", "test"):
        for number in range(NUM_TEST):
            lesion = square(16, 4 * number, 32)
            drawn[f"{split}_{number}"] = painted((80, 100, 80), (lesion, (250, 10, 10))), lesion
    return small_ham10000.write(tmp_path_factory.mktemp("ham"), drawn)


@pytest.fixture
def runs(tmp_path):
    toys.write(tmp_path, "toy")
    return tmp_path


def test_true_maps_beat_random_ones_and_the_card_says_so(runs, data, capsys):
    ask = ["explain-report", "--data", str(data), "--runs", str(runs), "--only", "metrics"]
    assert main([*ask, "--methods", *METHODS, "--metric-photos", "6"]) == 0
    assert "Metrics of the heat maps" in capsys.readouterr().out
    toy_run = run.read(runs / "toy")
    table = toy_run.heatmap_metrics
    assert table["image_id"].nunique() == 6
    assert set(table["method"]) == {*METHODS, "centre", "dark_blob", RANDOM}
    by_key = {(mean.method, mean.metric): mean for mean in means(table)}
    own, random = (
        {metric: by_key[method, metric].mean.value for metric in ("road", "infidelity")}
        for method in ("grad_cam", RANDOM)
    )
    # The logit is the mean red, and the map is where red is; it also marks the skin a little, where
    # covering changes nothing.
    assert own["infidelity"] < 0.3 < 0.6 < random["infidelity"]
    assert own["road"] < random["road"]
    assert by_key["grad_cam", "infidelity"].verdict == "better"
    assert by_key["grad_cam", "relevance_rank_accuracy"].mean.value > 0.9
    assert by_key["grad_cam", "max_sensitivity"].mean.value < 0.2
    # What needs the network is not defined for maps that do not come from it.
    assert (RANDOM, "max_sensitivity") not in by_key
    assert ("dark_blob", "random_logit") not in by_key
    card = (runs / "toy" / "README.md").read_text("utf-8")
    assert "## Metrics of the field" in card
    for metric in MAP_METRICS.values():
        assert f"- {metric.title} ({metric.better}): {metric.measures}" in card
    assert str(by_key["grad_cam", "road"].mean) in card


def test_a_stopped_measurement_goes_on_and_ends_in_the_same_table(runs, data, monkeypatch, capsys):
    def stops(rows, title):
        yield from rows[:2]
        raise KeyboardInterrupt

    ask = ["explain-report", "--data", str(data), "--runs", str(runs), "--only", "metrics"]
    ask += ["--methods", "grad_cam", "--metric-photos", "4"]
    assert main(ask) == 0
    first = (runs / "toy" / HEATMAP_METRICS).read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("train.progress.track", stops)
        assert main(ask) == 130
    assert "The same command goes on" in capsys.readouterr().err
    left = runs / ".toy.heatmap_metrics.csv.jsonl"
    assert len(left.read_bytes().splitlines()) == 1 + 2
    num_asked = []
    road = heatmap_metrics.road
    patch = lambda *given, **named: (num_asked.append(1), road(*given, **named))[1]  # noqa: E731
    monkeypatch.setattr(heatmap_metrics, "road", patch)
    assert main(ask) == 0
    assert len(num_asked) == 2 * 4  # Grad-CAM, centre, dark blob and random, of two photos
    assert (runs / "toy" / HEATMAP_METRICS).read_bytes() == first
    assert not left.exists()


def test_more_photos_keep_those_that_were_measured(runs, data):
    classifier = Classifier(run.read(runs / "toy"))
    photos = heatmap_accuracy.lesions_of(data)
    few, more = (
        heatmap_metrics.measure(classifier, photos, ["grad_cam"], number) for number in (2, 4)
    )
    same = more[more["image_id"].isin(few["image_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, same)


def test_an_empty_map_has_no_figure(runs, data, monkeypatch):
    classifier = Classifier(run.read(runs / "toy"))
    monkeypatch.setattr(
        heatmap_metrics._Photo, "mapped", lambda self, *given, **named: np.zeros((16, 16))
    )
    photos = heatmap_accuracy.lesions_of(data)
    table = heatmap_metrics.measure(classifier, photos, ["grad_cam"], 2)
    own = table[table["method"] == "grad_cam"]
    assert len(own) == 2
    assert own[list(MAP_METRICS)].isna().all(axis=None)
    assert table.loc[table["method"] == "dark_blob", "road"].notna().all()


def test_a_broken_table_refuses_the_run(runs, data):
    toy_run = run.read(runs / "toy")
    photos = heatmap_accuracy.lesions_of(data)
    table = heatmap_metrics.measure(Classifier(toy_run), photos, ["grad_cam"], 1)
    with pytest.raises(run.RunError, match="lacks the columns method"):
        add_table(toy_run, HEATMAP_METRICS, table.drop(columns="method"))
    with pytest.raises(run.RunError, match="other than numbers in road"):
        add_table(toy_run, HEATMAP_METRICS, table.assign(road="long"))
    with pytest.raises(run.RunError, match="two rows of test_"):
        add_table(toy_run, HEATMAP_METRICS, pd.concat([table, table.head(1)]))
    assert run.read(runs / "toy").heatmap_metrics is None  # nothing was left behind
