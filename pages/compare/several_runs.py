"""Several runs beside each other: their figures, curves and confusion matrices."""

import math
from hashlib import sha256

import pandas as pd
import streamlit as st

from model.evaluation import findings, paired_runs
from model.evaluation import tables as figures
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.differences import Figure
from model.evaluation.metrics import METRICS
from pages.compare import run_choices
from pages.shared import cache, charts, choices, curves, tables
from pages.shared.url_state import Parameter

FIRST = "balanced_accuracy"


def show():
    """Figures, learning curves and confusion matrices of the runs the visitor chooses."""
    runs = run_choices.choose_several("compare_runs")
    chosen = dict(zip(choices.labels(runs), runs, strict=True))
    evaluations = {title: cache.evaluation(run) for title, run in chosen.items()}
    st.header("Figures on test photos", anchor=False)
    st.dataframe(cache.shared(figures.summary, evaluations), key="compare_summary")
    st.caption(
        f"In brackets the 95 % interval, from resampling lesions {NUM_RESAMPLES:,} times. Of a "
        "model with folds the test photos of all folds are pooled."
    )
    metric = choices.one_of(
        "Metric", sorted(METRICS, key=FIRST.__ne__), Parameter.METRIC, "compare_metric", METRICS.get
    )
    estimates = {
        f"{title}<br>{evaluation.num_photos:,} photos": evaluation.summary[metric]
        for title, evaluation in evaluations.items()
    }
    charts.show(
        charts.shared(charts.intervals, estimates, METRICS[metric]),
        "compare_intervals",
        METRICS[metric],
        "Points are the figures on each model's own test photos, lines their 95 % intervals by "
        "lesion. Models whose lines overlap may still differ: see Two models.",
        finding=f"{METRICS[metric]}: "
        + "; ".join(
            f"{title} {evaluation.summary[metric].value:.2f}"
            for title, evaluation in evaluations.items()
            if not math.isnan(evaluation.summary[metric].value)
        ),
    )
    _differences(chosen, Figure(metric))
    tested = {cache.shared(_tested, run) for run in chosen.values()}
    if len(tested) > 1:
        st.info(
            "These models were tested on different photos or diagnoses: their figures do not rank "
            "them."
        )

    _external_photos(chosen)
    recorded = {title: run for title, run in chosen.items() if run.has_history}
    if recorded:
        _learning_curves(recorded)

    st.header("Confusion matrices", anchor=False)
    by_row = choices.by_row("compare_by_row", default=True)
    columns = st.columns(min(2, len(chosen)))
    for index, (title, evaluation) in enumerate(evaluations.items()):
        with columns[index % len(columns)]:
            confusion = cache.confusion(evaluation)
            figure = charts.shared(
                charts.confusion,
                confusion,
                by_row,
                f"{title} (n = {evaluation.num_photos:,})",
            )
            charts.show(
                figure,
                f"compare_confusion_{index}",
                f"Confusion matrix of {title}",
                "Rows are the truth, columns the answer; the diagonal is right. Colour is the "
                "share of the row.",
                charts.file(tables.confusion, confusion),
                cache.shared(findings.most_mistaken, confusion),
            )


def _tested(run):
    """Which test photos and diagnoses a run was tested on, as one word for equal ones."""
    rows = run.predictions
    test_photos = sorted(set(rows["image_id"][rows["split"] == "test"]))
    return sha256(repr((test_photos, run.diagnoses)).encode()).hexdigest()


def _differences(chosen, figure):
    """How far each run is from the first, on the photos that both were tested on.

    Args:
        figure: `model.evaluation.differences.Figure`.
    """
    (first_title, first), *others = chosen.items()
    name = figures.FIGURES[figure]
    rows = []
    for title, run in others:
        try:
            compared = cache.pairing(first, run)
        except paired_runs.ComparisonError:
            continue
        if figure not in compared.figures:
            continue
        of_first, of_other, difference = compared.figures[figure]
        rows.append(
            {
                "Model": title,
                name: figures.figure(of_other),
                first_title: figures.figure(of_first),
                "Difference": figures.figure(difference),
                "Test photos of both": compared.num_photos,
            }
        )
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_differences")
        st.caption(
            f"{name} less that of {first_title}, on the photos that both were tested on "
            "and the diagnoses that both know, with 95 % intervals from the same draws of lesions "
            "for both."
        )


def _learning_curves(recorded):
    """The curves of runs whose training was recorded, by title."""
    st.header("Learning curves", anchor=False)
    column = choices.one_of("Curve", ["loss", "accuracy"], Parameter.CURVE, "compare_curve")
    series = [curves.series(title, run, run.folds[0]) for title, run in recorded.items()]
    figure = charts.shared(curves.curves, series, column, column.capitalize())
    charts.show(
        figure,
        "compare_curves",
        f"{column} by epoch",
        "Dotted: training; solid: validation; star: the epoch whose weights were kept. Of a model "
        "with folds the first is shown.",
    )


def _external_photos(chosen):
    """The runs' figures on photos of other data sets, which are the same photos for every run."""
    parts = [
        cache.shared(
            figures.test_parts, [part for part in cache.external(run) if not part.is_own]
        ).assign(Model=title)
        for title, run in chosen.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        return
    st.header("Figures on photos of other data sets", anchor=False)
    rows = rows.sort_values(["Photos from", "Model"])
    st.dataframe(
        rows[["Photos from", "Model", *rows.columns.drop(["Photos from", "Model"])]],
        hide_index=True,
        key="compare_external",
    )
    st.caption(
        "Photos that took no part in the training of any model. A model is measured on the photos "
        "whose diagnosis it knows. In brackets 95 % intervals, by person or photo."
    )
    (first_title, first), *others = chosen.items()
    differences = [
        cache.shared(figures.pair_differences, compared).assign(Model=title)
        for title, run in others
        if (compared := cache.pairing_elsewhere(first, run))
    ]
    if not differences:
        return
    rows = pd.concat(differences, ignore_index=True).sort_values(["Photos from", "Model"])
    st.dataframe(
        rows[["Photos from", "Model", *rows.columns.drop(["Photos from", "Model"])]].fillna(
            figures.NOT_MEASURED
        ),
        hide_index=True,
        key="compare_external_differences",
    )
    st.caption(
        f"Each figure less that of {first_title}, on the same photos and the diagnoses that both "
        "know, with the 95 % interval of the difference: the same draws of people or photos for "
        "both."
    )
