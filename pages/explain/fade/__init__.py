"""Two photos laid over each other, faded into each other in the visitor's browser.

A component of Streamlit's second kind, as `pages.shared.blend` has them: both photos are sent once,
and moving the slider asks the server for nothing.
"""

import io
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from pages.shared.data_url import data_url

HERE = Path(__file__).parent
QUALITY = 85  # of both pictures
_fade = st.components.v2.component(
    "fade", **{kind: (HERE / f"fade.{kind}").read_text("utf-8") for kind in ("html", "css", "js")}
)


def below(photo: np.ndarray) -> str:
    """The data URL of the photo that lies below, (height, width, 3) uint8, RGB."""
    return data_url(_encoded(photo, "JPEG"), "jpeg")


def above(photo: np.ndarray) -> str:
    """That of the photo above it, (height, width, 4) uint8, RGBA."""
    return data_url(_encoded(photo, "WEBP"), "webp")


def show(below: str, above: str, width: int, names: tuple[str, str], key: str) -> None:
    """Draw two photos over each other with a slider that fades from one to the other.

    Args:
        below, above: their data URLs, of pictures of the same size.
        width: of both, pixels.
        names: of the two, at the left and the right end of the slider; the one above is the first.
        key: of the component.
    """
    above_name, below_name = names
    _fade(
        data={
            "below": below,
            "above": above,
            "below_name": below_name,
            "above_name": above_name,
            "max_width": f"{width}px",
        },
        key=key,
    )


def _encoded(pixels, kind):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=QUALITY)
    return buffer.getvalue()
