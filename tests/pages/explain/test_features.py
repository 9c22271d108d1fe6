"""Measured features of photos whose lesion is drawn: a network to which the dark is lesion."""

import shutil

import numpy as np
import pytest

from model.evaluation import lesion_outlines
from pages.explain import features
from tests import outlines as toys
from tests import toys as runs
from tests.pages.driver import texts, upload, visit
from tests.pages.explain.test_similar import toy  # noqa: F401

SKIN, LESION = (220, 220, 220), (40, 40, 40)


@pytest.fixture
def outlines(tmp_path, monkeypatch):
    written = toys.write(tmp_path / "outlines")
    monkeypatch.setattr(lesion_outlines, "FOLDER", written.path)
    return written


def photo(area):
    pixels = np.full((128, 128, 3), SKIN, np.uint8)
    pixels[area] = LESION
    return runs.encoded(pixels)


def disc(radius, row=63.5, column=63.5):
    rows, columns = np.mgrid[:128, :128]
    return np.hypot(rows - row, columns - column) < radius


def opened(data, **choices):
    app = upload(visit("explain", experiment="Measured features", **choices), data)
    assert not app.exception
    return app


def charts(app):
    return app.get("plotly_chart")


def test_the_features_stand_in_words_beside_other_lesions(outlines):
    app = opened(photo(disc(40)))
    said = texts(app)
    assert features.NO_DIAGNOSIS in said
    assert lesion_outlines.separation_sentence(outlines) in said
    assert "**Asymmetry:** 0 %. Mirrored at its two main axes" in said
    assert "**Border:** 1.00. Its outline is 1.00 times as long" in said
    assert "**Colours:** " in said
    assert len(charts(app)) >= 3
    assert "Below this photo: 0 of 12 lesions of melanoma and 0 of 12 lesions of" in said
    assert "24 lesions of test photos, one photo each" in said
    assert features.AT_EDGE not in said
    assert features.OF_DRAWING not in said
    for sentence in lesion_outlines.sentences(outlines):
        assert sentence in said


def test_a_photo_without_a_lesion_gets_one_sentence_and_no_features(outlines):
    app = opened(photo(disc(0)))
    said = texts(app)
    assert features.DOUBTED in said
    assert "**Asymmetry:**" not in said
    assert features.NO_DIAGNOSIS not in said
    assert "Below this photo" not in said


def test_a_lesion_that_is_cut_off_is_said_to_be(outlines):
    assert features.AT_EDGE in texts(opened(photo(disc(50, row=100))))


def test_a_drawing_is_called_one(outlines):
    app = visit("explain", experiment="Measured features", sample="even")
    assert not app.exception
    said = texts(app)
    assert (features.OF_DRAWING in said) != (features.DOUBTED in said)


def test_a_phone_photo_is_not_compared(outlines, tmp_path, monkeypatch):
    from model import run

    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "kinds"])
    arrays = runs.kinds() | {"cut": [9.0, 9.0]}
    monkeypatch.setattr(runs, "kinds", lambda: arrays)
    runs.write(tmp_path / "kinds", has_kinds=True, external=runs.external(), quality=runs.quality())
    pixels = np.full((128, 128, 3), (255, 0, 0), np.uint8)  # red is a phone photo to this toy
    pixels[disc(40)] = (60, 0, 0)
    app = opened(runs.encoded(pixels))
    said = texts(app)
    assert "sees a **phone photo**" in said
    assert features.OF_OTHER_KIND in said
    assert "**Asymmetry:**" in said
    assert "Below this photo" not in said


def test_a_photo_unlike_the_training_photos_is_not_compared(outlines):
    said = texts(opened(photo(disc(20))))
    assert "**Unlike this model's training photos**" in said
    assert features.OF_OTHER_KIND in said
    assert "**Asymmetry:**" in said
    assert "Below this photo" not in said


def test_without_the_outline_the_page_says_so(outlines, toy):  # noqa: F811
    shutil.rmtree(outlines.path)
    app = opened(photo(disc(40)))
    assert any("cannot be read" in error.value for error in app.error)
    app = upload(visit("explain", experiment="Similar cases"), photo(disc(40)))
    assert not app.exception
    assert not app.error
    assert "asymmetry" not in app.dataframe[0].value


def test_similar_cases_have_their_features_beside_them(outlines, toy):  # noqa: F811
    app = upload(visit("explain", experiment="Similar cases"), photo(disc(40)))
    assert not app.exception
    table = next(of.value for of in app.dataframe if "asymmetry" in of.value)
    known = table.set_index("image_id").loc["ISIC_0000003"]
    assert known[["asymmetry", "border", "colour"]].tolist() == [0.1, 1.5, 10.0]
    assert np.isnan(table.set_index("image_id").loc["ISIC_0000004", "asymmetry"])
    assert "This photo: asymmetry 0 %, border 1.00, colours " in texts(app)


def test_of_a_diagnosis_that_is_not_there_nothing_is_said():
    assert features.below({}) == ""
    assert features.below({"nv": (1, 3)}) == (
        "Below this photo: 1 of 3 lesions of melanocytic nevus."
    )
