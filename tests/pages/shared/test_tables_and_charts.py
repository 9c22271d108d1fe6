"""Tables exactly, figures lightly: what is drawn is what the tables say."""

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from model import run
from model.evaluation import localisation as localised
from model.evaluation import metrics, protocol_gap
from model.evaluation import tables as figures
from model.evaluation.bootstrap import Estimate
from model.evaluation.map_baselines import comparisons
from model.evaluation.roc import roc_curve
from model.evaluation.run_sentences import percent
from model.prediction.neighbours import Case
from model.prediction.prediction import make_prediction
from pages.about import run_card
from pages.compare import heatmap_accuracy as heat_maps
from pages.compare import leak_meter as leak_meter_view
from pages.compare import map_baselines
from pages.shared import charts, curves, tables
from pages.training import thresholds
from tests import toys
from tests.conftest import ROOT
from tests.model.evaluation.test_localisation import rows
from tests.model.evaluation.test_map_baselines import baselines


@pytest.fixture(scope="module")
def toy(toy_runs):
    return run.read(toy_runs / "toy")


@pytest.fixture(scope="module")
def evaluation(toy):
    return metrics.evaluate(toy.predictions, toy.diagnoses)


def test_the_summary_has_n_split_and_every_metric(evaluation):
    table = figures.summary({"A run": evaluation})
    assert list(table.index) == ["Split", "Photos", "Lesions", *metrics.METRICS.values()]
    assert table.loc["Split", "A run"] == "test"
    assert table.loc["Photos", "A run"] == "30"
    estimate = evaluation.summary["macro_auc"]
    expected = str(estimate)
    assert table.loc["Macro AUC", "A run"] == expected


def test_the_table_by_diagnosis_names_them_and_counts_their_photos(evaluation):
    table = figures.per_diagnosis(evaluation)
    assert list(table.index) == [
        "Basal cell carcinoma (bcc)",
        "Melanoma (mel)",
        "Melanocytic nevus (nv)",
    ]
    assert list(table["Photos"]) == [10, 10, 10]
    assert list(table.columns) == ["Photos", *figures.HEADINGS.values()]


def test_the_counts_add_up(toy):
    table = run_card.counts(toy.card["data"]["counts"])
    assert table.loc["All", "all"] == 9
    assert table.loc["Melanoma (mel)", "all"] == 3


def test_bars_show_every_diagnosis_and_fill_those_in_the_set(toy):
    prediction = make_prediction(toy, [0.1, 0.65, 0.25])
    figure = charts.probabilities(prediction, prediction.prediction_set)
    (bars,) = figure.data
    assert list(bars.x) == [0.1, 0.25, 0.65]
    assert list(bars.y) == ["Basal cell<br>carcinoma ▲", "Melanocytic nevus", "Melanoma ▲"]
    assert list(bars.text) == ["10 %", "25 %", "65 %"]
    assert list(bars.marker.color[1:]) == [charts.OWN, charts.MALIGNANT]  # the set
    assert bars.marker.color[0].startswith("rgba(")
    assert list(bars.marker.line.color) == [charts.MALIGNANT, charts.OWN, charts.MALIGNANT]
    (grey,) = charts.probabilities(prediction, None, is_judged=False).data
    assert set(grey.marker.line.color) == {charts.CHANCE}
    assert len(set(grey.marker.color)) == 1


def test_the_gauge_ends_at_the_malignant_sum_and_marks_its_threshold():
    figure = charts.malignant_gauge(0.31, 0.125)
    (bar,) = figure.data
    assert list(bar.x) == [0.31]
    mark = figure.layout.shapes[1]
    assert (mark.x0, mark.x1) == (0.125, 0.125)
    assert figure.layout.annotations[0].text == "threshold 12 %"


def series(toy, label="A"):
    return curves.series(label, toy, 0)


def test_curves_mark_the_kept_epoch_and_the_level_line(toy):
    figure = curves.curves([series(toy)], "accuracy", "Accuracy", (0.5, "always nv"))
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["validation"].y) == [0.4, 0.7, 0.6]
    assert list(by_name["training"].y) == [0.4, 0.6, 0.8]
    assert list(by_name["kept epoch 2"].x) == [2]
    assert list(by_name["kept epoch 2"].y) == [0.7]
    assert list(by_name["always nv"].y) == [0.5, 0.5]


