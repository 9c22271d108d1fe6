"""Cropping a photo: the network sees the crop and nothing else."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import run
from pages.classify.signs import Level
from pages.shared import crop_picker
from tests import toys
from tests.pages.driver import APP, TIMEOUT, signs, texts, upload, visit


@pytest.fixture
def photo():
    """Blue all around a red square; the toy run calls red bcc and blue nevus."""
    pixels = toys.flat((0, 0, 255), 200, 400)
    pixels[:, 100:300] = (255, 0, 0)
    return toys.encoded(pixels)


def chosen(app, start):
    return next(
        widget for widget in (*app.segmented_control, *app.slider) if widget.key.endswith(start)
    )


def choose_crop(app, choice):
    return chosen(app, "_crop").set_value(choice).run()


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label == label)


def answer(app):
    """What the network says, which can't judge photos as red or blue as these."""
    said = next(text.value for text in app.caption if "would have said" in text.value)
    return said.removeprefix("It would have said: ").split(",")[0]


def test_the_whole_photo_is_looked_at_first(photo):
    app = upload(visit("classify"), photo)
    assert not app.exception
    assert "What Toy toy sees: 16 x 16 pixels, scaled from 400 x 200." in texts(app)
    assert chosen(app, "_crop").value == "Whole photo"


def test_the_centre_square_leaves_the_sides_out(photo):
    app = choose_crop(upload(visit("classify"), photo), "Centre square")
    assert answer(app) == "basal cell carcinoma"
    assert "basal cell carcinoma, over 99 %" in texts(app)


def test_a_box_is_moved_by_its_edges_and_changes_the_answer(photo):
    app = choose_crop(upload(visit("classify"), photo), "Box")
    assert answer(app) == "basal cell carcinoma"
    app = chosen(app, "_across").set_value((0, 24)).run()
    assert not app.exception
    assert answer(app) == "melanocytic nevus"


def test_the_crop_is_kept_on_the_next_page_and_gone_with_the_photo(photo):
    app = choose_crop(upload(visit("classify"), photo), "Centre square")
    app.switch_page("pages/explain/page.py").run()
    assert not app.exception
    assert chosen(app, "_crop").value == "Centre square"
    app = upload(app, toys.encoded(toys.flat((255, 0, 0), 100, 300)))
    assert chosen(app, "_crop").value == "Whole photo"


def test_a_crop_far_from_a_square_is_warned_of(photo):
    app = choose_crop(upload(visit("classify"), photo), "Box")
    assert not app.warning or "squashed" not in texts(app)
    app = chosen(app, "_down").set_value((40, 75)).run()
    assert "squashed out of shape" in texts(app)


def requested(crop):
    app = AppTest.from_file(APP, default_timeout=TIMEOUT)
    app.query_params["sample"] = "even"
    app.query_params["frame"] = crop
    return app.run()


def test_a_link_opens_a_sample_with_its_crop():
    app = requested("75,0,525,450")
    assert chosen(app, "_crop").value == "Centre square"
    app = requested("60,45,300,225")
    assert chosen(app, "_crop").value == "Box"
    assert chosen(app, "_across").value == (10, 50)
    assert app.query_params["frame"] == "60,45,300,225"


@pytest.mark.parametrize("crop", ["0,0,9999,10", "middle", "0,0,10,10"])
def test_a_link_to_no_crop_says_so_and_shows_the_whole_sample(crop):
    app = requested(crop)
    assert not app.exception
    assert "asks for a crop" in " ".join(warning.value for warning in app.warning)
    assert chosen(app, "_crop").value == "Whole photo"


