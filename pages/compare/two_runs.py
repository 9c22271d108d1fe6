"""Two runs on the same test photos."""

import streamlit as st

from model.evaluation import paired_runs
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.run_sentences import leakage_sentence
from model.lesions import describe
from model.run import IMPORTED, RunError
from pages.compare import run_choices
from pages.shared import cache, charts, choices, model_loading, tables

COLUMNS = {
    "image_id": "Photo",
    "lesion_id": "Lesion",
    "diagnosis": "Truth",
    "first": "First model",
    "p_first": st.column_config.NumberColumn("First's probability", format="%.2f"),
    "second": "Second model",
    "p_second": st.column_config.NumberColumn("Second's probability", format="%.2f"),
}
CHANCE = 0.05  # a difference this unlikely by chance is called one, by convention


def show():
    """Let the visitor choose two runs and draw what tells them apart."""
    first, second = run_choices.choose_pair("compare_pair")
    if first.name == second.name:
        st.info("Choose two different models.")
        return
    labels = choices.labels([first, second])
    try:
        comparison = cache.pairing(first, second)
    except paired_runs.ComparisonError as error:
        st.warning(f"These two cannot be compared photo by photo. {error}")
        _costs([first, second], labels)
        return
    st.header("On the same photos", anchor=False)
    st.markdown(_verdict(comparison, labels))
    st.dataframe(tables.paired(comparison, labels), key="compare_pair_figures")
    st.caption(
        f"{comparison.num_photos:,} photos of {comparison.num_lesions:,} lesions that both were "
        "tested on; "
        f"95 % intervals from resampling lesions {NUM_RESAMPLES:,} times, the same for both."
        + _restriction(comparison, first, second)
    )
    for run, label in zip((first, second), labels, strict=True):
        if run.as_published:
            st.warning(f"{label}: {leakage_sentence(cache.side(run).leakage)}")
        if run.card["protocol"] == IMPORTED and not run.has_training_photos:
            st.warning(f"{label}: nobody recorded whether it has seen these photos in training.")

    st.header("Where they disagree", anchor=False)
    table = tables.disagreements(comparison)
    if table.empty:
        st.info("They give every photo the same answer.")
    else:
        st.dataframe(
            tables.photos(table),
            hide_index=True,
            key="compare_disagreements",
            column_config=COLUMNS,
        )
        st.caption(
            f"{len(table):,} of {comparison.num_photos:,} photos, those first that only one of "
            "them gets right, the surest mistakes on top."
        )
        charts.csv(table, "disagreements.csv", "compare_pair_csv")
    _costs([first, second], labels)


def _verdict(comparison, labels):
    """Two sentences: one by the difference's interval, one by the sign-flip test."""
    difference = comparison.balanced_accuracy[2]
    better = labels[1] if difference.value >= 0 else labels[0]
    if abs(difference.value) < 0.005:
        first = "Their balanced accuracies are alike."
    else:
        by = f"{abs(difference.value):.2f}"
        first = (
            f"**{better}** has the higher balanced accuracy, by {by}."
            if difference.low > 0 or difference.high < 0
            else f"The difference in balanced accuracy, {by} for {better}, may be chance: its "
            "interval holds zero."
        )
    if not comparison.only_first + comparison.only_second:
        return f"{first} They get the same photos right."
    more = labels[1] if comparison.only_second >= comparison.only_first else labels[0]
    chance = (
        f"**{more}** gets more photos right in all, which chance hardly explains"
        if comparison.p_value < CHANCE
        else "the difference may be chance"
    )
    return (
        f"{first} Right answers: {comparison.only_first:,} only of the first model, "
        f"{comparison.only_second:,} only of the second; {chance} (McNemar's test by lesion, p "
        f"{tables.p_value(comparison.p_value)})."
    )


def _restriction(comparison, first, second):
    sentences = ""
    if set(first.diagnoses) != set(second.diagnoses):
        names = ", ".join(describe(code).in_text for code in comparison.diagnoses)
        sentences += f" They know different diagnoses, so only those they share count: {names}."
    if comparison.num_left_out:
        sentences += (
            f" Left out of the photos both were tested on: {comparison.num_left_out:,}, of a "
            "diagnosis they do not share or under two different ones."
        )
    return sentences


def _costs(runs, labels):
    st.header("What they cost", anchor=False)
    times = st.session_state.setdefault("compare_times", {})
    if st.button("Measure the time per photo", key="compare_measure", help="On this computer, now"):
        for run in runs:
            times[run.digest] = _milliseconds(run)
    st.dataframe(tables.costs(runs, labels, times), key="compare_costs")
    st.caption(
        "Size is that of the network's file. The time is the median of 20 photos, one at a time, "
        "from decoded photo to calibrated probabilities, on this computer."
    )


def _milliseconds(run):
    if not run.has_network:
        return None
    from model.prediction.latency import milliseconds_per_photo

    try:
        return milliseconds_per_photo(model_loading.classifier(run))
    except RunError as error:
        st.error(str(error))
        return None
