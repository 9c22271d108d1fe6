"""About: what a run may be used for, what it lacks, and what Lentigo is."""

import streamlit as st

from pages.about import checklist, run_card
from pages.shared import choices
from pages.shared.navigation import PAGES
from pages.shared.page import page
from pages.shared.url_state import Parameter

# Views that stood here once, and where they are now on Training: links in use still name them.
MOVED = {"Where it is weak": "Where it is weak", "Calibration": "Calibration", "Files": "Settings"}


def _follow_moved_links():
    """Go to Training where the address asks for a view that stands there now."""
    asked = st.query_params.to_dict()
    if asked.get(Parameter.VIEW) in MOVED:
        asked[Parameter.VIEW] = MOVED[asked[Parameter.VIEW]]
        st.switch_page(PAGES / "training" / "page.py", query_params=asked)


def this_app():
    """What the app does with figures and photos, and its licence."""
    st.markdown(
        "The app computes a model's figures from the predictions stored with its weights. "
        "Thresholds and temperatures were fitted on validation photos and are stored with the "
        "model. The app refuses a model whose files do not match its card. Photos you choose stay "
        "in this server's memory while your session lasts. They are not written to disk, not "
        "logged and not sent anywhere else. Pictures on a page are served at addresses that only "
        "somebody who has the same picture could work out.\n\n"
        "Lentigo's code is released under the MIT licence. Weights trained on HAM10000 may be used "
        "for non-commercial purposes only (CC BY-NC 4.0, Tschandl et al. 2018)."
    )


with page("About") as header:
    _follow_moved_links()
    run = choices.choose_run("about_run", header)
    choices.view(
        {
            "Card": lambda: run_card.show(run),
            "Check-list": lambda: checklist.show(run),
            "Bring your own model": checklist.bring_your_own,
            "This app": this_app,
        },
        "about_view",
    )