def test_several_runs_differ_by_more_than_colour(toy):
    figure = curves.curves([series(toy), series(toy, "B")], "loss", "Loss")
    lines = [trace for trace in figure.data if trace.name.endswith("validation")]
    assert len({trace.line.color for trace in lines}) == 2
    assert len({trace.marker.symbol for trace in lines}) == 2


def test_the_stopping_rule_is_drawn_where_it_stopped_the_training(tmp_path):
    """The toy keeps epoch 2 of 3, for its validation loss."""
    settings = toys.card()["settings"]
    stopped = toys.write(
        tmp_path, "stopped", with_network=False, settings=settings | {"patience": 1, "epochs": 9}
    )
    line = curves.curves([series(stopped)], "loss", "Loss").data[2]
    assert line.name == "stopped: no improvement for 1 epochs"
    assert (list(line.x), list(line.y)) == ([2, 3], [0.6, 0.6])
    ended = toys.write(
        tmp_path, "ended", with_network=False, settings=settings | {"patience": 3, "epochs": 3}
    )
    for chosen, column in ((ended, "loss"), (stopped, "accuracy")):
        names = [trace.name for trace in curves.curves([series(chosen)], column, "").data]
        assert not any("stopped" in name for name in names)
    assert "not improved for 1 epochs, or after 9" in tables.stopping(stopped)
    assert "3 epochs and keeps the one with the best validation loss" in tables.stopping(ended)
    to_the_end = settings | {"monitor": "epoch", "patience": 3, "epochs": 3}
    last = toys.write(tmp_path, "last", with_network=False, settings=to_the_end)
    assert tables.stopping(last) == "Training lasts 3 epochs and keeps the last one."


def test_the_hover_tells_the_settings(tmp_path):
    settings = toys.card()["settings"] | {
        "learning_rate": 0.001,
        "batch_size": 32,
        "augment": "none",
    }
    toy_run = toys.write(tmp_path, settings=settings, with_network=False)
    hover = curves.curves([series(toy_run)], "loss", "Loss").data[0].hovertemplate
    assert "learning rate 0.001, batch 32" in hover
    assert "none" not in hover


def test_the_gap_is_training_minus_validation_accuracy(toy):
    figure = curves.gap([series(toy)])
    assert list(figure.data[0].y) == pytest.approx([0.0, -0.1, 0.2])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    published = {"accuracy": 0.95, "compared_with": "test", "said": "accuracy 0.95"}
    for name in ("one", "one--as-published", "two"):
        protocol = "as-published" if "--" in name else "honest"
        recipe = name.split("--")[0]
        toys.write(
            folder,
            name,
            with_network=False,
            rows=toys.predictions(seed=len(name)),
            protocol=protocol,
            recipe=recipe,
            published=published if recipe == "one" else published | {"accuracy": None},
        )
    return protocol_gap.pairs(run.read_all([folder])[0].values())


def test_the_leak_meter_draws_each_side_with_interval_and_mark(pairs):
    figure = leak_meter_view.figure(pairs, "accuracy", "Accuracy")
    leaky, honest = [trace for trace in figure.data if trace.type == "bar"]
    estimate = pairs[0].honest.test.accuracy
    assert list(leaky.x) == [pairs[0].as_published.test.accuracy.value] != [estimate.value]
    assert list(honest.x) == [estimate.value, pairs[1].honest.test.accuracy.value]
    assert honest.error_x.array[0] == pytest.approx(estimate.high - estimate.value)
    assert leaky.marker.pattern.shape  # never colour alone
    (mark,) = [trace for trace in figure.data if trace.name == "published figure"]
    assert list(mark.x) == [0.95]
    assert mark.y[0] == leaky.y[0]
    text = " ".join(annotation.text for annotation in figure.layout.annotations)
    assert "n = 30 as published, 30 honest" in text
    balanced = leak_meter_view.figure(pairs, "balanced_accuracy", "Balanced accuracy")
    assert not [trace for trace in balanced.data if trace.name == "published figure"]


