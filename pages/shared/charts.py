"""Every chart, in one style: plotly, direct labels, no colour without a second sign.

Colours are Okabe and Ito's, which colour-blind eyes tell apart
(https://jfly.uni-koeln.de/color/). Backgrounds and fonts follow the visitor's theme.
"""

import base64
import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import streamlit as st
from plotly.basedatatypes import BaseFigure

from model.evaluation.run_sentences import percent
from model.lesions import describe
from pages.shared import cache

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# One colour for one thing on every page; nothing is told by its colour alone.
OWN, MALIGNANT, CHANCE = COLOURS[0], COLOURS[1], "#808080"
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up")
# On touch, plotly's bar of buttons covers the legend; the wheel and double click do the same.
CONFIG = {"displayModeBar": False}
FONT = 14  # pixels
LONGEST_UPRIGHT = 5  # letters of a code that fit below a cell of the matrix
TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
PERCENT = {"tickvals": TICKS, "ticktext": [f"{round(100 * tick)} %" for tick in TICKS]}


class Chart(BaseFigure):
    """A figure that is ready to be sent, which plotly would make ready anew each time.

    `built` is how to build it once more: a function and its arguments; empty for one visitor's.
    """

    def __init__(self, figure, *built):
        ready = json.loads(plotly.io.to_json(figure, validate=False))
        _in_size(ready["layout"])
        # Past plotly, which knows no such attributes of a figure.
        object.__setattr__(self, "ready", ready)
        object.__setattr__(self, "built", built)

    def to_dict(self):
        return self.ready


def shared(build, *arguments):
    """A `Chart` of what is the same for all visitors, built once; arguments as `cache.shared`."""
    return cache.shared(_built, build, *arguments)


def _built(build, *arguments):
    return Chart(build(*arguments), build, *arguments)


def show(figure, key, alt, reads, table=None, finding=""):
    """Draw a chart at the page's width under what it shows, how to read it, and its numbers.

    Args:
        figure: plotly figure, or `Chart`.
        key: of the chart.
        alt: what it shows, for those who can't see it.
        reads: how to read it, with the n and the split of its figures.
        table: DataFrame of its numbers, or its CSV file as a str, or None for what is drawn, see
            `numbers`.
        finding: what it shows, see `model.evaluation.findings`.
    """
    _title(finding)
    draw(figure, key, alt)
    _below(figure, key, reads, table)


def draw(figure, key, alt):
    """The chart alone, where the words around it say how to read it."""
    st.plotly_chart(_ready(figure), key=key, config=CONFIG, alt=alt)


def show_and_listen(figure, key, alt, reads, table, on_click, finding=""):
    """The same; `on_click` is called with the points the visitor clicked, none when he let go."""

    def clicked():
        on_click(st.session_state[key]["selection"]["points"])

    _title(finding)
    st.plotly_chart(
        _ready(figure), key=key, config=CONFIG, alt=alt, on_select=clicked, selection_mode="points"
    )
    _below(figure, key, reads, table)


def _title(finding):
    if finding:
        st.markdown(f"**{finding}.**")


def _ready(figure):
    return figure if isinstance(figure, Chart) else Chart(figure)


def _in_size(layout):
    """Streamlit's theme would make axes smaller than the rest."""
    axes = [name for name in layout if name.startswith(("xaxis", "yaxis"))]
    layout.setdefault("font", {})["size"] = FONT
    layout.setdefault("legend", {}).setdefault("font", {})["size"] = FONT
    for axis in {"xaxis", "yaxis", *axes}:
        settings = layout.setdefault(axis, {})
        settings.setdefault("tickfont", {})["size"] = FONT
        settings.setdefault("title", {}).setdefault("font", {})["size"] = FONT


def _below(figure, key, reads, table):
    st.caption(reads)
    if table is None:
        of_all = isinstance(figure, Chart) and figure.built
        table = cache.shared(_csv_of, *figure.built) if of_all else numbers(figure)
    with st.popover("Data", icon=":material/table:", type="tertiary", key=f"{key}_data"):
        csv(table, f"{key}.csv", f"{key}_csv")


def _csv_of(build, *arguments):
    return numbers(build(*arguments)).to_csv(index=False)


def file(build, *arguments):
    """The CSV file of a table that is the same for all visitors; arguments as `cache.shared`."""
    return cache.shared(_file_of, build, *arguments)


def _file_of(build, *arguments):
    return build(*arguments).to_csv(index=False)


def csv(table, name, key):
    """Offer the numbers of a chart or a table as a file.

    Args:
        table: DataFrame, or the file as a str.
    """
    st.download_button(
        "Download as CSV",
        table if isinstance(table, str) else table.to_csv(index=False),
        name,
        "text/csv",
        key=key,
        type="tertiary",
        icon=":material/download:",
    )


