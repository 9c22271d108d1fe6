"""Several runs beside each other: their figures, and what they say about one photo."""

import streamlit as st

from model import run as runs
from model.intervals import NUM_RESAMPLES
from model.lesions import describe
from model.metrics import METRICS
from model.overlay import overlay
from pages.shared import cache, charts, choose, curves, look, tables


def _chosen():
    found = choose.several_runs("compare_runs")
    return dict(zip(choose.labels(found), found, strict=True))


def show_figures():
    """Figures, learning curves and confusion matrices of the runs the visitor chooses."""
    chosen = _chosen()
    found = {title: cache.evaluation(run) for title, run in chosen.items()}
    st.header("Figures on test photos", anchor=False)
    st.dataframe(tables.summary(found), key="compare_summary")
    st.caption(
        f"In brackets the 95 % interval, from resampling lesions {NUM_RESAMPLES:,} times. Of a run "
        "with folds the test photos of all folds are pooled."
    )
    metric = st.segmented_control(
        "Metric",
        list(METRICS),
        default="balanced_accuracy",
        required=True,
        format_func=METRICS.get,
        key="compare_metric",
    )
    estimates = {
        f"{title}<br>{one.num_photos:,} photos": one.summary[metric] for title, one in found.items()
    }
    charts.show(charts.intervals(estimates, METRICS[metric]), "compare_intervals", METRICS[metric])
    tested = {
        (frozenset(rows["image_id"][rows["split"] == "test"]), tuple(run.diagnoses))
        for run in chosen.values()
        for rows in [run.predictions]
    }
    if len(tested) > 1:
        st.info(
            "These runs were tested on different photos or diagnoses: their figures do not rank "
            "them."
        )

    st.header("Learning curves", anchor=False)
    column = st.segmented_control(
        "Curve", ["loss", "accuracy"], default="loss", required=True, key="compare_curve"
    )
    series = [curves.series(title, run, run.folds[0]) for title, run in chosen.items()]
    figure = curves.curves(series, column, column.capitalize())
    charts.show(figure, "compare_curves", f"{column} by epoch")
    st.caption(
        "Dotted: training; solid: validation; star: the epoch whose weights were kept. Of a run "
        "with folds the first is shown."
    )

    st.header("Confusion matrices", anchor=False)
    by_row = st.toggle("Shares of the true diagnosis", value=True, key="compare_by_row")
    columns = st.columns(min(2, len(chosen)))
    for number, (title, one) in enumerate(found.items()):
        with columns[number % len(columns)]:
            figure = charts.confusion(one.confusion, by_row, f"{title} (n = {one.num_photos:,})")
            charts.show(figure, f"compare_confusion_{number}", f"Confusion matrix of {title}")


def show_photo():
    """One photo through every run the visitor chooses."""
    chosen = _chosen()
    able = {title: run for title, run in chosen.items() if run.has_network}
    for title in chosen.keys() - able.keys():
        st.caption(f"{title} is here with its results only. Train it: `{chosen[title].command}`")
    photo = choose.photo("compare")
    if photo is None:
        st.info("Click a sample, or upload a photo, to see what each run says about it.")
        return
    columns = st.columns(max(1, min(3, len(able))))
    for number, (title, run) in enumerate(able.items()):
        with columns[number % len(columns)]:
            _answer(title, run, photo)


def _answer(title, run, photo):
    st.header(title, anchor=False)
    try:
        answer = look.answer(run, photo)
        heatmap = look.heatmap(run, photo, answer.diagnosis)
    except runs.RunError as error:
        st.error(str(error))
        return
    name = describe(answer.diagnosis).name
    picture = overlay(photo.shown, heatmap.values)
    st.image(picture, width="stretch", alt=f"Heat map of {name} by {title}")
    st.markdown(f"**{name}**, probability {answer.probability:.2f}")
    if heatmap.is_empty:
        st.caption("The map is empty: nothing in the photo raised this diagnosis.")
    if run.is_rendered != photo.is_rendered:
        st.caption("This run learned another kind of picture: its answer means nothing here.")
