"""About: what a run is made of, what it may be used for, and what Lentigo is."""

import streamlit as st

from pages.about import checklist, run_card, subgroups
from pages.shared import choices, measured
from pages.shared.page import page


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
    run = choices.choose_run("about_run", header)
    choices.view(
        {
            "Card": lambda: run_card.show(run),
            "Where it is weak": lambda: measured.only_if_measured(run, subgroups.show),
            "Calibration": lambda: measured.only_if_measured(run, run_card.calibrated),
            "Files": lambda: run_card.files(run),
            "Check-list": lambda: checklist.show(run),
            "Bring your own model": checklist.bring_your_own,
            "This app": this_app,
        },
        "about_view",
    )
