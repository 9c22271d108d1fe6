"""Every chart, in one style: plotly, direct labels, no colour without a second sign.

Colours are Okabe and Ito's, which colour-blind eyes tell apart
(https://jfly.uni-koeln.de/color/). Backgrounds and fonts follow the visitor's theme.
"""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.lesions import describe

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up")
SETTINGS_IN_HOVER = {
    "height": "pixels",
    "learning_rate": "learning rate",
    "batch_size": "batch",
    "augment": "augmentation",
    "balance": "balance",
    "patience": "patience",
    "epochs": "at most epochs",
    "num_parameters": "parameters",
}
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


def show(figure, key, alt):
    """Draw a chart at the page's width."""
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt)


def probabilities(answer):
    """Horizontal bars, most probable on top; filled where the prediction set holds it."""
    codes = answer.ranking[::-1]
    inside = [code in answer.prediction_set for code in codes]
    values = [answer.probabilities[code] for code in codes]
    bars = go.Bar(
        x=values,
        y=[_two_lines(code) for code in codes],
        orientation="h",
        text=[f"{value:.3f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": [COLOURS[0] if chosen else "rgba(128,128,128,0.35)" for chosen in inside],
            "line": {"width": 1, "color": COLOURS[0]},
        },
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(height=70 + 42 * len(codes), margin=_margin(), bargap=0.35)
    figure.update_xaxes(title="Probability", range=[0, 1.12], tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure


@dataclass(frozen=True)
class Series:
    """One training to draw: rows of one fold's history and what the hover says about it.

    `kept` is the epoch whose weights were kept, `monitor` the column that chose it, `patience` how
    many epochs without anything better end the training (None where the card does not tell).
    """

    label: str
    history: pd.DataFrame
    kept: int
    monitor: str
    patience: int | None
    about: str


def series(label, run, fold):
    """The `Series` of one fold of a run."""
    settings = run.card["settings"]
    told = [
        f"{name} {settings[key]}"
        for key, name in SETTINGS_IN_HOVER.items()
        if settings.get(key) not in (None, "none", 0)
    ]
    about = "<br>".join(", ".join(told[start : start + 3]) for start in range(0, len(told), 3))
    history = run.history[run.history["fold"] == fold]
    return Series(
        label,
        history,
        run.kept_epoch(fold),
        settings.get("monitor", "val_loss"),
        settings.get("patience"),
        about,
    )


def curves(chosen, column, title, line=None):
    """Training and validation values by epoch.

    Where this chart's validation values stopped the training, a thin line runs from the star to the
    end: so long was waited for anything better.

    Args:
        chosen: `Series`, at least one.
        column: `loss` or `accuracy`; `val_` in front gives the validation column.
        title: of the y axis.
        line: (value, name) of a level line, or None.
    """
    figure = go.Figure()
    for number, one in enumerate(chosen):
        colour, prefix, symbol = _own_style(number, one, chosen)
        for part, name, dash in (("", "training", "dot"), ("val_", "validation", "solid")):
            figure.add_scatter(
                x=one.history["epoch"],
                y=one.history[part + column],
                name=prefix + name,
                # Of several, the solid line alone stands in the legend: it would be too long.
                showlegend=len(chosen) == 1 or bool(part),
                mode="lines+markers" if len(chosen) > 1 else "lines",
                line={"color": colour, "dash": dash, "width": 2},
                marker={"symbol": symbol, "maxdisplayed": 8},
                hovertemplate=_hover(f"epoch %{{x}}: {name} %{{y:.3f}}", one),
            )
        best = one.history[one.history["epoch"] == one.kept]
        value = float(best[f"val_{column}"].iloc[0])
        last = int(one.history["epoch"].max())
        if one.monitor == f"val_{column}" and one.patience and last - one.kept >= one.patience:
            figure.add_scatter(
                x=[one.kept, last],
                y=[value, value],
                name=f"{prefix}stopped: nothing better in {last - one.kept} epochs",
                showlegend=len(chosen) == 1,
                mode="lines",
                line={"color": colour, "dash": "dashdot", "width": 1},
                hoverinfo="skip",
            )
        figure.add_scatter(
            x=[one.kept],
            y=[value],
            name=f"{prefix}kept epoch {one.kept}",
            showlegend=len(chosen) == 1,
            mode="markers",
            marker={"color": colour, "size": 12, "symbol": "star"},
            hovertemplate=_hover("kept: epoch %{x}, %{y:.3f}", one),
        )
    if line:
        value, text = line
        last = max(one.history["epoch"].max() for one in chosen)
        figure.add_scatter(
            x=[0, last],
            y=[value, value],
            name=text,
            mode="lines",
            line={"color": "gray", "dash": "longdash", "width": 1.5},
            hoverinfo="skip",
        )
    return _by_epoch(figure, title, len(chosen))


def gap(chosen):
    """Generalisation gap: training accuracy minus validation accuracy, by epoch.

    Args:
        chosen: `Series`, at least one.
    """
    figure = go.Figure()
    for number, one in enumerate(chosen):
        colour, prefix, symbol = _own_style(number, one, chosen)
        figure.add_scatter(
            x=one.history["epoch"],
            y=one.history["accuracy"] - one.history["val_accuracy"],
            name=f"{prefix}gap",
            mode="lines+markers" if len(chosen) > 1 else "lines",
            line={"color": colour, "width": 2},
            marker={"symbol": symbol, "maxdisplayed": 8},
            hovertemplate=_hover("epoch %{x}: gap %{y:+.3f}", one),
        )
    figure.add_hline(0, line={"color": "gray", "dash": "longdash", "width": 1.5})
    return _by_epoch(figure, "Training minus validation accuracy", len(chosen))


def _own_style(number, one, chosen):
    prefix = f"{one.label}, " if len(chosen) > 1 else ""
    return COLOURS[number % len(COLOURS)], prefix, SYMBOLS[number % len(SYMBOLS)]


def _hover(text, one):
    settings = f"<br>{one.about}" if one.about else ""
    return f"<b>{one.label}</b><br>{text}{settings}<extra></extra>"


def _by_epoch(figure, title, num_series):
    # Long names stand below each other under the chart, where they never cover it.
    below = {"orientation": "v", "x": 0, "y": -0.2, "yanchor": "top"}
    rows = sum(trace.showlegend is not False for trace in figure.data)
    height = 340 + (22 * rows if num_series > 1 else 0)
    figure.update_layout(
        height=height,
        margin=_margin(),
        hovermode="closest",
        legend=below | {"y": -75 / (height - 22 * rows)} if num_series > 1 else _legend(),
        showlegend=True,
    )
    figure.update_xaxes(title="Epoch", rangemode="tozero")
    figure.update_yaxes(title=title)
    return figure


def leak_meter(pairs, metric, heading):
    """Two bars per recipe, as published over honest, with intervals and the published figure.

    Args:
        pairs: `model.leak_meter.Pair`s, drawn from top to bottom.
        metric: `accuracy` or `balanced_accuracy`; only accuracies were published.
        heading: the metric's name.
    """

    def shown_mark(pair):
        return pair.published["accuracy"] if pair.published and metric == "accuracy" else None

    figure = go.Figure()
    places = {id(pair): -number for number, pair in enumerate(pairs)}
    for name, attribute, shift, colour, pattern in (
        ("as published: leaks", "as_published", 0.05, COLOURS[1], "/"),
        ("honest", "honest", -0.21, COLOURS[0], ""),
    ):
        sides = [(pair, getattr(pair, attribute)) for pair in pairs if getattr(pair, attribute)]
        found = [getattr(side.test, metric) for _, side in sides]
        figure.add_bar(
            x=[one.value for one in found],
            y=[places[id(pair)] + shift for pair, _ in sides],
            orientation="h",
            width=0.24,
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255,255,255,0.55)",
                    "size": 7,
                },
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.value for one in found],
                "arrayminus": [one.value - one.low for one in found],
                "thickness": 2,
                "color": "gray",
            },
            customdata=[
                [
                    pair.title,
                    f"{side.test.num_photos:,}",
                    f"{side.test.num_lesions:,}",
                    f"{one.low:.2f}-{one.high:.2f}",
                ]
                for (pair, side), one in zip(sides, found, strict=True)
            ],
            hovertemplate=(
                "<b>%{customdata[0]}</b><br>%{fullData.name}: %{x:.3f} (%{customdata[3]})<br>"
                "%{customdata[1]} photos, %{customdata[2]} lesions<extra></extra>"
            ),
        )
        figure.add_scatter(
            x=[
                _beside(shown_mark(pair) if attribute == "as_published" else None, one.high)
                for (pair, _), one in zip(sides, found, strict=True)
            ],
            y=[places[id(pair)] + shift for pair, _ in sides],
            text=[f"{one.value:.2f}" for one in found],
            mode="text",
            textposition="middle right",
            cliponaxis=False,
            showlegend=False,
            hoverinfo="skip",
        )
    marks = [pair for pair in pairs if shown_mark(pair) is not None]
    if marks:
        figure.add_scatter(
            x=[shown_mark(pair) for pair in marks],
            y=[places[id(pair)] + 0.05 for pair in marks],
            name="published figure",
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 13,
                "color": "white",
                "line": {"width": 2.5, "color": "black"},
            },
            customdata=[[pair.title, pair.published["said"]] for pair in marks],
            hovertemplate="<b>%{customdata[0]}</b><br>published: %{x}<extra></extra>",
        )
    for pair in pairs:
        numbers = [
            f"{side.test.num_photos:,} {what}{_with_copies(side)}"
            for side, what in ((pair.as_published, "as published"), (pair.honest, "honest"))
            if side
        ]
        figure.add_annotation(
            x=0,
            y=places[id(pair)] + 0.2,
            text=f"<b>{pair.title}</b><br><span style='font-size:11px'>n = "
            f"{', '.join(numbers)}</span>",
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            align="left",
        )
    figure.update_layout(
        height=110 + 104 * len(pairs), margin=_margin(), legend=_legend(), barmode="overlay"
    )
    figure.update_xaxes(
        title=f"{heading} on test photos",
        range=[0, 1.14],
        tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1],
        side="bottom",
    )
    figure.update_yaxes(visible=False, range=[0.45 - len(pairs), 0.72])
    return figure


