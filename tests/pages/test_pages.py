"""Every page through Streamlit's own test driver, from app.py."""

import subprocess
import sys
from concurrent.futures import wait

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import run
from model.photo.decode import MAX_BYTES
from model.run import RunError
from pages.shared import cache, model_loading
from tests import toys
from tests.conftest import ROOT
from tests.pages.driver import APP, PAGES, TIMEOUT, texts, upload, visit

LOOKING = ("classify", "explain")


def test_the_app_opens_with_classify():
    app = AppTest.from_file(APP, default_timeout=TIMEOUT).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Classify"]


@pytest.mark.parametrize(("page", "title"), PAGES.items())
def test_every_page_opens_says_what_it_is_and_carries_the_notice(page, title):
    app = visit(page)
    assert not app.exception
    assert [heading.value for heading in app.title] == [title]
    assert "Not a medical device" in app.caption[-1].value
    assert not app.error


def test_pages_without_a_photo_open_without_tensorflow(toy_runs):
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
from pathlib import Path
from model import run
run.default_folders = lambda: []
app = AppTest.from_file({APP!r}, default_timeout=60).run()  # Classify, without a run to load
run.default_folders = lambda: [Path({str(toy_runs)!r})]
for page in ("training", "compare", "about"):
    app.switch_page(f"pages/{{page}}/page.py").run()
    assert [title.value for title in app.title] == [page.capitalize()]
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
def status(app):
    words = "the network are loading", "The network is loaded"
    return next(text.value for text in app.caption if any(word in text.value for word in words))
assert "TensorFlow and the network are loading" in status(app)
assert "tensorflow" not in sys.modules or "loaded." not in status(app)
from pages.shared import cache, model_loading
loading = model_loading.loading(cache.runs()[0]["toy"])
while not loading.is_over:
    time.sleep(0.1)
assert "The network is loaded." in status(app.run())
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def test_a_network_that_cannot_be_loaded_is_named_before_any_photo_is_chosen(tmp_path, monkeypatch):
    toys.write(tmp_path, "toy", heatmap_layer="nowhere")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = visit("classify")
    loading = model_loading.loading(cache.runs()[0]["toy"])
    wait([loading.future])
    app.run()
    assert not app.exception
    assert "toy: the network cannot be used" in texts(app)
    assert "The network is loaded" not in texts(app)


def test_a_network_that_failed_once_is_tried_again(monkeypatch):
    load, failures = model_loading._load, [RunError("out of memory")]

    def fail_once(chosen):
        if failures:
            raise failures.pop()
        return load(chosen)

    monkeypatch.setattr(model_loading, "_load", fail_once)
    model_loading._loading.clear()
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    if app.error:  # whoever came first has seen the failure
        app = app.run()
    assert not app.exception
    assert failures == []
    assert "It would have said: basal cell carcinoma, over 99 %." in texts(app)


def test_a_photo_is_classified_and_its_numbers_are_the_network_s():
    app = upload(visit("classify"), toys.encoded(toys.flat((180, 90, 90))))
    assert not app.exception
    # The toy's logits are ten times the reds, greens and blues above mid grey.
    share = 1 / (1 + 2 * np.exp(10 * (90 - 180) / 255))
    assert app.header[0].value == f"Basal cell carcinoma, {round(100 * share)} %"


def test_an_answer_to_a_strange_photo_comes_without_what_was_measured_on_others():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert app.header[0].value == "Flagged as unusual: no answer"
    text = texts(app)
    assert "It would have said: basal cell carcinoma, over 99 %." in text
    assert "Unlike this model's training photos" in text  # pure red is far from mid grey
    assert "it would also say: malignant diagnoses together 1.000, threshold 0.200." in text
    assert "**For this photo, that was not tested.**" in text
    assert "above the threshold" not in text
    assert "Show a spot that worries you to a doctor" in text


def test_above_the_threshold_the_advice_is_to_show_it_to_a_doctor():
    app = upload(visit("classify"), toys.encoded(toys.flat((180, 90, 90))))
    text = texts(app)
    assert "**Malignant together: 97 %**, above the threshold" in text
    assert "Malignant diagnoses together: **0.972**, above the threshold of 0.200" in text
    assert "Whatever it says, show a spot that worries you to a doctor." in text
    assert "Unlike this model's training photos" not in text


