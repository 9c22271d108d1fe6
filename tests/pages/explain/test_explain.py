"""Explain: maps of a toy network whose evidence is known, and what the page says about them."""

import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from model import run
from model.heatmaps import explainer as explainers
from model.heatmaps.covering import Chance, Covering
from model.heatmaps.methods import METHODS
from model.photo.shortcuts import SHORTCUTS
from model.prediction import mix
from model.prediction.mix import MixName, NamedMix
from model.run import COVERING, RunError
from model.run.tables import COVERING_NUMBERS
from model.run.writer import add_table
from pages.explain import cover, expectation, plant
from pages.shared import measured, session
from tests import toys
from tests.pages.driver import texts, upload, visit

RED = toys.encoded(toys.flat((255, 0, 0)))


def box(app, kind, label):
    return next(widget for widget in getattr(app, kind) if widget.label == label)


def try_it(app, button, expected=expectation.NOTHING):
    box(app, "radio", "What do you expect?").set_value(expected).run()
    return box(app, "button", button).click().run()


def half_red():
    """Red on the left, grey on the right: too dim to be marked."""
    photo = np.full((64, 64, 3), (100, 100, 100), np.uint8)
    photo[:, :32] = (255, 0, 0)
    return toys.encoded(photo)


def test_the_grid_shows_every_method_for_every_diagnosis():
    app = upload(visit("explain"), RED)
    box(app, "multiselect", "Diagnoses").set_value(["bcc", "mel"])
    box(app, "multiselect", "Methods").set_value(list(METHODS)).run()
    assert not app.exception
    assert [head.value for head in app.subheader] == [
        "Basal cell carcinoma, over 99 %",
        "Melanoma, under 1 %",
    ]
    captions = [caption.value for caption in app.caption]
    for method in METHODS.values():
        assert any(caption.startswith(f"{method.title}, peak") for caption in captions)
    # Nothing is green: nothing but Score-CAM has anything to show for melanoma.
    assert sum("empty, nothing in this photo raised" in caption for caption in captions) == 6


def test_a_choice_of_nothing_says_what_to_do():
    app = upload(visit("explain"), RED)
    box(app, "multiselect", "Methods").set_value([]).run()
    assert "Choose at least one diagnosis and one method." in texts(app)
    assert not app.exception


def test_the_layer_can_be_chosen():
    app = upload(visit("explain"), RED)
    assert box(app, "selectbox", "Layer").options == [
        "colours: 16 by 16 cells, 3 channels, the model's own"
    ]


def test_it_says_why_one_and_not_the_other():
    app = upload(visit("explain"), RED)
    assert "Yellow speaks for basal cell carcinoma rather than" in texts(app)
    box(app, "selectbox", "And not").set_value("bcc").run()
    assert "Choose two different diagnoses." in texts(app)
    app = upload(visit("explain"), toys.encoded(toys.flat((0, 0, 0))))
    assert "Nothing in this photo speaks for" in texts(app)


def test_a_map_is_tested_once_the_visitor_has_said_what_he_expects():
    app = upload(visit("explain"), half_red())
    assert "Covering the marked area moves" not in texts(app)
    assert box(app, "button", "Cover it").disabled
    try_it(app, "Cover it", "it falls by more than half")
    assert not app.exception
    assert "**As you expected, it falls by more than half.**" in texts(app)
    assert "Covering the marked area moves basal cell carcinoma from" in texts(app)
    assert "areas of chance of the same size" in texts(app)
    assert "Each ring is one area of chance" in texts(app)
    assert "mean correlation of the turned maps" in texts(app)
    box(app, "button", "Compute it with tf-keras-vis").click().run()
    assert "the two maps differ by" in texts(app)
    # It stays on another page and back, and another map asks anew.
    app.switch_page("pages/about/page.py").run()
    app.switch_page("pages/explain/page.py").run()
    assert "areas of chance of the same size" in texts(app)
    assert [radio.label for radio in app.radio] == []
    box(app, "selectbox", "Heat map").select_index(1).run()
    assert "areas of chance of the same size" not in texts(app)
    assert box(app, "button", "Cover it").disabled


