"""How far to trust one answer: what photo and network say about it, in plain sentences."""

import pandas as pd
import streamlit as st

from model.evaluation.bootstrap import Estimate
from model.lesions import describe
from pages.classify import photo_quality, report_file
from pages.shared import cache, charts, faithfulness, model_loading, session


@st.fragment
def panel(run, photo, answer):
    """What is known at once, what a test of two seconds adds, and all of it as a file."""
    st.header("How far to trust it", anchor=False)
    said = known(run, photo, answer)
    for line in said:
        st.markdown(line)
    st.markdown(
        "**Stress test**: thirty small changes such as another photo of the same lesion has (turn, "
        "crop, light, contrast, blur, JPEG, hue), and a look at what the heat map marks."
    )
    is_there = session.has_stress_test(run, photo)
    if is_there or st.button("Stress-test this photo", key="classify_stress"):
        said += tested(run, photo, answer)
    plain = [line.replace("**", "") for line in said]
    report_file.offer(run, photo, answer, plain)


def known(run, photo, answer):
    """What came with the answer, as sentences; the first sums them up."""
    found = doubts(run, photo, answer)
    said = [
        f"**Doubt this answer**: {', '.join(found)}."
        if found
        else "Nothing that is known at once speaks against this answer, which does not make it "
        "right."
    ]
    said += photo_quality.sentences(run, photo)
    if answer.novelty is not None:
        said.append(novelty(run, photo, answer))
    if answer.stability:
        said += turned(run, answer)
    return said


def doubts(run, photo, answer):
    """What speaks against the answer, in a few words each, the gravest first."""
    found = []
    if photo.is_rendered != run.is_rendered:
        found.append(
            "it is a drawing" if photo.is_rendered else "the run has learned drawings only"
        )
    if answer.is_novel:
        found.append("the photo is unlike the training photos")
    found += [f"the photo is {key}" for key in session.faults(run, photo)]
    if answer.stability and not answer.stability.is_stable:
        found.append("it changes when the photo is turned")
    return found


def tested(run, photo, answer):
    """Stress-test the photo and its map, draw what came out and return it as sentences."""
    with st.spinner("Changing the photo and looking again", show_time=True):
        tried = session.stress_test(run, photo)
        found = session.heatmap(run, photo, answer.diagnosis)
        layer = model_loading.explainer(run).own_layer
        evident = None if found.is_empty else session.faithfulness(run, photo, found, layer)
    said = [sentence(tried)]
    if evident:
        name = describe(answer.diagnosis).in_text
        said.append(faithfulness.sentence(evident.covering, name))
    for line in said:
        st.markdown(line)
    charts.show(
        bands(tried),
        "classify_bands",
        "Probability of every diagnosis over all changes",
        "The points are the answer to the photo as it is, the lines reach from the lowest to the "
        f"highest probability over {len(tried.perturbations)} changes. A band that is wide, or "
        "that crosses another diagnosis's, is a reason for doubt; a narrow one only says that the "
        "network is steady, not that it is right.",
    )
    with st.expander("Every change"):
        changes = table(tried)
        st.dataframe(changes, hide_index=True, key="classify_changes")
        charts.csv(changes, "stress_test.csv", "classify_stress_csv")
    return said


def novelty(run, photo, answer):
    """Like or unlike the training photos, with what the score is worth."""
    flagged = cache.flagged_on_test(run)
    said = (
        f"novelty score {answer.novelty:.2f}; from 1 on a photo counts as strange"
        + (f", and {flagged} of its own test photos do" if flagged else "")
        + "."
    )
    if answer.is_novel:
        return f"**Unlike the training photos**: {said}"
    if photo.is_rendered != run.is_rendered:
        return f"**Not noticed as strange**, though it is another kind of picture: {said}"
    return f"**Like the training photos**: {said}"


def turned(run, answer):
    """Whether the answer depends on how the photo is held, as one or two sentences."""
    _, threshold = cache.reached_on_test(run)
    found = answer.stability
    name = describe(answer.diagnosis).in_text
    span = f"with a probability between {found.low:.2f} and {found.high:.2f}"
    if found.is_stable:
        said = [f"**Stable** under flips and turns: {name} in all {found.num_views}, {span}."]
    else:
        said = [
            f"**Sensitive to how the photo is turned**: {name} in {found.num_agreeing} of "
            f"{found.num_views} flips and turns, {span}. Trust it less."
        ]
    if threshold and found.malignant[0] < threshold.value <= found.malignant[1]:
        said.append("Some of them lie above the threshold for malignant diagnoses, others below.")
    return said


def sentence(tried):
    """Whether the answer holds, and what makes it flip.

    Args:
        tried: `model.prediction.stress_test.StressTest`.
    """
    name = describe(tried.prediction.diagnosis).in_text
    total = len(tried.perturbations)
    if not tried.label_changes:
        return (
            f"**Holds**: {name} after all {total} changes. The network is steady, which does not "
            "make it right."
        )
    flips = ", ".join(
        f"{one.kind} {one.level} (to {describe(one.prediction.diagnosis).in_text})"
        for one in tried.label_changes
    )
    return f"**Holds after {tried.num_holding} of {total} changes**: {name}. It flips at {flips}."


def bands(tried):
    """The band of every diagnosis, most probable on top."""
    found = {
        f"{describe(code).name} ({code})": Estimate(
            tried.prediction.probabilities[code], *tried.band(code)
        )
        for code in tried.prediction.ranking
    }
    return charts.intervals(found, "Probability", "lowest to highest")


def table(tried):
    """One row per change, for reading and for a file."""
    return pd.DataFrame(
        {
            "Change": one.kind,
            "How far": one.level,
            "Diagnosis": describe(one.prediction.diagnosis).name,
            "Probability": round(one.prediction.probability, 3),
            "Same as before": one.prediction.diagnosis == tried.prediction.diagnosis,
        }
        for one in tried.perturbations
    )
