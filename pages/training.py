"""Training: how one run learned, and what it reached on photos it had not seen."""

import streamlit as st

from pages.shared import address, calibration, choose, learning, results, tables, thresholds
from pages.shared.frame import page_frame

page_frame("Training", "Follow how a run learned and see what it reached, diagnosis by diagnosis.")


def settings(run):
    """The resolved recipe and the command that trains it."""
    st.dataframe(tables.settings(run), key="training_settings", height="content")
    st.code(run.command, language="bash")


VIEWS = {
    "Learning curves": learning.show,
    "Results": results.show,
    "Calibration": calibration.show,
    "Thresholds": thresholds.show,
    "Settings": settings,
}

run = choose.run("training_run")
st.markdown(run.card["summary"])
choose.view({name: lambda show=show: show(run) for name, show in VIEWS.items()}, "training_view")
address.end()