@pytest.mark.parametrize(
    ("before", "after", "happened"),
    [
        (0.8, 0.39, "halved"),
        (0.8, 0.4, "falls"),
        (0.8, 0.79, "falls"),
        (0.8, 0.8, "stays"),
        (0.2, 0.9, "stays"),
        (0, 0, "stays"),
    ],
)
def test_what_covering_does_has_three_outcomes(before, after, happened):
    assert cover.outcome(before, after) == cover.OUTCOMES[happened]


def test_the_answer_to_an_experiment_names_what_was_expected():
    def said(*what):
        def page(expected, happened):
            from pages.explain import expectation

            expectation.compare(expected, happened)

        return AppTest.from_function(page, args=what).run().markdown[0].value

    assert said("it stays", "it stays") == "**As you expected, it stays.**"
    assert said("it stays", "it falls") == "You expected: it stays. **Instead, it falls.**"
    assert said(expectation.NOTHING, "it falls") == "**It falls.**"


def test_shaking_shows_every_change():
    app = upload(visit("explain", experiment="Shake it"), RED)
    try_it(app, "Shake it", "at least one change flips it")
    assert not app.exception
    assert "Nothing flips it" in texts(app)
    assert "at least one change flips it. **Instead, the answer stays.**" in texts(app)


def framed_red():
    """Red but for a wide frame of another colour: a close crop shows red alone."""
    photo = np.full((200, 200, 3), (0, 0, 255), np.uint8)
    photo[50:150, 50:150] = (255, 0, 0)
    return toys.encoded(photo)


@pytest.mark.parametrize(
    ("photo", "happened"),
    [
        (toys.encoded(toys.flat((255, 0, 0), 200, 200)), "the answer is the same in every crop"),
        (framed_red(), "another crop gets another answer"),
    ],
)
def test_cropping_shows_each_crop_with_its_answer(photo, happened):
    app = upload(visit("explain", experiment="Crop it"), photo)
    try_it(app, "Crop it", happened)
    assert not app.exception
    assert f"**As you expected, {happened}.**" in texts(app)
    captions = [caption.value for caption in app.caption]
    shares = [text.split(":")[0] for text in captions if "of each side:" in text]
    assert shares == ["80 % of each side", "60 % of each side", "40 % of each side"]
    assert any(text.startswith("All of it: ") for text in captions)


def test_a_model_that_is_alone_has_nobody_to_be_held_against():
    app = upload(visit("explain", experiment="Ask another model"), RED)
    assert "There is no other model with a network here." in texts(app)


def test_another_model_is_asked_on_request_only(tmp_path, monkeypatch):
    toys.write(tmp_path, "one", title="One")
    toys.write(tmp_path, "two", title="Two")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = upload(visit("explain", experiment="Ask another model", run="two"), RED)
    assert box(app, "selectbox", "The other model").options == ["One"]
    assert "say basal cell carcinoma" not in texts(app)
    try_it(app, "Ask it", "it gives another answer")
    assert not app.exception
    assert "Instead, it gives the same answer." in texts(app)
    assert "2 of 2 that name a diagnosis say basal cell carcinoma." in texts(app)
    charts = [chart.key for chart in app.get("plotly_chart")]
    assert charts == ["explain_answer_0", "explain_answer_1"]


def test_expectations_are_gone_with_the_photo():
    app = upload(visit("explain", experiment="Crop it"), RED)
    try_it(app, "Crop it")
    box(app, "button", "Remove").click().run()
    assert "expectations" not in app.session_state


