"""Then and now: two photos of one lesion beside each other, and what a change is held against."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.photo.lesion_features import LesionFeatures
from pages.explain import then_and_now
from pages.shared.cache import samples
from pages.shared.samples import AGAIN
from tests import toys
from tests.pages.driver import table_with, texts, upload, visit
from tests.pages.explain.test_features import disc, outlines, photo  # noqa: F401

RED, GREEN = (toys.encoded(toys.flat(colour)) for colour in ((255, 0, 0), (0, 255, 0)))


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A run whose test photos show twelve lesions twice: bcc, then nv, in a quarter of them."""
    rows = [
        {
            "split": split,
            "fold": 0,
            "image_id": f"{split}_{lesion}_{number}",
            "lesion_id": f"{split}_{lesion}",
            "diagnosis": "nv",
            "p_bcc": 0.0 if number and lesion < 3 else 1.0,
            "p_mel": 0.0,
            "p_nv": 1.0 if number and lesion < 3 else 0.0,
        }
        for split in ("train", "validation", "test")
        for lesion in range(12)
        for number in range(2)
    ]
    toys.write(tmp_path, rows=pd.DataFrame(rows))
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])


def opened(data=RED, name="photo.png"):
    app = upload(visit("explain", experiment="Then and now"), data, name)
    assert not app.exception
    return app


def second(app, data, name="second.png"):
    """Upload the second photo."""
    uploader = next(u for u in app.file_uploader if u.label.startswith("Second photo"))
    app = uploader.upload(name, data, "image/png").run()
    assert not app.exception
    return app


def test_both_answers_stand_side_by_side_in_the_order_that_the_visitor_says(toy):
    app = second(opened(), GREEN)
    said = texts(app)
    assert "Then: melanoma" in said  # the second one is the earlier at first
    assert "Now: basal cell carcinoma" in said
    assert "**The answer is another one.**" in said
    assert then_and_now.NO_SCALE in said
    assert then_and_now.NOT_LAID in said  # nothing to hold on to in one colour
    app.segmented_control(key="explain_other_order").set_value("later").run()
    said = texts(app)
    assert "Then: basal cell carcinoma" in said
    assert "Now: melanoma" in said


def test_what_changed_is_held_against_two_photos_of_one_lesion(toy):
    first, other = (toys.flat(colour) for colour in ((191, 128, 128), (128, 191, 128)))
    app = second(opened(toys.encoded(first)), toys.encoded(other))
    said = texts(app)
    assert "Of 12 lesions with several test photos" in said
    assert "They get different diagnoses in a share of 0.25" in said
    assert "one lesion in ten by more than" in said


def test_a_second_drawing_of_a_sample_is_laid_over_it_and_can_be_linked_to():
    app = visit("explain", run="demo", sample="dotted", experiment="Then and now", again="True")
    assert not app.exception
    assert "Laid over each other" in texts(app)
    assert app.session_state["other_photo"].is_rendered
    assert not [u for u in app.file_uploader if u.label.startswith("Second photo")]
    assert (AGAIN / "dotted.jpg").is_file()


@pytest.mark.parametrize("which", ["earlier", "later"])
def test_what_shows_a_sample_and_a_photo_of_one_s_own_is_not_shared(toy, which):
    app = visit("explain", sample="dotted", experiment="Then and now")
    app = second(app, (AGAIN / "dotted.jpg").read_bytes(), "mine.jpg")
    app.segmented_control(key="explain_other_order").set_value(which).run()
    assert "Laid over each other" in texts(app)
    own = app.session_state["other_photo"].digest
    shared = samples._of_samples()._found
    assert shared  # the sample's own pictures
    assert not [key for key in shared if own in str(key) or "above" in str(key)]


def test_a_file_that_is_no_photo_is_refused_and_the_second_photo_stays(toy):
    app = second(opened(), GREEN)
    before = app.session_state["other_photo"].digest
    app = second(app, b"no photo", "notes.txt")
    assert any("notes.txt" in error.value for error in app.error)
    assert app.session_state["other_photo"].digest == before
    app.run()
    assert not app.error


def test_the_same_photo_twice_is_said_to_be(toy):
    assert any("That is the same photo" in box.value for box in second(opened(), RED).info)


def test_another_first_photo_and_removing_it_drop_the_second(toy):
    app = second(opened(), GREEN)
    app = upload(app, toys.encoded(toys.flat((0, 0, 255))), "third.png")
    assert "other_photo" not in app.session_state
    app = second(app, GREEN)
    next(button for button in app.button if button.label == "Remove").click().run()
    assert "other_photo" not in app.session_state


def test_the_visitor_s_earlier_photos_are_offered(toy):
    app = upload(opened(name="first.png"), GREEN, "after.png")
    next(button for button in app.button if "first.png" in button.label).click().run()
    assert not app.exception
    assert app.session_state["other_photo"].name == "first.png"
    assert not [button for button in app.button if "after.png" in button.label]
    assert "Then: basal cell carcinoma" in texts(app)


def test_the_photo_itself_is_not_offered_when_it_was_chosen_twice(toy):
    app = upload(opened(name="first.png"), RED, "again.png")
    assert len(app.session_state["own_photos"]) == 2
    assert not [button for button in app.button if "first.png" in button.label]


