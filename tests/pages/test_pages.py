"""Every page through Streamlit's own test driver, from app.py and alone."""

import gc
import inspect
import subprocess
import sys
import weakref
from concurrent.futures import wait

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import run
from pages.shared import cache
from tests import toys
from tests.conftest import ROOT

APP = str(ROOT / "app.py")
PAGES = {
    "classify": "Classify",
    "explain": "Explain",
    "training": "Training",
    "compare": "Compare",
    "about": "About",
}
LOOKING = ("classify", "explain")
TIMEOUT = 60


def visit(page):
    app = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    return app.switch_page(f"pages/{page}.py").run()


def texts(app):
    """Everything a visitor can read, in one string."""
    kinds = (
        "markdown",
        "caption",
        "info",
        "success",
        "warning",
        "error",
        "subheader",
        "header",
        "title",
    )
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def table_with(app, name):
    """The table that has a column or a row of this name."""
    found = [element.value for element in app.dataframe]
    return next(one for one in found if name in one.columns or name in one.index)


def upload(app, data, name="photo.png", kind="image/png"):
    source = next(one for one in app.segmented_control if one.key.endswith("_source"))
    source.set_value("Upload").run()
    return app.file_uploader[0].set_value((name, data, kind)).run()


def test_the_app_opens_with_classify():
    app = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Classify"]


@pytest.mark.parametrize(("page", "title"), PAGES.items())
def test_every_page_opens_says_what_it_is_and_carries_the_notice(page, title):
    app = visit(page)
    assert not app.exception
    assert [found.value for found in app.title] == [title]
    assert "Not a medical device" in app.caption[0].value
    assert not app.error


@pytest.mark.parametrize(("page", "title"), PAGES.items())
def test_a_page_that_is_run_alone_has_its_frame_too(page, title):
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=TIMEOUT).run()
    assert not app.exception
    assert [found.value for found in app.title] == [title]
    assert "Not a medical device" in app.caption[0].value


def test_pages_without_a_photo_open_without_tensorflow(toy_runs):
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
for page in ("training", "compare", "about"):
    app = AppTest.from_file("{ROOT}/pages/" + page + ".py", default_timeout=60).run()
    assert not app.exception and len(app.title) == 1, page
