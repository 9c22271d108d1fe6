"""Training: how one run learned, and how well it performs on photos it has not seen."""

from functools import partial

import streamlit as st

from pages.shared import choices, measured, tables
from pages.shared.page import page
from pages.training import calibration, learning_curves, results, thresholds


def settings(run):
    """The resolved recipe and the command that trains it."""
    st.dataframe(tables.settings(run), key="training_settings", height="content")
    st.code(run.command, language=None)


VIEWS = {
    "Learning curves": learning_curves.show,
    "Results": results.show,
    "Calibration": calibration.show,
    "Thresholds": thresholds.show,
    "Settings": settings,
}

with page("Training") as header:
    run = choices.choose_run("training_run", header)
    st.markdown(run.card["summary"])
    about_figures = partial(measured.only_if_measured, run)
    choices.view(
        {
            name: partial(show, run) if show is settings else partial(about_figures, show)
            for name, show in VIEWS.items()
        },
        "training_view",
    )
