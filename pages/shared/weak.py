"""Where a run is weak: groups of patients, and photos from elsewhere."""

import math

import plotly.graph_objects as go
import streamlit as st

from model import elsewhere, groups
from model.lesions import describe, malignant_codes
from pages.shared import cache, charts, choose, tables


def show(run):
    """Let the visitor choose what is watched and draw every group."""
    st.header("Where it is weak", anchor=False)
    st.markdown(groups.not_recorded(run))
    rows = run.predictions[run.predictions["split"] == "test"]
    watched = _watched(run)
    name = (
        st.segmented_control(
            "Recall of",
            list(watched),
            default=next(iter(watched)),
            required=True,
            key="about_watch",
        )
        if len(watched) > 1
        else next(iter(watched))
    )
    found = groups.groups(rows, run.diagnoses, watched[name])
    if found:
        charts.show(figure(found, name), "about_groups", f"Recall of {name} by group")
        st.caption(
            f"Share of the photos of {name} that were answered so; {len(rows):,} test photos. "
            "Lines are Wilson's 95 % intervals, every photo counted on its own. Grey and hollow: "
            f"fewer than {groups.FEW} such photos, too few to tell."
        )
        table = tables.groups(found)
        with st.expander("The figures, with balanced accuracy"):
            st.dataframe(table, hide_index=True, key="about_groups_table")
            choose.csv(table, "groups.csv", "about_groups_csv")
    outside(run)


def outside(run):
    """What the run says about photos it was not made for."""
    found = cache.elsewhere(run)
    if not found:
        return
    st.header("On photos from elsewhere", anchor=False)
    flagged = elsewhere.flagged_on_test(run)
    st.dataframe(tables.elsewhere(found), hide_index=True, key="about_elsewhere")
    st.caption(
        "Photos of another kind than its training photos; none took part in its training. "
        "Told apart: the chance that such a photo's novelty score lies above that of a test photo. "
        f"Flagged: called unlike the training photos; of its own test photos {flagged}. In "
        "brackets 95 % intervals, by person."
    )
    for one in found:
        if one.evaluation is None:
            continue
        own = cache.evaluation(run, fold=run.folds[0]).summary["balanced_accuracy"]
        st.markdown(
            f"**{one.kind.capitalize()}s.** Balanced accuracy "
            f"{one.evaluation.summary['balanced_accuracy']} over the "
            f"{len(set(run.outside['diagnosis']) - {''})} diagnoses they show, against {own} on "
            "its own test photos: do not use it on such photos."
        )
        rows = elsewhere.as_predictions(run.outside[run.outside["kind"] == one.kind])
        by_type = [
            group
            for group in groups.groups(rows, run.diagnoses, malignant_codes(run.diagnoses))
            if group.characteristic == groups.CHARACTERISTICS["skin_type"]
        ]
        if by_type:
            st.dataframe(
                tables.groups(by_type).drop(columns="What"),
                hide_index=True,
                key=f"about_skin_{one.kind}",
            )
            st.caption(
                f"{one.kind.capitalize()}s by Fitzpatrick skin type, where it is recorded. Recall "
                "of the malignant diagnoses together."
            )


def figure(found, name):
    """Recall of each group as a point with its interval; grey and hollow where it says little.

    Args:
        found: `model.groups.Group`s.
        name: what is watched.
    """
    shown = [one for one in found if not math.isnan(one.recall.value)][::-1]
    labels = [f"{one.characteristic}: {one.name} (n = {one.num_watched:,})" for one in shown]
    figure = go.Figure()
    for is_small, colour, symbol, legend in (
        (False, charts.COLOURS[0], "circle", "enough photos"),
        (True, "gray", "circle-open", f"fewer than {groups.FEW} photos"),
    ):
        own = [
            (label, one.recall)
            for label, one in zip(labels, shown, strict=True)
            if one.is_small == is_small
        ]
        if not own:
            continue
        figure.add_scatter(
            x=[recall.value for _, recall in own],
            y=[label for label, _ in own],
            mode="markers",
            name=legend,
            marker={"size": 10, "color": colour, "symbol": symbol},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [recall.high - recall.value for _, recall in own],
                "arrayminus": [recall.value - recall.low for _, recall in own],
                "color": colour,
                "thickness": 1.5,
            },
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    figure.update_layout(
        height=90 + 26 * len(shown), margin=charts.margin(), legend=charts.legend()
    )
    figure.update_xaxes(title=f"Recall of {name}", range=[-0.02, 1.02])
    figure.update_yaxes(categoryorder="array", categoryarray=labels, automargin=True)
    return figure


def _watched(run):
    """What recall may be asked of: the malignant ones together, then each diagnosis."""
    codes = malignant_codes(run.diagnoses)
    found = {"any malignant diagnosis": codes} if len(codes) > 1 else {}
    first = [code for code in ("mel",) if code in run.diagnoses]
    return found | {
        describe(code).in_text: [code]
        for code in [*first, *(code for code in run.diagnoses if code not in first)]
    }
