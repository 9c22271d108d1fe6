"""The colour scale under a map, drawn as the map's own colours lie over skin."""

import numpy as np
import streamlit as st

from model.heatmaps.overlay import overlay, overlay_difference

SKIN = np.full((10, 512, 3), (222, 184, 160), np.uint8)


def of_map(opacity):
    """The scale of maps that are each stretched to their own maximum."""
    _draw(overlay(SKIN, np.linspace(0, 1, 256)[None], opacity), "nothing", "its strongest place")


def of_density(opacity, top):
    """The scale of maps of several networks, whose places are counted in averages of the map."""
    picture = overlay(SKIN, np.linspace(0, 1, 256)[None], opacity)
    _draw(picture, "nothing", f"{top / 2:.1f} times the average", f"{top:.1f} times")


def of_difference(opacity, first, second):
    """The scale of a signed map, the same on both sides of zero."""
    picture = overlay_difference(SKIN, np.linspace(-1, 1, 256)[None], opacity)
    _draw(picture, second, first)


def _draw(picture, *words):
    st.image(picture, width="stretch", alt="Colour scale from " + " to ".join(words))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for word in words:
            st.caption(word, width="content")