def numbers(figure):
    """What a chart draws, as a table: one row per point, guides left out.

    Args:
        figure: plotly figure of scatters and bars, or `Chart`.
    Returns:
        DataFrame with `series`, one column per axis, named as the axis is, and `low` and `high`
        where the points have intervals.
    """
    if isinstance(figure, Chart):
        figure = go.Figure(figure.ready)
    tables = []
    for trace in figure.data:
        if trace.hoverinfo == "skip":
            continue
        points = {"series": trace.name}
        for axis, values in (("x", _plain(trace.x)), ("y", _plain(trace.y))):
            title = figure.layout[f"{axis}axis"].title.text or axis
            points[title.replace("<br>", " ")] = list(values)
            error = trace[f"error_{axis}"]
            if error.array is not None:
                above = _plain(error.array)
                below = above if error.arrayminus is None else _plain(error.arrayminus)
                points["low"] = [
                    estimate - less for estimate, less in zip(values, below, strict=True)
                ]
                points["high"] = [
                    estimate + more for estimate, more in zip(values, above, strict=True)
                ]
        tables.append(pd.DataFrame(points))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.replace("<br>", " ", regex=True).dropna(axis=1, how="all")


def _plain(values):
    """Values of a trace; plotly writes arrays of numbers as bytes, in base64."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return values


def probabilities(answer, prediction_set, is_judged=True):
    """Horizontal bars of all diagnoses, most probable on top.

    Args:
        answer: `model.prediction.prediction.Prediction`.
        prediction_set: codes whose bars are filled; None: none of them are.
        is_judged: False draws the bars in grey, as of a photo that the run can't judge.
    """
    codes = answer.ranking[::-1]
    malignant = answer.malignant
    values = [answer.probabilities[code] for code in codes]
    colours = [MALIGNANT if code in malignant else OWN for code in codes]
    if not is_judged:
        colours = [CHANCE] * len(codes)
    filled = [code in (prediction_set or ()) for code in codes]
    bars = go.Bar(
        x=values,
        y=[_named(code, code in malignant) for code in codes],
        orientation="h",
        text=[percent(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": [
                colour if chosen else "rgba(128,128,128,0.12)"
                for colour, chosen in zip(colours, filled, strict=True)
            ],
            "line": {"width": 1.5, "color": colours},
        },
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(height=20 + 34 * len(codes), margin=margin(), bargap=0.4)
    figure.update_xaxes(title=None, range=[0, 1.5], visible=False)  # room for "over 99 %"
    figure.update_yaxes(automargin=True)
    return figure


def malignant_gauge(malignant_sum, threshold):
    """One bar from 0 to 1: the malignant sum, with a mark at its threshold.

    Args:
        malignant_sum: of the probabilities of all malignant diagnoses.
        threshold: above it the sum counts as suspicious.
    """
    figure = go.Figure(
        go.Bar(
            x=[malignant_sum],
            y=[""],
            orientation="h",
            marker={"color": MALIGNANT},
            name="malignant sum",
            hovertemplate="%{x:.3f}<extra></extra>",
        )
    )
    figure.add_shape(
        type="rect", x0=0, x1=1, y0=-0.4, y1=0.4, line={"color": CHANCE, "width": 1}, layer="above"
    )
    figure.add_shape(
        type="line",
        x0=threshold,
        x1=threshold,
        y0=-0.55,
        y1=0.55,
        line={"color": CHANCE, "width": 3},
    )
    figure.add_annotation(
        x=threshold,
        y=0.6,
        text=f"threshold {percent(threshold)}",
        showarrow=False,
        xanchor="left" if threshold < 0.5 else "right",
        yanchor="bottom",
    )
    figure.update_layout(height=72, margin={"l": 2, "r": 2, "t": 4, "b": 4}, bargap=0.2)
    figure.update_xaxes(range=[-0.005, 1.005], visible=False)
    figure.update_yaxes(range=[-0.6, 1.3], visible=False)
    return figure


def confusion(matrix, by_row, title=None):
    """The confusion matrix, coloured by share of the true diagnosis; `by_row` prints it, too.

    Drawn as square marks and not as a heat map, because only marks tell which one was clicked.
    """
    shares = matrix.div(matrix.sum(axis=1).where(lambda sums: sums > 0, 1), axis=0)
    codes = list(matrix.index)
    cells = [(true, answered) for true in codes for answered in codes]
    values = [float(shares.loc[cell]) for cell in cells]
    counts = [int(matrix.loc[cell]) for cell in cells]
    figure = go.Figure(
        go.Scatter(
            x=[answered for _, answered in cells],
            y=[true for true, _ in cells],
            mode="markers",
            customdata=[
                [count, describe(true).name, describe(answered).in_text]
                for count, (true, answered) in zip(counts, cells, strict=True)
            ],
            marker={
                "symbol": "square",
                "size": min(34, 270 / len(codes)),  # a phone has 300 pixels for them all
                "color": values,
                # From nothing to this blue: zeros are as dark or as light as the page.
                "colorscale": [[0, "rgba(0,114,178,0)"], [1, "rgba(0,114,178,1)"]],
                "cmin": 0,
                "cmax": 1,
                "line": {"width": 1, "color": "rgba(128,128,128,0.5)"},
            },
            unselected={"marker": {"opacity": 1}},
            selected={"marker": {"size": min(40, 320 / len(codes))}},
            hovertemplate=(
                "%{customdata[1]}, answered %{customdata[2]}:<br>%{customdata[0]} photos, "
                "%{marker.color:.2f} of the row<extra></extra>"
            ),
        )
    )
    # Text beside marks would fade with those that are not chosen.
    figure.update_layout(
        height=130 + 40 * len(codes),
        margin=margin(top=40 if title else 10),
        title=title,
        annotations=[
            {
                "x": answered,
                "y": true,
                "text": f"{value:.2f}" if by_row else str(count),
                "showarrow": False,
                "font": {"size": 12} | ({"color": "white"} if value > 0.8 else {}),
            }
            for (true, answered), value, count in zip(cells, values, counts, strict=True)
        ],
    )
    figure.update_xaxes(
        title="Answered",
        side="bottom",
        type="category",
        showgrid=False,
        constrain="domain",
        constraintoward="left",
        # Long names would run into each other.
        tickangle=0 if max(map(len, codes)) <= LONGEST_UPRIGHT else -45,
    )
    figure.update_yaxes(
        title="True",
        type="category",
        showgrid=False,
        range=[len(codes) - 0.4, -0.6],
        scaleanchor="x",
        constrain="domain",
    )
    return figure


def intervals(estimates, heading, whose="95 % interval by lesion"):
    """One figure of several runs or diagnoses as points with their range.

    Args:
        estimates: `model.evaluation.bootstrap.Estimate` by title.
        heading: the figure's name.
        whose: what the range is.
    """
    titles = list(estimates)[::-1]
    values = [estimates[title] for title in titles]
    figure = go.Figure(
        go.Scatter(
            x=[estimate.value for estimate in values],
            y=titles,
            mode="markers+text",
            text=[f"{estimate.value:.2f}" for estimate in values],
            textposition="top center",
            cliponaxis=False,
            marker={"size": 11, "color": COLOURS[0]},
            error_x=whiskers(values),
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    figure.update_layout(height=90 + 56 * len(titles), margin=margin())
    figure.update_xaxes(title=f"{heading},<br>{whose}", range=[0, 1.02])
    figure.update_yaxes(range=[-0.6, len(titles) - 0.3])
    return figure


def boxes(distributions, value, heading, title):
    """A number over several groups as boxes, with a line where one photo lies.

    Args:
        distributions: DataFrame indexed by code with `low`, `lower`, `median`, `upper`, `high`.
        value: of the photo.
        heading: the number's name, with its unit.
        title: of the line.
    """
    rows = distributions[::-1]
    figure = go.Figure(
        go.Box(
            y=[_named(code, False) for code in rows.index],
            lowerfence=rows["low"],
            q1=rows["lower"],
            median=rows["median"],
            q3=rows["upper"],
            upperfence=rows["high"],
            orientation="h",
            width=0.5,
            line={"color": OWN, "width": 2},
            fillcolor="rgba(128,128,128,0.12)",
            hoverinfo="x",
            name="",
        )
    )
    figure.add_vline(
        value,
        line={"color": MALIGNANT, "width": 3},
        annotation={"text": title, "font_size": FONT, "yanchor": "bottom"},
        annotation_position="top",
    )
    figure.update_layout(
        height=90 + 40 * len(rows), margin=margin(30), showlegend=False, boxmode="overlay"
    )
    figure.update_xaxes(title=heading, zeroline=False)
    figure.update_yaxes(automargin=True)
    return figure


def whiskers(estimates, **style):
    """Intervals of `model.evaluation.bootstrap.Estimate`s, as plotly draws them."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "thickness": 2,
    } | style


def diagonal(figure, name):
    """A dashed line from corner to corner, for curves to be held against."""
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"dash": "dash", "color": "gray", "width": 1},
        name=name,
        hoverinfo="skip",
    )


def _named(code, is_malignant):
    """A diagnosis as an axis names it, with a mark that needs no colour."""
    name = describe(code).name
    if len(name) > 18:  # broken at the space that is nearest to its middle
        spaces = [index for index, letter in enumerate(name) if letter == " "]
        middle = min(spaces, key=lambda index: abs(index - len(name) / 2), default=None)
        name = name if middle is None else f"{name[:middle]}<br>{name[middle + 1 :]}"
    return f"{name} ▲" if is_malignant else name


def margin(top=10):
    return {"l": 10, "r": 10, "t": top, "b": 10}


def legend():
    return {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
