"""Cover it: what the network says once the marked places are covered, and more tests of a map."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.heatmaps.covering import MARKED_FROM, Chance, Covering
from model.heatmaps.faithfulness import NUM_RANDOM, Curves, Faithfulness
from model.heatmaps.heatmap import Heatmap
from model.heatmaps.methods import METHODS
from model.lesions import describe
from model.run import Run
from pages.explain import expectation
from pages.shared import charts, choices, measured, session, url_state
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

MARKED = "marked area"
ROWS = {
    Chance.ANYWHERE: "random, anywhere",
    Chance.ON_LESION: "random, on the lesion",
    Chance.REORDERED: "weights in disorder",
}
STILL = {"staticPlot": True}  # a chart that is drawn anew in a moment
OUTCOMES = {
    "halved": "it falls by more than half",
    "falls": "it falls by half or less",
    "stays": "it stays or rises",
}
LIKELY = 0.5  # a diagnosis still as probable when the whole photo is covered needs no lesion


def show(
    photo: session.Photo,
    about: Statements,
    heatmaps: dict[tuple[str, str], Heatmap],
    layer: str,
) -> None:
    """Let the visitor choose one of the heat maps shown, ask, and put it to the test.

    Args:
        heatmaps: by (code, method).
        layer: they were taken at.
    """
    run = about.run
    by_name = {
        f"{method}:{code}": heatmap
        for (code, method), heatmap in heatmaps.items()
        if not heatmap.is_empty
    }
    if not by_name:
        url_state.put(Parameter.TESTED_MAP, None)
        st.info("There is no heat map to test: those chosen above are empty.")
        return
    chosen = choices.of_photo(
        photo,
        st.selectbox,
        "Heat map",
        list(by_name),
        name=Parameter.TESTED_MAP,
        default=next(iter(by_name)),
        scope=run.name,
        format_func=lambda name: (
            f"{METHODS[by_name[name].method].title} of {describe(by_name[name].diagnosis).in_text}"
        ),
    )
    heatmap = by_name[chosen]
    name = describe(heatmap.diagnosis).in_text
    expected = expectation.ask(
        run,
        photo,
        f"cover_{chosen}_{layer}",
        "The places that the heat map marks are covered with the colour of the surrounding skin, "
        f"and the network looks again. What happens to the probability of {name}?",
        tuple(OUTCOMES.values()),
        "Cover it",
    )
    if expected is None:
        return
    place = st.empty()
    with st.spinner("Covering parts of the photo and classifying it again", show_time=True):
        faithfulness = session.faithfulness(
            run, photo, heatmap, layer, lambda known: _show_so_far(place, known, name)
        )
    place.empty()
    covering = faithfulness.covering
    expectation.compare(expected, outcome(covering.probability, covering.covered))
    if run.num_views > 1:
        st.caption(
            f"Here the network looks at one view of the photo; its answer is the mean of "
            f"{run.num_views}."
        )
    _verdict(run, covering, name)
    _needs_no_lesion(faithfulness.curves, name)
    with st.expander("More tests of this heat map", key="explain_more_tests"):
        _more(run, faithfulness, name)
        _compare_with_tf_keras_vis(run, photo, heatmap, layer)


def outcome(before: float, after: float) -> str:
    """What covering the marked area did to a probability, one of `OUTCOMES`."""
    if after >= before:
        return OUTCOMES["stays"]
    return OUTCOMES["halved" if after < before / 2 else "falls"]


def _show_so_far(place: DeltaGenerator, known: Covering, name: str) -> None:
    """The strip while it fills."""
    place.plotly_chart(strip(known, name), key=f"explain_covering_{known.num_areas}", config=STILL)


def _verdict(run: Run, covering: Covering, name: str) -> None:
    """The covered photo, the marked area among random ones, and what follows."""
    better = st.success if measured.is_told_by_covering(run) else st.info
    draw = {"better": better, "no better": st.warning, "unclear": st.info}[covering.verdict]
    draw(measured.covering(covering, name))
    picture, drawn = st.columns([1, 2], gap="medium")
    with picture:
        st.image(covering.covered_photo, width="stretch", alt="The photo, marked area covered")
        st.caption(
            f"Marked area covered: {covering.covered:.2f}. Marked is what reaches "
            f"{100 * MARKED_FROM:.0f} % of the heat map's maximum, here "
            f"{100 * covering.share:.0f} % of the photo."
        )
    with drawn:
        charts.show(
            strip(covering, name),
            "explain_covering",
            f"Probability of {name} after covering areas of the photo",
            "Each ring is one area of chance as large as the marked one: random places, random "
            "places on the lesion (where it stands out by its colour), and what Grad-CAM marks "
            "when its features get each other's weights. The diamond is the marked area, the line "
            "the photo as it is. The heat map does better than chance if the diamond lies left of "
            "every ring. "
            f"{measured.covering_rates(run)}",
            covered_table(covering),
        )


def _more(run: Run, faithfulness: Faithfulness, name: str) -> None:
    """Deletion and insertion, the marked area alone, the photo covered whole, flips and turns."""
    covering, curves = faithfulness.covering, faithfulness.curves
    picture, drawn = st.columns([1, 2], gap="medium")
    with picture:
        st.image(covering.alone_photo, width="stretch", alt="The photo, all else covered")
        st.caption(f"Everything else covered: {covering.alone:.2f}.")
    deletion, random_deletion, insertion, random_insertion = curves.areas
    with drawn:
        charts.show(
            figure(curves),
            "explain_curves",
            "Deletion and insertion curves",
            "Left to right: more and more of the photo, most marked areas first. Covering them "
            f"should make {name} fall faster than covering random areas (mean {deletion:.2f}, "
            f"random {random_deletion:.2f}); showing them first should make it rise faster (mean "
            f"{insertion:.2f}, random {random_insertion:.2f}). Random: the mean of {NUM_RANDOM} "
            "maps of random numbers, as coarse as this one. The curves use one view of the photo"
            + (f", the answer {run.num_views} views." if run.num_views > 1 else "."),
            table(curves),
        )
    if faithfulness.agreement is not None:
        st.markdown(
            "**Under flips and turns** of the photo, the heat map agrees with itself to "
            f"**{faithfulness.agreement:.2f}** (mean correlation of the turned maps: 1 is the same "
            "map, 0 has nothing in common)."
        )


def _needs_no_lesion(curves: Curves, name: str) -> None:
    """Say so where a picture without any lesion gets the same answer."""
    whole, bare = curves.deletion[0], curves.deletion[-1]
    if whole >= LIKELY and bare >= LIKELY:
        st.warning(
            "**Covered whole**, with the colours of its own edge (skin, where the lesion leaves "
            f"room), the photo still gets {name} with {bare:.2f}, from one view of it: a picture "
            "without any lesion gets this answer, too."
        )


def _compare_with_tf_keras_vis(
    run: Run, photo: session.Photo, heatmap: Heatmap, layer: str
) -> None:
    """The same heat map by tf-keras-vis, where that takes seconds and not minutes."""
    method = METHODS[heatmap.method]
    if not method.reference or method.reference_is_slow:
        return
    is_computed = session.has_tf_keras_vis_gap(run, photo, heatmap, layer)
    if not is_computed and not st.button("Compute it with tf-keras-vis", key="explain_second_way"):
        return
    with st.spinner("Computing with tf-keras-vis", show_time=True):
        gap = session.tf_keras_vis_gap(run, photo, heatmap, layer)
    st.markdown(
        "**tf-keras-vis**, an independent implementation, also computes the "
        f"{method.title} of the photo as it is. On a scale from 0 to 1, the two "
        f"maps differ by {gap:.1g} at most."
    )


def strip(covering: Covering, name: str) -> go.Figure:
    """`model.heatmaps.covering.Covering` as dots along the probability that is left."""
    table = covered_table(covering)
    areas = table[table["area"] != MARKED]
    figure = go.Figure()
    figure.add_scatter(
        x=areas["probability"],
        y=areas["area"],
        mode="markers",
        name="area of chance",
        marker={"symbol": "circle-open", "size": 9, "color": charts.COLOURS[1]},
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=[covering.covered],
        y=[MARKED],
        mode="markers",
        name=MARKED,
        marker={"symbol": "diamond", "size": 13, "color": charts.COLOURS[0]},
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.add_vline(x=covering.probability, line={"dash": "dot", "color": charts.COLOURS[0]})
    figure.update_layout(height=220, margin=charts.margin(), showlegend=False)
    figure.update_xaxes(title=f"Probability of {name} that is left", range=[-0.02, 1.02])
    return figure


def covered_table(covering: Covering) -> pd.DataFrame:
    """`model.heatmaps.covering.Covering` as numbers for a file: one row per covered area."""
    chance = pd.concat(
        [
            pd.DataFrame({"area": ROWS[kind], "probability": left})
            for kind, left in covering.by_chance.items()
        ]
    )
    marked = pd.DataFrame({"area": [MARKED], "probability": [covering.covered]})
    return pd.concat([chance, marked], ignore_index=True)


def figure(curves: Curves) -> go.Figure:
    """`model.heatmaps.faithfulness.Curves` as four lines."""
    lines = (
        ("marked covered", curves.deletion, charts.COLOURS[1], "solid", "circle"),
        ("random covered", curves.random_deletion, charts.COLOURS[1], "dot", "circle-open"),
        ("marked shown first", curves.insertion, charts.COLOURS[0], "solid", "square"),
        ("random shown first", curves.random_insertion, charts.COLOURS[0], "dot", "square-open"),
    )
    figure = go.Figure()
    for name, values, colour, dash, symbol in lines:
        figure.add_scatter(
            x=curves.shares,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"%{{x:.0%}} {name}: %{{y:.2f}}<extra></extra>",
        )
    figure.update_layout(height=360, margin=charts.margin(), legend=charts.legend())
    figure.update_xaxes(title="Share of the photo", tickformat=".0%")
    figure.update_yaxes(title="Probability", range=[0, 1.04])
    return figure


def table(curves: Curves) -> pd.DataFrame:
    """`model.heatmaps.faithfulness.Curves` as numbers for a file."""
    return pd.DataFrame(
        {
            "share": curves.shares,
            "deletion": curves.deletion,
            "random_deletion": curves.random_deletion,
            "insertion": curves.insertion,
            "random_insertion": curves.random_insertion,
        }
    )
