"""Training: curves, figures and settings of one run."""

import pandas as pd
import pytest

from model import run
from model.evaluation import (
    findings,
    net_benefit,
    reference_standard,
    seed_spread,
    tables,
)
from model.run import writer
from pages.training import thresholds
from tests import toys
from tests.pages.driver import table_with, texts, visit


def test_training_lays_runs_over_each_other_and_offers_the_numbers(published):
    app = visit("training", view="Learning curves")
    picker = app.multiselect(key="training_curves_one")
    assert picker.value == ["one:1"]
    picker.set_value(["one:1", "one--as-published:1"]).run()
    assert not app.exception
    table = table_with(app, "Kept epoch")
    assert list(table["Training"]) == ["Toy", "Toy · as published, leaks · results only"]
    assert list(table["Kept epoch"]) == [2, 2]
    assert list(table["Gap there"]) == [-0.1, -0.1]  # 0.6 in training, 0.7 on validation photos
    assert list(table["Gap at the end"]) == [0.2, 0.2]
    assert "training_loss_csv" in {button.key for button in app.get("download_button")}


def test_training_shows_the_figures_of_the_predictions(toy_runs):
    from model.evaluation import metrics

    app = visit("training", view="Results")
    evaluation = metrics.evaluate(run.read(toy_runs / "toy").predictions, toys.CODES)
    estimate = evaluation.summary["balanced_accuracy"]
    shown = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    interval = f"({estimate.low:.2f}-{estimate.high:.2f})"
    assert shown["Balanced accuracy"] == (f"{estimate.value:.2f}", interval)
    assert "30 test photos of 15 lesions" in texts(app)


def test_training_warns_when_the_photos_shown_were_trained_on():
    app = visit("training", view="Results")
    app.segmented_control(key="training_split_toy").set_value("train").run()
    assert "Only test photos show" in app.info[0].value


def test_training_shows_what_another_seed_reaches_on_the_test_photos(tmp_path, monkeypatch):
    toy = toys.write(tmp_path)
    again = toys.predictions(seed=7)
    tested = again.loc[again["split"] == "test", ["image_id", *toy.probability_columns]]
    toy = writer.add_table(
        toy, run.REPEATS, tested.assign(seed=7, revision="abc", kind="", source="")
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Results")
    spreads = seed_spread.by_source(toy)
    assert "Seed 7 gives another diagnosis to 0." in texts(app)
    pd.testing.assert_frame_equal(table_with(app, "7 less 1"), tables.seed_spread(spreads, 1))
    app.segmented_control(key="training_split_toy").set_value("validation").run()
    assert "another diagnosis" not in texts(app)


def test_thresholds_can_be_judged_by_the_photos_that_histology_confirms(tmp_path, monkeypatch):
    rows = toys.predictions()
    test = rows["split"] == "test"
    # Of ten others in the test part, histology confirms the three most suspicious.
    malignant_sum = rows["p_bcc"] + rows["p_mel"]
    others = rows[test & (rows["diagnosis"] == "nv")].index
    hardest = malignant_sum[others].nlargest(3).index
    rows["confirmed_by"] = "consensus"
    rows.loc[rows["diagnosis"] != "nv", "confirmed_by"] = "histo"
    rows.loc[hardest, "confirmed_by"] = "histo"
    toys.write(tmp_path, rows=rows)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Thresholds")
    assert (
        "Histology confirms 20 of 20 malignant test photos and 3 of 10 others. A lesion that "
        "looks harmless" in texts(app)
    )
    cleared = int((malignant_sum[others] < 0.2).sum())
    assert cleared > 0
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Others below"] == f"{round(950 * cleared / 10):,}"
    app.segmented_control(key="training_reference_toy").set_value("histology").run()
    assert not app.exception
    assert app.query_params["confirmed_by"] == "histology"
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Others below"] == "0"  # the suspicious ones are all above the threshold
    assert "20 and 3 test photos confirmed by histology" in texts(app)
    assert sum(int(value.replace(",", "")) for value in shown.values()) == 1000


def test_the_decision_curve_is_that_of_the_photos_that_count(tmp_path, monkeypatch):
    rows = toys.predictions()
    rows["confirmed_by"] = "histo"
    rows.loc[rows.index[rows["diagnosis"] == "nv"][::2], "confirmed_by"] = "consensus"
    toy = toys.write(tmp_path, rows=rows)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Thresholds")
    assert not app.exception
    for reference in ("any", "histology"):
        if reference == "histology":
            app.segmented_control(key="training_reference_toy").set_value(reference).run()
        test = reference_standard.photos_of(toy.test_photos, reference)
        curve = net_benefit.net_benefit(test, toy.malignant, 0.2)
        assert table_with(app, "Acts from").equals(tables.net_benefit(curve))
        assert findings.worth_acting(curve) in texts(app)
        assert f"{len(test)} test photos" in texts(app)
    figure = thresholds.decision_curve(curve)
    above, on_all, on_none = figure.data
    assert list(above.x) == [2, 5, 10, 15, 20, 30]
    assert above.y[0] == pytest.approx(1000 * curve[0].threshold.value)
    assert above.y[0] + above.error_y.array[0] == pytest.approx(1000 * curve[0].threshold.high)
    assert on_all.y[-1] == pytest.approx(1000 * curve[-1].everyone.value)
    assert list(on_none.y) == [0, 0]


def test_without_a_word_on_how_the_truth_is_known_there_is_no_choice_of_it(toy_runs):
    app = visit("training", view="Thresholds")
    assert not [
        control for control in app.segmented_control if "which photos" in control.label.lower()
    ]
    people = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    assert set(people) == {"Found", "Missed", "False alarms", "Others below"}
    low, high = people["Found"][1].strip("()").split("-")
    assert int(low) <= int(people["Found"][0]) <= int(high)


def test_weak_spots_say_how_little_is_known_of_darker_skin(tmp_path, monkeypatch):
    toy_run = toys.write(tmp_path)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Where it is weak")
    assert not app.exception
    assert "Skin tone in the photo" not in texts(app)
    angles = [60.0 if row % 2 else 45.0 for row in range(30)]
    table = pd.DataFrame({"image_id": toy_run.test_photos["image_id"], "ita": angles, "share": 0.5})
    writer.add_table(toy_run, run.SKIN_TONE, table)
    app = visit("training", view="Where it is weak")
    assert not app.exception
    assert "Skin tone in the photo" in [header.value for header in app.header]
    assert "30 of 30 could be measured, and 0 of these show brown or dark skin" in texts(app)
    assert "next to nothing is known about how this model does on darker skin" in texts(app)
    groups = table_with(app, "Group")
    assert list(groups["Group"]) == ["very light", "light"]
    assert list(groups["Photos"]) == [15, 15]