def test_photos_of_two_kinds_are_not_compared():
    class Answer:
        kind, diagnosis, malignant_sum = "phone photo", "nv", 0.1

    class Other(Answer):
        kind = "dermatoscopic photo"

    said = then_and_now.changed(None, Answer, Other, True)
    assert said == [then_and_now.OTHER_KINDS.format("phone photo", "dermatoscopic photo")]


@pytest.mark.usefixtures("outlines")
def test_measured_features_are_held_against_two_photos_of_one_lesion(monkeypatch):
    differences = np.array([0.0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5])
    monkeypatch.setattr("pages.shared.cache.feature_differences", lambda feature: differences)
    then, now = LesionFeatures(0.1, 1.0, 10), LesionFeatures(0.4, 1.0, 9.75)
    table = then_and_now.features_then_and_now(then, now, True).set_index("Feature")
    column = "Of 10 lesions, differ by that or more"
    assert table.loc["Asymmetry", ["Then", "Now", "Difference"]].tolist() == [
        "0.10",
        "0.40",
        "+0.30",
    ]
    assert table.loc["Asymmetry", column].startswith("0.40 (")  # 0.3, 0.3, 0.4, 0.5
    assert table.loc["Border", column].startswith("1.00 (")
    assert table.loc["Colours", "Difference"] == "-0.25"
    assert table.loc["Colours", column].startswith("0.40 (")
    assert column not in then_and_now.features_then_and_now(then, now, False)
    monkeypatch.setattr("pages.shared.cache.feature_differences", lambda feature: differences[:9])
    assert len(then_and_now.features_then_and_now(then, now, True).columns) == 4


@pytest.mark.usefixtures("toy", "outlines")
def test_features_of_both_photos_stand_in_a_table():
    app = second(opened(photo(disc(40))), photo(disc(30)))
    table = table_with(app, "Feature")
    assert table["Feature"].tolist() == ["Asymmetry", "Border", "Colours"]
    app = second(opened(photo(disc(40))), toys.encoded(toys.flat((220, 220, 220))))
    assert then_and_now.NO_OUTLINE in texts(app)


@pytest.mark.usefixtures("toy")
def test_a_second_photo_unlike_the_test_photos_gets_no_yardstick():
    app = second(opened(toys.encoded(toys.flat((191, 128, 128)))), RED)
    assert then_and_now.NOT_MEASURED in texts(app)
    assert "lesions with several test photos" not in texts(app)


def test_a_second_drawing_can_be_taken_away():
    app = visit("explain", run="demo", sample="dotted", experiment="Then and now", again="True")
    app.toggle(key="explain_again").set_value(False).run()
    assert not app.exception
    assert "other_photo" not in app.session_state


@pytest.fixture
def two_kinds(tmp_path, monkeypatch):
    """Red photos are phone photos to it."""
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    toys.write(tmp_path, has_kinds=True, external=toys.external(), quality=toys.quality())


@pytest.mark.usefixtures("two_kinds")
def test_the_kind_of_either_photo_can_be_corrected():
    app = second(opened(RED), GREEN)
    apart = then_and_now.OTHER_KINDS.format("dermatoscopic photo", "phone photo")
    assert apart in texts(app)
    first, other = (c for c in app.segmented_control if c.label == "Kind of photo")
    assert (first.value, other.value) == ("phone photo", "dermatoscopic photo")
    app = other.set_value("phone photo").run()
    assert not app.exception
    assert apart not in texts(app)
    assert "The answer is another one." in texts(app)
    # The second one's correction is not lost by one of the first.
    first = next(c for c in app.segmented_control if c.label == "Kind of photo")
    app = first.set_value("dermatoscopic photo").run()
    kinds = [c.value for c in app.segmented_control if c.label == "Kind of photo"]
    assert kinds == ["dermatoscopic photo", "phone photo"]
    assert then_and_now.OTHER_KINDS.format("phone photo", "dermatoscopic photo") in texts(app)
    next(button for button in app.button if button.label == "Remove").click().run()
    assert "photo_kinds" not in app.session_state


def test_a_run_of_one_kind_asks_for_none(toy):
    app = second(opened(), GREEN)
    assert "Kind of the second photo:" not in texts(app)


def test_photos_that_the_network_learned_from_are_said_to_be(toy):
    def warned(app):
        return [box.value for box in app.warning if box.value.startswith("This model was trained")]

    app = second(opened(RED, "train_3_0.png"), GREEN, "train_3_1.png")
    assert warned(app) == [then_and_now.LEARNED_BOTH.format("`train_3_0`", "`train_3_1`")]
    app = second(app, toys.encoded(toys.flat((0, 0, 255))), "own.png")
    assert warned(app) == [then_and_now.LEARNED_ONE.format("`train_3_0`")]
    app = second(opened(RED, "test_3_0.png"), GREEN, "validation_3_1.png")
    assert warned(app) == []


def test_phone_photos_that_it_learned_from_count_too(tmp_path):
    photos = toys.external()
    trained = photos["image_id"].iloc[0]
    photos.loc[0, "split"] = "train"
    toy = toys.write(tmp_path, has_kinds=True, external=photos)
    said = then_and_now.learned_from(toy, [f"{trained}.png", photos["image_id"].iloc[1]])
    assert said == then_and_now.LEARNED_ONE.format(f"`{trained}`")
