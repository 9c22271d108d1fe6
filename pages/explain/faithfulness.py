"""The faithfulness of one heat map, tested on request."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.heatmaps.faithfulness import MARKED_FROM, NUM_RANDOM
from model.heatmaps.methods import METHODS
from model.lesions import describe
from pages.shared import charts, choices, session, url_state
from pages.shared.faithfulness import sentence
from pages.shared.url_state import Parameter

LIKELY = 0.5  # a diagnosis that stays so when the whole photo is covered needs no lesion


def panel(run, photo, found, layer):
    """Let the visitor choose one of the maps shown and put it to the test.

    Args:
        found: dict (code, method) -> `model.heatmaps.heatmap.Heatmap`.
        layer: where they were cut.
    """
    st.header("Does the map show what mattered?", anchor=False)
    st.markdown(
        "The network itself is asked: parts of the photo are covered with the colour of the "
        "surrounding skin, and it looks again."
    )
    maps = {f"{pair[1]}:{pair[0]}": one for pair, one in found.items() if not one.is_empty}
    if not maps:
        url_state.put(Parameter.TESTED_MAP, None)
        st.info("There is no map to test: those chosen above are empty.")
        return
    name = choices.of_photo(
        photo,
        st.selectbox,
        "Map",
        list(maps),
        name=Parameter.TESTED_MAP,
        default=next(iter(maps)),
        scope=run.name,
        format_func=lambda name: (
            f"{METHODS[maps[name].method].title} of {describe(maps[name].diagnosis).in_text}"
        ),
    )
    chosen = maps[name]
    is_tested = session.has_faithfulness(run, photo, chosen, layer)
    if not is_tested and not st.button("Test this map", key="explain_test", type="primary"):
        return
    with st.spinner("Covering the photo and looking again", show_time=True):
        tested = session.faithfulness(run, photo, chosen, layer)
    _show(run, chosen, tested)
    _second_way(run, photo, chosen, layer)


def _show(run, found, tested):
    name = describe(found.diagnosis).in_text
    covering = tested.covering
    draw = {"mattered": st.success, "not": st.warning, "unclear": st.info}[covering.verdict]
    draw(sentence(covering, name))
    left, middle, right = st.columns([1, 1, 2], gap="medium")
    with left:
        st.image(covering.covered_photo, width="stretch", alt="The photo, marked area covered")
        st.caption(
            f"Marked area covered: {covering.covered:.2f}. Marked is what reaches "
            f"{100 * MARKED_FROM:.0f} % of the map's maximum, here {100 * covering.share:.0f} % of "
            "the photo."
        )
    with middle:
        st.image(covering.alone_photo, width="stretch", alt="The photo, all else covered")
        st.caption(f"Everything else covered: {covering.alone:.2f}.")
    deletion, random_deletion, insertion, random_insertion = tested.curves.areas
    with right:
        charts.show(
            figure(tested.curves),
            "explain_curves",
            "Deletion and insertion curves",
            "Left to right, ever more of the photo, most marked places first. Taking them away "
            f"should make {name} fall faster than taking places of chance (mean {deletion:.2f}, by "
            f"chance {random_deletion:.2f}); showing them first should make it rise faster (mean "
            f"{insertion:.2f}, by chance {random_insertion:.2f}). By chance: the mean of "
            f"{NUM_RANDOM} maps of random numbers, as coarse as this one. The curves look at the "
            "photo once"
            + (f", the answer at {run.num_views} views of it." if run.num_views > 1 else "."),
            table(tested.curves),
        )
    whole, bare = tested.curves.deletion[0], tested.curves.deletion[-1]
    if whole >= LIKELY and bare >= LIKELY:
        st.warning(
            "**Covered whole**, with the colours of its own edge (skin, where the lesion leaves "
            f"room), the photo still gets {name} with {bare:.2f}, looked at once: a picture "
            "without any lesion gets this answer, too."
        )
    if tested.agreement is not None:
        st.markdown(
            f"**Under flips and turns** of the photo the map agrees with itself to "
            f"**{tested.agreement:.2f}** (mean correlation of the turned maps; 1 is the same map, "
            "0 has nothing in common)."
        )


def _second_way(run, photo, found, layer):
    """The same map by tf-keras-vis, where that takes seconds and not minutes."""
    method = METHODS[found.method]
    if not method.reference or method.reference_is_slow:
        return
    is_computed = session.has_tf_keras_vis_gap(run, photo, found, layer)
    if not is_computed and not st.button("Compute it a second way", key="explain_second_way"):
        return
    with st.spinner("Asking tf-keras-vis", show_time=True):
        gap = session.tf_keras_vis_gap(run, photo, found, layer)
    st.markdown(
        "**tf-keras-vis**, an independent implementation, gives the "
        f"{METHODS[found.method].title} of the photo as it is too: of a scale from 0 to 1 the two "
        f"maps differ by {gap:.1g} at most."
    )


def figure(curves):
    """`model.heatmaps.faithfulness.Curves` as four lines."""
    lines = (
        ("marked taken away", curves.deletion, charts.COLOURS[1], "solid", "circle"),
        ("chance taken away", curves.random_deletion, charts.COLOURS[1], "dot", "circle-open"),
        ("marked shown first", curves.insertion, charts.COLOURS[0], "solid", "square"),
        ("chance shown first", curves.random_insertion, charts.COLOURS[0], "dot", "square-open"),
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


def table(curves):
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
