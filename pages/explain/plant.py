"""Draw on it: a ruler, ink, a dark corner, hair or a plaster, and what that changes."""

import streamlit as st

from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.photo.shortcuts import SHORTCUTS
from model.prediction.mix import RunAtMix
from model.prediction.prediction import Prediction
from model.run import Run, RunError
from pages.explain import expectation
from pages.shared import cache, choices, session
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

STAYS, FLIPS = "the answer stays", "the answer is another one"
WIDTH = 300  # pixels: one on a phone, both beside each other elsewhere
AT_OTHER_MIX = (
    "What that changes on test photos was not measured at this mix of diagnoses: of each of them "
    "the run keeps the answer and the malignant sum, not the probabilities of all diagnoses."
)
OF_OTHER_KIND = "What that changes was not measured on such photos."


def show(photo: session.Photo, about: Statements) -> None:
    """Let the visitor choose what to draw, ask, and show the photo and its answer before and
    after."""
    run = about.run
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
        f"The photo gets {in_text}, drawn by the program. The lesion is the same. Does the answer "
        "stay?",
        (STAYS, FLIPS),
        "Draw it",
    )
    if expected is None:
        return
    try:
        with st.spinner("Classifying the changed photo", show_time=True):
            (small, before), (drawn, after) = session.planted(run, photo, name)
    except RunError as error:
        st.error(str(error))
        return
    expectation.compare(expected, STAYS if after.diagnosis == before.diagnosis else FLIPS)
    with st.container(horizontal=True, key="explain_planted"):
        for part, pixels, prediction in (
            ("without", small, before),
            ("with", drawn, after),
        ):
            with st.container(width=WIDTH, key=f"explain_planted_{part}", gap="xxsmall"):
                st.image(pixels, width="stretch", alt=f"The photo {part} {in_text}")
                st.caption(f"{part.capitalize()} {in_text}: {in_words(prediction)}")
    if small.shape[:2] != (photo.height, photo.width):
        st.caption(
            f"Both were made smaller first, to at most {session.PLANTED_SIDE} pixels a side, so "
            "the first answer may not be quite the one above."
        )
    if not about.is_of_own_kind:
        st.caption(OF_OTHER_KIND)
        return
    measured = on_test_photos(run, name)
    for sentence in measured:
        st.markdown(sentence)
    if measured and not isinstance(run, RunAtMix):
        st.caption("In brackets: 95 % intervals by lesion. More on Compare, Shortcuts.")


def on_test_photos(run: Run, name: str) -> list[str]:
    """What a drawn thing changes on the run's own test photos, or why nobody knows at another mix
    of diagnoses; empty where nobody measured it.

    Args:
        name: a key of `model.photo.shortcuts.SHORTCUTS`.
    """
    if isinstance(run, RunAtMix):
        return [AT_OTHER_MIX] if cache.planted(run.base) else []
    return [
        f"With {SHORTCUTS[name].in_text} on {effect.num_photos:,} {effect.verdict} test photos of "
        f"this model, the mean malignant sum changes by {effect.change}; the answer changes in "
        f"{effect.flipped} of them."
        for effect in cache.planted(run)
        if effect.planted == name
    ]


def in_words(prediction: Prediction) -> str:
    """The answer and the malignant sum, for a caption."""
    answer = f"{describe(prediction.diagnosis).in_text}, {percent(prediction.probability)}"
    if prediction.malignant_sum is None:
        return f"{answer}."
    return f"{answer}; malignant sum {percent(prediction.malignant_sum)}."
