"""What a leak adds when nothing else changes: the injections, at the top of the leak meter."""

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.injection import DOSES
from model.evaluation.leak_effect import (
    ALL,
    GROUPS,
    NOT_LEAKING,
    sentence,
    table,
)
from model.evaluation.run_sentences import percent
from pages.shared import cache, charts

METRICS = {  # of an effect: name, mark, colour, shift beside the row
    "difference": ("accuracy", "circle", charts.COLOURS[1], 0.12),
    "balanced": ("balanced accuracy", "diamond", charts.COLOURS[0], -0.2),
}
NAMES = {
    "photos that leak": "all that leak",
    "photos that leak through another photo of their lesion or a copy": "through another photo",
    "photos that leak through a changed copy of themselves": "through a changed copy",
    "photos that do not leak": "photos that do not leak",
}


def show():
    """Draw the effects of all injections; nothing where there are none."""
    injections = sorted(cache.injections(), key=lambda one: -_of_all(one).difference.value)
    if not injections:
        return
    st.header(_heading(_of_all(injections[0])), anchor=False)
    st.markdown(
        "The same training twice, tested on the same photos of an honest split: once without a "
        "leak, once while test photos leak in. What leaks in takes the place of other photos of "
        "the same diagnosis. A test photo leaks through **another photo** of its lesion or a copy. "
        "If it has none, it leaks through a **changed copy** of itself, as oversampling before the "
        "split makes them."
    )
    for injection in injections:
        st.markdown(f"- **{injection.title}**. {sentence(_of_all(injection))}")
    charts.show(
        charts.shared(forest, injections),
        "compare_injections",
        "Accuracy and balanced accuracy with a leak, less those without, on the same test photos",
        "Right of the line, the leak lifts the figure. Balanced accuracy is the mean recall of the "
        "diagnoses: rare ones count as much as frequent ones. Lines are 95 % intervals, from "
        f"resampling lesions and trainings {NUM_RESAMPLES:,} times. A hollow mark's interval holds "
        "0: no effect is shown. Photos that do not leak are those of the largest dose that leaves "
        "some.",
        charts.file(_table, injections),
    )
    with st.expander("From no leak to all test photos"):
        charts.draw(
            charts.shared(doses, injections),
            "compare_injection_doses",
            "Difference in accuracy by the share of test photos that leak",
        )
        st.caption(
            "Left to right, more of the test photos leak. Orange: the photos that leak at this "
            "dose. Grey: those that do not, for which the training has a few photos less."
        )
    with st.expander("Measure it yourself"):
        st.code("\n".join(injection.card["command"] for injection in injections), language=None)


def _table(injections):
    return table([(one, cache.leak_effects(one)) for one in injections])


def _of_all(injection):
    """The effect on all photos that leak, at the largest dose."""
    return cache.leak_effects(injection)[ALL, max(injection.doses)]


def _heading(largest):
    if largest.difference.direction <= 0:
        return "No leak is shown to lift the accuracy when nothing else changes"
    return (
        f"At most, a leak alone takes a network from {percent(largest.without)} right to "
        f"{percent(largest.with_leak)}"
    )


def _at_doses(injection, group):
    """The effects on a group, the smallest dose first."""
    effects = cache.leak_effects(injection)
    return [effects[group, dose] for dose in injection.doses if (group, dose) in effects]


def _rows(injection):
    """(group, effect) of every group, each at the largest dose that has such photos."""
    for group in GROUPS:
        found = _at_doses(injection, group)
        if found:
            yield group, found[-1]


def forest(injections):
    """Two points with their intervals for each group of each injection, beside a line at zero."""
    figure = go.Figure()
    place = 0.0
    rows = []  # (place, injection, group, effect)
    for injection in injections:
        _name(figure, place, f"<b>{injection.title}</b>")
        for group, found in _rows(injection):
            place -= 1
            rows.append((place, injection, group, found))
            _name(figure, place, f"{NAMES[group.name]}, n = {found.num_photos:,}")
        place -= 1.3
    for metric, (name, symbol, colour, shift) in METRICS.items():
        differences = [getattr(found, metric) for _, _, _, found in rows]
        figure.add_scatter(
            x=[difference.value for difference in differences],
            y=[y + shift for y, _, _, _ in rows],
            mode="markers",
            name=name,
            marker={
                "size": 11,
                "color": colour,
                "symbol": [
                    symbol if difference.direction else f"{symbol}-open"
                    for difference in differences
                ],
            },
            error_x=charts.whiskers(differences, color=colour, width=3),
            customdata=[
                [
                    injection.title,
                    group.name,
                    str(difference),
                    f"{found.num_photos:,}",
                    percent(found.dose),
                ]
                for (_, injection, group, found), difference in zip(rows, differences, strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{fullData.name}: "
            "%{customdata[2]}<br>n = %{customdata[3]}, %{customdata[4]} of the test photos leak"
            "<extra></extra>",
        )
    figure.add_vline(x=0, line={"dash": "dot", "color": "gray"}, layer="below")
    figure.update_layout(height=int(130 - 36 * place), margin=charts.margin())
    figure.update_layout(legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0})
    shown = [getattr(row[3], metric) for row in rows for metric in METRICS]
    lowest = min(0.0, *(difference.low for difference in shown))
    highest = max(difference.high for difference in shown)
    figure.update_xaxes(
        title="Difference",
        tickformat="+.1f",
        tickvals=[tick / 10 for tick in range(-10, 11) if lowest <= tick / 10 <= highest],
        showgrid=False,
        range=[lowest - 1.3 * (highest - lowest), highest * 1.1],  # the left half is for names
    )
    figure.update_yaxes(visible=False, range=[place + 0.7, 0.7])
    return figure


def _name(figure, place, text):
    figure.add_annotation(
        x=0, xref="paper", y=place, text=text, showarrow=False, xanchor="left", align="left"
    )


def doses(injections):
    """The effect on the accuracy at each dose, a panel for each injection, all on one scale."""
    figure = make_subplots(
        rows=len(injections),
        shared_xaxes=True,
        vertical_spacing=0.3 / len(injections),
        subplot_titles=[injection.title for injection in injections],
    )
    ends = [0.0]
    for row, injection in enumerate(injections, 1):
        for group, colour in ((ALL, charts.COLOURS[1]), (NOT_LEAKING, charts.CHANCE)):
            effects = _at_doses(injection, group)
            ends += [
                end for found in effects for end in (found.difference.low, found.difference.high)
            ]
            figure.add_scatter(
                x=[found.dose for found in effects],
                y=[found.difference.value for found in effects],
                mode="lines+markers",
                line={"color": colour},
                marker={"color": colour, "size": 9},
                error_y=charts.whiskers([found.difference for found in effects], color=colour),
                name=group.name,
                customdata=[[str(found.difference), f"{found.num_photos:,}"] for found in effects],
                hovertemplate="%{x:.0%}: %{customdata[0]}<br>n = %{customdata[1]}<extra></extra>",
                row=row,
                col=1,
            )
        figure.add_hline(y=0, line={"dash": "dot", "color": "gray"}, layer="below", row=row, col=1)
    figure.update_layout(
        height=100 + 190 * len(injections), margin=charts.margin(30), showlegend=False
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.08], tickvals=DOSES)
    figure.update_xaxes(title="Test photos that leak", row=len(injections), col=1)
    room = 0.05 * (max(ends) - min(ends))
    figure.update_yaxes(
        tickformat="+.1f", dtick=0.1, range=[min(ends) - room, max(ends) + room], showgrid=False
    )
    return figure
