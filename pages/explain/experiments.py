"""Experiments on the photo at hand: say what you expect, try it, see what happens."""

import streamlit as st

from model.heatmaps.heatmap import Heatmap
from pages.explain import (
    ask_another,
    cover,
    crop,
    features,
    plant,
    shake,
    similar,
    then_and_now,
)
from pages.shared import choices, session
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

NAMES = (
    "Cover it",
    "Shake it",
    "Crop it",
    "Draw on it",
    "Ask another model",
    "Similar cases",
    "Then and now",
    "Measured features",
)


@st.fragment
def show(
    photo: session.Photo,
    about: Statements,
    heatmaps: dict[tuple[str, str], Heatmap],
    layer: str,
) -> None:
    """Let the visitor choose an experiment; it reruns this part only.

    Args:
        heatmaps: those shown, by (code, method).
        layer: they were taken at.
    """
    st.header("Put it to the test", anchor=False)
    name = choices.one_of(
        "Experiment", list(NAMES), Parameter.EXPERIMENT, "explain_experiment", wrap=True
    )
    if name == "Cover it":
        cover.show(photo, about, heatmaps, layer)
    elif name == "Shake it":
        shake.show(photo, about)
    elif name == "Crop it":
        crop.show(photo, about)
    elif name == "Draw on it":
        plant.show(photo, about)
    elif name == "Similar cases":
        similar.show(photo, about)
    elif name == "Then and now":
        then_and_now.show(photo, about)
    elif name == "Measured features":
        features.show(photo, about)
    else:
        ask_another.show(photo, about)
