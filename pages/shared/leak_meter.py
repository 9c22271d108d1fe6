"""The leak meter: every published recipe, split as published and split honestly."""

import streamlit as st

from model import leak_meter
from model.intervals import NUM_RESAMPLES
from pages.shared import cache, charts, choose, tables

METRICS = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy"}


def show():
    """Draw the chart, the reasons and the table."""
    pairs = leak_meter.pairs(choose.usable().values(), cache.side)
    if not pairs:
        st.info(
            "No run here answers to a published figure. Train one under both protocols: "
            "`python -m train run demo`, then the same with `--protocol as-published`."
        )
        return
    st.markdown(
        "The same network, trained the same way, on photos split in two ways. **As published**: by "
        "image, or along the folders the data came in; photos of one lesion, copies, and augmented "
        "copies made before the split stand on both sides. **Honest**: contradictory copies are "
        "left out, and no known lesion and no copy stands on two sides."
    )
    metric = st.segmented_control(
        "Metric",
        list(METRICS),
        default="accuracy",
        required=True,
        format_func=METRICS.get,
        key="compare_leak_metric",
    )
    figure = charts.leak_meter(pairs, metric, METRICS[metric])
    charts.show(figure, "compare_leak_meter", f"{METRICS[metric]} as published and honest")
    st.caption(
        "Test photos; the lines are 95 % intervals, from resampling lesions "
        f"{NUM_RESAMPLES:,} times. "
        + (
            "The diamond is the published figure; the figures below say which part it was measured "
            "on."
            if metric == "accuracy"
            else "No publication here states a balanced accuracy. It is the mean recall of the "
            "diagnoses: what counts where one of them is far more frequent than the others."
        )
    )

    st.header("What made the gap", anchor=False)
    for pair in pairs:
        published = f"Published: {pair.published['said']}. " if pair.published else ""
        st.markdown(f"**{pair.title}.** {published}{pair.explanation()}")
    st.caption(
        "Photos that training had met and the others differ in more than that: lesions "
        "photographed more than once are more often malignant, and a copy that stands in training "
        "under another diagnosis misleads instead of helping."
    )

    st.header("The figures", anchor=False)
    table = tables.leak_meter(pairs)
    st.dataframe(table, hide_index=True, key="compare_leak_table")
    choose.csv(table, "leak_meter.csv", "compare_leak_csv")
    with st.expander("Train them yourself"):
        sides = [side for pair in pairs for side in (pair.as_published, pair.honest) if side]
        st.code("\n".join(side.run.command for side in sides), language="bash")
