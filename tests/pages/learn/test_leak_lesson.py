"""The leak lesson: its figures are those of the runs, and its riddle has one solution."""

import pytest

from model import run
from model.evaluation import protocol_gap
from pages.learn import leak_lesson
from pages.shared import cache
from tests.pages.driver import texts, visit


@pytest.fixture
def pair(monkeypatch):
    """The pair of the runs that ship whose leak adds most."""
    monkeypatch.setattr(run, "default_folders", SHIPPED)
    pairs = protocol_gap.pairs(cache.runs()[0].values(), cache.side, cache.paired_gap)
    return pairs[0]


SHIPPED = run.default_folders


def test_the_lesson_goes_through_its_six_steps_and_keeps_the_guess(pair):
    app = visit("learn")
    assert not app.exception
    app.slider(key="learn_guess").set_value(70).run()
    app.button(key="learn_next").click().run()
    assert app.segmented_control(key="learn_step").value == "2"
    paired = pair.paired
    assert app.header[0].value == (
        f"From {round(100 * paired.as_published.value)} % to {round(100 * paired.honest.value)} %"
    )
    assert "The interval holds 0" not in texts(app)
    for _ in range(3):
        app.button(key="learn_next").click().run()
        assert not app.exception
    assert app.segmented_control(key="learn_step").value == "5"
    app.multiselect(key="learn_leaks").set_value(["photo_07", "photo_08"]).run()
    app.button(key="learn_check").click().run()
    assert "**Found 1 of 3.**" in texts(app)
    assert "No leak: photo_08." in texts(app)
    app.button(key="learn_next").click().run()
    assert "What to ask of any figure" in [header.value for header in app.header]
    assert "learn_next" not in [button.key for button in app.button]


def test_without_a_pair_of_protocols_the_lesson_says_what_to_train():
    assert "trained under both protocols" in texts(visit("learn"))


def test_the_riddle_has_the_solution_it_states():
    """A test photo leaks where its lesion, its file, or the photo it was made of is in training."""
    table = leak_lesson.TABLE
    training, test = (table[table["Part"] == part] for part in ("training", "test"))
    leaking = {
        row["Photo"]
        for row in test.to_dict("records")
        if row["Lesion"] in set(training["Lesion"])
        or row["Hash of the file"] in set(training["Hash of the file"])
        or row["Photo"].removesuffix("_flipped") in set(training["Photo"])
    }
    assert leaking == set(leak_lesson.LEAKS)
    assert table["Photo"].is_unique


def test_what_was_missed_and_what_was_wrong_is_said():
    lines = leak_lesson.checked(["photo_09", "photo_11"])
    assert lines[0] == "**Found 1 of 3.**"
    assert sum("(missed)" in line for line in lines) == 2
    assert lines[-1].startswith("No leak: photo_11.")
    assert not any("No leak" in line for line in leak_lesson.checked(list(leak_lesson.LEAKS)))


def test_there_is_a_mark_for_every_photo_and_a_cross_for_those_met():
    met, never = leak_lesson.marks(30, 69).data
    assert (len(met.x), len(never.x)) == (30, 39)
    places = set(zip([*met.x, *never.x], [*met.y, *never.y], strict=True))
    assert len(places) == 69
    assert met.marker.symbol != never.marker.symbol


def test_the_slope_joins_both_figures_and_shows_the_guess(pair):
    line, guess = leak_lesson.slope(pair, 0.7).data
    assert list(line.y) == [pair.paired.as_published.value, pair.paired.honest.value]
    assert list(guess.y) == [0.7]
    assert len(leak_lesson.slope(pair, None).data) == 1
