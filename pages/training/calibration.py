"""Calibration: the reliability diagram, and what the prediction sets cover."""

import streamlit as st

from model.evaluation import findings, tables
from model.lesions import describe
from pages.shared import cache, charts, reliability
from pages.training import results


def show(run):
    """Let the visitor choose the photos, and draw what the probabilities of them are worth."""
    _, split, fold = results.choose_photos(run)
    of(run, split, fold)


def of(run, split, fold):
    """The reliability diagram of one split of a run, and the coverage of its prediction sets."""
    reliability.diagram(
        run,
        split,
        fold,
        f"{split} photos{results.augmented(run, split, fold)}",
        cache.evaluation(run, split, fold).summary["ece"],
        "training",
    )
    if fold == run.folds[0]:
        st.caption(
            f"The temperature of this network, {run.calibration['temperature']:.2f}, was fitted on "
            "validation photos. The network's logits are divided by it: a temperature below 1 "
            "makes the network more confident, one above 1 less confident."
        )
    errors_of(run)
    sets_of(run)


def errors_of(run):
    """Calibration of every diagnosis and of the malignant sum, own test photos and others."""
    results = cache.external(run) or [cache.own_results(run)]
    results = [result for result in results if result.diagnosed]
    if not results:
        return
    st.header("Every diagnosis, and the malignant sum", anchor=False)
    for result in results:
        calibrated = cache.shared(findings.calibrated, result.title, result.diagnosed.calibration)
        st.markdown(calibrated)
        table = cache.shared(tables.calibration, [result]).drop(columns="Photos from")
        # A row for each figure: beside each other they are wider than a page.
        st.dataframe(
            table.set_index("Probabilities").T.rename_axis("Figure").astype(str),
            key=f"training_calibration_{result.kind}_{result.source}",
            height="content",
        )
    st.caption(
        "Errors are means over 15 bins of equal width, the first over the diagnoses, too. *If "
        "right*: what chance would leave of an error with so few photos if the probabilities were "
        "right. Slope and intercept are of the malignant sum, in logits: below 1 it is too "
        "extreme, below 0 too high. 95 % intervals by lesion or person."
    )


def sets_of(run):
    """Coverage of the shipped network's prediction sets on its test photos."""
    coverage, _ = cache.reached_on_test(run)
    if coverage is None:
        return
    st.header("Prediction sets", anchor=False)
    charts.show(
        charts.shared(sets, coverage),
        "training_coverage",
        "Coverage of the prediction sets",
        "A prediction set holds every diagnosis the network can't rule out. The sets were fitted "
        f"on validation photos to hold the true diagnosis in {_percent(coverage.target)} of all "
        f"photos. On the {coverage.num_photos:,} test photos"
        + (" of the first fold, whose network is shipped," if len(run.folds) > 1 else "")
        + f" they held it in {coverage.share}, with {coverage.mean_size} diagnoses on average. "
        "The target is for all photos together, not for each diagnosis. The chart shows the "
        "coverage of each, with 95 % intervals by lesion.",
        finding=cache.shared(findings.covered, coverage),
    )


def sets(coverage):
    """Coverage of each diagnosis as a point with its interval, beside the target.

    Args:
        coverage: `model.evaluation.conformal.Coverage`.
    """
    estimates = {
        f"{describe(code).name} ({code})<br>{number:,} photos": share
        for code, (number, share) in coverage.by_diagnosis.items()
    }
    figure = charts.intervals(estimates, "Coverage")
    figure.add_vline(
        coverage.target,
        line={"dash": "dash", "color": "gray", "width": 1},
        annotation={
            "text": f"target: {_percent(coverage.target)}",
            "xanchor": "right",
            "yshift": 16,
        },
        annotation_position="top left",
    )
    figure.update_layout(margin=charts.margin(top=30))
    return figure


def _percent(share):
    return f"{100 * share:.0f} %"
