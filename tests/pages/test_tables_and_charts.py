"""Tables exactly, figures lightly: what is drawn is what the tables say."""

import math

import pytest

from model import metrics, run
from model.answer import answer
from model.intervals import Estimate
from pages.shared import charts, tables


@pytest.fixture(scope="module")
def toy(toy_runs):
    return run.read(toy_runs / "toy")


@pytest.fixture(scope="module")
def evaluation(toy):
    return metrics.evaluate(toy.predictions, toy.diagnoses)


def test_a_figure_carries_its_interval_and_an_undefined_one_is_a_dash():
    assert tables.figure(0.714, 0.661, 0.749) == "0.71 (0.66-0.75)"
    assert tables.figure(math.nan, math.nan, math.nan) == "-"


def test_the_summary_has_n_split_and_every_metric(evaluation):
    table = tables.summary({"A run": evaluation})
    assert list(table.index) == ["Split", "Photos", "Lesions", *metrics.METRICS.values()]
    assert table.loc["Split", "A run"] == "test"
    assert table.loc["Photos", "A run"] == "30"
    estimate = evaluation.summary["macro_auc"]
    expected = tables.figure(estimate.value, estimate.low, estimate.high)
    assert table.loc["Macro AUC", "A run"] == expected


def test_the_table_by_diagnosis_names_them_and_counts_their_photos(evaluation):
    table = tables.per_diagnosis(evaluation)
    assert list(table.index) == [
        "Basal cell carcinoma (bcc)",
        "Melanoma (mel)",
        "Melanocytic nevus (nv)",
    ]
    assert list(table["Photos"]) == [10, 10, 10]
    assert list(table.columns) == ["Photos", *tables.HEADINGS.values()]


def test_the_counts_add_up(toy):
    table = tables.counts(toy)
    assert table.loc["All", "all"] == 9
    assert table.loc["Melanoma (mel)", "all"] == 3


def test_bars_show_every_diagnosis_and_fill_those_in_the_set(toy):
    figure = charts.probabilities(answer(toy, [0.1, 0.65, 0.25]))
    (bars,) = figure.data
    assert list(bars.x) == [0.1, 0.25, 0.65]
    assert "mel" in bars.y[-1]
    assert len(set(bars.marker.color[1:])) == 1
    assert bars.marker.color[0] != bars.marker.color[1]
    assert figure.layout.xaxis.title.text == "Probability"


def test_curves_mark_the_kept_epoch_and_the_level_line(toy):
    figure = charts.curves({"A": toy.history}, "accuracy", "Accuracy", {"A": 2}, (0.5, "always nv"))
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["validation"].y) == [0.4, 0.7, 0.6]
    assert list(by_name["training"].y) == [0.4, 0.6, 0.8]
    assert list(by_name["kept epoch 2"].x) == [2]
    assert list(by_name["kept epoch 2"].y) == [0.7]
    assert list(by_name["always nv"].y) == [0.5, 0.5]


def test_several_runs_differ_by_more_than_colour(toy):
    figure = charts.curves({"A": toy.history, "B": toy.history}, "loss", "Loss")
    lines = [trace for trace in figure.data if trace.name.endswith("validation")]
    assert len({trace.line.color for trace in lines}) == 2
    assert len({trace.marker.symbol for trace in lines}) == 2


@pytest.mark.parametrize("by_row", [True, False])
def test_the_matrix_prints_counts_or_shares(evaluation, by_row):
    (heat,) = charts.confusion(evaluation.confusion, by_row).data
    counts = evaluation.confusion.to_numpy()
    assert heat.z.sum(axis=1) == pytest.approx([1, 1, 1])
    if by_row:
        assert heat.text[0][0] == f"{counts[0, 0] / 10:.2f}"
    else:
        assert heat.text[0][0] == str(counts[0, 0])
    assert (heat.customdata == counts).all()


def test_a_matrix_row_without_photos_is_empty_and_not_an_error(evaluation):
    matrix = evaluation.confusion.copy()
    matrix.loc["mel"] = 0
    (heat,) = charts.confusion(matrix, True).data
    assert heat.z[1].tolist() == [0, 0, 0]


def test_intervals_reach_from_low_to_high():
    figure = charts.intervals({"A": Estimate(0.5, 0.4, 0.7)}, "Accuracy")
    (points,) = figure.data
    assert points.x[0] == 0.5
    assert points.error_x.array[0] == pytest.approx(0.2)
    assert points.error_x.arrayminus[0] == pytest.approx(0.1)
