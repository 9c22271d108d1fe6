"""You, the model, both: ten test photos, answered alone, then with the model's advice.

The model's advice is its real answer. Three of the ten photos are ones that it got wrong, so
following it blindly shows. Nothing is kept beyond the visit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation.bootstrap import Estimate, wilson
from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.run import Run
from pages.shared import cache, charts, choices
from pages.shared.data_url import data_url

DRAWINGS = Path(__file__).resolve().parent.parent.parent / "assets" / "quiz"
NUM_RIGHT, NUM_WRONG = 7, 3  # answers of the model
# Rinner et al. 2020, https://doi.org/10.2196/15597: single readers, tests of 30 dermatoscopic
# photos of seven diagnoses.
ROW = 56  # pixels of a row that has a picture
ANCHORS = (
    "Published, on a harder task (30 dermatoscopic photos, seven diagnoses): single non-experts "
    "were right on 58.6 %, single experts on 68.4 % "
    "([Rinner et al. 2020](https://doi.org/10.2196/15597))."
)


@dataclass(frozen=True)
class Question:
    """One photo: the bytes of its file, what it shows, and what the model says how surely."""

    picture: bytes
    truth: str
    advice: str
    probability: float


@dataclass(frozen=True)
class Score:
    """How many of `num_questions` were right: alone, the model, with its advice; and how often its
    wrong advice was followed, of how often it was wrong."""

    num_questions: int
    alone: int
    model: int
    both: int
    followed: int
    wrong_advice: int

    @property
    def code(self) -> str:
        """The score to be read out in a class."""
        return f"{self.alone}-{self.model}-{self.both}-{self.followed}"


def show() -> None:
    """The question at hand, or the score after the last."""
    questions, is_drawn = _questions()
    if not questions:
        st.info("There is no model here whose test photos could be asked about.")
        return
    answers = st.session_state.setdefault("quiz_answers", [])
    if len(answers) == len(questions) and len(answers[-1]) == 2:
        _over(questions, answers, is_drawn)
        return
    if not answers or len(answers[-1]) == 2:
        answers.append([])
    number = len(answers)
    question, own = questions[number - 1], answers[-1]
    st.progress(
        (number - 1) / len(questions), f"Photo {number} of {len(questions)}", width="stretch"
    )
    picture, ask = st.columns(2, gap="large")
    picture.image(question.picture, width="stretch", alt=f"Photo {number} of {len(questions)}")
    with ask:
        if is_drawn and number == 1:
            st.markdown(
                "These are drawings. Even blots are round and of one colour, ragged ones are not; "
                "the third kind is red dots."
            )
        if own:
            st.markdown(
                f"You say **{_named(own[0])}**. The model says **{_named(question.advice)}**, "
                f"{percent(question.probability)}. It is not always right. Your answer now?"
            )
        else:
            st.markdown("**What do you see?** Answer before you know what the model says.")
        for option in sorted({question.truth for question in questions}):
            st.button(
                _named(option),
                key=f"quiz_{number}_{len(own)}_{option}",
                width="stretch",
                on_click=own.append,
                args=(option,),
            )


def score(questions: list[Question], answers: list[list[str]]) -> Score:
    """Count what was right.

    Args:
        answers: of each question, the answer alone and the one with advice.
    """
    played = list(zip(questions, answers, strict=True))
    wrong = [(question, own) for question, own in played if question.advice != question.truth]
    return Score(
        len(played),
        sum(own[0] == question.truth for question, own in played),
        sum(question.advice == question.truth for question, _ in played),
        sum(own[1] == question.truth for question, own in played),
        sum(own[1] == question.advice for question, own in wrong),
        len(wrong),
    )


def _over(questions: list[Question], answers: list[list[str]], is_drawn: bool) -> None:
    result = score(questions, answers)
    total = result.num_questions
    st.header(f"You: {result.alone} of {total}. With the model: {result.both}.", anchor=False)
    charts.draw(figure(result), "quiz_score", "Right answers: you alone, the model, both")
    st.markdown(
        f"These {total} photos were chosen so that the model errs in {result.wrong_advice} of "
        f"them. You followed its wrong advice in {result.followed or 'none'} of these. Lines are "
        f"95 % intervals (Wilson): with {total} photos they are wide."
    )
    st.markdown(
        f"To compare in a class, read out your code: **{result.code}** (right alone, the model, "
        "right with its advice, wrong advice followed)"
    )
    if not is_drawn:
        st.caption(ANCHORS)
    with st.expander("Photo by photo", key="quiz_photos"):
        st.dataframe(
            pd.DataFrame(
                {
                    "Photo": data_url(question.picture, "jpeg"),
                    "Truth": _named(question.truth),
                    "You alone": _named(alone),
                    "The model": _named(question.advice),
                    "You with its advice": _named(both),
                }
                for question, (alone, both) in zip(questions, answers, strict=True)
            ),
            column_config={"Photo": st.column_config.ImageColumn("Photo", width="small")},
            row_height=ROW,
            hide_index=True,
            key="quiz_table",
            height="content",
        )
    st.button("Play again", key="quiz_again", on_click=_start_again)


def figure(result: Score) -> go.Figure:
    """A bar for you alone, the model, and you with its advice; yours have intervals."""
    counts = {"You alone": result.alone, "The model": result.model, "Both": result.both}
    values = [wilson(count, result.num_questions) for count in counts.values()]
    # How often the model is right was chosen: it has no interval.
    ends = [
        value if name != "The model" else Estimate(*3 * (value.value,))
        for name, value in zip(counts, values, strict=True)
    ]
    drawn = go.Figure(
        go.Bar(
            x=list(counts),
            y=[value.value for value in values],
            text=[f"{count} of {result.num_questions}" for count in counts.values()],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            marker={"color": [charts.CHANCE, charts.OWN, charts.COLOURS[2]]},
            error_y=charts.whiskers(ends),
        )
    )
    drawn.update_layout(height=360, margin=charts.margin(), bargap=0.5)
    drawn.update_yaxes(title="Right answers", range=[0, 1.05], **charts.PERCENT)
    return drawn


def _start_again() -> None:
    st.session_state.pop("quiz_answers", None)


def _named(option: str) -> str:
    return describe(option).name


def _questions() -> tuple[list[Question], bool]:
    """Ten questions, about test photos where they are at hand; and whether they are drawings."""
    runs = choices.usable()
    for run in runs.values():
        if not run.is_rendered and not run.as_published:
            questions = of_photos(run)
            if questions:
                return questions, False
    return of_drawings(), True


def of_photos(run: Run) -> list[Question]:
    """Questions of malignant or benign about test photos of a run; empty where too few are at hand.

    Which photos is decided by a hash of their ids, so a class gets the same ones.
    """
    files = cache.photo_files()
    rows = run.test_photos
    rows = rows[rows["image_id"].isin(files)]
    right: list[Question] = []
    wrong: list[Question] = []
    order = rows["image_id"].map(lambda name: sha256(name.encode()).hexdigest()).sort_values().index
    seen: set[str] = set()
    for row in rows.loc[order].to_dict("records"):
        truth = run.verdict(row["diagnosis"])
        probabilities = np.array([row[column] for column in run.probability_columns], float)
        advice = run.verdict(run.diagnoses[int(probabilities.argmax())])
        if truth is None or advice is None or row["lesion_id"] in seen:
            continue
        kept, most = (right, NUM_RIGHT) if truth == advice else (wrong, NUM_WRONG)
        # As many of both verdicts as can be: the next must not be of the one that leads.
        num_same = sum(question.truth == truth for question in kept)
        if len(kept) == most or num_same > len(kept) - num_same:
            continue
        seen.add(row["lesion_id"])
        share = sum(
            probability
            for code, probability in zip(run.diagnoses, probabilities, strict=True)
            if run.verdict(code) == advice
        )
        kept.append(Question(files[row["image_id"]].read_bytes(), truth, advice, float(share)))
    if (len(right), len(wrong)) != (NUM_RIGHT, NUM_WRONG):
        return []
    return _mixed([*right, *wrong])


def of_drawings() -> list[Question]:
    """Questions about drawings of the demo run's test part, which ship with the app."""
    with open(DRAWINGS / "questions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return _mixed(
        Question(
            (DRAWINGS / f"{row['image_id']}.jpg").read_bytes(),
            row["truth"],
            row["advice"],
            float(row["probability"]),
        )
        for row in rows
    )


def _mixed(questions: Iterable[Question]) -> list[Question]:
    """In an order that nobody can guess, and that is the same for everybody."""
    return sorted(questions, key=lambda question: sha256(question.picture).hexdigest())
