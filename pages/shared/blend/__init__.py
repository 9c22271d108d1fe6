"""Photos under their heat maps, blended in the visitor's browser.

Two components of Streamlit's second kind, which live in the page itself and take their colours from
the theme: a picture, and one slider for all pictures of a page. Photo and heat map are sent once;
moving the slider asks the server for nothing.
"""

import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from model.heatmaps.overlay import layer
from model.photo.decode import size_within, within
from pages.shared import choices
from pages.shared.data_url import data_url

HERE = Path(__file__).parent
Keep = Callable[[str, Callable[[], str]], str]
QUALITY = 90  # of the JPEG that is shown
MAP_SIDE = 400  # pixels: a heat map is smooth, and the browser stretches it
CELL_SIDE = 480  # pixels of a photo that is shown in a column among others


def _component(name: str):
    files = {kind: (HERE / f"{name}.{kind}").read_text("utf-8") for kind in ("html", "css", "js")}
    return st.components.v2.component(f"blend_{name}", **files)


_picture, _opacity = _component("picture"), _component("opacity")


def _anew(part: str, encode: Callable[[], str]) -> str:
    return encode()


def show(
    photo: Callable[[], np.ndarray],
    shape: tuple[int, int],
    values: np.ndarray,
    words: str,
    key: str,
    height: int = 0,
    keep: Keep = _anew,
    side: int | None = None,
) -> None:
    """Draw a photo with a heat map over it.

    Args:
        photo: returns (height, width, 3) uint8, RGB; called where it is to be encoded.
        shape: its height and width, pixels.
        values: (any, any) float in [0, 1], the heat map.
        words: what the heat map shows, for those who can't see it.
        key: of the component.
        height: in rem, which the picture must not exceed; 0: any.
        keep: called with the name of a picture and how to encode it; returns what it encoded, or
            what it kept under this name for this photo.
        side: pixels, which no side of the picture exceeds; None: those of the photo.
    """
    rows, columns = shape
    side = min(side or max(rows, columns), max(rows, columns))
    of_map = sha256(np.ascontiguousarray(values)).hexdigest()
    _picture(
        data={
            "photo": keep(f"photo {side}", lambda: data_url(_jpeg(within(photo(), side)), "jpeg")),
            "photo_alt": "The photo",
            "map": keep(
                f"map {side} {of_map}", lambda: data_url(_layer(shape, values, side), "png")
            ),
            "map_alt": words,
            "max_width": f"calc({height}rem * {columns / rows})" if height else "none",
        },
        key=key,
    )


def cell(
    photo: Callable[[], np.ndarray],
    shape: tuple[int, int],
    values: np.ndarray,
    words: str,
    key: str,
    keep: Keep = _anew,
) -> None:
    """The same in a column among others; args as `show`."""
    show(photo, shape, values, words, key, keep=keep, side=CELL_SIDE)


def opacity(label: str, key: str) -> None:
    """Draw the slider; it stands once on a page.

    Args:
        label: of the slider.
        key: of the component.
    """
    _opacity(data={"label": label, "opacity": choices.linked_opacity(f"{key}_linked")}, key=key)


def _layer(shape: tuple[int, int], values: np.ndarray, side: int) -> bytes:
    rows, columns = size_within(*shape, side)
    scale = min(1, MAP_SIDE / max(rows, columns))
    return layer(values, round(scale * rows), round(scale * columns))


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
