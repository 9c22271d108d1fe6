"""The photos of one cell of the confusion matrix, clicked or chosen by its diagnoses."""

import streamlit as st

from model.evaluation.confusion_cell import photos_in_cell
from model.heatmaps.overlay import overlay
from model.lesions import describe
from model.photo.decode import PhotoError, decode, within
from model.run import RunError
from pages.shared import cache, charts, model_loading, tables
from pages.shared.url_state import Parameter, bind

MAX_PHOTOS = 8
SIDES = {Parameter.TRUE: "y", Parameter.ANSWERED: "x"}  # and the axis of the matrix each stands on
COLUMNS = {
    "image_id": "Photo",
    "record": tables.RECORD_COLUMN,
    "probability": st.column_config.NumberColumn(
        "Probability", format="%.2f", help="Of the diagnosis answered."
    ),
    "second": "Second choice",
    "age": "Age",
    "sex": "Sex",
    "body_site": "Body site",
    "lesion_id": "Lesion",
    "p_second": st.column_config.NumberColumn("Probability of the second", format="%.2f"),
    "p_true": st.column_config.NumberColumn("Probability of the truth", format="%.2f"),
    "confirmed_by": "Confirmed by",
}


def clicked(matrix, points):
    """Choose the cell that was clicked, or none.

    Args:
        matrix: key of the chart.
        points: of `pages.shared.charts.show_and_listen`.
    """
    for side, axis in SIDES.items():
        st.session_state[f"{matrix}_{side}"] = points[0][axis] if points else None


def show(run, rows, matrix):
    """The photos of the chosen cell, worst first; a hint where none is chosen.

    Args:
        run: `model.run.Run`.
        rows: its predictions of one split and fold.
        matrix: key of the chart.
    Returns:
        (rows, answered): the rows of the cell and the diagnosis answered; None where there are
        none.
    """
    chosen = {}
    # A matrix can only be clicked; these can be reached by keys, and say what was clicked.
    for column, side in zip(st.columns(2), SIDES, strict=True):
        chosen[side] = bind(
            column.selectbox,
            side.capitalize(),
            run.diagnoses,
            key=f"{matrix}_{side}",
            name=side,
            default=None,
            index=None,
            format_func=lambda code: f"{describe(code).name} ({code})",
            placeholder="Choose a diagnosis",
        )
    if None in chosen.values():
        st.caption("Click a cell, or choose its two diagnoses, to list its photos.")
        return None
    true, answered = chosen.values()
    rows = photos_in_cell(rows, run.diagnoses, true, answered)
    names = describe(true).in_text, describe(answered).in_text
    st.subheader(
        f"{describe(true).name}, answered correctly"
        if true == answered
        else f"{describe(true).name}, mistaken for {names[1]}",
        anchor=False,
    )
    if rows.empty:
        st.info(f"No photo of {names[0]} was classified as {names[1]}.")
        return None
    table = tables.photos(rows)
    table = tables.with_records(table)
    st.dataframe(
        table,
        hide_index=True,
        column_order=list(COLUMNS),
        column_config=COLUMNS,
        key="training_behind",
        height="auto",
    )
    st.caption(
        f"{len(rows):,} photos, "
        + (
            "the least confident first."
            if true == answered
            else "the most confident mistakes first."
        )
    )
    charts.csv(rows, f"{true}_answered_{answered}.csv", "training_behind_csv")
    return rows, answered


def pictures(run, rows, answered):
    """The first photos with the map of the answer, where the data set lies on this computer."""
    paths = cache.photo_files()
    if not paths:
        st.caption(
            "To see the photos with their heat maps, start the app with `LENTIGO_DATA` set to the "
            "folder of the data set."
        )
        return
    image_ids = [image_id for image_id in rows["image_id"] if image_id in paths][:MAX_PHOTOS]
    if not run.has_network or not image_ids:
        return
    try:
        explainer = model_loading.explainer(run)
    except RunError as error:
        st.error(str(error))
        return
    columns = st.columns(4)
    for index, image_id in enumerate(image_ids):
        with columns[index % len(columns)]:
            try:
                photo = decode(paths[image_id].read_bytes())
            except (OSError, PhotoError) as error:
                st.caption(f"{image_id}: {error}")
                continue
            small = within(photo, 400)
            values = explainer.heatmap(photo, answered).values
            st.image(overlay(small, values), width="stretch", alt=f"{image_id} with its heat map")
            st.caption(f"{image_id}, Grad-CAM of {describe(answered).in_text}")
