"""Which pages there are, and how a visitor gets to them."""

from pathlib import Path

import streamlit as st

from pages.shared.habits import break_habits

PAGES = Path(__file__).resolve().parent.parent


def navigation():
    """Register the pages with Streamlit; returns the one that was asked for."""
    break_habits()
    st.session_state["routed"] = True
    # No icons: Streamlit's page icons make the browser fetch a favicon from another host.
    classify = st.Page(PAGES / "classify.py", title="Classify")

    def open_classify():
        st.switch_page(classify, query_params=st.query_params.to_dict())

    return st.navigation(
        [
            # Streamlit serves its default page at / only; this one keeps /classify a link, too.
            st.Page(open_classify, title="Lentigo", default=True, visibility="hidden"),
            classify,
            st.Page(PAGES / "explain.py", title="Explain"),
            st.Page(PAGES / "training.py", title="Training"),
            st.Page(PAGES / "compare.py", title="Compare"),
            st.Page(PAGES / "about.py", title="About"),
        ],
        position="top",
    )


def route():
    """Bring a first visit by deep link under app.py.

    A fresh Streamlit server takes every file in pages/ for a page of its own until someone calls
    `st.navigation`, so the first visitor of /training would see that page without app.py around it.
    """
    if not st.session_state.get("routed"):
        navigation()
        st.rerun()
