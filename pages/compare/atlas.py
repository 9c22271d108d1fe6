"""Where a model looks, in groups: which diagnoses each holds and how often the model is wrong."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation.atlas_sentences import overview, sentences, title
from model.evaluation.run_sentences import percent
from model.evaluation.strategy_atlas import NO_MAP
from model.heatmaps.overlay import overlay
from model.lesions import describe
from pages.shared import cache, charts, choices
from pages.shared.url_state import Parameter, bind

SIDE = 240  # pixels of a mean map
NUM_TYPICAL = 6
MIX = {"diagnosis": "true", "answer": "answered"}


def show():
    """Let the visitor choose a model and draw its groups."""
    measured = {name: run for name, run in choices.usable().items() if run.atlas is not None}
    if not measured:
        st.info(
            "No model has an atlas yet. Run `python -m train atlas RUN --data DIR` with the folder "
            "of the data set."
        )
        return
    last = st.session_state.get("last_run")
    run = measured[
        bind(
            st.selectbox,
            "Model",
            list(measured),
            key="compare_atlas_run",
            name=Parameter.RUN,
            default=last if last in measured else next(iter(measured)),
            write="always",
            format_func=lambda name: choices.label(measured[name]),
            label_visibility=choices.HIDDEN,
        )
    ]
    found = cache.atlas(run)
    st.markdown(
        "A model can be right for the wrong reason: because of a ruler, a dark corner, the edge of "
        "the photo. Here the heat maps of its test photos are put into groups, without looking at "
        f"diagnoses (Lapuschkin et al. 2019). {overview(found)}"
    )
    charts.show(
        charts.shared(figure, found),
        "compare_atlas",
        f"Test photos of {choices.label(run)} by the likeness of their heat maps, in groups",
        "A point is a test photo. Photos with like heat maps lie close together (t-SNE); the axes "
        "have no unit. Hover over a point for its id.",
        charts.file(table, found),
    )
    st.header("The groups, one by one", anchor=False)
    files = cache.photo_files()
    for cluster in found.clusters:
        with st.container(border=True):
            _card(cluster, run.diagnoses, files)
    st.caption(
        "In brackets: intervals by lesion, 95 % of shares and wider ones of differences. A group "
        "is a question: look at its photos. Named are the photos whose maps are nearest to the "
        "mean of their group, each of another lesion"
        + (
            "; where there is no heat map, the first ones by name."
            if any(cluster.number == NO_MAP for cluster in found.clusters)
            else "."
        )
        + " On a mean map, brighter places hold more of the heat."
        + ("" if files else " With LENTIGO_DATA set to the data set's folder, they are shown.")
    )


def _card(cluster, diagnoses, files):
    picture, words = st.columns([1, 3])
    with picture:
        if cluster.number != NO_MAP:
            st.image(
                mean_map(cluster),
                width=SIDE,
                alt=f"Mean heat map of group {cluster.number}: {percent(cluster.edge)} of the heat "
                "in the outermost places",
            )
    with words:
        st.subheader(f"{title(cluster)}: {cluster.num_photos:,} photos", anchor=False)
        st.markdown(
            "\n".join(
                f"- {sentence}"
                for sentence in [*sentences(cluster), f"Malignant: {cluster.malignant}."]
            )
        )
        key = f"compare_atlas_mix_{cluster.number}"
        charts.draw(charts.shared(mix, cluster, diagnoses), key, _alt(cluster))
        typical = cluster.typical(NUM_TYPICAL)
        st.markdown(f"Photos: {', '.join(typical)}.")
        shown = [image_id for image_id in typical if image_id in files]
        if shown:
            with st.container(horizontal=True):
                for image_id in shown:
                    st.image(cache.thumbnail(files[image_id], SIDE), width=110, alt=image_id)


def mean_map(cluster):
    """The mean map of a group as a picture: (side, side, 3) uint8."""
    values = cluster.mean_map / max(cluster.mean_map.max(), 1e-9)
    return overlay(np.zeros((SIDE, SIDE, 3), np.uint8), values, 1)


def figure(found):
    """The photos in the plane, a colour and a sign for each group.

    Args:
        found: `model.evaluation.strategy_atlas.Atlas`.
    """
    figure = go.Figure()
    for cluster in found.clusters:
        if cluster.number == NO_MAP:
            continue
        index = (cluster.number - 1) % len(charts.COLOURS)
        figure.add_scatter(
            x=cluster.rows["x"],
            y=cluster.rows["y"],
            name=title(cluster),
            mode="markers",
            marker={"color": charts.COLOURS[index], "symbol": charts.SYMBOLS[index], "size": 6},
            customdata=cluster.rows[["image_id", "diagnosis", "answer"]],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}, answered %{customdata[2]}"
            "<extra></extra>",
        )
    figure.update_layout(height=480, margin=charts.margin(), legend=charts.legend())
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def table(found):
    """One row per photo: its group, its place, its truth and its answer."""
    columns = ["image_id", "lesion_id", "cluster", "x", "y", "diagnosis", "answer"]
    return pd.concat([cluster.rows[columns] for cluster in found.clusters])


def mix(cluster, diagnoses):
    """Two bars: the shares of the true diagnoses of a group, and of the answers.

    Args:
        cluster: `model.evaluation.strategy_atlas.Cluster`.
        diagnoses: of the run, so that each has one colour in all groups.
    """
    counts = {words: cluster.mix(column) for column, words in MIX.items()}
    figure = go.Figure()
    for index, code in enumerate(diagnoses):
        shares = [of.get(code, 0) / cluster.num_photos for of in counts.values()]
        figure.add_bar(
            x=shares,
            y=list(counts),
            orientation="h",
            name=code,
            text=[f"{code} {percent(share)}" if share >= 0.1 else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": "black" if index % len(charts.COLOURS) else "white"},
            marker={
                "color": charts.COLOURS[index % len(charts.COLOURS)],
                "pattern": {"shape": "/" if index >= len(charts.COLOURS) else ""},
                "line": {"width": 1, "color": "white"},
            },
            hovertemplate=f"{describe(code).name}: %{{x:.2f}}<extra></extra>",
        )
    figure.update_layout(barmode="stack", height=110, margin=charts.margin(), showlegend=False)
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def _alt(cluster):
    parts = (
        f"{words}: "
        + ", ".join(
            f"{describe(code).in_text} {percent(number / cluster.num_photos)}"
            for code, number in cluster.mix(column).items()
        )
        for column, words in MIX.items()
    )
    return f"Diagnoses of {title(cluster)}: {'; '.join(parts)}"
