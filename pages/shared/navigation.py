"""Which pages there are, and how a visitor gets to them."""

from pathlib import Path

import streamlit as st

from pages.shared.habits import break_habits

PAGES = Path(__file__).resolve().parent.parent


def pages():
    """The pages in the order of the navigation."""
    return [
        # No icons: Streamlit's page icons make the browser fetch a favicon from another host.
        st.Page(PAGES / f"{name}.py", title=name.capitalize())
        for name in ("classify", "explain", "training", "compare", "about")
    ]


def navigation():
    """Register the pages with Streamlit; returns the one that was asked for."""
    break_habits()
    st.session_state["routed"] = True
    every = pages()

    def open_classify():
        st.switch_page(every[0], query_params=st.query_params.to_dict())

    # Streamlit serves its default page at / only; this one keeps /classify a link, too.
    first = st.Page(open_classify, title="Lentigo", default=True, visibility="hidden")
    return st.navigation([first, *every], position="top")


def route():
    """Bring a first visit by deep link under app.py.

    A fresh Streamlit server takes every file in pages/ for a page of its own until someone calls
    `st.navigation`, so the first visitor of /training would see that page without app.py around it.
    """
    if not st.session_state.get("routed"):
        navigation()
        st.rerun()
