"""How a run learned: loss, accuracy and the gap between training and validation, by epoch."""

import streamlit as st

from model.evaluation.metrics import majority_share
from pages.shared import charts, choices, curves, tables
from pages.shared.url_state import Parameter, bind

MAX_CURVES = 6  # as many as there are colours


def show(run):
    """Lay the learning curves of a run, and of others the visitor chooses, over each other."""
    chosen = curves.together(choose_curves("training_curves", run), run)
    own = run.predictions[run.predictions["fold"] == run.folds[0]]
    validation = own[own["split"] == "validation"]
    share = majority_share(validation) if len(validation) else None
    left, right = st.columns(2)
    histories = tables.histories(chosen)
    with left:
        charts.show(
            curves.curves(chosen, "loss", "Loss"),
            "training_loss",
            "Loss by epoch",
            "How wrong the network is, on training photos as they were shown (dotted) and on "
            "validation photos (solid). Lower is better; solid lines that rise mean "
            "overfitting.",
            histories,
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
            histories,
        )
    st.caption(
        f"{len(validation):,} validation photos in the first split of the run above. The star is "
        "the epoch whose weights were kept, because the validation photos preferred it. A thin "
        "line from the star to the end: no improvement for this many epochs. "
        f"{tables.stopping(run)} Point at a curve to read its settings."
    )
    charts.show(
        curves.gap(chosen),
        "training_gap",
        "Generalisation gap by epoch",
        "The generalisation gap: how much better the network does on photos it trains on than on "
        "validation photos. A gap that widens means overfitting. Augmented training photos "
        "are harder, so a gap can lie below zero; in the first epochs, before the network has "
        "found its way, it says little.",
    )
    st.dataframe(tables.trainings(chosen), hide_index=True, key="training_epochs")


def choose_curves(key, run):
    """Let the visitor choose whose learning curves to lay over each other.

    Args:
        key: of the widget.
        run: the run whose folds are chosen at first.
    Returns:
        List of (run, fold), at least one.
    """
    options = {
        f"{name}:{fold + 1}": (other, fold)
        for name, other in choices.usable().items()
        for fold in other.folds
    }
    own = [f"{run.name}:{fold + 1}" for fold in run.folds][:MAX_CURVES]
    names = bind(
        st.multiselect,
        "Curves",
        list(options),
        key=f"{key}_{run.name}",
        name=Parameter.CURVES,
        default=own,
        format_func=lambda option: choices.curve_label(*options[option]),
        max_selections=MAX_CURVES,
        help=f"Runs and folds to lay over each other, {MAX_CURVES} at most.",
    )
    return [options[name] for name in names or own]
