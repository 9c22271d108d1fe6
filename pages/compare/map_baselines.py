"""Do the heat maps find the lesion better than maps that need no network?"""

import pandas as pd
import streamlit as st

from model.evaluation import run_sentences, tables
from model.heatmaps.baselines import ABOUT, BASELINES
from model.heatmaps.methods import METHODS
from pages.shared import choices

HEADINGS = {"pointing": "Pointing", "energy": "Energy", "iou": "Overlap"}


def show(compared, subset, measure):
    """What each run's first method is worth beside maps without a network, and a table of all.

    Args:
        compared: (run, lists of `model.evaluation.map_baselines.Comparison` by method) of each run.
        subset: a key of `model.evaluation.localisation.SUBSETS`.
        measure: a key of `HEADINGS`.
    """
    st.header("Against maps that need no network", anchor=False)
    st.markdown(
        " ".join(f"**{BASELINES[name]}** is {ABOUT[name]}." for name in BASELINES)
        + " Each is held against a heat map on the same photos; what counts is the difference."
    )
    missing = [run for run, by_method in compared if not by_method]
    if missing:
        st.markdown(
            f"Not measured yet: {', '.join(map(choices.label, missing))}. `python -m train "
            "explain-report --run NAME --data DIR --only baselines` does that in a minute."
        )
    for run, by_method in compared:
        for method, comparisons in by_method.items():
            if comparisons:
                said = run_sentences.against_baselines(comparisons)
                st.markdown(f"- **{METHODS[method].title}, {choices.label(run)}**: {said}.")
                break  # the first method that has maps; the table has every one
    rows = table(compared, subset)
    if not rows.empty:
        heading = HEADINGS[measure]
        st.dataframe(
            rows,
            hide_index=True,
            column_order=[
                "Model",
                "Method",
                "Without a network",
                "Photos",
                f"{heading} without",
                f"{heading}, difference",
            ],
        )
        st.caption(
            "Difference: the heat map less the map without a network, with 95 % intervals by "
            "lesion. The CSV has all measures."
        )


def table(compared, subset):
    """One row per run, method and baseline, as text.

    Args:
        compared, subset: as `show`.
    """
    parts = []
    for run, by_method in compared:
        rows = [comparison for of_one in by_method.values() for comparison in of_one]
        part = tables.map_baselines({subset: rows}).drop(columns="Test photos", errors="ignore")
        part.insert(0, "Model", choices.label(run))
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
