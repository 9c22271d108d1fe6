"""What every page shares: title, settings, medical notice, and a URL that is written at its end."""

from contextlib import contextmanager, suppress
from pathlib import Path

import streamlit as st

from pages.shared import url_state
from pages.shared.navigation import pages

ICON = str(Path(__file__).resolve().parent.parent.parent / "assets" / "icon.png")
NOTICE = (
    "For teaching, research and demonstration. **Not a medical device:** nothing here can tell "
    "whether a spot on your skin is harmless. If one worries you, show it to a doctor."
)
# Streamlit writes chosen options and main buttons in white on the accent colour. In the dark theme
# that colour is light, so that it can be read as text, and no setting turns the white dark
# (Streamlit 1.67).
#
# The header of 60 pixels needs no more room below it; Streamlit leaves 96. On a phone it puts the
# pages into a drawer that stays open over the page that was chosen (1.67), so links stand there, in
# place of the header, which is empty then.
STYLE = """<style>
[data-testid="stMultiSelect"] span[title], [data-testid="stMultiSelect"] span[title] ~ * {
    color: light-dark(#ffffff, #1a1512) !important;
}
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #1a1512) !important; }
[data-testid="stMainBlockContainer"] { padding-top: 3.75rem; }
@media (min-width: 768px) { .st-key-pages_on_a_phone { display: none; } }
@media (max-width: 767px) {
    [data-testid="stExpandSidebarButton"] { display: none; }
    [data-testid="stHeader"] { background: transparent; }
    [data-testid="stHeader"], [data-testid="stToolbar"] { pointer-events: none; }
    [data-testid="stStatusWidget"] { pointer-events: auto; }
    [data-testid="stMainBlockContainer"] { padding-top: 1.25rem; }
}
</style>"""


class PageStop(BaseException):
    """Nothing more is drawn on this page; no `except Exception` may catch it."""


def stop():
    """Leave the page; its URL is written all the same, for which `st.stop` leaves no chance."""
    raise PageStop


@contextmanager
def page(title, introduction):
    """Open a page, and write its URL when it is left.

    A run that Streamlit cuts short, for another click or `st.stop`, writes nothing: the browser
    would not get it, and the next run knows more.

    Args:
        title: the page's name.
        introduction: one sentence on what the page is for.
    """
    url_state.begin()
    st.set_page_config(page_title=f"{title} · Lentigo", page_icon=ICON, layout="wide")
    st.html(STYLE)
    with st.container(horizontal=True, key="pages_on_a_phone", gap="xxsmall"):
        for other in pages():
            st.page_link(other, width="content")
    st.title(title, anchor=False)
    st.caption(NOTICE)
    st.markdown(introduction)
    with suppress(PageStop):
        yield
    url_state.end()
