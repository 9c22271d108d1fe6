"""Classify: choose a photo, read what the network says, see where it looked."""

from functools import partial

import streamlit as st

from model.lesions import describe, malignant_codes
from model.overlay import overlay
from pages.shared import address, cache, charts, choose, framing, look, photos, several, trust
from pages.shared.frame import page_frame

page_frame("Classify", "Choose a photo of one lesion and read what a trained network makes of it.")


@st.fragment
def map_over_photo(run, photo, answer):
    """The photo with its map; diagnosis and strength rerun this part only."""
    picture = st.container()
    first, second = st.columns(2)
    diagnosis = choose.of_photo(
        photo,
        "shows",
        answer.ranking,
        answer.diagnosis,
        partial(
            first.selectbox,
            "Show what raised",
            answer.ranking,
            format_func=lambda code: f"{describe(code).name} ({code})",
        ),
        run.name,
    )
    with second:
        strength = choose.strength("Strength of the map", "classify_strength")
    found = look.heatmap(run, photo, diagnosis)
    picture.image(
        overlay(photo.shown, found.values, strength),
        width="stretch",
        alt=f"The photo with the heat map of {describe(diagnosis).name} over it",
    )
    over_views = f", mean of {run.num_views} flips and turns" if run.num_views > 1 else ""
    if found.is_empty:
        st.info("Nothing in this photo raised this diagnosis: the map is empty.")
    else:
        st.caption(
            f"Grad-CAM{over_views}. Bright: raised {describe(diagnosis).in_text} most; unchanged: "
            "did not raise it. Every map is stretched to its own maximum: how strong that is, its "
            f"raw strength of {found.strength:.3g}, tells the maps of two diagnoses apart."
        )


def verdict(run, answer):
    """The answer in words, the most important first."""
    coverage, threshold = cache.reached_on_test(run)
    first = describe(answer.diagnosis)
    photos.warn_if_novel(answer)
    st.header(f"{first.name} ({first.code})", anchor=False)
    st.markdown(f"Probability **{answer.probability:.2f}**. {first.plain}")
    others = ", ".join(describe(code).in_text for code in answer.prediction_set[1:])
    if answer.is_novel:
        st.markdown(
            "What its prediction sets and thresholds are worth was measured on photos like those "
            "it has learned from: **none of it holds for this photo**."
        )
    if others:
        st.markdown(f"The network **can't rule out**: {others}.")
    elif coverage and coverage.alone and not answer.is_novel:
        st.markdown(
            "No other diagnosis is in its prediction set. Of the test photos with such a set of "
            f"one, {coverage.num_alone:,}, it held the truth in {coverage.alone}."
        )
    if threshold:
        above = answer.malignant_sum >= threshold.value
        st.markdown(
            f"Malignant diagnoses together: **{answer.malignant_sum:.3f}**, "
            f"{'above' if above else 'below'} the threshold of {threshold.value:.3f}. "
            + (
                "A spot like this on your own skin is a reason to see a doctor."
                if above
                else "Below it does not mean harmless: the network misses some."
            )
        )


def measured(run):
    """What ruling out and the threshold are worth, on the run's test photos."""
    coverage, threshold = cache.reached_on_test(run)
    if coverage:
        st.caption(
            f"On {coverage.num_photos:,} test photos the filled bars held the truth in "
            f"{coverage.share} of the cases, with {coverage.mean_size:.1f} diagnoses on average."
        )
    if threshold:
        names = ", ".join(describe(code).in_text for code in malignant_codes(run.diagnoses))
        st.caption(
            f"The malignant sum is that of {names}. On the test photos its threshold found "
            f"{threshold.sensitivity} of {threshold.num_of:,} malignant ones and left "
            f"{threshold.specificity} of {threshold.num_others:,} others below it."
        )


where, which = st.columns([3, 2], gap="large")
with which:
    run = choose.run("classify_run", with_network=True)
    test = cache.evaluation(run, fold=run.folds[0])
    st.caption(
        f"Balanced accuracy {test.summary['balanced_accuracy']} on "
        f"{test.num_photos:,} test photos of {test.num_lesions:,} lesions; guessing gives "
        f"{1 / len(run.diagnoses):.2f}. Its probabilities are off by {test.summary['ece']} on "
        "average (calibration error). In brackets: 95 % intervals."
    )
with where:
    photo = photos.choose("classify", several=True)
if isinstance(photo, list):
    photo = several.show(run, photo)
    if photo is None:
        address.stop()
if photo:
    with which:
        photo = framing.framed(run, photo, "classify")
answer = photos.answered(run, photo)
said, seen = st.columns([3, 2], gap="large")
with said:
    verdict(run, answer)
with seen:
    map_over_photo(run, photo, answer)
with st.expander("All diagnoses, and what the figures are worth", key="classify_all"):
    charts.show(
        charts.probabilities(answer),
        "classify_probabilities",
        "Probability of every diagnosis",
        "Every diagnosis the run knows; the probabilities add up to 1. Filled bars are what it "
        "can't rule out.",
    )
    measured(run)
trust.panel(run, photo, answer)
address.end()
