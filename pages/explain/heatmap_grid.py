"""The grid of heat maps: diagnoses by methods, cut at a layer of one's choice."""

import streamlit as st

from model.heatmaps.methods import METHODS
from model.heatmaps.overlay import overlay, overlay_difference
from model.lesions import describe
from pages.shared import cache, choices, colour_bar, model_loading, progress, session
from pages.shared.url_state import Parameter, bind

CELLS = 4  # pictures in a row
FIRST = ("grad_cam", "layer_cam")


def diagnosis(answer):
    """How a diagnosis is offered for choice: its name and probability."""
    return lambda code: f"{describe(code).name} ({answer.probabilities[code]:.2f})"


def layer(run, key):
    """Let the visitor choose where the network is cut; at first where the run says."""
    explainer = model_loading.explainer(run)
    options = list(explainer.layers)[::-1]

    def named(name):
        rows, columns, channels = explainer.layers[name]
        own = ", the run's own" if name == explainer.own_layer else ""
        return f"{name}: {rows} by {columns} places, {channels} maps{own}"

    return bind(
        st.selectbox,
        "Layer",
        options,
        key=f"explain_layer_{key}",
        name=Parameter.LAYER,
        default=explainer.own_layer,
        format_func=named,
        help="Maps are cut out of one layer of the network. Late layers know the diagnosis and "
        "are coarse; early ones are fine and know edges and colours only.",
    )


def chosen(run, photo, answer):
    """Let the visitor choose what to see, and compute it.

    Returns:
        (found, layer): dict (code, method) -> `model.heatmaps.heatmap.Heatmap`, without what was
        stopped, and the layer the network is cut at.
    """
    key = f"{run.name}_{photo.digest[:12]}"
    columns = st.columns(3)
    with columns[0]:
        codes = choices.of_photo(
            photo,
            st.multiselect,
            "Diagnoses",
            answer.ranking,
            name=Parameter.DIAGNOSES,
            default=list(answer.ranking[:2]),
            scope=run.name,
            format_func=diagnosis(answer),
        )
    with columns[1]:
        methods = bind(
            st.multiselect,
            "Methods",
            list(METHODS),
            key="explain_methods",
            name=Parameter.METHODS,
            default=list(FIRST),
            write="always",
            format_func=lambda name: METHODS[name].title,
        )
    with columns[2]:
        where = layer(run, run.name)
    if not codes or not methods:
        st.info("Choose at least one diagnosis and one method.")
        return {}, where
    found = {}
    for method in methods:
        work = f"{key}_{where}_{method}"
        here = [code for code in codes if session.has_heatmap(run, photo, code, method, where)]
        if len(here) < len(codes) and progress.stopped(work):
            st.caption(f"{METHODS[method].title} was stopped.")
            codes_now = here
        else:
            codes_now = codes
        watched = progress.ProgressBar(work)
        for code in codes_now:
            track = watched.track(f"{METHODS[method].title} of {describe(code).in_text}")
            found[code, method] = session.heatmap(run, photo, code, method, where, track)
        watched.over()
    return found, where


@st.fragment
def grid(run, photo, answer, found):
    """A row of pictures per diagnosis, under one strength; the slider redraws this part only."""
    heading, slider = st.columns([2, 1], vertical_alignment="bottom")
    heading.header("Where the photo raised it", anchor=False)
    with slider:
        opacity = choices.opacity("Strength of the maps", "explain_opacity")
    for code in dict.fromkeys(code for code, _ in found):
        name = describe(code).name
        st.subheader(f"{name}, probability {answer.probabilities[code]:.2f}", anchor=False)
        cells = [None, *(method for of, method in found if of == code)]
        for start in range(0, len(cells), CELLS):
            for column, method in zip(
                st.columns(CELLS), cells[start : start + CELLS], strict=False
            ):
                with column:
                    if method is None:
                        st.image(photo.display, width="stretch", alt="The photo itself")
                        st.caption("Photo")
                    else:
                        _cell(photo, found[code, method], opacity)
    colour_bar.of_map(opacity)
    st.caption(
        "Each map is stretched to its own maximum, so a faint one looks as bright as a strong one. "
        "The raw strength is that maximum before stretching, in the network's own units: it tells "
        "maps of two diagnoses apart, of one method and one layer."
    )
    methods = list(dict.fromkeys(method for _, method in found))
    for method, faults in cache.heatmap_faults(run).items():
        if method in methods:
            st.warning(
                f"**{METHODS[method].title} fails a check on this run**: {'; '.join(faults)}. "
                "See Compare, Heat maps.",
                icon=":material/rule:",
            )
    with st.expander("How to read the methods"):
        for method in methods:
            st.markdown(
                f"**{METHODS[method].title}** ({METHODS[method].source}): {METHODS[method].reads}."
            )
        if run.num_views > 1:
            st.markdown(
                f"This run looks at {run.num_views} flips and turns of a photo, so a map is the "
                "mean of theirs, each turned back. Only Score-CAM over all maps is too slow for "
                "that and shows the photo as it is."
            )
        st.markdown(
            "Grad-CAM++ and Layer-CAM are the same map where the layer's maps are averaged next: "
            "then every place of a map counts alike."
        )


def _cell(photo, found, opacity):
    name = METHODS[found.method].title
    st.image(
        overlay(photo.display, found.values, opacity),
        width="stretch",
        alt=f"{name} map of {describe(found.diagnosis).name}",
    )
    if found.is_empty:
        st.caption(f"{name}: empty, nothing in this photo raised this diagnosis")
    else:
        st.caption(f"{name}, raw strength {found.peak:.3g}")


@st.fragment
def why_not(run, photo, answer):
    """The signed map between two diagnoses, at first the two most probable."""
    st.header("Why one and not the other", anchor=False)
    first, second = (
        choices.of_photo(
            photo,
            column.selectbox,
            heading,
            answer.ranking,
            name=name,
            default=default,
            scope=run.name,
            format_func=diagnosis(answer),
        )
        for column, heading, name, default in zip(
            st.columns(2),
            ("Why", "And not"),
            (Parameter.WHY, Parameter.WHY_NOT),
            answer.ranking[:2],
            strict=True,
        )
    )
    if first == second:
        st.info("Choose two different diagnoses.")
        return
    found = session.difference(run, photo, first, second)
    names = [describe(code).in_text for code in (first, second)]
    left, right = st.columns(2)
    left.image(photo.display, width="stretch", alt="The photo itself")
    with right:
        st.image(
            overlay_difference(photo.display, found.values, 0.7),
            width="stretch",
            alt=f"Where the photo speaks for {names[0]} or {names[1]}",
        )
        colour_bar.of_difference(0.7, *names)
    if found.is_empty:
        st.info(f"Nothing in this photo speaks for {names[0]} rather than {names[1]}, or against.")
    else:
        st.caption(
            f"Grad-CAM of the difference of the two logits. Yellow speaks for {names[0]} rather "
            f"than {names[1]}, blue the other way round. The scale runs from "
            f"-{found.peak:.3g} to {found.peak:.3g}, the strongest place of either "
            "colour, so what is pale hardly matters."
        )