def test_an_uploaded_photo_never_puts_its_crop_into_the_address(photo):
    app = choose_crop(upload(visit("classify"), photo), "Centre square")
    assert "frame" not in app.query_params


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A run that knows how its photos measure up: all of them light and 150 to 200 pixels."""
    table = toys.quality()
    table["light"] = 0.5 + table["light"] / 10
    table.loc[table["image_id"].isin([f"test_{row}" for row in range(24)]), "light"] = 0.1
    table["blur"] = 1.0
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return toys.write(tmp_path, "toy", quality=table, has_novelty=False)


def test_a_dark_photo_is_named_with_what_that_meant_and_how_to_retake_it(measured):
    app = upload(visit("classify"), toys.encoded(toys.flat((40, 0, 0), 180, 180)))
    text = texts(app)
    assert "**Dark**: darker than all of the photos" in text
    assert "Of 24 such test photos the model got" in text
    assert "daylight" in text
    assert signs(app)[1] == ("Dark", Level.NOTE)


def test_what_a_fault_cost_on_test_photos_is_not_said_of_a_novel_photo(measured, tmp_path):
    toys.write(tmp_path, "toy", quality=measured.quality)
    text = texts(upload(visit("classify"), toys.encoded(toys.flat((40, 0, 0), 180, 180))))
    assert "**Unlike this model's training photos**" in text
    assert "**Dark**: darker than all of the photos" in text
    assert "daylight" in text
    assert "may be flagged, too" in text
    assert "the model got" not in text


def test_a_photo_like_the_others_is_said_to_be(measured):
    app = upload(visit("classify"), toys.encoded(toys.flat((140, 140, 140), 180, 180)))
    assert signs(app)[1:3] == [("Sharp, well lit", Level.FINE), ("Well framed", Level.FINE)]
    assert "within the limits of the photos the model was validated on" in texts(app)


def test_few_photos_like_it_are_said_to_tell_nothing(measured):
    photo = toys.flat((140, 140, 140), 180, 180)
    photo[:, :90] = 255
    text = texts(upload(visit("classify"), toys.encoded(photo)))
    assert "**Glaring**: more glaring than all of the photos" in text
    assert "Of 30 test photos 0 were like that, too few to tell" in text


def test_a_small_crop_counts_as_a_small_photo(measured):
    photo = toys.encoded(np.full((180, 180, 3), 140, np.uint8))
    app = choose_crop(upload(visit("classify"), photo), "Box")
    assert "**Small**" not in texts(app)
    app = chosen(app, "_across").set_value((30, 80)).run()
    assert "**Small**: smaller than" in texts(app)


def test_a_run_without_measures_says_so(toy_runs):
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert signs(app)[1:3] == [
        ("Sharpness not checked", Level.UNKNOWN),
        ("Crop not checked", Level.UNKNOWN),
    ]
    assert "does not record the quality of its own photos" in texts(app)


def test_the_next_sample_and_the_same_file_again_are_whole():
    app = requested("75,0,525,450")
    app.button(key="classify_sample_ragged").click().run()
    assert chosen(app, "_crop").value == "Whole photo"
    assert "frame" not in app.query_params


def test_a_photo_that_was_taken_away_leaves_nothing_of_its_crop(photo):
    app = choose_crop(upload(visit("classify"), photo), "Centre square")
    assert "crop_choice" in app.session_state
    app.button(key="classify_remove").click().run()
    assert "photo" not in app.session_state
    assert "crop_choice" not in app.session_state


def test_diagnoses_chosen_on_explain_stay_when_the_photo_is_cropped(photo):
    app = upload(visit("explain"), photo)
    labelled(app.multiselect, "Diagnoses").set_value(["mel"]).run()
    app = choose_crop(app, "Centre square")
    assert labelled(app.multiselect, "Diagnoses").value == ["mel"]


def test_what_nobody_chose_follows_the_answer_when_the_photo_is_cropped(photo):
    def shown(label):
        return labelled(app.selectbox, label).value

    app = upload(visit("classify"), photo)
    app = choose_crop(app, "Box")
    app = chosen(app, "_across").set_value((0, 24)).run()
    assert shown("Heat map of") == "nv"
    app = chosen(app, "_across").set_value((30, 70)).run()
    assert answer(app) == "basal cell carcinoma"
    assert shown("Heat map of") == "bcc"
    labelled(app.selectbox, "Heat map of").set_value("mel").run()
    app = chosen(app, "_across").set_value((0, 24)).run()
    assert shown("Heat map of") == "mel"  # somebody's choice
    app.switch_page("pages/explain/page.py").run()
    assert shown("Why") == "nv"


@pytest.mark.parametrize(
    ("box", "across", "down"),
    [
        ({"x": [30, 70], "y": [20, 60]}, (30, 70), (20, 60)),
        ({"x": [70.4, 29.6], "y": [60, 20]}, (30, 70), (20, 60)),  # drawn from the lower right
        ({"x": [-8, 104], "y": [50, 131]}, (0, 100), (50, 100)),  # over the edge of the photo
    ],
)
def test_a_box_drawn_anywhere_moves_the_edges_to_it(monkeypatch, box, across, down):
    state = {"one_box": {"selection": {"box": [box]}}}
    monkeypatch.setattr(crop_picker.st, "session_state", state)
    crop_picker._take_box("one_box")
    assert (state["one_across"], state["one_down"]) == (across, down)
    state["one_box"] = {"selection": {"box": []}}
    crop_picker._take_box("one_box")
    assert (state["one_across"], state["one_down"]) == (across, down)  # a click lets it be
