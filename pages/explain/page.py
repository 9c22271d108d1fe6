"""Explain: where one photo raised which diagnosis, by several methods, and what speaks for it."""

import streamlit as st

from pages.explain import faithfulness, heatmap_grid
from pages.shared import choices, crop_picker, photo_picker, url_state
from pages.shared.page import page
from pages.shared.url_state import Parameter

with page(
    "Explain",
    "See where one photo raised a diagnosis, and put the heat map to the test. Methods that "
    "disagree are a reason to believe neither.",
):
    where, which = st.columns(2, gap="large")
    with which:
        run = choices.choose_run("explain_run", with_network=True)
    with where:
        photo = photo_picker.choose("explain")
    if photo:
        with which:
            photo = crop_picker.choose_crop(run, photo, "explain")
    about = photo_picker.predicted(run, photo)
    photo_picker.warn_of_novelty(about)
    prediction = about.prediction
    heatmaps, layer = heatmap_grid.chosen(run, photo, prediction)
    if heatmaps:
        heatmap_grid.grid(run, photo, prediction, heatmaps)
        faithfulness.panel(run, photo, heatmaps, layer)
    else:
        url_state.put(Parameter.TESTED_MAP, None)
    heatmap_grid.why_not(run, photo, prediction)