@pytest.mark.parametrize(
    ("photo", "is_said"),
    [
        (toys.flat((255, 0, 0)), True),  # covered with its own edge it is as red as before
        ("half red", False),  # covered with the grey of its right half it is no bcc
        (toys.flat((200, 0, 255)), False),  # the map tested is of bcc, which it never was
    ],
)
def test_an_answer_that_needs_no_lesion_is_called_one(photo, is_said):
    photo = half_red() if isinstance(photo, str) else toys.encoded(photo)
    app = upload(visit("explain"), photo)
    box(app, "multiselect", "Diagnoses").set_value(["bcc", "nv"]).run()
    maps = box(app, "selectbox", "Heat map")
    wanted = next((name for name in maps.options if "basal" in name), maps.options[0])
    maps.select(wanted).run()
    try_it(app, "Cover it")
    assert not app.exception
    assert ("a picture without any lesion gets this answer, too" in texts(app)) == is_said


def test_an_empty_map_cannot_be_tested():
    app = upload(visit("explain"), toys.encoded(toys.flat((0, 0, 0))))
    assert "There is no heat map to test" in texts(app)


def test_a_stopped_map_stays_away_until_it_is_asked_for(monkeypatch):
    """The visitor's click on Stop, as Streamlit carries it out."""
    app = upload(visit("explain"), RED)
    asked = []
    real = explainers.Explainer.heatmap

    def watched(self, photo, diagnosis, method="grad_cam", *rest):
        asked.append((diagnosis, method))
        return real(self, photo, diagnosis, method, *rest)

    monkeypatch.setattr(explainers.Explainer, "heatmap", watched)
    run, photo = "toy", app.session_state["photo"].digest[:12]
    app.session_state["stopped"] = {f"{run}_{photo}_colours_score_cam"}
    box(app, "multiselect", "Diagnoses").set_value(["bcc"])
    box(app, "multiselect", "Methods").set_value(["score_cam"]).run()
    assert asked == []
    assert "Score-CAM was stopped." in texts(app)
    box(app, "button", "Resume").click().run()
    assert asked == [("bcc", "score_cam")]
    assert "was stopped" not in texts(app)


def test_what_takes_long_shows_a_bar_and_a_way_out():
    def page(pause):
        import time

        from pages.shared.progress import ProgressBar

        watched = ProgressBar("work")
        for number in watched.track("Counting")(range(3)):
            time.sleep(pause * number)

    quick = AppTest.from_function(page, args=(0,)).run()
    assert not quick.button
    slow = AppTest.from_function(page, args=(0.6,)).run()
    assert [button.label for button in slow.button] == ["Stop"]
    slow.button[0].click().run()
    assert slow.session_state["stopped"] == {"work"}


def covering_of(probability, covered, by_chance):
    """What two areas of chance anywhere leave, then two on the lesion, then others."""
    picture = np.zeros((1, 1, 3), np.uint8)
    kinds = {
        kind: np.array(left)
        for kind, left in zip(Chance, (by_chance[:2], by_chance[2:4], by_chance[4:]), strict=True)
        if left
    }
    return Covering(probability, covered, kinds, 0.5, 0.2, picture, picture)


@pytest.mark.parametrize(
    ("covered", "by_chance", "ending"),
    [
        (
            0.18,
            [0.65, 0.7, 0.19, 0.3],
            "from 0.71 to 0.18. None of 4 areas of chance of the same size does as much (lowest: "
            "0.19): the heat map does better than chance.",
        ),
        (
            0.3,
            [0.65, 0.7, 0.19, 0.3, 0.4],
            "from 0.71 to 0.30. Of 5 areas of chance of the same size, 2 take as much away or more "
            "(0 of 2 anywhere, 2 of 2 on the lesion, 0 of 1 that the heat map marks with its "
            "weights in disorder): not shown to do better than chance.",
        ),
        (
            0.69,
            [0.68, 0.7, 0.69, 0.7],
            "from 0.71 to 0.69: no area of that size, marked or of chance, takes as much away as "
            "our convention asks for (0.05), so nothing can be said about the heat map.",
        ),
    ],
)
def test_the_sentence_says_whether_the_map_does_better_than_chance(covered, by_chance, ending):
    covering = covering_of(0.71, covered, by_chance)
    assert measured.covering(covering, "melanoma").endswith(ending)


