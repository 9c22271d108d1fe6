"""The gallery: drawings always, test photos where they are at hand, their truth hidden at first."""

import pytest
from PIL import Image

from pages.shared import samples
from pages.shared.cache import disk
from tests.pages.driver import signs, texts, visit


@pytest.fixture
def at_hand(tmp_path, monkeypatch):
    """Two photos of the gallery in a folder of the data: grey, so that the toy run judges them."""
    for image_id in ("ISIC_0030333", "PAT_147_219_206", "ISIC_9999999"):
        Image.new("RGB", (120, 120), (180, 90, 90)).save(tmp_path / f"{image_id}.jpg")
    monkeypatch.setenv("LENTIGO_DATA", str(tmp_path))
    disk._photo_files.clear()


def test_without_photos_at_hand_there_are_drawings_only():
    app = visit("classify")
    keys = {button.key for button in app.button}
    assert {f"classify_sample_{name}" for name in samples.SAMPLES} <= keys
    assert "whose diagnosis is known" not in texts(app)


def test_a_title_says_nothing_of_what_a_photo_shows():
    assert [photo.title for photo in samples.PHOTOS.values()][:2] == ["Photo 1", "Photo 2"]
    assert samples.title("even") == "Even"


def test_a_test_photo_is_one_click_away_and_its_truth_is_revealed_on_request(at_hand):
    app = visit("classify")
    offered = [button.label for button in app.button if "_sample_" in button.key]
    assert offered == ["Photo 2", "Photo 13", "Dotted", "Even", "Ragged"]
    app.button(key="classify_sample_ISIC_0030333").click().run()
    assert not app.exception
    assert app.header[0].value.startswith("Basal cell carcinoma")
    assert app.query_params["sample"] in ("ISIC_0030333", ["ISIC_0030333"])
    shown = texts(app)
    assert "**Melanoma**, confirmed by histology." in shown
    assert "The model's answer, basal cell carcinoma, is **wrong**." in shown
    assert "CC BY-NC 4.0" in shown
    assert "**Photo 2**, HAM10000" in shown
    assert signs(app)[0][0] == "Not flagged unusual"  # a photo, and no drawing
    app.switch_page("pages/explain/page.py").run()
    assert "**Melanoma**, confirmed by histology." in texts(app)


def test_a_test_photo_can_be_shared_by_its_address(at_hand):
    app = visit("classify", sample="PAT_147_219_206")
    assert not app.exception
    assert app.session_state["photo"].sample == "PAT_147_219_206"
    assert "is **right**" in texts(app)
    app = visit("classify", sample="ISIC_9999999")  # on this computer, but no sample
    assert "photo" not in app.session_state
    assert "which is not available here" in texts(app)
