"""What every page shares: its header and footer, and a URL that is written at its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from pages.shared import url_state
from pages.shared.navigation import PAGES, WORDMARK, pages
from pages.shared.session import jpeg

HERE = Path(__file__).parent
ASSETS = HERE.parent.parent / "assets"
# Streamlit would make a JPEG of the PNG at each run of a page.
ICON = jpeg(np.asarray(Image.open(ASSETS / "icon.png").convert("RGB")), quality=90)
STYLE = f"<style>{(HERE / 'page.css').read_text('utf-8')}</style>"
NOTICE = (
    "For teaching, research and demonstration. **Not a medical device**: show a spot that worries "
    "you to a doctor."
)
WORDS = PAGES / "learn" / "page.py"
PRIVACY = "Photos stay in this server's memory while you visit: never stored, logged or passed on."


class PageStop(BaseException):
    """Nothing more is drawn on this page; no `except Exception` may catch it."""


def stop() -> NoReturn:
    """Leave the page; its URL is written all the same, for which `st.stop` leaves no chance."""
    raise PageStop


@contextmanager
def page(title: str) -> Iterator[DeltaGenerator]:
    """Open a page, and write its footer and its URL when it is left.

    A run that Streamlit cuts short, for another click or `st.stop`, writes nothing: the browser
    would not get it, and the next run knows more.

    Args:
        title: the page's name.
    Yields:
        The row of the title, for what belongs beside it: the model in use.
    """
    url_state.begin(title)
    st.set_page_config(page_title=f"{title} · Lentigo", page_icon=ICON, layout="wide")
    st.html(STYLE)
    with st.container(horizontal=True, key="pages_on_a_phone", gap="xxsmall"):
        for other in pages():
            st.page_link(other, width="content")
    header = st.container(
        horizontal=True, horizontal_alignment="distribute", key="page_header", gap="small"
    )
    header.title(title, anchor=False, width="content")
    with suppress(PageStop):
        yield header
    with st.container(key="footer"):
        with st.container(key="footer_wordmark"):
            st.image(str(WORDMARK), width=96, alt="Lentigo")
        st.caption(f"{NOTICE} {PRIVACY}")
        st.page_link(WORDS, label="Glossary", query_params={"view": "Words"})
    url_state.end()
