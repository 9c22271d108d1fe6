"""The visitor is told what kind of photo the network sees, and may correct it."""

import pytest

from model import run
from model.evaluation.operating_points import most_sensitive_malignant, thresholds
from tests import toys
from tests.pages.driver import texts, upload, visit

RED = toys.encoded(toys.flat((255, 0, 0)))


@pytest.fixture
def two_kinds(tmp_path, monkeypatch):
    """Red photos are phone photos to it; all photos are familiar to its scores."""
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    arrays = toys.kinds() | {"cut": [9.0, 9.0]}
    monkeypatch.setattr(toys, "kinds", lambda: arrays)
    return toys.write(tmp_path, has_kinds=True, external=toys.external(), quality=toys.quality())


def control(app):
    return next(widget for widget in app.segmented_control if widget.label == "Kind of photo")


def test_the_figures_are_those_of_the_kind_that_is_recognised(two_kinds):
    app = upload(visit("classify"), RED)
    assert not app.exception
    shown = texts(app)
    assert "The network sees a **phone photo**" in shown
    assert control(app).value == "phone photo"
    assert "On 6 phone test photos, the prediction set held the truth in" in shown
    assert "threshold of 0.400" in shown
    # Three of the six score above 1.
    assert "counts as unlike the training photos, as do 3 of 6 phone photos from elsewhere" in shown
    assert "limits of photo quality were set on dermatoscopic photos" in shown


def test_the_visitor_s_word_changes_the_figures_and_outlives_the_page(two_kinds):
    app = upload(visit("classify"), RED)
    before = app.header[0].value
    app = control(app).set_value("dermatoscopic photo").run()
    assert not app.exception
    shown = texts(app)
    assert "sees a **phone photo**, and you say it is a dermatoscopic photo" in shown
    assert "On 30 dermatoscopic test photos, the prediction set held" in shown
    assert "threshold of 0.200" in shown
    point = most_sensitive_malignant(
        thresholds(two_kinds, two_kinds.test_photos), two_kinds.malignant
    )
    assert str(point.sensitivity) in shown
    assert app.header[0].value != before
    shown = texts(app.switch_page("pages/explain/page.py").run())
    assert "you say it is a dermatoscopic photo" in shown


def test_a_sample_is_a_drawing_and_no_kind_of_photo(two_kinds):
    app = visit("classify")
    app.button(key="classify_sample_ragged").click().run()
    assert "The network sees" not in texts(app)


def test_what_slips_through_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    toys.write(tmp_path, external=toys.external())
    shown = texts(upload(visit("classify"), toys.encoded(toys.flat((128, 128, 128)))))
    assert "**Not flagged as unusual**" in shown
    # Of the six phone photos three are flagged, of the four pictures of nothing three.
    assert "Not flagged either: 3 of 6 phone photos and 1 of 4 pictures without a lesion." in shown
