"""How far to trust one answer: five rows, and a stress test that fills the last of them."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.prediction.stress_test import Perturbation, StressTest
from pages.classify import report_file
from pages.classify.signs import Sign, known_at_once, of_heatmap
from pages.shared import model_loading, session, stress_test
from pages.shared.statements import Statements


@st.fragment
def strip(photo: session.Photo, statements: Statements) -> None:
    """The rows, the stress test where it is asked for, and all of it as a file."""
    st.subheader("How far to trust it", anchor=False)
    rows = st.container(gap="xxsmall")
    signs = known_at_once(statements, photo)
    is_tested = session.has_stress_test(statements.run, photo)
    place = st.empty()
    if not is_tested:
        is_tested = place.button(
            "Stress-test this photo",
            key="classify_stress",
            help="Thirty small changes, such as another photo of the same lesion would have, and a "
            "test of the heat map.",
        )
    result, covering = _tested(photo, statements, place) if is_tested else (None, None)
    signs.append(of_heatmap(statements, covering, is_tested))
    with rows:
        for number, sign in enumerate(signs):
            _row(number, sign)
    sentences = [statements.summary]
    sentences += [sentence for sign in signs for sentence in sign.sentences]
    if result:
        stress_test.show(result, statements, "classify")
        sentences += stress_test.sentences(result, statements)
    report_file.offer(photo, statements, sentences)


def _row(number: int, sign: Sign) -> None:
    with st.expander(sign.words, icon=sign.level.value, key=f"classify_sign_{number}"):
        for sentence in sign.sentences:
            st.markdown(sentence)


def _tested(photo: session.Photo, statements: Statements, place: DeltaGenerator):
    """(`StressTest`, `Covering` or None where the heat map is empty); each change is shown at a
    place when it is done."""
    run, diagnosis = statements.run, statements.prediction.diagnosis

    def watch(change: Perturbation, share: float) -> None:
        place.progress(share, stress_test.in_words(change))

    result: StressTest = session.stress_test(run, photo, watch)
    place.empty()
    heatmap = session.heatmap(run, photo, diagnosis)
    if heatmap.is_empty:
        return result, None
    with st.spinner("Covering parts of the photo", show_time=True):
        layer = model_loading.explainer(run).own_layer
        return result, session.faithfulness(run, photo, heatmap, layer).covering
