"""Classify: choose a photo, read what the network says, see where it looked."""

import streamlit as st

from model.evaluation.bootstrap import Estimate
from model.heatmaps.overlay import overlay
from model.lesions import describe, malignant_codes
from pages.classify import batch, trust
from pages.shared import cache, charts, choices, crop_picker, photo_picker, session
from pages.shared.page import page, stop
from pages.shared.url_state import Parameter


@st.fragment
def map_over_photo(run, photo, answer):
    """The photo with its map; diagnosis and strength rerun this part only."""
    picture = st.container()
    first, second = st.columns(2)
    diagnosis = choices.of_photo(
        photo,
        first.selectbox,
        "Show what raised",
        answer.ranking,
        name=Parameter.SHOWN_DIAGNOSIS,
        default=answer.diagnosis,
        scope=run.name,
        format_func=lambda code: f"{describe(code).name} ({code})",
    )
    with second:
        opacity = choices.opacity("Strength of the map", "classify_opacity")
    found = session.heatmap(run, photo, diagnosis)
    picture.image(
        overlay(photo.display, found.values, opacity),
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
            f"raw strength of {found.peak:.3g}, tells the maps of two diagnoses apart."
        )


def verdict(run, answer):
    """The answer in words, the most important first."""
    coverage, threshold = cache.reached_on_test(run)
    first = describe(answer.diagnosis)
    photo_picker.warn_if_novel(answer)
    st.header(f"{first.name} ({first.code})", anchor=False)
    st.markdown(f"Probability **{answer.probability:.2f}**. {first.plain}")
    others = ", ".join(describe(code).in_text for code in answer.prediction_set[1:])
    if answer.is_novel:
        _would_add(answer, others, threshold)
        return
    if others:
        st.markdown(f"The network **can't rule out**: {others}.")
    elif coverage and coverage.single:
        st.markdown(
            "No other diagnosis is in its prediction set. Of the test photos with such a set of "
            f"one, {coverage.num_single:,}, it held the truth in {coverage.single}."
        )
    if threshold:
        above = answer.malignant_sum >= threshold.value
        st.markdown(
            f"Malignant diagnoses together: **{amount(answer.malignant_sum)}**, "
            f"{'above' if above else 'below'} the threshold of {threshold.value:.3f}. "
            + (
                "A spot like this on your own skin is a reason to see a doctor."
                if above
                else "Below it does not mean harmless: the network misses some."
            )
        )


def _would_add(answer, others, threshold):
    """What was measured on other photos than this one, as a thing that does not hold for it."""
    said = [f"can't rule out {others}"] if others else []
    if threshold:
        said.append(
            f"malignant diagnoses together {amount(answer.malignant_sum)}, threshold "
            f"{threshold.value:.3f}"
        )
    if said:
        st.markdown(
            f"For a photo like those it has learned from it would add: {'; '.join(said)}. **For "
            "this one that does not hold.** Show a spot that worries you to a doctor."
        )


def amount(probability):
    """A sum of probabilities in three digits, and no nought where it is not nothing."""
    return f"{probability:.3f}" if probability >= 0.001 else "under 0.001"


def measured(run, answer):
    """What ruling out and the threshold are worth, on the run's test photos."""
    if answer.is_novel:
        st.caption("What filled bars are worth was not measured on photos like this one.")
        return
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
            + (
                " Actinic keratosis counts by convention: it can turn into a cancer and is treated."
                if {"ak", "akiec"} & set(run.diagnoses)
                else ""
            )
        )


def about(run):
    """What the run reached on its test photos, in three sentences."""
    test = cache.evaluation_of_test_photos(run)
    fold = f", the first of {len(run.folds)} folds" if len(run.folds) > 1 else ""
    said = (
        f"Balanced accuracy {test.summary['balanced_accuracy']} on {test.num_photos:,} test photos "
        f"of {test.num_lesions:,} lesions{fold}; guessing gives {1 / len(run.diagnoses):.2f}. "
    )
    if "mel" in test.per_diagnosis.index:
        row = test.per_diagnosis.loc["mel"]
        recall = Estimate(row["recall"], row["recall_low"], row["recall_high"])
        said += f"Of {row['num_photos']:.0f} melanomas it named {recall}. "
    return said + (
        f"Its probabilities are off by {test.summary['ece']} on average (calibration error). In "
        "brackets: 95 % intervals."
    )


with page("Classify", "Choose a photo of one lesion and read what a trained network makes of it."):
    where, which = st.columns([3, 2], gap="large")
    with which:
        run = choices.choose_run("classify_run", with_network=True)
        st.caption(about(run))
    with where:
        photo = photo_picker.choose("classify", several=True)
    if isinstance(photo, list):
        photo = batch.show(run, photo)
        if photo is None:
            stop()
    if photo:
        with which:
            photo = crop_picker.choose_crop(run, photo, "classify")
    answer = photo_picker.answered(run, photo)
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
        measured(run, answer)
    trust.panel(run, photo, answer)