assert not {{"tensorflow", "keras", "train"}} & set(sys.modules), "loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def test_the_network_loads_while_the_visitor_chooses_and_the_page_says_so(toy_runs):
    code = f"""
import sys, time
from model import run
from pathlib import Path
run.default_folders = lambda: [Path({str(toy_runs)!r})]
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({APP!r}, default_timeout=60).run()
assert "TensorFlow and the network are loading" in app.caption[-1].value
assert "tensorflow" not in sys.modules or "loaded." not in app.caption[-1].value
from pages.shared import cache
loading = cache.loading(cache.runs()[0]["toy"])
while not loading.is_over:
    time.sleep(0.1)
assert "The network is loaded." in app.run().caption[-1].value
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def test_a_network_that_cannot_be_loaded_is_named_before_any_photo_is_chosen(tmp_path, monkeypatch):
    toys.write(tmp_path, "toy", heatmap_layer="nowhere")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("classify")
    loading = cache.loading(cache.runs()[0]["toy"])
    wait([loading.future])
    app.run()
    assert not app.exception
    assert "toy: the network cannot be used" in texts(app)
    assert "The network is loaded" not in texts(app)


def test_a_photo_is_classified_and_its_numbers_are_the_network_s():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert not app.exception
    assert app.header[0].value == "Basal cell carcinoma (bcc)"
    said = texts(app)
    assert "Probability **1.00**" in said  # exp(10) / (exp(10) + 2)
    assert "Malignant diagnoses together: **1.000**, above the threshold of 0.200" in said
    assert "reason to see a doctor" in said
    assert "Unlike this run's training photos" in said  # pure red is far from mid grey


def test_below_the_threshold_is_never_called_harmless():
    app = upload(visit("classify"), toys.encoded(toys.flat((0, 0, 255))))
    assert app.header[0].value == "Melanocytic nevus (nv)"
    said = texts(app)
    assert "below the threshold of 0.200" in said
    assert "does not mean harmless" in said
    assert "reason to see a doctor" not in said


def test_what_the_network_cannot_rule_out_is_said():
    app = upload(visit("classify"), toys.encoded(toys.flat((128, 120, 118))))
    assert "**can't rule out**: melanoma" in texts(app)


def test_the_map_of_another_diagnosis_and_an_empty_one():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    picker = next(box for box in app.selectbox if box.label == "Show what raised")
    assert picker.value == "bcc"
    picker.set_value("mel").run()
    assert not app.exception
    assert "Nothing in this photo raised this diagnosis" in texts(app)


def test_neither_slider_nor_diagnosis_reruns_the_network(monkeypatch):
    from model.classifier import Classifier

    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))

    def never(*_):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(Classifier, "analyze", never)
    app.slider(key="classify_strength").set_value(10).run()
    assert not app.exception
    next(box for box in app.selectbox if box.label == "Show what raised").set_value("nv").run()
    assert not app.exception


@pytest.mark.parametrize("page", LOOKING)
def test_a_sample_is_one_click_away(page):
    app = visit(page)
    app.button(key=f"{page}_sample_ragged").click().run()
    assert not app.exception
    assert not app.error
    assert len(app.header) >= 1


@pytest.mark.parametrize("page", LOOKING)
@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        pytest.param("text.jpg", b"I am a text", "not a photo that can be read here", id="text"),
        pytest.param(
            "cut.png", toys.encoded(toys.flat((9, 9, 9)))[:60], "damaged or cut short", id="cut"
        ),
        pytest.param(
            "tiny.png", toys.encoded(toys.flat((9, 9, 9), 20, 20)), "at least 64 on", id="tiny"
        ),
    ],
)
def test_a_bad_upload_is_said_and_leaves_the_page_usable(page, name, data, sentence):
    app = upload(visit(page), data, name)
    assert not app.exception
    assert sentence in app.error[0].value
    app = (
        app.file_uploader[0]
        .set_value(("good.png", toys.encoded(toys.flat((255, 0, 0))), "image/png"))
        .run()
    )
    assert not app.error
    assert app.header


def test_a_phone_s_heic_with_the_wrong_type_is_read():
    data = toys.encoded(toys.flat((250, 5, 5)), "HEIF", quality=95)
    app = upload(visit("classify"), data, "IMG_0001.HEIC", "application/octet-stream")
    assert app.header[0].value == "Basal cell carcinoma (bcc)"


@pytest.mark.parametrize("name", ["photo.jfif", "IMG_0001", "scan.txt"])
def test_what_a_file_is_its_content_decides(name):
    app = upload(visit("classify"), toys.encoded(toys.flat((250, 5, 5)), "JPEG"), name)
    assert not app.error
    assert app.header[0].value == "Basal cell carcinoma (bcc)"


def test_a_photo_that_is_taken_away_leaves_with_its_answer():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert app.header
    app.file_uploader[0].set_value(None).run()
    assert not app.exception
    assert not app.header
    assert "photo" not in app.session_state
    assert "looked" not in app.session_state


@pytest.mark.parametrize("page", LOOKING)
def test_a_drawing_is_called_one_where_the_run_learned_photos(page):
    app = visit(page)
    app.button(key=f"{page}_sample_ragged").click().run()
    assert "This is a drawing, not a lesion" in texts(app)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """One recipe under both protocols, with the figure it was published with."""
    figure = {"accuracy": 0.95, "compared_with": "test", "said": "accuracy 0.95 in some year"}
    for seed, protocol in enumerate(run.PROTOCOLS):
        name = "one--as-published" if protocol == run.AS_PUBLISHED else "one"
        toys.write(
            tmp_path,
            name,
            title="Toy",
            rows=toys.predictions(seed=seed),
            protocol=protocol,
            published=figure,
            recipe="one",
            with_network=protocol == "honest",
        )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return tmp_path


def compare(view):
    app = visit("compare")
    return app.segmented_control(key="compare_view").set_value(view).run()


def test_the_leak_meter_shows_both_sides_and_the_published_figure(published):
    from model import leak_meter

    app = visit("compare")
    assert not app.exception
    table = table_with(app, "Protocol")
    sides = [leak_meter.side(run.read(published / name)) for name in ("one--as-published", "one")]
    expected = [str(side.test.accuracy) for side in sides]
    assert expected[0] != expected[1]
    assert list(table["Protocol"]) == ["as-published", "honest"]
    assert list(table["Test accuracy"]) == expected
    assert list(table["Published accuracy"]) == [0.95, 0.95]
    said = texts(app)
    assert "accuracy 0.95 in some year" in said
    assert "Training had met none of 30 test photos" in said
    assert len(app.get("plotly_chart")) == 1
    app.segmented_control(key="compare_leak_metric").set_value("balanced_accuracy").run()
    assert not app.exception
    assert "mean recall" in texts(app)


def test_without_a_published_recipe_the_leak_meter_says_how_to_get_one():
    app = visit("compare")
    assert not app.exception
    assert "--protocol as-published" in app.info[0].value


def test_two_runs_are_compared_on_the_same_photos(published):
    from model import pairing

    app = compare("Two runs")
    assert not app.exception
    found = pairing.pair(run.read(published / "one"), run.read(published / "one--as-published"))
    table = table_with(app, "Recall of melanoma")
    assert list(table.index) == ["Balanced accuracy", "Recall of melanoma"]
    difference = found.balanced_accuracy[2]
    assert table.loc["Balanced accuracy", "Second less first"].startswith(
        f"{difference.value:+.2f} ("
    )
    assert abs(difference.value) > 0.01
    better = "Toy · as published, leaks · results only" if difference.value > 0 else "Toy"
    assert f"**{better}** has the higher balanced accuracy" in texts(app)
    assert f"{found.num_photos} photos of {found.num_lesions} lesions" in texts(app)
    assert any("none of 30 test photos" in warning.value for warning in app.warning)
    shown = table_with(app, "Truth")
    assert len(shown) == len(found.disagreements)
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
    app = compare("Two runs")
    assert not app.exception
    assert "cannot be compared photo by photo" in app.warning[0].value
    assert "share none" in app.warning[0].value
    app.selectbox(key="compare_pair_1").set_value("colours").run()
    assert "two different runs" in app.info[0].value


def test_two_runs_of_one_title_are_compared_side_by_side(published):
    app = compare("Several runs")
    assert not app.exception
    assert list(app.dataframe[0].value.columns) == [
        "Toy",
        "Toy · as published, leaks · results only",
    ]


def test_two_runs_of_one_label_are_told_apart_by_their_names(tmp_path, monkeypatch):
    for name in ("twin", "other"):
        toys.write(tmp_path, name, title="Twin", with_network=False)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    columns = list(compare("Several runs").dataframe[0].value.columns)
    assert columns == ["Twin · results only (other)", "Twin · results only (twin)"]


def test_training_lays_runs_over_each_other_and_offers_the_numbers(published):
    app = visit("training")
    picker = app.multiselect(key="training_curves_one")
    assert picker.value == [("one", 0)]
    picker.set_value([("one", 0), ("one--as-published", 0)]).run()
    assert not app.exception
    table = table_with(app, "Kept epoch")
    assert list(table["Training"]) == ["Toy", "Toy · as published, leaks · results only"]
    assert list(table["Kept epoch"]) == [2, 2]
    assert list(table["Gap there"]) == [-0.1, -0.1]  # 0.6 in training, 0.7 on validation photos
    assert list(table["Gap at the end"]) == [0.2, 0.2]
    assert "training_loss_csv" in {button.key for button in app.get("download_button")}


def test_streamlit_never_asks_outside_for_this_computer_s_address(monkeypatch):
    """A visitor whose page stands on another host makes it ask, unless it is told not to."""
    from streamlit import net_util
    from streamlit.web.server import server_util

    asked = []
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *a, **k: asked.append(a))
    visit("about")
    assert not server_util.is_url_from_allowed_origins("http://elsewhere.example:8501")
    assert asked == []


def test_streamlit_never_clears_keras_under_a_network_that_is_kept(monkeypatch):
    import keras
    from streamlit.runtime.scriptrunner import script_runner

    cleared = []
    clean = script_runner._clean_problem_modules
    monkeypatch.setattr(script_runner, "_clean_problem_modules", clean)
    monkeypatch.setattr(keras.backend, "clear_session", lambda: cleared.append(True))
    visit("classify")
    assert cleared == []


def test_what_was_frozen_is_freed_the_next_time_it_is_tidied():
    class Photo:
        pass

    one = Photo()
    one.itself = one  # only the collector can free it
    watched = weakref.ref(one)
    cache.tidy()  # it is in use: frozen
    del one
    gc.collect()
    assert watched() is not None
    cache.tidy()
    assert watched() is None


def test_the_photo_stays_while_pages_change():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    app.switch_page("pages/explain.py").run()
    assert not app.exception
    assert any("Basal cell carcinoma" in str(head.value) for head in app.subheader)


def test_no_photo_reaches_another_session():
    upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    other = visit("classify")
    assert "photo" not in other.session_state
    assert not other.header


def test_no_photo_and_no_answer_reaches_a_shared_cache_or_the_disk(tmp_path, monkeypatch):
    """Every call of a shared cache is watched while a photo is classified and explained."""
    from pages.shared import cache

    seen = []
    public = {
        name: one
        for name, one in inspect.getmembers(cache, inspect.isfunction)
        if one.__module__ == cache.__name__ and not name.startswith("_")
    }
    assert {"classifier", "explainer", "evaluation", "runs"} <= set(public)
    for name, original in public.items():

        def watched(*arguments, original=original, **named):
            seen.append((*arguments, *named.values()))
            return original(*arguments, **named)

        monkeypatch.setattr(cache, name, watched)
    monkeypatch.chdir(tmp_path)
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    app.switch_page("pages/explain.py").run()
    assert len(seen) > 4
    for arguments in seen:
        assert not any(isinstance(argument, bytes | np.ndarray) for argument in arguments)
        assert all(isinstance(argument, run.Run | str | int) for argument in arguments)
    assert list(tmp_path.iterdir()) == []


def test_training_shows_the_figures_of_the_predictions(toy_runs):
    from model import metrics

    app = visit("training")
    found = metrics.evaluate(run.read(toy_runs / "toy").predictions, toys.CODES)
    estimate = found.summary["balanced_accuracy"]
    shown = table_with(app, "Split")
    expected = f"{estimate.value:.2f} ({estimate.low:.2f}-{estimate.high:.2f})"
    assert shown.loc["Balanced accuracy", "Toy toy"] == expected
    assert shown.loc["Photos", "Toy toy"] == "30"
    assert shown.loc["Split", "Toy toy"] == "test"
    assert "30 test photos of 15 lesions" in texts(app)
    assert table_with(app, "Kept epoch")["Kept epoch"].tolist() == [2]


def test_training_warns_when_the_photos_shown_were_trained_on():
    app = visit("training")
    app.segmented_control(key="training_split_toy").set_value("train").run()
    assert "only test counts" in app.info[0].value


def test_compare_without_a_run_asks_for_one():
    app = compare("Several runs")
    app.multiselect(key="compare_runs").set_value([]).run()
    assert not app.exception
    assert "Choose at least one run" in texts(app)


def test_about_shows_limits_licence_and_hashes(toy_runs):
    app = visit("about")
    assert "A toy." in texts(app)
    assert "Licence: MIT" in texts(app)
    shown = next(f.value for f in app.dataframe if "sha256" in f.value.columns)
    assert shown.loc["history.csv", "sha256"] == run.sha256(toy_runs / "toy" / "history.csv")
