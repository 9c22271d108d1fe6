"""Compare: the leak meter, two runs photo by photo, several beside each other."""

import shutil

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation.differences import Figure
from tests import toys
from tests.model.evaluation import injections
from tests.pages.driver import table_with, texts, visit


def test_the_leak_meter_shows_both_sides_and_the_published_figure(published):
    from model.evaluation import protocol_gap
    from model.evaluation.run_sentences import paired_sentence

    app = visit("compare")
    assert not app.exception
    table = table_with(app, "Protocol")
    sides = [protocol_gap.side(run.read(published / name)) for name in ("one--as-published", "one")]
    expected = [str(side.test.accuracy) for side in sides]
    assert expected[0] != expected[1]
    assert list(table["Protocol"]) == ["as-published", "honest"]
    assert list(table["Accuracy"]) == expected
    assert list(table["Published"]) == ["0.95 (test)", "0.95 (test)"]
    text = texts(app)
    assert "accuracy 0.95 in some year" in text
    assert "Training had seen none of 30 test photos" in text
    pair = protocol_gap.paired_gap(*(side.run for side in sides))
    assert paired_sentence(pair) in text
    # The slope, its difference, and the bars.
    assert len(app.get("plotly_chart")) == 3
    app.segmented_control(key="compare_leak_metric").set_value("balanced_accuracy").run()
    assert not app.exception
    assert "mean recall" in texts(app)


def test_a_recipe_that_published_no_figure_is_shown_all_the_same(tmp_path, monkeypatch):
    figure = {"accuracy": None, "compared_with": "test", "said": "curves only"}
    toys.write(tmp_path, "one", protocol="as-published", published=figure, with_network=False)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("compare")
    assert not app.exception
    assert list(table_with(app, "Protocol")["Published"]) == ["-"]


def test_without_a_published_recipe_the_leak_meter_says_how_to_get_one():
    app = visit("compare")
    assert not app.exception
    assert "--protocol as-published" in app.info[0].value


def test_two_runs_are_compared_on_the_same_photos(published):
    from model.evaluation import paired_runs

    app = visit("compare", view="Two runs")
    assert not app.exception
    comparison = paired_runs.compare(
        run.read(published / "one"), run.read(published / "one--as-published")
    )
    table = table_with(app, "Recall of melanoma")
    assert list(table.index) == [
        "Balanced accuracy",
        "Malignant AUC",
        "Calibration error",
        "Prediction sets hold the truth",
        "Diagnoses in a set",
        "Recall of melanoma",
    ]
    area = comparison.figures[Figure.MALIGNANT_AUC][2]
    assert table.loc["Malignant AUC", "Second less first"] == (
        f"{area.value:+.2f} ({area.low:+.2f} to {area.high:+.2f})"
    )
    difference = comparison.balanced_accuracy[2]
    assert table.loc["Balanced accuracy", "Second less first"].startswith(
        f"{difference.value:+.2f} ("
    )
    assert abs(difference.value) > 0.01
    better = "Toy · as published, leaks · results only" if difference.value > 0 else "Toy"
    assert f"for {better}, may be chance: its interval holds zero" in texts(app)
    assert f"{comparison.num_photos} photos of {comparison.num_lesions} lesions" in texts(app)
    assert any("none of 30 test photos" in warning.value for warning in app.warning)
    shown = table_with(app, "p_first")
    assert len(shown) == len(comparison.disagreements)
    assert set(shown["diagnosis"]) <= {"Melanoma", "Melanocytic nevus", "Basal cell carcinoma"}
    costs = table_with(app, "Milliseconds per photo")
    assert list(costs.loc["Milliseconds per photo"]) == ["-", "-"]
    app.button(key="compare_measure").click().run()
    measured = table_with(app, "Milliseconds per photo").loc["Milliseconds per photo"]
    assert float(measured.iloc[0]) > 0
    assert measured.iloc[1] == "-"  # results only: nothing to measure


def test_runs_that_share_too_little_are_refused_with_the_reason(tmp_path, monkeypatch):
    toys.write(tmp_path, "colours", with_network=False)
    toys.write(tmp_path, "verdicts", ("benign", "malignant"), with_network=False)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("compare", view="Two runs")
    assert not app.exception
    assert "cannot be compared photo by photo" in app.warning[0].value
    assert "share none" in app.warning[0].value
    app.selectbox(key="compare_pair_1").set_value("colours").run()
    assert "two different models" in app.info[0].value


def test_two_runs_of_one_title_are_compared_side_by_side(published):
    app = visit("compare", view="Several runs")
    assert not app.exception
    assert list(app.dataframe[0].value.columns) == [
        "Toy",
        "Toy · as published, leaks · results only",
    ]


def test_two_runs_of_one_label_are_told_apart_by_their_names(tmp_path, monkeypatch):
    for name in ("twin", "other"):
        toys.write(tmp_path, name, title="Twin", with_network=False)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    columns = list(visit("compare", view="Several runs").dataframe[0].value.columns)
    assert columns == ["Twin · results only (other)", "Twin · results only (twin)"]


def test_compare_without_a_run_asks_for_one():
    app = visit("compare", view="Several runs")
    app.multiselect(key="compare_runs").set_value([]).run()
    assert not app.exception
    assert "Choose at least one model" in texts(app)


@pytest.fixture
def injected(published, monkeypatch):
    """Two injections beside the runs: one whose leak lifts the accuracy, one that does nothing."""
    from model.evaluation.injection import DOSES, column

    probe = pd.DataFrame({"image_id": [f"a{number}" for number in range(40)]})
    probe = probe.assign(lesion_id=probe["image_id"], diagnosis="nv")
    probe["rank_1"] = 0.0125 + np.arange(40) / 40
    probe["leaks_through"] = np.repeat(["lesion", "augmented"], 20)
    for name, lifted in (("lifted", 1), ("equal", 0)):
        table = probe.copy()
        for dose in DOSES:
            leaks = (table["rank_1"] < dose) * lifted
            right = (np.arange(40) % 2 == 0) | leaks.astype(bool)
            table[column(dose, 1)] = np.where(right, "nv", "mel")
        folder = published / "injections" / name
        injections.write(folder, table, recipe=name, title=f"Recipe {name}")
    for name in ("one", "one--as-published"):
        (published / "runs").mkdir(exist_ok=True)
        (published / name).rename(published / "runs" / name)
    monkeypatch.setattr(run, "default_folders", lambda: [published / "runs"])
    return published / "injections"


def test_an_injection_leads_the_leak_meter_and_says_what_its_interval_allows(injected):
    app = visit("compare")
    assert not app.exception
    assert app.header[0].value == "At most, a leak alone takes a network from 50 % right to 100 %"
    text = texts(app)
    assert (
        "**Recipe lifted**. Of the 40 photos that leak, 1 training of each kind: accuracy 0.50 "
        "without the leak, 1.00 with it"
    ) in text
    nothing = text[text.index("**Recipe equal**") :]
    assert nothing[: nothing.index("\n")].endswith("No effect is shown.")
    assert len(app.get("plotly_chart")) == 5
    assert "python -m train inject toy --data DIR" in app.code[0].value


def test_where_no_leak_lifts_anything_the_heading_says_so(injected):
    shutil.rmtree(injected / "lifted")
    app = visit("compare")
    assert app.header[0].value.startswith("No leak is shown to lift the accuracy")
