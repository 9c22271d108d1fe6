"""How far to trust one prediction: what photo and network say about it, in plain sentences."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation.bootstrap import Estimate
from model.lesions import describe
from model.prediction.stress_test import StressTest
from pages.classify import photo_quality, report_file
from pages.shared import charts, model_loading, session
from pages.shared.statements import Statements, covering, covering_rates


@st.fragment
def panel(photo: session.Photo, statements: Statements) -> None:
    """What is known at once, what a test of two seconds adds, and all of it as a file."""
    st.header("How far to trust it", anchor=False)
    sentences = known_at_once(photo, statements)
    for sentence in sentences:
        st.markdown(sentence)
    st.markdown(
        "**Stress test**: thirty small changes, such as another photo of the same lesion would "
        "have (turn, crop, light, contrast, blur, JPEG, hue), and a test of the heat map."
    )
    is_tested = session.has_stress_test(statements.run, photo)
    if is_tested or st.button("Stress-test this photo", key="classify_stress"):
        sentences = [*sentences, *stress_test(photo, statements)]
    report_file.offer(photo, statements, sentences)


def known_at_once(photo: session.Photo, statements: Statements) -> list[str]:
    """What came with the prediction, as sentences; the first sums them up."""
    return [
        statements.summary,
        *photo_quality.sentences(statements, photo),
        *filter(None, [statements.novelty]),
        *statements.stability,
    ]


def stress_test(photo: session.Photo, statements: Statements) -> list[str]:
    """Stress-test the photo and its heat map, draw the result and return it as sentences."""
    run, diagnosis = statements.run, statements.prediction.diagnosis
    with st.spinner("Changing the photo and classifying it again", show_time=True):
        result = session.stress_test(run, photo)
        heatmap = session.heatmap(run, photo, diagnosis)
        layer = model_loading.explainer(run).own_layer
        faithfulness = (
            None if heatmap.is_empty else session.faithfulness(run, photo, heatmap, layer)
        )
    sentences = [stress_test_sentence(result)]
    if faithfulness:
        sentences.append(covering(faithfulness.covering, describe(diagnosis).in_text))
        sentences += filter(None, [covering_rates(run)])
    for sentence in sentences:
        st.markdown(sentence)
    charts.show(
        bands(result),
        "classify_bands",
        "Probability of every diagnosis over all changes",
        "The points show the photo as it is, the lines reach from the lowest to the highest "
        f"probability over {len(result.perturbations)} changes. A line that is long, or that "
        "overlaps another diagnosis's, is a reason for doubt; a short one only says that the "
        "network is steady, not that it is right.",
    )
    with st.expander("Every change"):
        changes = table(result)
        st.dataframe(changes, hide_index=True, key="classify_changes")
        charts.csv(changes, "stress_test.csv", "classify_stress_csv")
    return sentences


def stress_test_sentence(result: StressTest) -> str:
    """Whether the diagnosis holds, and which changes give another."""
    name = describe(result.prediction.diagnosis).in_text
    total = len(result.perturbations)
    if not result.label_changes:
        return (
            f"**Holds**: {name} after all {total} changes. The network is steady, which does not "
            "make it right."
        )
    changes = ", ".join(
        f"{change.kind} {change.level} (to {describe(change.prediction.diagnosis).in_text})"
        for change in result.label_changes
    )
    return (
        f"**Holds after {result.num_holding} of {total} changes**: {name}. It changes at {changes}."
    )


def bands(result: StressTest) -> go.Figure:
    """The range of every diagnosis's probability, most probable on top."""
    intervals = {
        f"{describe(code).name} ({code})": Estimate(
            result.prediction.probabilities[code], *result.band(code)
        )
        for code in result.prediction.ranking
    }
    return charts.intervals(intervals, "Probability", "lowest to highest")


def table(result: StressTest) -> pd.DataFrame:
    """One row per change, for reading and for a file."""
    return pd.DataFrame(
        {
            "Change": change.kind,
            "How far": change.level,
            "Diagnosis": describe(change.prediction.diagnosis).name,
            "Probability": round(change.prediction.probability, 3),
            "Same as before": change.prediction.diagnosis == result.prediction.diagnosis,
        }
        for change in result.perturbations
    )
