"""Which pages there are, and how a visitor gets to them."""

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parent.parent


def navigation():
    """Register the pages with Streamlit; returns the one that was asked for."""
    st.session_state["routed"] = True
    classify = st.Page(PAGES / "classify.py", title="Classify", icon=":material/search:")

    def open_classify():
        st.switch_page(classify)

    return st.navigation(
        [
            # Streamlit serves its default page at / only; this one keeps /classify a link, too.
            st.Page(open_classify, title="Lentigo", default=True, visibility="hidden"),
            classify,
            st.Page(PAGES / "explain.py", title="Explain", icon=":material/center_focus_strong:"),
            st.Page(PAGES / "training.py", title="Training", icon=":material/show_chart:"),
            st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare_arrows:"),
            st.Page(PAGES / "about.py", title="About", icon=":material/info:"),
        ]
    )


def route():
    """Bring a first visit by deep link under app.py.

    A fresh Streamlit server takes every file in pages/ for a page of its own until someone calls
    `st.navigation`, so the first visitor of /training would see that page without app.py around it.
    """
    if not st.session_state.get("routed"):
        navigation()
        st.rerun()
