"""Lentigo's entry: it only routes. `streamlit run app.py`"""

from pages.shared.navigation import navigation

navigation().run()
