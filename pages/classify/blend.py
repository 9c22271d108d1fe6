"""A photo under its heat map, blended in the visitor's browser.

A component of Streamlit's second kind: it lives in the page itself and takes its colours from the
theme. Photo and heat map are sent once; moving the slider asks the server for nothing.
"""

import base64
import io
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from model.heatmaps.overlay import layer
from pages.shared.session import Photo

HERE = Path(__file__).parent
QUALITY = 90  # of the JPEG that is shown
MAP_SIDE = 400  # pixels: a heat map is smooth, and the browser stretches it

_blend = st.components.v2.component(
    "blend",
    **{kind: (HERE / f"blend.{kind}").read_text("utf-8") for kind in ("html", "css", "js")},
)


def show(photo: Photo, values: np.ndarray, name: str, opacity: int) -> None:
    """Draw the photo with its heat map over it.

    Args:
        photo: of the session.
        values: (any, any) float in [0, 1], the heat map.
        name: what the heat map is of, in running text.
        opacity: in per cent, to begin with.
    """
    height, width = photo.display.shape[:2]
    scale = min(1, MAP_SIDE / max(height, width))
    _blend(
        data={
            "photo": _address(_jpeg(photo.display), "jpeg"),
            "photo_alt": "The photo",
            "map": _address(layer(values, round(scale * height), round(scale * width)), "png"),
            "map_alt": f"The heat map of {name} over it",
            "ratio": width / height,
            "opacity": opacity,
        },
        key="classify_blend",
    )


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _address(data: bytes, kind: str) -> str:
    """A picture inside an address, so that the server keeps no file of it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
