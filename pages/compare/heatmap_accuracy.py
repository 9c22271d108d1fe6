"""Do the heat maps find the lesion? What `python -m train explain-report` measured."""

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation import tables
from model.evaluation.localisation import SUBSETS
from model.evaluation.randomisation import PatternKept
from model.heatmaps.baselines import BASELINES
from model.heatmaps.methods import METHODS
from pages.compare import heatmap_metrics, map_baselines, randomisation, run_choices
from pages.shared import cache, charts, choices
from pages.shared.url_state import Parameter, bind

MEASURES = {
    "pointing": "Pointing",
    "energy": "Energy",
    "iou": "Overlap",
}
# Of the table, for each measure.
COLUMNS = {"pointing": "Pointing", "energy": "Energy, times the area", "iou": "Overlap"}
AREA = "Lesion's share of the photo"
SYMBOLS = ("diamond-open", "square-open", "circle-open")  # one per baseline
ABOUT = {
    "all": "Whole photos.",
    "off_centre": "Whole photos whose middle is not part of the lesion.",
    "shifted": "A crop of each photo, three fifths as wide and as high, at a random place where it "
    "holds at least half of the lesion.",
}
MEANINGS = {
    "pointing": "Share of photos in which the map's maximum lies inside the lesion.",
    "energy": "Share of the map that lies inside the lesion, as a multiple of the lesion's share "
    "of the photo. A random map has 1. Narrow maps have an advantage.",
    "iou": "Intersection over union of the lesion and the map, with the map thresholded at the "
    "level that fits each photo best.",
}


def show():
    """Every run with its methods, each beside maps that need no network."""
    measured = {name: run for name, run in choices.usable().items() if run.localisation is not None}
    if not measured:
        st.info(
            "No model has been measured yet. Run `python -m train explain-report --data DIR` with "
            "a folder that holds lesion masks."
        )
        return
    which, of_photos, by = st.columns([2, 1, 1])
    with which:
        runs = run_choices.choose_measured("compare_localisation_runs", measured)
    subset, measure = (
        bind(
            column.selectbox,
            label,
            list(words),
            key=key,
            name=name,
            default=next(iter(words)),
            write="always",
            format_func=words.get,
            label_visibility=choices.HIDDEN,
        )
        for column, label, words, key, name in (
            (of_photos, "Photos", SUBSETS, "compare_localisation_subset", Parameter.PHOTOS),
            (by, "Measure", MEASURES, "compare_localisation_measure", Parameter.MEASURE),
        )
    )
    st.markdown(
        "Heat maps of test photos, for the diagnosis answered, compared with lesion masks, which a "
        "network proposed and a person checked. In dermatoscopic photos the lesion is usually in "
        "the middle, and darker than the skin around it, so maps that need no network find it, "
        "too. They stand beside it as open marks."
    )
    missing = [run for run in choices.known(with_network=True).values() if run.localisation is None]
    if missing:
        st.markdown(
            f"Not measured yet: {', '.join(map(choices.label, missing))}. `python -m train "
            "explain-report --run NAME --data DIR` does that with a folder of lesion masks."
        )
    measured = [(run, cache.localisation(run)[0][subset]) for run in runs]
    compared = [(run, cache.against_baselines(run, subset)) for run in runs]
    figures = cache.shared(table, measured, subset)
    charts.show(
        charts.shared(figure, measured, measure, dict(compared_by_name(compared))),
        "compare_localisation",
        f"{MEASURES[measure]} by model and method",
        f"{ABOUT[subset]} {MEANINGS[measure]} Lines are 95 % intervals by lesion.",
        charts.file(table, measured, subset),
        _finding(measured, measure),
    )
    st.dataframe(
        figures,
        hide_index=True,
        column_order=["Model", "Method", "Photos", "Empty maps", COLUMNS[measure], AREA],
    )
    st.caption(
        "In brackets: 95 % intervals by lesion. The CSV has all measures. Slow methods were "
        "measured on fewer photos. Empty maps count only in their own column. Masks: Tschandl et "
        "al. 2020, https://doi.org/10.1038/s41591-020-0942-0."
    )
    map_baselines.show(compared, subset, measure)
    st.header("Checks", anchor=False)
    st.markdown(
        "A method's maps must mark the lesion more than a random map would. They must find lesions "
        "that are off the centre. They must change when the network's weights are shuffled: maps "
        "that keep a pattern of their photo, upright or inverted, do not show what the network "
        "learned. If the shuffled network's maps are empty, this check says nothing."
    )
    st.dataframe(cache.shared(checks, runs), hide_index=True)
    for run in runs:
        for method, sentences in cache.heatmap_faults(run).items():
            st.markdown(
                f"- **{METHODS[method].title}, {choices.label(run)}**: {'; '.join(sentences)}."
            )
    randomisation.show(runs)
    heatmap_metrics.show(runs)


