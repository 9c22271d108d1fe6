"""What the pages say about how far a run can be trusted."""

import re
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from model import run
from model.evaluation import bootstrap, subgroups
from model.prediction.prediction import Prediction
from model.prediction.stress_test import Perturbation, StressTest
from model.run.files import EXTERNAL
from model.run.writer import add_table
from pages.classify.signs import Level
from pages.shared import stress_test
from pages.training import weak_spots
from tests import toys
from tests.model.evaluation.test_localisation import rows
from tests.pages.driver import signs, table_with, texts, upload, visit


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A run whose data records age and sex, and that was tried on photos from elsewhere."""
    rows = toys.predictions()
    rows["novelty"] = 0.5
    rows["age"] = [20 + row % 60 for row in range(len(rows))]
    rows["sex"] = ["male" if row % 2 else "female" for row in range(len(rows))]
    outside = toys.external()
    outside["skin_type"] = [2, 2, 3, 3, None, None, None, None, None, None]
    toy_run = toys.write(tmp_path, "one", rows=rows, external=outside)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return toy_run


def test_training_shows_calibration_and_what_thresholds_reach(recorded):
    app = visit("training", view="Calibration")
    assert not app.exception
    assert "Prediction sets" in [header.value for header in app.header]
    app = visit("training", view="Thresholds")
    assert not app.exception
    table = table_with(app, "Threshold")
    assert list(table["Threshold on"]) == ["Malignant sum"]
    app.select_slider(key="training_prevalence").set_value("10").run()
    assert app.query_params["malignant_of_100"] == "10"
    numbers = {metric.label: int(metric.value) for metric in app.metric}
    assert numbers["Found"] + numbers["Missed"] == 100
    assert sum(numbers.values()) == 1000
    sensitivity = float(table["Sensitivity reached"][0][:4])
    assert numbers["Found"] == pytest.approx(100 * sensitivity, abs=1)


def test_about_says_where_a_run_is_weak_and_what_it_does_elsewhere(recorded):
    app = visit("training", view="Where it is weak")
    assert not app.exception
    table = next(element.value for element in app.dataframe if "What" in element.value.columns)
    table = table if "Recall" in table.columns else table_with(app, "Cases")
    assert set(table["What"]) == {"Age", "Sex"}
    assert list(table[table["What"] == "Sex"]["Photos"]) == [15, 15]
    unusual = table_with(app, "Flagged as unusual")
    assert list(unusual["Photos from"]) == [
        "phone photos",
        "pictures without a lesion",
        "own test photos",
    ]
    assert any("over the same diagnoses" in text.value.lower() for text in app.markdown)
    against_own = next(
        element.value
        for element in app.dataframe
        if element.value.index.name == "Less own test photos"
    )
    assert list(against_own.columns) == ["phone photos"]
    assert re.fullmatch(
        r"[+-]0\.\d\d \([+-]0\.\d\d to [+-]0\.\d\d\)",
        against_own.loc["Prediction sets hold the truth", "phone photos"],
    )
    before = table["Cases"].sum()
    app.segmented_control(key="training_watch_one").set_value("melanoma").run()
    assert table_with(app, "Recall")["Cases"].sum() < before


def test_about_says_so_where_nothing_is_recorded(toy_runs, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [toy_runs])
    app = visit("training", view="Where it is weak")
    assert any("does not record about patients" in text.value for text in app.markdown)


def cornered(steepness):
    """Logits of a 16 px photo: steepness times the red of its upper left quarter, 0, and 1."""
    photo = keras.Input((toys.SIZE, toys.SIZE, 3), name="photo")
    x = layers.Rescaling(1 / 255)(photo)
    x = layers.Conv2D(3, 1, name="colours")(x)
    x = layers.Cropping2D(((0, 8), (0, 8)))(x)
    built = keras.Model(photo, layers.Dense(3, name="logits")(layers.GlobalAveragePooling2D()(x)))
    built.get_layer("colours").set_weights([np.eye(3).reshape(1, 1, 3, 3), np.zeros(3)])
    kernel = np.zeros((3, 3))
    kernel[0, 0] = steepness
    built.get_layer("logits").set_weights([kernel, np.array([0, 0, 1.0])])
    return built


def test_whether_an_answer_turns_with_the_photo_is_said(tmp_path, monkeypatch):
    size = toys.card()["input"]
    toys.write(tmp_path, "turner", save=cornered(8.0).save, input=size | {"views": 8})
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    photo = toys.flat((0, 0, 0), 160, 160)
    text = texts(upload(visit("classify"), toys.encoded(photo)))
    assert "**Same answer under flips and turns**: melanocytic nevus in all 8" in text
    photo[:80, :80, 0] = 255
    # Two of eight views say 8, the others 0; on average 2 for the first and 1 for the third.
    app = upload(visit("classify"), toys.encoded(photo))
    text = texts(app)
    assert signs(app)[3] == ("2 of 8 turns agree", Level.NOTE)
    assert "**Answer depends on how the photo is turned**: basal cell carcinoma in 2 of 8" in text
    low, high = map(float, re.search(r"between (0\.\d\d) and (\d\.\d\d)", text).groups())
    assert low == pytest.approx(1 / (2 + np.e), abs=0.01)
    assert high == pytest.approx(np.exp(8) / (np.exp(8) + 1 + np.e), abs=0.01)


def test_an_answer_that_depends_on_turning_is_doubted_where_that_has_cost_right_answers(
    tmp_path, monkeypatch
):
    rows = toys.predictions()
    test = pd.concat([rows[rows["split"] == "test"].iloc[:1]] * 40, ignore_index=True)
    test["image_id"] = [f"test_{number}" for number in range(40)]
    test["lesion_id"] = [f"lesion_{number}" for number in range(40)]
    test["diagnosis"] = "bcc"
    test[["p_bcc", "p_mel", "p_nv"]] = [0.8, 0.1, 0.1]
    test.loc[:9, ["p_bcc", "p_mel"]] = [0.1, 0.8]
    rows = pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)
    size = toys.card()["input"]
    turner = toys.write(
        tmp_path,
        "turner",
        save=cornered(8.0).save,
        input=size | {"views": 8},
        rows=rows,
        has_novelty=False,
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    photo = toys.flat((0, 0, 0), 160, 160)
    photo[:80, :80, 0] = 255
    app = upload(visit("classify"), toys.encoded(photo))
    assert signs(app)[3] == ("2 of 8 turns agree", Level.NOTE)
    assert "What that costs was not measured." in texts(app)
    assert "doubt" not in app.header[0].value
    unsteady = [f"test_{number}" for number in range(20)]
    add_table(
        turner,
        run.TURNING,
        pd.DataFrame(
            {
                "image_id": test["image_id"],
                "num_views": 8,
                "num_agreeing": [5 if name in unsteady else 8 for name in test["image_id"]],
                "low": 0.5,
                "high": 0.6,
            }
        ),
    )
    app = upload(visit("classify"), toys.encoded(photo))
    assert not app.exception
    assert signs(app)[3] == ("2 of 8 turns agree", Level.DOUBT)
    assert app.header[0].value.endswith(", with doubt")
    assert "Of 20 test photos whose answer depends on how they are turned" in texts(app)


def test_a_run_with_one_view_says_nothing_about_turning(toy_runs, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [toy_runs])
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert "flips and turns" not in texts(app)
    assert signs(app)[3] == ("One view only", Level.UNKNOWN)
    assert signs(app)[0] == ("Unlike training photos", Level.CANNOT_JUDGE)


def test_copies_and_further_folds_never_count_as_photos_of_their_own(tmp_path, monkeypatch):
    """An as-published run of two folds, each test photo of which has an augmented copy."""
    rows = toys.predictions()
    rows["sex"] = "male"
    copies = rows[rows["split"] == "test"].assign(
        image_id=lambda table: table["image_id"] + "_copy", copy_of=rows["image_id"]
    )
    second = rows[rows["split"] == "test"].assign(fold=1)
    everything = pd.concat([rows.assign(copy_of=""), copies, second.assign(copy_of="")])
    history = pd.concat([toys.history(), toys.history().assign(fold=1)])
    monkeypatch.setattr(toys, "history", lambda: history)
    toy_run = toys.write(tmp_path, "one", rows=everything, protocol="as-published")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    assert len(toy_run.test_photos) == 30
    app = visit("training", view="Where it is weak")
    assert not app.exception
    assert list(table_with(app, "Cases")["Photos"]) == [30]
    assert any("30 test photos of the first fold" in text.value for text in app.caption)
    app = visit("training", view="Calibration")
    assert not app.exception
    assert any("60 test photos, 30 of them augmented" in text.value for text in app.caption)
    assert any("temperature of this network" in text.value for text in app.caption)
    app.segmented_control(key="training_fold_one").set_value("2").run()
    assert not app.exception
    assert not any("temperature of this network" in text.value for text in app.caption)


def test_classes_of_one_s_own_have_no_malignant_chapter(tmp_path, monkeypatch):
    codes = ("even", "odd", "other")
    toys.write(
        tmp_path,
        "own",
        codes=codes,
        external=toys.external().iloc[6:].assign(p_even=0.4, p_odd=0.3, p_other=0.3),
        with_network=False,
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("training", view="Thresholds")
    assert not app.exception
    assert "knows no malignant diagnosis" in app.info[0].value
    app = visit("training", view="Where it is weak")
    assert not app.exception
    assert list(table_with(app, "Balanced accuracy").columns) == ["own test photos"]


def test_a_group_of_few_is_grey_and_hollow():
    share = bootstrap.wilson(4, 9)
    few = subgroups.Subgroup("Sex", "male", 9, 9, 2, share, 9, share)
    many = replace(few, name="female", num_targets=90, recall=bootstrap.wilson(80, 90))
    drawn = weak_spots.figure([few, many])
    by_name = {trace.name: trace for trace in drawn.data}
    assert by_name["enough photos"].y == ("Sex: female (n = 90)",)
    assert by_name["fewer than 20 photos"].y == ("Sex: male (n = 9)",)
    assert by_name["fewer than 20 photos"].marker.symbol == "circle-open"
    assert by_name["enough photos"].marker.symbol == "circle"


def test_compare_says_which_methods_find_the_lesion_and_explain_marks_those_that_fail(
    tmp_path, monkeypatch
):
    toy_run = toys.write(tmp_path, "one")
    table = rows([1] * 30, [0.5] * 30, grad_cam_shuffled=0.9)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("compare")
    app.segmented_control(key="compare_view").set_value("Heat maps").run()
    assert "No model has been measured yet" in texts(app)
    add_table(toy_run, run.LOCALISATION, table)
    app = visit("compare")
    app.segmented_control(key="compare_view").set_value("Heat maps").run()
    assert not app.exception
    assert list(table_with(app, "Pointing")["Photos"]) == [30]
    assert list(table_with(app, "Passes")["Passes"]) == ["no"]
    assert "Grad-CAM, Toy one**: its maps keep their pattern, upright or inverted" in texts(app)
    app.selectbox(key="compare_localisation_subset").set_value("off_centre").run()
    assert not app.exception
    app = upload(visit("explain"), toys.encoded(toys.flat((255, 0, 0))))
    assert "Grad-CAM fails a check on this model" in texts(app)


def test_a_photo_can_be_stress_tested_on_request():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 60, 60))))
    assert "Nothing flips it" not in texts(app)
    assert signs(app)[4] == ("Heat map not tested", Level.UNKNOWN)
    app.button(key="classify_stress").click().run()
    assert not app.exception
    assert "**Nothing flips it**: basal cell carcinoma after all 30 changes" in texts(app)
    assert "Covering the marked area moves basal cell carcinoma" in texts(app)
    assert signs(app)[4][0] != "Heat map not tested"
    changes = table_with(app, "How far")
    assert len(changes) == 30
    assert changes["Same as before"].all()
    # Another photo has not been tested.
    app = upload(app, toys.encoded(toys.flat((60, 60, 255))))
    assert "Nothing flips it" not in texts(app)


def test_what_flips_an_answer_is_said_in_words():
    def answered(code, probability):
        return Prediction({"bcc": 1 - probability, "mel": probability}, (code,), None)

    tried = StressTest(
        answered("mel", 0.6),
        (
            Perturbation("crop", "of 4 %", answered("mel", 0.55)),
            Perturbation("crop", "of 8 %", answered("bcc", 0.4)),
            Perturbation("crop", "of 12 %", answered("bcc", 0.2)),
        ),
    )
    assert stress_test.sentence(tried) == (
        "**Flipped first by** crop (of 8 %): basal cell carcinoma. It stays melanoma after 1 of 3 "
        "changes."
    )
    stays, flips = stress_test.figure(tried).data
    assert (list(stays.x), list(flips.x)) == ([1], [2, 3])
    assert list(flips.text) == ["bcc", "bcc"]
    assert stays.marker.symbol != flips.marker.symbol


def test_the_slightest_step_counts_and_not_the_order_of_kinds():
    def answered(code):
        return Prediction(
            {"bcc": 0.4, "mel": 0.6} if code == "mel" else {"bcc": 1.0}, (code,), None
        )

    tried = StressTest(
        answered("mel"),
        (
            Perturbation("crop", "of 8 %", answered("bcc")),
            Perturbation("blur", "of 0.2 % of the side", answered("bcc")),
            Perturbation("hue", "by 4°", answered("bcc")),
        ),
    )
    assert [change.kind for change in tried.first_to_change] == ["blur", "hue"]


@pytest.fixture
def dark_ones(tmp_path, monkeypatch):
    """Makes a run with 40 test photos of which 20 are dark; `num_wrong` of them were misread."""

    def write(num_wrong):
        rows = toys.predictions()
        test = rows[rows["split"] == "test"].iloc[:1]
        test = pd.concat([test] * 40, ignore_index=True)
        test["image_id"] = [f"test_{number}" for number in range(40)]
        test["lesion_id"] = [f"lesion_{number}" for number in range(40)]
        test["diagnosis"] = "bcc"
        test[["p_bcc", "p_mel", "p_nv"]] = [0.8, 0.1, 0.1]
        test.loc[: num_wrong - 1, ["p_bcc", "p_mel"]] = [0.1, 0.8]
        rows = pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)
        table = pd.DataFrame(
            {
                "split": rows.loc[rows["split"] != "train", "split"],
                "image_id": rows.loc[rows["split"] != "train", "image_id"],
                "blur": 1.0,
                "light": 0.5,
                "glare": 0.0,
                "side": 180,
                "fill": 0.2,
            }
        )
        dark = [f"test_{number}" for number in range(20)]
        table.loc[table["image_id"].isin(dark), "light"] = 0.1
        monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
        return toys.write(tmp_path, "toy", rows=rows, quality=table, has_novelty=False)

    return write


DARK = toys.encoded(toys.flat((40, 0, 0), 180, 180))


def test_only_what_has_cost_right_answers_makes_the_headline_doubt(dark_ones):
    dark_ones(num_wrong=8)
    app = upload(visit("classify"), DARK)
    assert not app.exception
    assert signs(app)[1] == ("Dark", Level.DOUBT)
    assert app.header[0].value.endswith(", with doubt")
    # 12 of 20 dark ones right, 20 of 20 others.
    assert re.search(r"Of 20 such .* others 1\.00 \(.*\): 0\.40 \(.*\) less\.", texts(app))
    assert "may be nothing" not in texts(app)


def test_photos_from_elsewhere_decide_whether_a_sign_speaks_of_doubt(dark_ones):
    toy_run = dark_ones(num_wrong=8)
    # As many dark photos of another source, of which the model gets nearly all right.
    names = [f"other_{number}" for number in range(60)]
    photos = pd.DataFrame(
        {
            "kind": "dermatoscopic photo",
            "source": "official test",
            "image_id": names,
            "person_id": names,
            "diagnosis": "bcc",
            "p_bcc": [0.1] + 59 * [0.8],
            "p_mel": [0.8] + 59 * [0.1],
            "p_nv": 0.1,
            "novelty": 0.5,
        }
    )
    toy_run = add_table(toy_run, EXTERNAL, photos)
    dark = [0.1] * 30 + [0.5] * 30
    others = {"split": "test", "source": "official test", "image_id": names, "light": dark}
    measures = {"blur": 1.0, "glare": 0.0, "side": 180, "fill": 0.2}
    quality = pd.concat([toy_run.quality, pd.DataFrame(others | measures)])
    add_table(toy_run, run.QUALITY, quality)
    app = upload(visit("classify"), DARK)
    assert not app.exception
    assert signs(app)[1] == ("Dark", Level.NOTE)
    assert "doubt" not in app.header[0].value
    shown = texts(app)
    assert re.search(r"Of 20 such test photos .*: 0\.40 \(.*\) less\.", shown)
    assert re.search(
        r"Of 30 such dermatoscopic photos from elsewhere \(official test\) the model got 0\.97 "
        r"\(.*\) right, of the 30 others 1\.00 \(.*\): 0\.03 \(.*\) less, which may be nothing\.",
        shown,
    )
    assert "These sources disagree: photos from elsewhere decide" in shown


def test_what_the_stress_test_is_worth_is_said_where_it_was_measured(dark_ones):
    toy_run = dark_ones(num_wrong=8)
    app = upload(visit("classify"), DARK).button(key="classify_stress").click().run()
    assert "What that costs was not measured." in texts(app)
    names = [f"test_{number}" for number in range(40)]
    table = pd.DataFrame(
        {"image_id": names, "num_changes": 30, "num_holding": [25] * 20 + [30] * 20}
    )
    add_table(toy_run, run.STRESS, table)
    worth = (
        r"Of 20 test photos whose answer at least one of these changes flips the model got 0\.60 "
    )
    app = upload(visit("classify"), DARK)
    assert not re.search(worth, texts(app))
    app.button(key="classify_stress").click().run()
    assert not app.exception
    assert re.search(worth + r"\(.*\) right, of the 20 others 1\.00 \(.*\): 0\.40", texts(app))


def test_what_may_cost_nothing_is_a_note_and_leaves_the_headline_alone(dark_ones):
    dark_ones(num_wrong=1)
    app = upload(visit("classify"), DARK)
    assert signs(app)[1] == ("Dark", Level.NOTE)
    assert "doubt" not in app.header[0].value
    assert ", which may be nothing." in texts(app)
