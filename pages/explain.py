"""Explain: where one photo raised which diagnosis, by two methods side by side."""

import streamlit as st

from model.lesions import describe
from model.overlay import overlay, overlay_difference
from pages.shared import choose, look
from pages.shared.frame import page_frame

METHODS = {"grad_cam": "Grad-CAM", "grad_cam_plus_plus": "Grad-CAM++"}

page_frame(
    "Explain",
    "See where one photo raised a diagnosis. Two methods that disagree are a reason to believe "
    "neither.",
)


@st.fragment
def grid(run, photo, answer):
    """Diagnoses in rows, methods in columns, under one strength."""
    diagnoses = st.multiselect(
        "Diagnoses",
        answer.ranking,
        default=answer.ranking[:2],
        format_func=lambda code: f"{describe(code).name} ({answer.probabilities[code]:.2f})",
        key=f"explain_diagnoses_{run.name}_{photo.digest[:12]}",
    )
    strength = st.slider("Strength of the maps", 0, 100, 60, 5, "%d %%", key="explain_strength")
    if not diagnoses:
        st.info("Choose at least one diagnosis.")
    for code in diagnoses:
        name = describe(code).name
        st.subheader(f"{name}, probability {answer.probabilities[code]:.2f}", anchor=False)
        columns = st.columns(3)
        with columns[0]:
            st.image(photo.shown, width="stretch", alt="The photo itself")
            st.caption("Photo")
        for column, (method, title) in zip(columns[1:], METHODS.items(), strict=True):
            found = look.heatmap(run, photo, code, method)
            picture = overlay(photo.shown, found.values, strength / 100)
            with column:
                st.image(picture, width="stretch", alt=f"{title} map of {name}")
                if found.is_empty:
                    st.caption(f"{title}: empty, nothing in this photo raised this diagnosis")
                else:
                    st.caption(f"{title}, raw strength {found.strength:.3g}")
    st.caption(
        "Each map is stretched to its own maximum, so a faint one looks as bright as a strong "
        "one: the raw strength tells them apart, between diagnoses of one method."
        + (
            f" This run looks at {run.num_views} flips and turns of the photo: Grad-CAM is the "
            "mean of their maps, Grad-CAM++ shows the photo as it is."
            if run.num_views > 1
            else ""
        )
    )


@st.fragment
def why_not(run, photo, answer):
    """The signed map between two diagnoses, at first the two most probable."""
    st.header("Why one and not the other", anchor=False)
    columns = st.columns(2)
    key = f"{run.name}_{photo.digest[:12]}"
    first, second = (
        column.selectbox(
            title,
            answer.ranking,
            index=place,
            format_func=lambda code: f"{describe(code).name} ({answer.probabilities[code]:.2f})",
            key=f"explain_{title.lower().replace(' ', '_')}_{key}",
        )
        for place, (column, title) in enumerate(zip(columns, ("Why", "And not"), strict=True))
    )
    if first == second:
        st.info("Choose two different diagnoses.")
        return
    found = look.difference(run, photo, first, second)
    left, right = st.columns(2)
    left.image(photo.shown, width="stretch", alt="The photo itself")
    right.image(
        overlay_difference(photo.shown, found.values, 0.7),
        width="stretch",
        alt=f"Where the photo speaks for {describe(first).name} or {describe(second).name}",
    )
    names = [describe(code).in_text for code in (first, second)]
    if found.is_empty:
        st.info(f"Nothing in this photo speaks for {names[0]} rather than {names[1]}, or against.")
    else:
        st.caption(
            f"Yellow speaks for {names[0]} rather than {names[1]}, blue the other way round. The "
            f"scale runs from -{found.strength:.3g} to {found.strength:.3g}, the strongest place "
            "of either colour, so what is pale hardly matters."
        )


which, where = st.columns(2, gap="large")
with which:
    run = choose.run("explain_run", with_network=True)
with where:
    photo = choose.photo("explain")
answer = choose.answered(run, photo)
grid(run, photo, answer)
why_not(run, photo, answer)
