"""Shake it: thirty small changes to the photo, and what flips the answer first."""

import streamlit as st

from model.lesions import describe
from model.prediction.stress_test import Perturbation
from pages.explain import expectation
from pages.shared import session, stress_test
from pages.shared.statements import Statements

STAYS, FLIPS = "the answer stays", "at least one change flips it"


def show(photo: session.Photo, about: Statements) -> None:
    """Ask, change the photo, and show every change."""
    name = describe(about.prediction.diagnosis).in_text
    expected = expectation.ask(
        about.run,
        photo,
        "shake",
        "The photo is turned, cropped, shifted, lit, blurred and tinted a little: thirty small "
        f"changes, such as another photo of the same lesion would have. Is it still {name} after "
        "all of them?",
        (STAYS, FLIPS),
        "Shake it",
    )
    if expected is None:
        return
    place = st.empty()

    def watch(change: Perturbation, share: float) -> None:
        place.progress(share, stress_test.in_words(change))

    result = session.stress_test(about.run, photo, watch)
    place.empty()
    expectation.compare(expected, FLIPS if result.label_changes else STAYS)
    stress_test.show(result, about, "explain")
