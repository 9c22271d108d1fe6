"""Plant it: a ruler, ink, a dark corner, hair or a plaster on the photo, and what that changes."""

import streamlit as st

from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.photo.shortcuts import SHORTCUTS
from model.prediction.prediction import Prediction
from pages.explain import expectation
from pages.shared import cache, choices, session
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

STAYS, FLIPS = "the answer stays", "the answer is another one"
WIDTH = 300  # pixels: one on a phone, both beside each other elsewhere


def show(photo: session.Photo, about: Statements) -> None:
    """Let the visitor choose what to draw, ask, and show the photo and its answer before and
    after."""
    run, before = about.run, about.prediction
    name = choices.of_photo(
        photo,
        st.segmented_control,
        "What to draw",
        list(SHORTCUTS),
        name=Parameter.PLANTED,
        default=next(iter(SHORTCUTS)),
        format_func=lambda name: SHORTCUTS[name].title,
        required=True,
        wrap=True,
    )
    in_text = SHORTCUTS[name].in_text
    expected = expectation.ask(
        run,
        photo,
        f"plant_{name}",
        f"The photo gets {in_text}, drawn by the program. The lesion is the same. Is it still "
        f"{describe(before.diagnosis).in_text}?",
        (STAYS, FLIPS),
        "Draw it",
    )
    if expected is None:
        return
    with st.spinner("Classifying the changed photo", show_time=True):
        drawn, after = session.planted(run, photo, name)
    expectation.compare(expected, STAYS if after.diagnosis == before.diagnosis else FLIPS)
    with st.container(horizontal=True, key="explain_planted"):
        for part, pixels, prediction in (
            ("Before", photo.display, before),
            ("After", drawn, after),
        ):
            with st.container(width=WIDTH, key=f"explain_planted_{part}", gap="xxsmall"):
                st.image(pixels, width="stretch", alt=f"{part}: the photo, {in_text} drawn or not")
                st.caption(f"{part}: {in_words(prediction)}")
    effects = [effect for effect in cache.planted(run) if effect.planted == name]
    for effect in effects:
        st.markdown(
            f"With {in_text} on {effect.num_photos:,} {effect.verdict} test photos of this "
            f"model, the mean malignant sum changes by {effect.change}; the answer changes in "
            f"{effect.flipped} of them."
        )
    if effects:
        st.caption("In brackets: 95 % intervals by lesion. More on Compare, Shortcuts.")


def in_words(prediction: Prediction) -> str:
    """The answer and the malignant sum, for a caption."""
    answer = f"{describe(prediction.diagnosis).in_text}, {percent(prediction.probability)}"
    if prediction.malignant_sum is None:
        return f"{answer}."
    return f"{answer}; malignant sum {percent(prediction.malignant_sum)}."
