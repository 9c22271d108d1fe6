"""The answer as a picture: its name, the photo with what raised it, bars, and a gauge."""

import streamlit as st

from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.run import Run
from pages.shared import blend, cache, charts, choices, measured, mix_words, session
from pages.shared.statements import ON_EITHER_SIDE, Familiarity, Statements
from pages.shared.url_state import Parameter

TO_A_DOCTOR = "Show what worries you to a doctor."
PICTURE_HEIGHT = 28  # rem: the answer beside it stays in sight


def headline(about: Statements) -> None:
    """The diagnosis with its probability, or that the photo can't be judged."""
    prediction = about.prediction
    first = describe(prediction.diagnosis)
    probability = percent(prediction.probability)
    if not about.is_judged:
        st.header(about.headline, anchor=False)
        reason = ", ".join(about.unjudged).capitalize()
        is_photo = about.familiarity is not Familiarity.DRAWING
        st.markdown(f"{reason}. {TO_A_DOCTOR if is_photo else ''}")
        st.caption(f"It would have said: {first.in_text}, {probability}. Not a diagnosis.")
        return
    doubt = ", with doubt" if about.doubts else ""
    st.header(f"{about.headline}, {probability}{doubt}", anchor=False)
    st.markdown(f"{about.plain} Not a diagnosis.")
    if about.threshold is not None:
        st.markdown(_advice(about))


@st.fragment
def picture(run: Run, photo: session.Photo, about: Statements) -> None:
    """The photo with its heat map; another diagnosis reruns this part only."""
    prediction = about.prediction
    place = st.container()
    code = choices.of_photo(
        photo,
        st.selectbox,
        "Heat map of",
        prediction.ranking,
        name=Parameter.SHOWN_DIAGNOSIS,
        default=prediction.diagnosis,
        scope=run.name,
        format_func=lambda code: describe(code).name,
    )
    heatmap = session.heatmap(run, photo, code)
    name = describe(code).in_text
    with place:
        words = f"The heat map of {name} over it"
        blend.show(
            lambda: photo.display,
            photo.display_size,
            heatmap.values,
            words,
            "classify_blend",
            PICTURE_HEIGHT,
            session.keep(photo),
        )
        blend.opacity("Heat map", "classify_opacity")
    if heatmap.is_empty:
        st.info("Nothing in this photo raised this diagnosis: the heat map is empty.")
    else:
        st.caption(f"Bright raised {name} most.")


def bars(photo: session.Photo, about: Statements) -> None:
    """Every diagnosis, and the malignant ones together against their threshold."""
    prediction, kept = about.prediction, about.prediction_set
    charts.draw(
        session.chart(
            photo,
            ("probabilities", about.run.digest, prediction.kind, kept, about.is_judged),
            lambda: charts.probabilities(prediction, kept, about.is_judged),
        ),
        "classify_probabilities",
        "Probability of every diagnosis",
    )
    marks = ["▲ malignant."] if prediction.malignant_sum is not None else []
    coverage, _ = cache.reached_on_test(about.run, prediction.kind)
    if kept and coverage:
        share = percent(coverage.share.value)
        marks.append(f"Filled: the shortlist, which held the truth for {share} of test photos.")
    marks.append(mix_words.sentence(about.run, prediction.kind))
    st.caption(" ".join(marks))
    if about.threshold is not None:
        _gauge(photo, about)


def figures(run: Run, about: Statements) -> None:
    """What the answer means and how well that was measured, for those who ask."""
    with st.expander("What these figures are worth", key="classify_figures"):
        for sentence in (*about.conclusions, *about.figures):
            st.markdown(sentence)
        if about.is_of_own_kind and (sentence := measured.by_histology(run)):
            st.markdown(sentence)
        st.markdown(measured.of_run(run))


def _advice(about: Statements) -> str:
    """On which side of the threshold the malignant sum is, with the same advice on either."""
    total = percent(about.prediction.malignant_sum)
    if about.is_above_threshold:
        return f"**Malignant together: {total}**, above the threshold. {ON_EITHER_SIDE}"
    return (
        f"**Malignant together: {total}**, below the threshold, which does not mean harmless: the "
        f"model misses some. {ON_EITHER_SIDE}"
    )


def _gauge(photo: session.Photo, about: Statements) -> None:
    total, threshold = about.prediction.malignant_sum, about.threshold
    side = "above" if about.is_above_threshold else "below"
    st.caption(f"Malignant together: {percent(total)}")
    charts.draw(
        session.chart(
            photo, ("gauge", total, threshold), lambda: charts.malignant_gauge(total, threshold)
        ),
        "classify_gauge",
        f"Malignant diagnoses together {percent(total)}, {side} the threshold of "
        f"{percent(threshold)}",
    )
