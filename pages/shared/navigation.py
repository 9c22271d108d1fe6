"""Which pages there are, and how a visitor gets to them."""

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parent.parent


def pages():
    """The pages in the order of the navigation."""
    return [
        # No icons: Streamlit's page icons make the browser fetch a favicon from another host.
        st.Page(PAGES / name / "page.py", title=name.capitalize(), url_path=name)
        for name in ("classify", "explain", "training", "compare", "about")
    ]


def navigation():
    """Register the pages with Streamlit; returns the one that was asked for."""
    every = pages()

    def open_classify():
        st.switch_page(every[0], query_params=st.query_params.to_dict())

    # Streamlit serves its default page at / only; this one keeps /classify a link, too.
    first = st.Page(open_classify, title="Lentigo", default=True, visibility="hidden")
    return st.navigation([first, *every], position="top")