def test_where_no_lesion_is_found_the_sentence_speaks_of_areas_anywhere():
    better = measured.covering(covering_of(0.7, 0.1, [0.2, 0.3]), "melanoma")
    assert "None of 2 areas of chance of the same size does as much (lowest: 0.20)" in better
    no_better = measured.covering(covering_of(0.7, 0.3, [0.2, 0.4]), "melanoma")
    assert (
        "Of 2 areas of chance of the same size, 1 takes as much away or more (1 of 2 anywhere): not"
        in no_better
    )


def test_a_diagnosis_too_improbable_to_fall_is_not_judged():
    assert "too improbable before (at most 0.05, by our convention)" in measured.covering(
        covering_of(0.03, 0.01, [0.03]), "melanoma"
    )


def test_every_covered_area_is_a_dot_in_the_strip():
    covering = covering_of(0.7, 0.1, [0.2, 0.3, 0.4])
    table = cover.covered_table(covering)
    assert table["area"].tolist() == [
        "random, anywhere",
        "random, anywhere",
        "random, on the lesion",
        "marked area",
    ]
    assert table["probability"].tolist() == [0.2, 0.3, 0.4, 0.1]
    areas, marked = cover.strip(covering, "melanoma").data
    assert list(areas.x) == [0.2, 0.3, 0.4]
    assert list(marked.x) == [0.1]


def test_how_often_the_test_is_fooled_is_said_where_it_was_measured(tmp_path):
    plain = toys.write(tmp_path)
    assert "was not measured" in measured.covering_rates(plain)
    kinds = [*4 * ["own"], *3 * ["random"], *2 * ["shuffled"]]
    verdicts = ["better", "better", "no better", "unclear", *4 * ["no better"], "unclear"]
    figures = dict.fromkeys(COVERING_NUMBERS, 0.5)
    table = pd.DataFrame(
        {"image_id": "a", "lesion_id": "a", "map": kinds, "verdict": verdicts, **figures}
    )
    sentence = measured.covering_rates(add_table(plain, COVERING, table))
    assert sentence.startswith(
        "On 4 test photos, Grad-CAM's own heat maps do better than chance in"
    )
    assert "0.67 (" in sentence
    assert "of the 3 that could be judged, random areas in 0.00 (" in sentence
    assert sentence.endswith(
        "not shown to pass more often (difference 0.67 (-)): a pass says little here."
    )
    fooled = table.assign(verdict=[*8 * ["no better"], "better"], map=kinds)
    assert measured.covering_rates(add_table(plain, COVERING, fooled)).endswith(
        "in 0.50 (0.09-0.91) of 2. That is too often: a pass says little here."
    )
    photos = [f"photo_{number}" for number in range(30)]
    telling = pd.concat(
        pd.DataFrame(
            {"image_id": photos, "lesion_id": photos, "map": of, "verdict": verdict, **figures}
        )
        for of, verdict in (("own", "better"), ("random", "no better"), ("shuffled", "no better"))
    ).reset_index(drop=True)
    telling.loc[0, "verdict"] = "no better"
    assert "a pass says little" not in measured.covering_rates(add_table(plain, COVERING, telling))
    with pytest.raises(RunError, match="verdict 'sure', not one of better, no better, unclear"):
        add_table(plain, COVERING, table.assign(verdict="sure"))


def with_planted(folder, **changes):
    """A run whose benign test photos look more malignant with anything drawn on them."""
    parts = [
        pd.DataFrame(
            {
                "image_id": [f"test_{number}" for number in range(30)],
                "planted": name,
                "malignant_before": 0.1,
                "malignant_after": 0.4,
                "answer_before": "nv",
                "answer_after": "mel",
            }
        )
        for name in SHORTCUTS
    ]
    return add_table(toys.write(folder, "one", **changes), run.PLANTED, pd.concat(parts))


