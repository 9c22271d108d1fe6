"""Crop it: the middle of the photo, ever more closely."""

import streamlit as st

from model.evaluation.run_sentences import percent
from model.lesions import describe
from pages.explain import expectation
from pages.shared import session
from pages.shared.statements import Statements

SAME, OTHER = "the answer is the same in every crop", "another crop gets another answer"
WIDTH = 152  # pixels: two beside each other on a phone


def show(photo: session.Photo, about: Statements) -> None:
    """Ask, crop the photo, and show every crop with its answer."""
    expected = expectation.ask(
        about.run,
        photo,
        "crop",
        "The network sees the whole photo, then ever closer crops of its middle. First less skin "
        "is around the lesion, then the crop cuts into it.",
        (SAME, OTHER),
        "Crop it",
    )
    if expected is None:
        return
    with st.spinner("Classifying the crops", show_time=True):
        crops = session.zoom(about.run, photo)
    if len(crops) < 2:
        st.info("The photo is too small to be cropped.")
        return
    answers = {crop.prediction.diagnosis for crop in crops}
    expectation.compare(expected, SAME if len(answers) == 1 else OTHER)
    with st.container(horizontal=True, key="explain_crops"):
        for number, crop in enumerate(crops):
            name = describe(crop.prediction.diagnosis).name
            share = "All of it" if crop.share == 1 else f"{100 * crop.share:.0f} % of each side"
            with st.container(width=WIDTH, key=f"explain_crop_{number}", gap="xxsmall"):
                st.image(crop.pixels, width="stretch", alt=f"Crop: {share}")
                st.caption(f"{share}: {name}, {percent(crop.prediction.probability)}")
    st.caption(
        "Training photos show one lesion with skin around it. A very close crop is unlike them, so "
        "another answer there says less."
    )