def figure(measured, measure, compared):
    """One measure of every run and method as points, those of the baselines as open marks.

    Args:
        measured: (run, list of `model.evaluation.localisation.MethodAccuracy`) of each run.
        measure: a key of `MEASURES`.
        compared: lists of `model.evaluation.map_baselines.Comparison` by run's name and method.
    """
    names, ours = [], []
    marks = {baseline: ([], []) for baseline in BASELINES}
    for run, rows in measured:
        for row in rows:
            names.append(f"{METHODS[row.method].title}<br>{choices.label(run)}")
            ours.append(getattr(row, measure))
            for comparison in compared.get((run.name, row.method), ()):
                if comparison.measure == measure:
                    values, places = marks[comparison.baseline]
                    values.append(comparison.of_baseline.value)
                    places.append(names[-1])
    figure = go.Figure()
    figure.add_scatter(
        x=[estimate.value for estimate in ours],
        y=names,
        name="the map",
        mode="markers+text",
        text=[f"{estimate.value:.2f}" for estimate in ours],
        textposition="top center",
        marker={"size": 11, "color": charts.COLOURS[0]},
        error_x=charts.whiskers(ours),
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    for (baseline, (values, places)), symbol in zip(marks.items(), SYMBOLS, strict=True):
        if values:
            name = BASELINES[baseline].lower()
            figure.add_scatter(
                x=values,
                y=places,
                name=name,
                mode="markers",
                marker={"size": 11, "color": charts.COLOURS[1], "symbol": symbol},
                hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
            )
    figure.update_layout(
        height=140 + 52 * len(names), margin=charts.margin(), legend=charts.legend()
    )
    ends = [estimate.high for estimate in ours if not math.isnan(estimate.high)]
    ends += [value for values, _ in marks.values() for value in values]
    highest = max([1.02, *(1.05 * end for end in ends)])
    figure.update_xaxes(title=MEASURES[measure], range=[0, highest])
    figure.update_yaxes(autorange="reversed")
    return figure


def table(measured, subset):
    """One row per run and method, as text.

    Args:
        measured: (run, list of `model.evaluation.localisation.MethodAccuracy`) of each run.
        subset: a key of `SUBSETS`.
    """
    rows = []
    for run, accuracies in measured:
        own = tables.heatmap_accuracy({subset: accuracies}).drop(
            columns="Test photos", errors="ignore"
        )
        own.insert(0, "Model", choices.label(run))
        rows.append(own)
    return pd.concat(rows, ignore_index=True)


def _correlation(after):
    if after is None:
        return "-"
    correlation = after.correlation
    if not after.num_photos:
        return f"undefined: an empty map in all {after.num_undefined}"
    if math.isnan(correlation.low):
        return f"{correlation.value:.2f} in all {after.num_photos}"
    return f"{correlation}, n = {after.num_photos}"


def _finding(measured, measure):
    """What the first method of each run reaches."""
    return "; ".join(
        f"{choices.label(run)}, {METHODS[rows[0].method].title}: "
        f"{getattr(rows[0], measure).value:.2f}"
        for run, rows in measured
        if rows
    )


def compared_by_name(compared):
    """((run's name, method), comparisons) of (run, comparisons by method)."""
    return [
        ((run.name, method), comparisons)
        for run, by_method in compared
        for method, comparisons in by_method.items()
    ]


def _passes(faults, after):
    """In words: a tick would say too much where the shuffled network's maps say nothing."""
    if faults:
        return "no"
    is_told = after and not (
        after.is_unknown if isinstance(after, PatternKept) else after.num_undefined
    )
    return "yes" if is_told else "as far as it could be told"


def checks(runs):
    """One row per run and method: what it fails, and what shuffling the weights does."""
    rows = []
    for run in runs:
        _, shuffled, faults = cache.localisation(run)
        if run.randomisation is not None:
            shuffled = {method: of[-1] for method, of in cache.randomisation(run).items()}
        rows += [
            {
                "Model": choices.label(run),
                "Method": METHODS[method].title,
                "Passes": _passes(sentences, shuffled.get(method)),
                "Absolute correlation with shuffled weights": _correlation(shuffled.get(method)),
            }
            for method, sentences in faults.items()
        ]
    return pd.DataFrame(rows)
