"""The quiz: ten questions, answered twice each, counted by hand."""

import pandas as pd
import pytest
from PIL import Image

from model import run
from model.run import find
from pages.learn import quiz
from pages.learn.quiz import Question
from pages.shared.cache import disk
from tests import toys
from tests.pages.driver import texts, visit
from train.data import rendered

SHIPPED = run.default_folders
RIGHT = Question(b"", "nv", "nv", 0.9)
WRONG = Question(b"", "mel", "nv", 0.6)


def test_alone_the_model_both_and_wrong_advice_are_counted():
    played = [
        (RIGHT, ["nv", "nv"]),
        (RIGHT, ["mel", "nv"]),  # good advice, followed
        (WRONG, ["mel", "nv"]),  # bad advice, followed
        (WRONG, ["mel", "mel"]),  # bad advice, resisted
    ]
    score = quiz.score([question for question, _ in played], [own for _, own in played])
    assert (score.num_questions, score.alone, score.model, score.both) == (4, 3, 2, 3)
    assert (score.followed, score.wrong_advice) == (1, 2)
    assert score.code == "3-2-3-1"


def test_bars_are_as_high_as_the_share_of_right_answers():
    (bars,) = quiz.figure(quiz.Score(10, 4, 7, 8, 1, 3)).data
    assert list(bars.y) == [0.4, 0.7, 0.8]
    assert list(bars.text) == ["4 of 10", "7 of 10", "8 of 10"]


def play(app, number, alone, both):
    app.button(key=f"quiz_{number}_0_{alone}").click().run()
    assert "The model says" in texts(app)
    return app.button(key=f"quiz_{number}_1_{both}").click().run()


def test_a_visitor_who_follows_all_advice_ends_where_the_model_does():
    app = visit("learn", view="You and the model")
    questions = quiz.of_drawings()
    for number, question in enumerate(questions, 1):
        assert "The model says" not in texts(app)  # before one's own answer
        app = play(app, number, question.truth, question.advice)
        assert not app.exception
    assert app.header[0].value == "You: 10 of 10. With the model: 7."
    assert "You followed its wrong advice in 3 of these" in texts(app)
    assert "**10-7-7-3**" in texts(app)
    assert "Rinner" not in texts(app)  # measured on photos, not on drawings
    app.button(key="quiz_again").click().run()
    assert "What do you see?" in texts(app)


def test_the_drawings_are_test_photos_of_the_demo_with_its_own_answers(monkeypatch):
    monkeypatch.setattr(run, "default_folders", SHIPPED)
    demo = find("demo").test_photos.set_index("image_id")
    asked = pd.read_csv(quiz.DRAWINGS / "questions.csv")
    assert tuple(asked["image_id"]) == rendered.QUIZ
    assert demo.loc[list(rendered.QUIZ), "lesion_id"].is_unique
    assert (asked["truth"] != asked["advice"]).sum() == quiz.NUM_WRONG
    for row in asked.to_dict("records"):
        probabilities = demo.loc[row["image_id"], ["p_dotted", "p_even", "p_ragged"]].astype(float)
        assert probabilities.idxmax() == f"p_{row['advice']}"
        assert probabilities.max() == pytest.approx(row["probability"], abs=1e-4)
        assert demo.loc[row["image_id"], "diagnosis"] == row["truth"]


def test_where_test_photos_are_at_hand_they_are_asked_about(tmp_path, monkeypatch):
    """Thirty test photos, as many malignant as benign; the run is wrong about ten of them."""
    rows = toys.predictions()
    test = pd.concat([rows[rows["split"] == "test"].iloc[:1]] * 30, ignore_index=True)
    test["image_id"] = [f"photo_{number}" for number in range(30)]
    test["lesion_id"] = [f"lesion_{number}" for number in range(30)]
    test["diagnosis"] = ["mel", "nv"] * 15
    for number in range(30):
        says_mel = (number % 2 == 0) != (number % 3 == 0)
        shares = [0.1, 0.7, 0.2] if says_mel else [0.1, 0.1, 0.8]
        test.loc[number, ["p_bcc", "p_mel", "p_nv"]] = shares
    rows = pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)
    runs = tmp_path / "runs"
    one = toys.write(runs, "one", rows=rows, with_network=False)
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(30):
        Image.new("RGB", (80, 60), (8 * number, 90, 90)).save(photos / f"photo_{number}.jpg")
    monkeypatch.setattr(run, "default_folders", lambda: [runs])
    assert quiz.of_photos(one) == []  # nothing at hand
    monkeypatch.setenv("LENTIGO_DATA", str(photos))
    disk._photo_files.clear()
    questions = quiz.of_photos(one)
    assert len(questions) == 10
    assert sum(question.truth != question.advice for question in questions) == 3
    assert {question.truth for question in questions} == {"benign", "malignant"}
    assert all(question.probability == pytest.approx(0.8) for question in questions)
    assert sum(question.truth == "malignant" for question in questions) in (4, 5, 6)
    assert quiz.of_photos(one) == questions  # the same for everybody
    app = visit("learn", view="You and the model")
    assert not app.exception
    assert {button.label for button in app.button} >= {"Benign lesion", "Malignant lesion"}