def test_a_planted_thing_is_shown_before_and_after(tmp_path, monkeypatch):
    with_planted(tmp_path)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = upload(visit("explain", experiment="Draw on it"), toys.encoded(toys.flat((90, 90, 110))))
    assert "Classifying the changed photo" not in texts(app)
    app = try_it(app, "Draw it", plant.FLIPS)
    assert not app.exception
    shown = texts(app)
    # A grey ruler makes the answer less sure, and leaves it.
    assert "You expected: the answer is another one. **Instead, the answer stays.**" in shown
    assert "Without a ruler: melanocytic nevus, 52 %; malignant sum 48 %." in shown
    after = re.search(r"With a ruler: melanocytic nevus, (\d+) %; malignant sum (\d+) %\.", shown)
    assert int(after[1]) < 52
    assert int(after[2]) > 48
    assert (
        "a ruler on 10 benign test photos of this model, the mean malignant sum changes by 0.30"
        in shown
    )
    assert "20 malignant test photos" in shown
    # The choice of a visitor's own photo stays out of the URL.
    assert "planted" not in app.query_params
    drawn = box(app, "segmented_control", "What to draw")
    assert len(drawn.options) == len(SHORTCUTS)
    assert "Both were made smaller" not in shown  # it is no larger than that


def test_before_and_after_differ_in_the_drawing_alone(tmp_path, monkeypatch):
    """Were the large photo asked about, it would be a nevus before, and shrinking flipped it."""
    with_planted(tmp_path)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    within = session.within

    def red_where_small(photo, side):
        small = within(photo, side)
        return toys.flat((255, 0, 0), *small.shape[:2]) if side == session.PLANTED_SIDE else small

    monkeypatch.setattr(session, "within", red_where_small)
    large = toys.encoded(toys.flat((90, 90, 110), 600, 400))
    app = try_it(upload(visit("explain", experiment="Draw on it"), large), "Draw it", plant.STAYS)
    assert not app.exception
    shown = texts(app)
    assert "Without a ruler: basal cell carcinoma" in shown
    assert "With a ruler: basal cell carcinoma" in shown
    assert "Both were made smaller first, to at most 512 pixels a side" in shown


def test_figures_of_test_photos_stand_beside_photos_like_them_alone(tmp_path, monkeypatch):
    with_planted(tmp_path)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    app = try_it(upload(visit("explain", experiment="Draw on it"), RED), "Draw it")
    assert not app.exception
    shown = texts(app)  # no photo is as red as this one
    assert "With a ruler: basal cell carcinoma" in shown
    assert plant.OF_OTHER_KIND in shown
    assert "test photos of this model" not in shown


def test_what_a_drawn_thing_changes_is_not_known_at_another_mix(tmp_path):
    fit = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.1, "mel": 0.1, "nv": 0.8}}
    calibration = toys.CALIBRATION | {"mix": fit}
    of = with_planted(tmp_path, calibration=calibration)
    plain = toys.write(tmp_path, "plain", calibration=calibration)
    turned, without = (mix.read_at(each, NamedMix(MixName.VALIDATION)) for each in (of, plain))
    assert len(plant.on_test_photos(of, "ruler")) == 2
    assert plant.on_test_photos(turned, "ruler") == [plant.AT_OTHER_MIX]
    assert plant.on_test_photos(plain, "ruler") == plant.on_test_photos(without, "ruler") == []


def test_a_network_that_gives_no_numbers_is_an_error_in_words(tmp_path, monkeypatch):
    with_planted(tmp_path)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])

    def broken(*of):
        raise RunError("The weights are broken.")

    monkeypatch.setattr(session, "planted", broken)
    app = try_it(upload(visit("explain", experiment="Draw on it"), RED), "Draw it")
    assert not app.exception
    assert "The weights are broken." in [error.value for error in app.error]
