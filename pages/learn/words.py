"""The words that the other pages use, in the order in which one builds on another."""

import streamlit as st

from pages.shared.words import WORDS


def show() -> None:
    """Every word with its meaning."""
    for word, meaning in WORDS.items():
        st.markdown(f"**{word}.** {meaning}")
