"""The metrics of the field, for every method and for maps that know no network."""

import streamlit as st

from model.evaluation import tables
from pages.shared import cache, choices


def show(runs):
    """A table of means for each run, and what each metric measures.

    Args:
        runs: those that were chosen; without the metrics where nobody measured them.
    """
    st.header("Metrics of the field", anchor=False)
    measured = [run for run in runs if run.heatmap_metrics is not None]
    missing = [run for run in runs if run.heatmap_metrics is None]
    if missing:
        st.markdown(
            f"Not measured yet: {', '.join(map(choices.label, missing))}. `python -m train "
            "explain-report --run NAME --data DIR --only metrics` does that with a folder of "
            "lesion masks."
        )
    if not measured:
        return
    st.markdown(
        "Maps of the diagnosis answered, the photo seen once, without flips and turns. The last "
        "rows are maps that know no network: what they reach, too, says nothing for a method."
    )
    st.dataframe(tables.metric_meanings(), hide_index=True)
    for run in measured:
        means = cache.metric_means(run)
        st.subheader(choices.label(run), anchor=False)
        st.dataframe(tables.heatmap_metrics(means), hide_index=True)
        st.caption("Means with 95 % intervals by lesion; n photos for which the metric is defined.")
        st.dataframe(tables.metrics_against_chance(means), hide_index=True)
        st.caption(
            "The same less random maps of the same photos, with 95 % intervals by lesion. An "
            "interval that holds 0 shows no difference."
        )
