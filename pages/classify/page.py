"""Classify: choose a photo, read what the network says, see what raised it."""

import streamlit as st

from model.heatmaps.overlay import overlay
from model.lesions import describe
from model.prediction.prediction import Prediction
from model.run import Run
from pages.classify import batch, trust_panel
from pages.shared import charts, choices, crop_picker, photo_picker, session, statements
from pages.shared.page import page, stop
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter


@st.fragment
def heatmap_over_photo(run: Run, photo: session.Photo, prediction: Prediction) -> None:
    """The photo with its heat map; choosing a diagnosis or an opacity reruns this part only."""
    picture = st.container()
    first, second = st.columns(2)
    diagnosis = choices.of_photo(
        photo,
        first.selectbox,
        "Show what raised",
        prediction.ranking,
        name=Parameter.SHOWN_DIAGNOSIS,
        default=prediction.diagnosis,
        scope=run.name,
        format_func=lambda code: f"{describe(code).name} ({code})",
    )
    with second:
        opacity = choices.opacity("Opacity of the heat map", "classify_opacity")
    heatmap = session.heatmap(run, photo, diagnosis)
    picture.image(
        overlay(photo.display, heatmap.values, opacity),
        width="stretch",
        alt=f"The photo with the heat map of {describe(diagnosis).name} over it",
    )
    over_views = f", mean of {run.num_views} flips and turns" if run.num_views > 1 else ""
    if heatmap.is_empty:
        st.info("Nothing in this photo raised this diagnosis: the heat map is empty.")
    else:
        st.caption(
            f"Grad-CAM{over_views}. Bright: raised {describe(diagnosis).in_text} most; unchanged: "
            "did not raise it. Every heat map is stretched to its own maximum. That maximum, its "
            f"peak of {heatmap.peak:.3g}, tells the heat maps of two diagnoses apart."
        )


def verdict(about: Statements) -> None:
    """The prediction in words, the most important first."""
    prediction = about.prediction
    first = describe(prediction.diagnosis)
    photo_picker.warn_of_novelty(about)
    st.header(f"{first.name} ({first.code})", anchor=False)
    st.markdown(f"Probability **{prediction.probability:.2f}**. {first.plain}")
    for sentence in about.conclusions:
        st.markdown(sentence)


with page("Classify", "Choose a photo of one lesion and read what a trained network makes of it."):
    where, which = st.columns([3, 2], gap="large")
    with which:
        run = choices.choose_run("classify_run", with_network=True)
        st.caption(statements.of_run(run))
    with where:
        photo = photo_picker.choose("classify", several=True)
    if isinstance(photo, list):
        photo = batch.show(run, photo)
        if photo is None:
            stop()
    if photo:
        with which:
            photo = crop_picker.choose_crop(run, photo, "classify")
    about = photo_picker.predicted(run, photo)
    text, picture = st.columns([3, 2], gap="large")
    with text:
        verdict(about)
    with picture:
        heatmap_over_photo(run, photo, about.prediction)
    with st.expander("All diagnoses, and what the figures are worth", key="classify_all"):
        charts.show(
            charts.probabilities(about.prediction),
            "classify_probabilities",
            "Probability of every diagnosis",
            "Every diagnosis the run knows; the probabilities add up to 1. Filled bars are the "
            "prediction set: what it can't rule out.",
        )
        for figure in about.figures:
            st.caption(figure)
    trust_panel.panel(photo, about)
