"""How a run learned: loss, accuracy and the gap between training and validation, by epoch."""

import streamlit as st

from model.evaluation.metrics import majority_share
from pages.shared import charts, choices, curves, tables


def show(run):
    """Lay the learning curves of a run, and of others the visitor chooses, over each other."""
    chosen = curves.together(choices.curves("training_curves", run), run)
    own = run.predictions[run.predictions["fold"] == run.folds[0]]
    validation = own[own["split"] == "validation"]
    share = majority_share(validation) if len(validation) else None
    left, right = st.columns(2)
    numbers = tables.histories(chosen)
    with left:
        charts.show(
            curves.curves(chosen, "loss", "Loss"),
            "training_loss",
            "Loss by epoch",
            "How wrong the network is, on training photos as they were shown (dotted) and on "
            "validation photos (solid). Lower is better; solid lines that rise mean learning by "
            "heart.",
            numbers,
        )
    with right:
        charts.show(
            curves.curves(
                chosen,
                "accuracy",
                "Accuracy",
                share and (share, f"always the most frequent ({share:.2f})"),
            ),
            "training_accuracy",
            "Accuracy by epoch",
            "Share of right answers on training photos as they were shown (dotted) and on "
            "validation photos (solid). The dashed grey line is what always naming the run's most "
            "frequent diagnosis would score.",
            numbers,
        )
    st.caption(
        f"{len(validation):,} validation photos in the first split of the run above. The star is "
        "the epoch whose weights were kept, because the validation photos preferred it. A thin "
        "line from the star to the end: so long was waited for something better, in vain. "
        f"{tables.stopping(run)} Point at a curve to read its settings."
    )
    charts.show(
        curves.gap(chosen),
        "training_gap",
        "Generalisation gap by epoch",
        "The generalisation gap: how much better the network does on photos it trains on than on "
        "validation photos. A gap that widens means learning by heart. Augmented training photos "
        "are harder, so a gap can lie below zero; in the first epochs, before the network has "
        "found its way, it says little.",
    )
    st.dataframe(tables.trainings(chosen), hide_index=True, key="training_epochs")
