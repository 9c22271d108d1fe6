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


def show(below: np.ndarray, above: np.ndarray, names: tuple[str, str], key: str) -> None:
    """Draw two photos over each other with a slider that fades from one to the other.

    Args:
        below: (height, width, 3) uint8, RGB.
        above: (height, width, 4) uint8, RGBA, of the same size.
        names: of the two, at the left and the right end of the slider; the one above is the first.
        key: of the component.
    """
    above_name, below_name = names
    _fade(
        data={
            "below": data_url(_encoded(below, "JPEG"), "jpeg"),
            "above": data_url(_encoded(above, "WEBP"), "webp"),
            "below_name": below_name,
            "above_name": above_name,
            "max_width": f"{below.shape[1]}px",
        },
        key=key,
    )


def _encoded(pixels, kind):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=QUALITY)
    return buffer.getvalue()
