"""The whole report of one run, in the order in which it is read, to be printed."""

import streamlit as st

from pages.shared import choices, measured
from pages.training import (
    calibration,
    learning_curves,
    results,
    settings,
    thresholds,
    weak_spots,
)

_print = st.components.v2.component(
    "print_button",
    html="<button type='button'>Print</button>",
    css="button { min-height: 2.5rem; padding: 0 1rem; font: inherit; font-family: var(--st-font); "
    "font-size: 1rem; color: inherit; background: transparent; cursor: pointer; "
    "border: 1px solid var(--st-border-color); border-radius: 0.5rem; }"
    "@media print { button { display: none; } }",
    js="export default function ({ parentElement }) {"
    " parentElement.querySelector('button').onclick = () => window.print(); }",
)


def show(run):
    """Every part, each under its name; of test photos where a part could show others."""
    with st.container(key="whole_report"):
        st.header(choices.label(run), anchor=False)
        st.markdown(run.card["summary"])
        for limit in run.card["limits"]:
            st.markdown(f"- {limit}")
        _print(key="training_print")
        for number, (name, draw) in enumerate(_parts(run).items()):
            with st.container(key=f"report_part_{number}"):  # each begins on a page of its own
                st.header(name, anchor=False, divider="gray")
                draw()


def _parts(run):
    """What draws each part, by its name."""
    settings_of_run = {"Settings": lambda: settings.show(run)}
    if not run.is_measured:
        return {"Figures": lambda: st.info(measured.UNMEASURED)} | settings_of_run
    return {
        "Where it is weak": lambda: weak_spots.show(run),
        "Thresholds": lambda: thresholds.show(run),
        "Results": lambda: results.of(run, *results.tested(run)),
        "Calibration": lambda: calibration.of(run, *results.tested(run)[1:]),
        "Learning curves": lambda: learning_curves.show(run),
    } | settings_of_run
