"""Do the heat maps change when the network's weights are shuffled, layer by layer?"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation import tables
from model.evaluation.randomisation import PatternKept
from model.heatmaps.methods import METHODS
from model.run import Run
from pages.shared import cache, charts, choices

Steps = Mapping[str, Sequence[PatternKept]]


def show(runs: Sequence[Run]) -> None:
    """A chart by depth and a table for each run that was measured."""
    measured = [run for run in runs if run.randomisation is not None]
    if not measured:
        return
    st.header("With shuffled weights", anchor=False)
    st.markdown(
        "Every weight moves to a random place in its layer, first in the layer at the output, at "
        "last in all (Adebayo et al. 2018, https://arxiv.org/abs/1810.03292). A map that stays the "
        "same shows the photo and not what the network learned. Maps of two photos resemble each "
        "other, too, above all in a bright middle; so each map is also compared with those of the "
        "**other photos**. A method fails if, with every layer shuffled, its maps resemble that of "
        "their own photo more than those of the others."
    )
    for run in measured:
        steps = cache.randomisation(run)
        charts.show(
            charts.shared(figure, steps),
            f"compare_randomisation_{run.name}",
            f"Correlation of the heat maps of {choices.label(run)} by number of shuffled layers",
            _reads(run, steps),
            numbers(steps),
            finding(run, steps),
        )
        st.dataframe(tables.patterns_kept([of[-1] for of in steps.values()]), hide_index=True)
    st.caption(
        "The table: every layer shuffled. In brackets: 95 % intervals by lesion. *Not shown*: the "
        "interval of the difference reaches 0 or below. Undefined maps are empty or "
        "constant, have no ranks and count in nothing else."
    )


def figure(steps: Steps) -> go.Figure:
    """A line for each method, and an open mark for the maps of other photos at its end."""
    figure = go.Figure()
    for number, (method, of) in enumerate(steps.items()):
        colour = charts.COLOURS[number % len(charts.COLOURS)]
        figure.add_scatter(
            x=[left.num_layers for left in of],
            y=[left.correlation.value for left in of],
            name=METHODS[method].title,
            mode="lines+markers",
            line={"color": colour, "dash": "solid" if number < len(charts.COLOURS) else "dash"},
            marker={"symbol": charts.SYMBOLS[number % len(charts.SYMBOLS)], "size": 9},
            hovertemplate="%{x} layers: %{y:.2f}<extra>" + METHODS[method].title + "</extra>",
        )
    last = [of[-1] for of in steps.values()]
    figure.add_scatter(
        x=[left.num_layers for left in last],
        y=[left.others.value for left in last],
        name="other photos' maps",
        mode="markers",
        text=[METHODS[left.method].title for left in last],
        marker={"symbol": "circle-open", "size": 13, "color": charts.CHANCE},
        hovertemplate="other photos' maps, %{text}: %{y:.2f}<extra></extra>",
    )
    figure.update_layout(height=420, margin=charts.margin(), legend=charts.legend())
    figure.update_xaxes(title="Layers shuffled, from the output")
    figure.update_yaxes(title="Absolute rank correlation", range=[0, 1.04])
    return figure


def numbers(steps: Steps) -> pd.DataFrame:
    """Every step of every method as numbers for a file."""
    return pd.DataFrame(
        {
            "method": METHODS[left.method].title,
            "num_layers": left.num_layers,
            "layer": left.layer,
            "num_photos": left.num_photos,
            "num_maps": left.num_maps,
            "num_undefined": left.num_undefined,
            **{
                f"{name}{end}": getattr(getattr(left, name), part)
                for name in ("correlation", "others", "difference")
                for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
            },
        }
        for of in steps.values()
        for left in of
    )


def finding(run: Run, steps: Steps) -> str:
    """How many methods keep a pattern of their photo once every layer is shuffled."""
    last = [of[-1] for of in steps.values()]
    kept = [METHODS[left.method].title for left in last if left.is_kept]
    unknown = [METHODS[left.method].title for left in last if left.is_unknown]
    sentence = (
        f"{choices.label(run)}, every layer shuffled: {len(kept)} of {len(last)} methods keep a "
        "pattern of their photo"
    )
    if kept:
        sentence += f" ({', '.join(kept)})"
    if unknown:
        sentence += f"; too few maps to tell: {', '.join(unknown)}"
    return sentence


def _reads(run: Run, steps: Steps) -> str:
    undefined = [
        f"{METHODS[method].title} {sum(left.num_undefined for left in of)}"
        for method, of in steps.items()
        if any(left.num_undefined for left in of)
    ]
    maps = next(iter(steps.values()))
    num_networks = run.randomisation["seed"].nunique()
    return (
        f"Mean absolute rank correlation of the maps of {maps[0].num_maps} test photos with those "
        f"of the trained network, negative values included; {num_networks} shuffled networks, one "
        "for each photo. Rings: the same with the maps of the other photos, every layer shuffled. "
        "Lines that cover each other: methods whose maps are the same at this layer. Undefined "
        f"maps of {sum(left.num_maps for left in maps)}: {', '.join(undefined) or 'none'}."
    )
