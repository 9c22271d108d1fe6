"""Lentigo's entry: it only routes. `streamlit run app.py`"""

import streamlit as st

from pages.shared import server
from pages.shared.navigation import navigation

if __name__ == "__main__":  # Streamlit runs this file for every visitor
    navigation().run()
else:  # and its server imports it once, before the first of them
    server.prepare()
    app = st.App(__file__)
