"""Several photos: a table with the most suspicious first, broken files named in place."""

import pytest

from model import run
from pages.classify import batch
from pages.classify.batch import BatchItem
from pages.classify.own_labels import Labels
from tests import toys
from tests.pages.driver import table_with, texts, upload_several, visit

RED, BLUE = toys.flat((255, 0, 0)), toys.flat((0, 0, 255))


@pytest.fixture
def app():
    return visit("classify")


def test_the_most_suspicious_photo_stands_first_and_a_broken_file_is_named_last(app):
    app = upload_several(
        app,
        ("mole.png", toys.encoded(BLUE), "image/png"),
        ("notes.txt", b"not a photo", "text/plain"),
        ("red.png", toys.encoded(RED), "image/png"),
    )
    assert not app.exception
    shown = table_with(app, "Malignant sum")
    assert list(shown["File"]) == ["red.png", "mole.png", "notes.txt"]
    assert list(shown["Diagnosis"]) == ["Basal cell carcinoma", "Melanocytic nevus", ""]
    assert shown["Photo"].iloc[0].startswith("data:image/jpeg;base64,")
    assert "not a photo that can be read here" in shown["Problem"].iloc[2]
    assert "**2 of 3 photos** were classified, 1 could not be used" in texts(app)


def test_a_photo_is_looked_at_once_and_forgotten_when_it_is_taken_out(app, monkeypatch):
    classified = []
    real = batch._classify
    monkeypatch.setattr(
        batch,
        "_classify",
        lambda run, batch: classified.extend(file.name for file in batch) or real(run, batch),
    )
    first, second = (
        ("a.png", toys.encoded(RED), "image/png"),
        ("b.png", toys.encoded(BLUE), "image/png"),
    )
    app = upload_several(app, first, second)
    assert classified == ["a.png", "b.png"]
    app.run()
    assert classified == ["a.png", "b.png"]
    assert len(app.session_state["several"]) == 2
    app.button(key="classify_remove").click().run()
    assert not app.dataframe
    assert "several" not in app.session_state
    assert "batch" not in app.session_state


def test_after_stop_what_was_looked_at_stands_and_the_rest_can_be_had(app):
    app.session_state["stopped"] = {"several_toy"}
    photo = toys.encoded(RED)
    app = upload_several(app, *((name, photo, "image/png") for name in ("a.png", "b.png")))
    assert not app.dataframe
    next(button for button in app.button if button.label == "Resume").click().run()
    assert list(table_with(app, "File")["File"]) == ["a.png", "b.png"]


def test_the_file_has_the_columns_of_the_command_line(toy_classifier):
    (prediction,) = toy_classifier.predict([RED])
    rows = [("a.png", BatchItem("", prediction, "ok")), ("b.txt", BatchItem("", None, "broken"))]
    table = batch.numbers(toy_classifier.run, rows, Labels({"a": "bcc"}, ()))
    command_line = "photo diagnosis p_bcc p_mel p_nv novelty status"
    page = "malignant_sum threshold prediction_set warnings label mix malignant_of_100"
    assert list(table.columns) == [*command_line.split(), *page.split()]
    assert list(table["label"]) == ["bcc", ""]
    assert table["threshold"][0] == 0.2
    assert table["malignant_sum"][0] == prediction.malignant_sum
    assert list(table["status"]) == ["ok", "broken"]
    assert table["p_bcc"][0] > 0.9


def test_what_is_wrong_with_each_photo_stands_in_its_row(tmp_path, monkeypatch):
    table = toys.quality()
    table["light"] = 0.2 + table["light"] / 10  # red has 0.21, blue 0.07
    table["blur"] = 1.0
    toys.write(tmp_path, "toy", quality=table)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    large_red, large_blue = toys.flat((255, 0, 0), 200, 200), toys.flat((0, 0, 255), 200, 200)
    app = upload_several(
        visit("classify"),
        ("red.png", toys.encoded(large_red), "image/png"),
        ("blue.png", toys.encoded(large_blue), "image/png"),
    )
    assert not app.exception
    shown = table_with(app, "Malignant sum").set_index("File")
    assert shown["Warnings"].to_dict() == {
        "red.png": "unlike the training photos",
        "blue.png": "unlike the training photos, dark",
    }


def test_the_photo_that_was_opened_is_open_again_after_another_page(app):
    files = [
        (f"{name}.png", toys.encoded(pixels), "image/png")
        for name, pixels in (("a", RED), ("b", BLUE))
    ]
    app = upload_several(app, *files)
    assert not app.header
    app.session_state["opened"] = app.session_state["batch"][1].file_id  # by a click on its row
    app.switch_page("pages/explain/page.py").run()
    app.switch_page("pages/classify/page.py").run()
    assert not app.exception
    assert app.session_state["photo"].name == "b.png"
    assert app.header
