"""The grid of heat maps, diagnoses by methods, taken at a layer of the visitor's choice."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.evaluation.run_sentences import percent
from model.heatmaps.heatmap import Heatmap
from model.heatmaps.methods import METHODS
from model.lesions import describe
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import (
    blend,
    cache,
    choices,
    colour_bar,
    mix_words,
    model_loading,
    progress,
    session,
)
from pages.shared.url_state import Parameter, bind

CELLS = 4  # pictures in a row
FIRST = ("grad_cam", "layer_cam")


def with_probability(prediction: Prediction) -> Callable[[str], str]:
    """How a diagnosis is offered for choice: its name and probability."""
    return lambda code: f"{describe(code).name}, {percent(prediction.probabilities[code])}"


def layer(run: Run) -> str:
    """Let the visitor choose the layer that heat maps are taken at; at first the run's own."""
    explainer = model_loading.explainer(run)
    options = list(explainer.layers)[::-1]

    def named(name: str) -> str:
        rows, columns, channels = explainer.layers[name]
        own = ", the model's own" if name == explainer.own_layer else ""
        return f"{name}: {rows} by {columns} cells, {channels} channels{own}"

    return bind(
        st.selectbox,
        "Layer",
        options,
        key=f"explain_layer_{run.name}",
        name=Parameter.LAYER,
        default=explainer.own_layer,
        format_func=named,
        help="A heat map is made of one layer's feature maps. Late layers know the diagnosis and "
        "are coarse; early ones are fine and know edges and colours only.",
    )


def chosen(
    run: Run, photo: session.Photo, prediction: Prediction, place: DeltaGenerator
) -> tuple[dict[tuple[str, str], Heatmap], str]:
    """Let the visitor choose what to see, and compute it.

    Args:
        place: for the button that opens the choices.
    Returns:
        (heatmaps, layer): heat maps by (code, method), without those that were stopped, and the
        layer they were taken at.
    """
    key = f"{run.name}_{photo.digest[:12]}"
    with place.popover("Choose heat maps", icon=":material/tune:", key="explain_shown"):
        codes = choices.of_photo(
            photo,
            st.multiselect,
            "Diagnoses",
            prediction.ranking,
            name=Parameter.DIAGNOSES,
            default=list(prediction.ranking[:2]),
            scope=run.name,
            format_func=with_probability(prediction),
        )
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
        layer_name = layer(run)
    if not codes or not methods:
        st.info("Choose at least one diagnosis and one method.")
        return {}, layer_name
    heatmaps = {}
    for method in methods:
        work = f"{key}_{layer_name}_{method}"
        ready = [
            code for code in codes if session.has_heatmap(run, photo, code, method, layer_name)
        ]
        is_stopped = len(ready) < len(codes) and progress.stopped(work)
        if is_stopped:
            st.caption(f"{METHODS[method].title} was stopped.")
        bar = progress.ProgressBar(work)
        for code in ready if is_stopped else codes:
            track = bar.track(f"{METHODS[method].title} of {describe(code).in_text}")
            heatmaps[code, method] = session.heatmap(run, photo, code, method, layer_name, track)
        bar.over()
    return heatmaps, layer_name


def grid(
    run: Run,
    photo: session.Photo,
    prediction: Prediction,
    heatmaps: dict[tuple[str, str], Heatmap],
) -> None:
    """A row of pictures per diagnosis, with one slider for all of them."""
    heading, slider = st.columns([2, 1], vertical_alignment="bottom")
    heading.header("Where the photo raised it", anchor=False)
    with slider:
        blend.opacity("Heat maps", "explain_opacity")
    for row, code in enumerate(dict.fromkeys(code for code, _ in heatmaps)):
        name = describe(code).name
        probability = percent(prediction.probabilities[code])
        st.subheader(f"{name}, {probability}", anchor=False)
        cells = [None, *(method for of_code, method in heatmaps if of_code == code)]
        for start in range(0, len(cells), CELLS):
            for column, method in zip(
                st.columns(CELLS), cells[start : start + CELLS], strict=False
            ):
                with column:
                    if method is not None:
                        _cell(photo, heatmaps[code, method])
                        continue
                    # On a phone, where cells stand below each other, the first one is enough.
                    with st.container(key=f"photo_beside_heat_maps_{row}"):
                        st.image(session.display(photo), width="stretch", alt="The photo itself")
                        st.caption("Photo")
    colour_bar.of_map("explain_scale")
    st.caption(
        "Each heat map is stretched to its own maximum, so a faint one looks as bright as a strong "
        "one. The peak is that maximum before stretching, in the network's own units: it tells "
        "the heat maps of two diagnoses apart, of one method and one layer. "
        + mix_words.sentence(run)
    )
    methods = list(dict.fromkeys(method for _, method in heatmaps))
    for method, faults in cache.heatmap_faults(run).items():
        if method in methods:
            st.warning(
                f"**{METHODS[method].title} fails a check on this model**: {'; '.join(faults)}. "
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
                f"This model classifies {run.num_views} flips and turns of a photo, so a heat map "
                "is the mean of theirs, each turned back. Only Score-CAM over all channels is too "
                "slow for that and uses the photo as it is."
            )
        st.markdown(
            "Grad-CAM++ and Layer-CAM give the same heat map where the layer's feature maps are "
            "averaged next: then every cell of a feature map counts alike. So do Grad-CAM and "
            "HiResCAM."
        )


def _cell(photo: session.Photo, heatmap: Heatmap) -> None:
    name = METHODS[heatmap.method].title
    blend.cell(
        lambda: photo.display,
        photo.display_size,
        heatmap.values,
        f"{name} map of {describe(heatmap.diagnosis).name}",
        f"explain_map_{heatmap.diagnosis}_{heatmap.method}",
        session.keep(photo),
    )
    if heatmap.is_empty:
        st.caption(f"{name}: empty, nothing in this photo raised this diagnosis")
    else:
        st.caption(f"{name}, peak {heatmap.peak:.3g}")
