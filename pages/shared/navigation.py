"""Which pages there are, and how a visitor gets to them."""

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parent.parent
WORDMARK = PAGES.parent / "assets" / "wordmark.svg"
BROWSER_SCRIPT = f"<script>{(Path(__file__).parent / 'browser.js').read_text('utf-8')}</script>"


def pages():
    """The pages in the order of the navigation."""
    return [
        _classify(_is_at_classify()),
        # No icons: Streamlit's page icons make the browser fetch a favicon from another host.
        *(
            _page(name, url_path=name)
            for name in ("explain", "training", "compare", "learn", "about")
        ),
    ]


def navigation():
    """Register the pages with Streamlit; returns the one that was asked for."""
    st.html(BROWSER_SCRIPT, unsafe_allow_javascript=True)
    st.logo(str(WORDMARK), size="large")
    hidden = _classify(not _is_at_classify(), visibility="hidden")
    return st.navigation([*pages(), hidden], position="top")


def _classify(is_at_its_name, **settings):
    """Classify stands at / and at /classify, which Streamlit calls two pages: the app opens with
    the one, links name the other. The navigation shows the one that the visitor is at."""
    where = {"url_path": "classify"} if is_at_its_name else {"default": True}
    return _page("classify", **where, **settings)


def _page(name, **settings):
    return st.Page(PAGES / name / "page.py", title=name.capitalize(), **settings)


def address():
    """Where the browser is, without what was chosen; empty where Streamlit does not know."""
    return (st.context.url or "").split("?")[0].rstrip("/")


def _is_at_classify():
    return address().endswith("/classify")
