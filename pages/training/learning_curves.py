"""How a run learned: loss, accuracy and the gap between training and validation, by epoch."""

import streamlit as st

from model.evaluation import findings
from model.evaluation.metrics import majority_share
from pages.shared import charts, choices, curves, tables
from pages.shared.url_state import Parameter, bind

MAX_CURVES = 6  # as many as there are colours


def show(run):
    """Overlay the learning curves of a run and of others that the visitor chooses."""
    if not run.has_history:
        st.info("Nobody recorded how this model learned: only a run trained here has its curves.")
        return
    chosen = curves.together(choose_curves("training_curves", run), run)
    own = run.predictions[run.predictions["fold"] == run.folds[0]]
    validation = own[own["split"] == "validation"]
    share = majority_share(validation) if len(validation) else None
    st.markdown(f"**{findings.learned(chosen[0].history, chosen[0].kept)}.**")
    left, right = st.columns(2)
    histories = tables.histories(chosen)
    with left:
        charts.show(
            charts.shared(curves.curves, chosen, "loss", "Loss"),
            "training_loss",
            "Loss by epoch",
            "How wrong the network is: on training photos, as the network saw them (dotted), and "
            "on validation photos (solid). Lower is better. A rising solid line means overfitting.",
            histories,
        )
    with right:
        charts.show(
            charts.shared(
                curves.curves,
                chosen,
                "accuracy",
                "Accuracy",
                share and (share, f"always the most frequent ({share:.2f})"),
            ),
            "training_accuracy",
            "Accuracy by epoch",
            "Share of correct answers: on training photos, as the network saw them (dotted), and "
            "on validation photos (solid). The dashed grey line is the score of a network that "
            "always answers the most frequent diagnosis.",
            histories,
        )
    st.caption(
        f"{len(validation):,} validation photos in the first split of the model above. The star "
        "marks the epoch whose weights were kept"
        + (
            ". "
            if run.card["settings"].get("monitor") == "epoch"
            else ": it was the best on the validation photos. A thin line after the star shows "
            "epochs without improvement. "
        )
        + f"{tables.stopping(run)} Point at a curve to read its settings."
    )
    charts.show(
        charts.shared(curves.gap, chosen),
        "training_gap",
        "Generalisation gap by epoch",
        "The generalisation gap: how much better the network does on training photos than on "
        "validation photos. A widening gap means overfitting. Augmented training photos are "
        "harder, so the gap can be negative. In the first epochs the network has learned little, "
        "so the gap says little.",
    )
    st.dataframe(tables.trainings(chosen), hide_index=True, key="training_epochs")


def choose_curves(key, run):
    """Let the visitor choose which learning curves to overlay.

    Args:
        key: of the widget.
        run: the run whose folds are chosen at first.
    Returns:
        List of (run, fold), at least one.
    """
    options = {
        f"{name}:{fold + 1}": (other, fold)
        for name, other in choices.known().items()
        if other.has_history
        for fold in other.folds
    }
    own = [f"{run.name}:{fold + 1}" for fold in run.folds][:MAX_CURVES]
    names = bind(
        st.popover("Choose curves", icon=":material/tune:", key=f"{key}_choice").multiselect,
        "Curves",
        list(options),
        key=f"{key}_{run.name}",
        name=Parameter.CURVES,
        default=own,
        format_func=lambda option: choices.curve_label(*options[option]),
        max_selections=MAX_CURVES,
        help=f"Models and folds to overlay, {MAX_CURVES} at most.",
    )
    return [options[name] for name in names or own]
