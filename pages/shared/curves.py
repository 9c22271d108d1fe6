"""Learning curves: several trainings laid over each other."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from pages.shared import charts, choices

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
LONG_NAME = 34  # characters: two of them don't fit beside each other above a chart


@dataclass(frozen=True)
class Series:
    """One training to draw: rows of one fold's history and what the hover says about it.

    `label` names it, `short` does so in a legend. `kept` is the epoch whose weights were kept,
    `monitor` the column that chose it, `patience` how many epochs without anything better end the
    training (None where the card does not tell).
    """

    label: str
    short: str
    history: pd.DataFrame
    kept: int
    monitor: str
    patience: int | None
    about: str


def series(label, run, fold, short=None):
    """The `Series` of one fold of a run; `short` is its name in the legend, if not `label`."""
    settings = run.card["settings"]
    settings_in_words = [
        f"{name} {settings[key]}"
        for key, name in SETTINGS_IN_HOVER.items()
        if settings.get(key) not in (None, "none", 0)
    ]
    about = "<br>".join(
        ", ".join(settings_in_words[start : start + 3])
        for start in range(0, len(settings_in_words), 3)
    )
    history = run.history[run.history["fold"] == fold]
    return Series(
        label,
        short or label,
        history,
        run.kept_epoch(fold),
        settings.get("monitor", "val_loss"),
        settings.get("patience"),
        about,
    )


def together(chosen, own):
    """The `Series` of several trainings.

    Args:
        chosen: (run, fold) pairs, at least one.
        own: the run whose page it is; where all are folds of it, the legend need not name it.
    """
    are_own = len(chosen) > 1 and all(run.name == own.name for run, _ in chosen)
    return [
        series(choices.curve_label(run, fold), run, fold, f"fold {fold + 1}" if are_own else None)
        for run, fold in chosen
    ]


def curves(chosen, column, title, line=None):
    """Training and validation values by epoch.

    Where this chart's validation values stopped the training, a thin line runs from the star to the
    end: no improvement for this many epochs.

    Args:
        chosen: `Series`, at least one.
        column: `loss` or `accuracy`; `val_` in front gives the validation column.
        title: of the y axis.
        line: (value, name) of a level line, or None.
    """
    figure = go.Figure()
    for index, training in enumerate(chosen):
        colour, prefix, symbol = _own_style(index, training, chosen)
        for part, name, dash in (("", "training", "dot"), ("val_", "validation", "solid")):
            # Of several, the validation lines stand out: all alike would be a tangle.
            is_faint = len(chosen) > 1 and not part
            figure.add_scatter(
                x=training.history["epoch"],
                y=training.history[part + column],
                name=prefix + name,
                showlegend=not is_faint,  # the legend would be too long
                mode="lines+markers" if len(chosen) > 1 and part else "lines",
                opacity=0.7 if is_faint else 1,
                line={"color": colour, "dash": dash, "width": 1 if is_faint else 2},
                marker={"symbol": symbol, "maxdisplayed": 8},
                hovertemplate=_hover(f"epoch %{{x}}: {name} %{{y:.3f}}", training),
            )
        best = training.history[training.history["epoch"] == training.kept]
        value = float(best[f"val_{column}"].iloc[0])
        last = int(training.history["epoch"].max())
        if (
            training.monitor == f"val_{column}"
            and training.patience
            and last - training.kept >= training.patience
        ):
            figure.add_scatter(
                x=[training.kept, last],
                y=[value, value],
                name=f"{prefix}stopped: no improvement for {last - training.kept} epochs",
                showlegend=len(chosen) == 1,
                mode="lines",
                line={"color": colour, "dash": "dashdot", "width": 1},
                hoverinfo="skip",
            )
        figure.add_scatter(
            x=[training.kept],
            y=[value],
            name=f"{prefix}kept epoch {training.kept}",
            showlegend=len(chosen) == 1,
            mode="markers",
            marker={"color": colour, "size": 12, "symbol": "star"},
            hovertemplate=_hover("kept: epoch %{x}, %{y:.3f}", training),
        )
    if line:
        value, text = line
        last = max(training.history["epoch"].max() for training in chosen)
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
    for index, training in enumerate(chosen):
        colour, prefix, symbol = _own_style(index, training, chosen)
        figure.add_scatter(
            x=training.history["epoch"],
            y=training.history["accuracy"] - training.history["val_accuracy"],
            name=f"{prefix}gap",
            mode="lines+markers" if len(chosen) > 1 else "lines",
            line={"color": colour, "width": 2},
            marker={"symbol": symbol, "maxdisplayed": 8},
            hovertemplate=_hover("epoch %{x}: gap %{y:+.3f}", training),
        )
    figure.add_hline(0, line={"color": "gray", "dash": "longdash", "width": 1.5})
    return _by_epoch(figure, "Training minus validation accuracy", len(chosen))


def _own_style(index, training, chosen):
    prefix = f"{training.short}, " if len(chosen) > 1 else ""
    return (
        charts.COLOURS[index % len(charts.COLOURS)],
        prefix,
        charts.SYMBOLS[index % len(charts.SYMBOLS)],
    )


def _hover(text, training):
    settings = f"<br>{training.about}" if training.about else ""
    return f"<b>{training.label}</b><br>{text}{settings}<extra></extra>"


def _by_epoch(figure, title, num_series):
    shown = [trace.name for trace in figure.data if trace.showlegend is not False]
    # Long names stand below each other under the chart, where they never cover it.
    is_below = num_series > 1 and max(map(len, shown)) > LONG_NAME
    height = 340 + (22 * len(shown) if is_below else 0)
    below = {"orientation": "v", "x": 0, "y": -75 / 340, "yanchor": "top"}
    figure.update_layout(
        height=height,
        margin=charts.margin(),
        hovermode="closest",
        legend=below if is_below else charts.legend(),
        showlegend=True,
    )
    figure.update_xaxes(title="Epoch", rangemode="tozero")
    figure.update_yaxes(title=title)
    return figure