def test_below_the_threshold_is_never_called_harmless_and_the_advice_is_the_same():
    app = upload(visit("classify"), toys.encoded(toys.flat((90, 90, 180))))
    assert app.header[0].value.startswith("Melanocytic nevus, ")
    text = texts(app)
    assert "below the threshold of 0.200" in text
    assert "does not mean harmless" in text
    assert "Whatever it says, show a spot that worries you to a doctor." in text


def test_what_the_network_cannot_rule_out_is_said():
    app = upload(visit("classify"), toys.encoded(toys.flat((128, 120, 118))))
    assert "**can't rule out**: melanoma" in texts(app)


def test_the_map_of_another_diagnosis_and_an_empty_one():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    picker = next(box for box in app.selectbox if box.label == "Heat map of")
    assert picker.value == "bcc"
    picker.set_value("mel").run()
    assert not app.exception
    assert "Nothing in this photo raised this diagnosis" in texts(app)


def test_another_diagnosis_does_not_rerun_the_network(monkeypatch):
    from model.prediction.classifier import Classifier

    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))

    def never(*_):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(Classifier, "analyze", never)
    next(box for box in app.selectbox if box.label == "Heat map of").set_value("nv").run()
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
    assert f"`{name}`" in app.error[0].value
    app = upload(app, toys.encoded(toys.flat((255, 0, 0))), "good.png")
    assert not app.error
    assert app.header


def test_a_phone_s_heic_with_the_wrong_type_is_read():
    data = toys.encoded(toys.flat((250, 5, 5)), "HEIF", quality=95)
    app = upload(visit("classify"), data, "IMG_0001.HEIC", "application/octet-stream")
    assert "basal cell carcinoma, over 99 %" in texts(app)


@pytest.mark.parametrize("name", ["photo.jfif", "IMG_0001", "scan.txt"])
def test_what_a_file_is_its_content_decides(name):
    app = upload(visit("classify"), toys.encoded(toys.flat((250, 5, 5)), "JPEG"), name)
    assert not app.error
    assert "basal cell carcinoma, over 99 %" in texts(app)


@pytest.mark.parametrize("page", LOOKING)
def test_a_drawing_is_called_one_where_the_run_learned_photos(page):
    app = visit(page)
    app.button(key=f"{page}_sample_ragged").click().run()
    assert "This is a drawing, not a lesion" in texts(app)


def test_the_photo_stays_while_pages_change():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    app.switch_page("pages/explain/page.py").run()
    assert not app.exception
    assert any("Basal cell carcinoma" in str(head.value) for head in app.subheader)


def test_limits_licence_and_hashes_are_shown(toy_runs):
    app = visit("about")
    assert "A toy." in texts(app)
    assert "Licence: MIT" in texts(app)
    app = visit("training", view="Settings")
    shown = next(f.value for f in app.dataframe if "sha256" in f.value.columns)
    assert shown.loc["history.csv", "sha256"] == run.sha256(toy_runs / "toy" / "history.csv")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("Where it is weak", "Where it is weak"),
        ("Calibration", "Calibration"),
        ("Files", "Settings"),
    ],
)
def test_a_link_to_a_view_that_moved_from_about_to_training_still_leads_there(asked, shown):
    app = visit("about", view=asked, run="toy")
    assert not app.exception
    assert app.title[0].value == "Training"
    assert app.segmented_control(key="training_view").value == shown


def test_the_whole_report_has_every_part_in_the_order_of_the_views():
    app = visit("training", view="Whole report")
    assert not app.exception
    names = app.segmented_control(key="training_view").options[:-1]
    headings = [head.value for head in app.header]
    assert [head for head in headings if head in names] == names
    assert any(head.startswith("Of 1,000 people: ") for head in headings)
    assert "Confusion matrix" in headings


def test_the_style_names_the_size_that_is_accepted():
    style = (ROOT / "pages" / "shared" / "page.css").read_text("utf-8")
    assert f"Too large ({MAX_BYTES // 2**20} MB at most)" in style
