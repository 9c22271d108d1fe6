"""A session keeps the file of a photo and no pixel of it; each answer is to the same pixels."""

import weakref
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.scriptrunner import get_script_run_ctx

from model.photo import crop as crops
from model.photo.crop import Crop
from model.photo.decode import MIN_SIDE, PhotoError, decode, within
from model.prediction.classifier import Classifier
from pages.shared import photo as photos
from pages.shared.photo import Photo
from tests import toys
from tests.pages.driver import upload, visit


@pytest.fixture
def data():
    """A photo of 1,200 x 900 pixels, turned by its EXIF tag: 900 wide."""
    pixels = toys.flat((128, 128, 128), 900, 1200)
    pixels[:450] = (255, 128, 128)
    exif = Image.Exif()
    exif[0x0112] = 6
    return toys.encoded(pixels, "JPEG", quality=95, exif=exif)


@pytest.fixture
def decoded(monkeypatch):
    """Weak references to all that is decoded while the test goes on."""
    seen = []

    def watched(data):
        pixels = decode(data)
        seen.append(weakref.ref(pixels))
        return pixels

    monkeypatch.setattr(photos, "decode", watched)
    return seen


def test_pixels_are_those_of_the_file_and_of_the_crop(data):
    photo = Photo.read("folder/mine.jpg", data)
    assert (photo.name, photo.height, photo.width) == ("mine.jpg", 1200, 900)
    assert (photo.pixels == decode(data)).all()
    assert (photo.display == within(decode(data), 1000)).all()
    assert photo.display_size == photo.display.shape[:2] == (1000, 750)
    box = Crop(100, 50, 700, 1150)
    cropped = photo.cropped(box)
    assert (cropped.height, cropped.width) == cropped.pixels.shape[:2] == (1100, 600)
    assert (cropped.pixels == crops.crop(decode(data), box)).all()
    assert cropped.pixels.flags.c_contiguous
    assert (cropped.display == within(cropped.pixels, 1000)).all()
    assert cropped.file_digest == photo.file_digest != cropped.digest


@pytest.mark.parametrize("box", [Crop(0, 0, 901, 100), Crop(0, 0, MIN_SIDE - 1, 100)])
def test_a_crop_that_a_photo_does_not_have_is_refused(data, box):
    with pytest.raises(PhotoError):
        Photo.read("mine.jpg", data).cropped(box)


@pytest.mark.parametrize("page", ["classify", "explain"])
def test_a_page_decodes_a_photo_once_and_keeps_its_file_alone(data, decoded, page):
    app = upload(visit(page), data)
    assert not app.exception
    assert len(decoded) == 1
    assert decoded[0]() is None, "the pixels outlive the run of the page"
    photo = app.session_state["photo"]
    assert photo.data == data
    assert not any(isinstance(getattr(photo, each.name), np.ndarray) for each in fields(photo))
    assert app.session_state["own_photos"][1].data is photo.data
    app.run()
    assert len(decoded) == 1, "a rerun has all it needs"


def test_the_crops_that_are_shown_hold_no_photo(data, decoded):
    app = upload(visit("explain", experiment="Crop it"), data)
    app.radio[0].set_value("I can't say").run()
    app.button(key="explain_try").click().run()
    assert not app.exception
    zooms = [found for key, found in app.session_state["results"].items() if key[0] == "zoom"]
    assert len(zooms) == 1
    assert [max(crop.pixels.shape) for crop in zooms[0]] == 4 * [320]
    assert not any(pixels() is not None for pixels in decoded)


def test_the_network_sees_the_same_pixels_after_a_while_and_in_a_crop(data, monkeypatch):
    seen, examine = [], Classifier.examine

    def watched(self, photo):
        if photo.any():
            seen.append(photo.copy())
        return examine(self, photo)

    monkeypatch.setattr(Classifier, "examine", watched)
    app = upload(visit("classify"), data)
    app.session_state["results"].clear()
    app.run()
    crop = next(each for each in app.segmented_control if each.key.endswith("_crop"))
    crop.set_value("Centre square").run()
    assert not app.exception
    whole = decode(data)
    assert (seen[0] == whole).all()
    assert (seen[1] == whole).all()
    assert (seen[2] == whole[150:1050]).all()
    assert len(seen) == 3


def test_a_thread_that_is_no_run_of_a_page_keeps_nothing(data, decoded):
    assert get_script_run_ctx(suppress_warning=True) is None
    photo = Photo.read("mine.jpg", data)
    assert photo.pixels is not photo.pixels
    assert not any(pixels() is not None for pixels in decoded)


def test_a_run_of_a_page_keeps_two_photos_at_most(data, monkeypatch):
    monkeypatch.setattr(photos, "get_script_run_ctx", lambda suppress_warning: object())
    monkeypatch.setattr(photos, "_decoded", photos._Decoded())
    for number in range(5):
        photo = Photo.read("mine.png", toys.encoded(toys.flat((number, 0, 0), 80, 80)))
        assert photo.display is photo.display
        assert photo.cropped(Crop(0, 0, 70, 70)).display.shape == (70, 70, 3)
        assert len(photos._decoded.pixels) <= photos.MAX_DECODED == 6
