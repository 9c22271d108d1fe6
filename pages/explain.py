"""Explain: where one photo raised which diagnosis, by several methods, and what speaks for it."""

import streamlit as st

from pages.shared import address, choose, evidence, framing, maps, photos
from pages.shared.frame import page_frame

page_frame(
    "Explain",
    "See where one photo raised a diagnosis, and put the map to the test. Methods that disagree "
    "are a reason to believe neither.",
)
where, which = st.columns(2, gap="large")
with which:
    run = choose.run("explain_run", with_network=True)
with where:
    photo = photos.choose("explain")
if photo:
    with which:
        photo = framing.framed(run, photo, "explain")
answer = photos.answered(run, photo)
photos.warn_if_novel(answer)
found, layer = maps.chosen(run, photo, answer)
if found:
    maps.grid(run, photo, answer, found)
    evidence.panel(run, photo, found, layer)
else:
    address.put("tested", None)
maps.why_not(run, photo, answer)
address.end()