def test_labels_are_moved_apart_and_no_further(pairs):
    apart = leak_meter_view.apart
    assert apart([0.5, 0.1], 0.1) == [0.5, 0.1]
    assert apart([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert apart([0.52, 0.5, 0.9], 0.1) == pytest.approx([0.56, 0.46, 0.9])
    # One that is moved meets the next, and all three spread around their mean.
    assert apart([0.5, 0.5, 0.62], 0.1) == pytest.approx([0.44, 0.54, 0.64])
    assert apart([], 0.1) == []


@given(
    st.lists(st.floats(0, 1), max_size=12),
    st.floats(0.01, 0.2),
)
def test_labels_never_touch_and_keep_their_order(values, distance):
    places = leak_meter_view.apart(values, distance)
    ordered = sorted(zip(values, places, strict=True))
    gaps = np.diff(sorted(place for _, place in ordered))
    assert (gaps >= distance - 1e-9).all()
    assert sum(places) == pytest.approx(sum(values))
    by_value = {}
    for value, place in ordered:
        by_value.setdefault(value, []).append(place)
    groups = list(by_value.values())
    assert all(max(low) < min(high) for low, high in pairwise(groups))


def test_a_slope_goes_from_the_figure_as_published_to_the_honest_one(pairs):
    (pair,) = [pair for pair in pairs if pair.paired]
    figure = leak_meter_view.slopes([pair], "#D55E00", (0, 1))
    assert list(figure.data[0].y) == [pair.paired.as_published.value, pair.paired.honest.value]
    left, right = figure.layout.annotations
    assert left.text == f"<b>{percent(pair.paired.as_published.value)}</b>"
    assert right.text.startswith(f"<b>{percent(pair.paired.honest.value)}</b> Toy")


def test_pairs_that_run_the_other_way_stand_in_a_group_of_their_own():
    def side(value):
        accuracy = SimpleNamespace(accuracy=Estimate(value, value, value))
        return SimpleNamespace(test=accuracy)

    lifted, alike, other, alone = (
        SimpleNamespace(as_published=side(first), honest=second and side(second))
        for first, second in ((0.8, 0.5), (0.5, 0.5), (0.4, 0.5), (0.4, None))
    )
    groups = leak_meter_view._by_direction([other, lifted, alone, alike], "accuracy")
    assert groups == ([lifted, alone], [other, alike])


def test_a_difference_has_its_sign_and_a_small_p_its_bound():
    assert figures.signed(Estimate(0.031, -0.012, 0.074)) == "+0.03 (-0.01 to +0.07)"
    assert figures.signed(Estimate(0.5, math.nan, math.nan)) == "+0.50 (-)"
    assert figures.signed(None) == "-"
    assert tables.p_value(0.0312) == "= 0.031"
    assert tables.p_value(1e-9) == "< 0.0001"


def test_disagreements_put_the_surest_mistakes_first():
    table = pd.DataFrame(
        {
            "image_id": ["both wrong", "unsure", "sure"],
            "lesion_id": "",
            "diagnosis": ["bcc", "mel", "mel"],
            "first": ["mel", "mel", "nv"],
            "p_first": [0.99, 0.5, 0.9],
            "second": ["nv", "nv", "mel"],
            "p_second": [0.99, 0.6, 0.7],
        }
    )
    shown = tables.disagreements(SimpleNamespace(disagreements=table))
    assert list(shown["image_id"]) == ["sure", "unsure", "both wrong"]
    assert list(shown["first"]) == ["nv", "mel", "mel"]


def test_photos_are_told_in_words_and_a_group_is_no_lesion():
    told = tables.photos(
        pd.DataFrame(
            {
                "image_id": ["one", "two"],
                "lesion_id": ["HAM_1", "group_7"],
                "second": ["mel", "own class"],
                "body_site": ["back", "unknown"],
                "confirmed_by": ["histo", "follow_up"],
            }
        )
    )
    assert list(told["lesion_id"]) == ["HAM_1", "not recorded"]
    assert list(told["second"]) == ["Melanoma", "Own class"]
    assert list(told["body_site"]) == ["back", "not recorded"]
    assert list(told["confirmed_by"]) == ["histopathology", "follow-up"]


def test_folds_of_one_run_are_told_apart_by_their_number_alone(toy, tmp_path, monkeypatch):
    history = pd.concat([toys.history(), toys.history().assign(fold=1)])
    monkeypatch.setattr(toys, "history", lambda: history)
    two = toys.write(tmp_path, "two", with_network=False)

    def legend(own, *chosen):
        return [curve.short for curve in curves.together(chosen, own)]

    long = ["Toy two · results only, fold 1", "Toy two · results only, fold 2"]
    assert legend(toy, (toy, 0)) == ["Toy toy"]
    assert legend(two, (two, 0), (two, 1)) == ["fold 1", "fold 2"]
    assert legend(toy, (two, 0), (two, 1)) == long
    assert legend(two, (two, 1), (toy, 0)) == [long[1], "Toy toy"]
    table = tables.trainings(curves.together([(two, 0), (two, 1)], two))
    assert list(table["Training"]) == long


@pytest.mark.parametrize("by_row", [True, False])
def test_the_matrix_prints_counts_or_shares(evaluation, by_row):
    figure = charts.confusion(evaluation.confusion, by_row)
    (marks,) = figure.data
    counts = evaluation.confusion.to_numpy()
    assert np.reshape(marks.marker.color, (3, 3)).sum(axis=1) == pytest.approx([1, 1, 1])
    assert (marks.y[1], marks.x[1]) == ("bcc", "mel")  # truth in rows, answers in columns
    assert figure.layout.annotations[1].text == (
        f"{counts[0, 1] / 10:.2f}" if by_row else str(counts[0, 1])
    )
    assert [count for count, _, _ in marks.customdata] == counts.ravel().tolist()


def test_a_matrix_row_without_photos_is_empty_and_not_an_error(evaluation):
    matrix = evaluation.confusion.copy()
    matrix.loc["mel"] = 0
    (marks,) = charts.confusion(matrix, True).data
    assert list(marks.marker.color[3:6]) == [0, 0, 0]


def test_intervals_reach_from_low_to_high():
    figure = charts.intervals({"A": Estimate(0.5, 0.4, 0.7)}, "Accuracy")
    (points,) = figure.data
    assert points.x[0] == 0.5
    assert points.error_x.array[0] == pytest.approx(0.2)
    assert points.error_x.arrayminus[0] == pytest.approx(0.1)


def test_heat_maps_stand_beside_maps_that_need_no_network(toy):
    table = rows([1] * 15 + [0] * 15, [0.5] * 30, grad_cam_shuffled=0.9)
    measured = [(toy, localised.accuracy_by_method(table))]
    compared = [(toy, {"grad_cam": comparisons(table, baselines(table), "grad_cam")})]
    (energy,) = heat_maps.table(measured, "all")["Energy, times the area"]
    assert energy.startswith("2.50 (")
    by_name = dict(heat_maps.compared_by_name(compared))
    ours, centre, mean_mask, blob = heat_maps.figure(measured, "energy", by_name).data
    drawn = [marks.x[0] for marks in (ours, centre, mean_mask, blob)]
    assert drawn == pytest.approx([2.5, 1.5, 2.5, 4.0])
    assert (blob.name, blob.y) == ("a dark blob", ours.y)
    # Without baselines nothing is drawn in their place.
    assert len(heat_maps.figure(measured, "energy", {}).data) == 1
    shown = map_baselines.table(compared, "all").set_index("Without a network")
    assert shown.loc["A dark blob", "Energy without"] == "4.00"
    assert shown.loc["A dark blob", "Energy, difference"].startswith("-1.50 (")


def test_the_numbers_of_a_chart_are_what_it_draws():
    figure = go.Figure()
    charts.diagonal(figure, "guessing")
    estimates = [Estimate(0.5, 0.4, 0.7), Estimate(0.8, 0.75, 0.9)]
    figure.add_scatter(
        x=[estimate.value for estimate in estimates],
        y=["a<br>10 photos", "b"],
        name="ours",
        error_x=charts.whiskers(estimates),
    )
    figure.update_xaxes(title="Recall,<br>95 % interval")
    table = charts.numbers(figure)
    assert list(table.columns) == ["series", "Recall, 95 % interval", "low", "high", "y"]
    assert table["low"].to_numpy() == pytest.approx([0.4, 0.75])
    assert table["high"].to_numpy() == pytest.approx([0.7, 0.9])
    assert list(table["y"]) == ["a 10 photos", "b"]
    assert list(table["series"]) == ["ours", "ours"]  # without the guide


def test_a_confusion_matrix_as_a_file_names_every_cell():
    matrix = pd.DataFrame([[3, 1], [0, 2]], index=["mel", "nv"], columns=["mel", "nv"])
    assert tables.confusion(matrix).to_numpy().tolist() == [
        ["mel", "mel", 3],
        ["mel", "nv", 1],
        ["nv", "mel", 0],
        ["nv", "nv", 2],
    ]


def test_the_numbers_of_real_charts_carry_the_names_of_their_axes(toy, evaluation):
    ranking = {"malignant sum": roc_curve(toy.test_photos, ["bcc", "mel"])}
    drawn = {
        "Training minus validation accuracy": curves.gap(curves.together([(toy, 0)], toy)),
        "Found (sensitivity)": thresholds.roc(ranking, []),
        "Right alarms (precision)": thresholds.precision_recall(ranking),
        "Loss": curves.curves(curves.together([(toy, 0)], toy), "loss", "Loss"),
    }
    for name, figure in drawn.items():
        table = charts.numbers(figure)
        assert table.columns[0] == "series"
        assert name in table.columns
        assert not {"x", "y"} & set(table.columns)
        assert table[name].notna().all()


def test_every_chart_says_how_to_read_it_and_gives_its_numbers():
    for path in (ROOT / "pages").rglob("*.py"):
        if path.name not in (
            "charts.py",
            "crop_picker.py",
        ):  # a picture to draw a box on is no chart
            assert "st.plotly_chart" not in path.read_text("utf-8"), path


def test_boxes_show_every_group_and_where_one_photo_lies():
    quantiles = {"low": [1.0, 0.5], "lower": [2, 1], "median": [3, 2], "upper": [4, 3]}
    table = pd.DataFrame({**quantiles, "high": [5.0, 9.0]}, index=["mel", "nv"])
    figure = charts.boxes(table, 2.5, "Number", "this photo")
    (box,) = figure.data
    assert list(box.y) == ["Melanocytic nevus", "Melanoma"]  # the first is drawn on top
    assert [list(box[name]) for name in ("lowerfence", "q1", "median", "q3", "upperfence")] == [
        [0.5, 1.0],
        [1, 2],
        [2, 3],
        [3, 4],
        [9.0, 5.0],
    ]
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (2.5, 2.5)
    assert figure.layout.annotations[0].text == "this photo"


def test_similar_cases_have_columns_of_features_only_where_some_are_known():
    cases = [Case("one", "mel", "histo", 0.5), Case("two", "nv", "", 1.0)]
    assert "border" not in tables.similar_cases(cases)
    assert "border" not in tables.similar_cases(cases, {"three": {"border": 1.2}})
    known = tables.similar_cases(cases, {"two": {"border": 1.2}})
    assert known["border"].isna().tolist() == [True, False]
    assert known["border"][1] == 1.2


def draw_a_chart_of_one_visitor():
    import numpy as np
    import plotly.graph_objects as go

    from pages.shared import charts

    ends = {"array": np.array([0.25, 0.25]), "arrayminus": np.array([0.125, 0.5])}
    figure = go.Figure(go.Bar(x=np.array([0.25, 0.5]), y=["a", "b"], name="own", error_x=ends))
    charts.show(charts.Chart(figure), "of_one", "Two bars", "How to read them")


def test_a_chart_of_one_visitor_has_its_own_numbers_below_and_shares_none(monkeypatch):
    offered = []
    monkeypatch.setattr(charts, "csv", lambda table, name, key: offered.append(table))
    monkeypatch.setattr(charts.cache, "shared", lambda *what: pytest.fail("it is shared"))
    app = AppTest.from_function(draw_a_chart_of_one_visitor).run()
    assert not app.exception
    (table,) = offered
    assert table.to_dict("list") == {
        "series": ["own", "own"],
        "x": [0.25, 0.5],
        "low": [0.125, 0.0],
        "high": [0.5, 0.75],
        "y": ["a", "b"],
    }
