"""The colour scale under a map, drawn as the map's own colours lie over skin."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from model.heatmaps.overlay import overlay_difference
from pages.shared import blend, cache, session

SKIN = np.full((10, 512, 3), (222, 184, 160), np.uint8)
RISING = np.linspace(0, 1, 256)[None]


def of_map(key: str) -> None:
    """The scale of maps that are each stretched to their own maximum."""
    _blended(key, "nothing", "its strongest place")


def of_density(key: str, top: float) -> None:
    """The scale of maps of several networks, whose places are counted in averages of the map."""
    _blended(key, "nothing", f"{top / 2:.1f} times the average", f"{top:.1f} times")


def of_difference(opacity: float, first: str, second: str) -> None:
    """The scale of a signed map, the same on both sides of zero."""
    words = second, first
    st.image(cache.shared(_difference, opacity), width="stretch", alt=_alt(words))
    _below(words)


def _difference(opacity: float) -> bytes:
    return session.jpeg(overlay_difference(SKIN, 2 * RISING - 1, opacity))


def _blended(key: str, *words: str) -> None:
    blend.show(lambda: SKIN, SKIN.shape[:2], RISING, _alt(words), key, keep=_kept)
    _below(words)


_encoded: dict[str, str] = {}  # the same for everybody, in two parts


def _kept(part: str, encode: Callable[[], str]) -> str:
    return _encoded.get(part) or _encoded.setdefault(part, encode())


def _alt(words: tuple[str, ...]) -> str:
    return "Colour scale from " + " to ".join(words)


def _below(words: tuple[str, ...]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for word in words:
            st.caption(word, width="content")
