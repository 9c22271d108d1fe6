"""Lentigo's entry: it only routes. `streamlit run app.py`"""

import streamlit as st

from pages.shared.memory import share_arenas
from pages.shared.navigation import navigation
from pages.shared.streamlit_patches import patch_streamlit

if __name__ == "__main__":  # Streamlit runs this file for every visitor
    navigation().run()
else:  # and its server imports it once, before the first of them
    share_arenas()
    patch_streamlit()
    app = st.App(__file__)