def _with_copies(side):
    return f" ({side.leaks.num_augmented:,} copies)" if side.leaks.num_augmented else ""


def _beside(mark, end):
    """Where a bar's number stands: right of its interval, and of the diamond where that is near."""
    place = end + 0.012
    return mark + 0.05 if mark is not None and -0.06 < mark - place < 0.1 else place


def confusion(matrix, by_row, title=None):
    """The confusion matrix, coloured by share of the true diagnosis; `by_row` prints it, too."""
    shares = matrix.div(matrix.sum(axis=1).where(lambda sums: sums > 0, 1), axis=0)
    text = shares.map(lambda share: f"{share:.2f}") if by_row else matrix.map(str)
    codes = list(matrix.index)
    figure = go.Figure(
        go.Heatmap(
            z=shares.to_numpy(),
            x=codes,
            y=codes,
            text=text.to_numpy(),
            texttemplate="%{text}",
            customdata=matrix.to_numpy(),
            colorscale="Blues",
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            colorbar={"title": "Share of<br>true", "thickness": 10},
            hovertemplate=(
                "true %{y}, answered %{x}: %{customdata} photos, %{z:.2f} of the row<extra></extra>"
            ),
        )
    )
    figure.update_layout(
        height=120 + 44 * len(codes), margin=_margin(top=40 if title else 10), title=title
    )
    figure.update_xaxes(title="Answered", side="bottom", constrain="domain")
    figure.update_yaxes(title="True", autorange="reversed")
    return figure


def intervals(estimates, heading):
    """One metric of several runs as points with 95 % intervals.

    Args:
        estimates: `model.intervals.Estimate` by run title.
        heading: the metric's name.
    """
    titles = list(estimates)[::-1]
    values = [estimates[title] for title in titles]
    figure = go.Figure(
        go.Scatter(
            x=[one.value for one in values],
            y=titles,
            mode="markers+text",
            text=[f"{one.value:.2f}" for one in values],
            textposition="top center",
            cliponaxis=False,
            marker={"size": 11, "color": COLOURS[0]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.value for one in values],
                "arrayminus": [one.value - one.low for one in values],
                "thickness": 2,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    figure.update_layout(height=90 + 56 * len(titles), margin=_margin())
    figure.update_xaxes(title=f"{heading}, 95 % interval by lesion", range=[0, 1.02])
    figure.update_yaxes(range=[-0.6, len(titles) - 0.3])
    return figure


def _two_lines(code):
    name = describe(code).name
    return f"{name}<br>({code})" if len(name) > 20 else f"{name} ({code})"


def _margin(top=10):
    return {"l": 10, "r": 10, "t": top, "b": 10}


def _legend():
    return {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
