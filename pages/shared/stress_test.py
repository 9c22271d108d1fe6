"""The stress test in one picture: every change, and what gives another answer first."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.prediction.stress_test import CHANGES, Perturbation, StressTest
from pages.shared import cache, charts
from pages.shared.measured import cost_sentences, unmeasured_cost
from pages.shared.statements import Statements


def show(result: StressTest, about: Statements, page: str) -> None:
    """What flips the answer first, what that is worth, and a mark for each change.

    Args:
        about: what may be said about the photo's prediction.
        page: whose keys the widgets get.
    """
    for line in sentences(result, about):
        st.markdown(line)
    charts.draw(figure(result), f"{page}_flips", "Every change, and whether the answer stays")
    others = {change.prediction.diagnosis for change in result.label_changes}
    if others:
        codes = "; ".join(f"{code}: {describe(code).in_text}" for code in sorted(others))
        st.caption(f"Each kind of change from slight to clear. {codes}.")
    with st.expander("Every change", key=f"{page}_every_change"):
        changes = table(result)
        st.dataframe(changes, hide_index=True, key=f"{page}_changes")
        charts.csv(changes, "stress_test.csv", f"{page}_stress_csv")


def sentences(result: StressTest, about: Statements) -> list[str]:
    """Which change gives another diagnosis first, and what that is worth where figures hold."""
    if not about.is_judged:
        return [sentence(result)]
    costs = cache.stress_costs(about.run, about.prediction.kind)
    return [
        sentence(result),
        *cost_sentences(
            costs,
            "{photos} whose answer at least one of these changes flips",
            unmeasured_cost(
                about.run, lambda base: cache.stress_costs(base, about.prediction.kind)
            ),
        ),
    ]


def sentence(result: StressTest) -> str:
    """Which change gives another diagnosis first, as Markdown."""
    name = describe(result.prediction.diagnosis).in_text
    total = len(result.perturbations)
    if not result.label_changes:
        return f"**Nothing flips it**: {name} after all {total} changes, right or wrong."
    first = "; ".join(in_words(change) for change in result.first_to_change)
    return (
        f"**Flipped first by** {first}. It stays {name} after {result.num_holding} of {total} "
        "changes."
    )


def in_words(change: Perturbation) -> str:
    """A change and the answer after it."""
    return f"{change.kind} ({change.level}): {describe(change.prediction.diagnosis).in_text}"


def figure(result: StressTest) -> go.Figure:
    """A row for each kind of change, slightest first: a dot where the answer stays, a cross with
    the other answer's code where it does not."""
    own = result.prediction.diagnosis
    kinds = list(CHANGES)
    figure = go.Figure()
    for stays, symbol, colour, name in (
        (True, "circle", charts.OWN, f"still {describe(own).in_text}"),
        (False, "x", charts.MALIGNANT, "another answer"),
    ):
        changes = [
            change
            for change in result.perturbations
            if (change.prediction.diagnosis == own) is stays
        ]
        if not changes:
            continue
        figure.add_scatter(
            x=[1 + list(CHANGES[change.kind][1]).index(change.level) for change in changes],
            y=[change.kind for change in changes],
            mode="markers" if stays else "markers+text",
            text=None if stays else [change.prediction.diagnosis for change in changes],
            textposition="middle right",
            marker={"symbol": symbol, "size": 12, "color": colour},
            name=name,
            customdata=[
                [change.level, in_words(change), percent(change.prediction.probability)]
                for change in changes
            ],
            hovertemplate="%{customdata[1]}, %{customdata[2]}<extra></extra>",
        )
    figure.update_layout(
        height=60 + 30 * len(kinds), margin=charts.margin(), legend=charts.legend(), showlegend=True
    )
    figure.update_xaxes(
        title="slight to clear", range=[0.5, 6], showticklabels=False, showgrid=False
    )
    figure.update_yaxes(categoryorder="array", categoryarray=kinds[::-1], automargin=True)
    return figure


def table(result: StressTest) -> pd.DataFrame:
    """One row per change, for reading and for a file."""
    return pd.DataFrame(
        {
            "Change": change.kind,
            "How far": change.level,
            "Diagnosis": describe(change.prediction.diagnosis).name,
            "Probability": round(change.prediction.probability, 3),
            "Same as before": change.prediction.diagnosis == result.prediction.diagnosis,
        }
        for change in result.perturbations
    )
