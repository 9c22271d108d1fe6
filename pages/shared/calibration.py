"""Are the probabilities worth what they say? The reliability diagram and the prediction sets."""

import plotly.graph_objects as go
import streamlit as st

from model.intervals import Estimate
from model.lesions import describe
from model.reliability import reliability
from pages.shared import cache, charts, choose, results


def show(run):
    """The reliability diagram of one part of a run's photos, and what its prediction sets hold."""
    rows, split, fold = choose.part(run)
    diagram(
        run,
        rows,
        f"{split} photos{results.augmented(rows)}",
        cache.evaluation(run, split, fold).summary["ece"],
        "training",
    )
    if fold == run.folds[0]:
        st.caption(
            f"The temperature of this network, {run.calibration['temperature']:.2f}, was fitted on "
            "validation photos: its outputs are divided by it, which makes it surer below 1 and "
            "more careful above."
        )
    sets_of(run)


def diagram(run, rows, what, error, key):
    """The reliability diagram of some photos.

    Args:
        run: `model.run.Run`.
        rows: its predictions of one split and fold.
        what: these photos in words, such as "test photos".
        error: `model.intervals.Estimate` of their calibration error.
        key: of the widgets.
    """
    found = reliability(rows, run.diagnoses)
    charts.show(
        figure(found),
        f"{key}_reliability",
        "Reliability diagram",
        f"Photos grouped by the probability of their answer; {len(rows):,} {what}, the number "
        "stands at each point. On the dashed line a probability of 0.8 is right in eight of ten "
        "photos; below it the network is too sure, above it too careful. Lines are Wilson's 95 % "
        f"intervals, every photo counted on its own. Calibration error (ECE): {error}.",
        found,
    )


def sets_of(run):
    """What the prediction sets of the network that ships reached on its test photos."""
    coverage, _ = cache.reached_on_test(run)
    if coverage is None:
        return
    st.header("Prediction sets", anchor=False)
    charts.show(
        sets(coverage),
        "training_coverage",
        "Coverage of the prediction sets",
        "A prediction set holds every diagnosis the network can't rule out. Sets were fitted on "
        f"validation photos to hold the truth in {_percent(coverage.wanted)} of all photos; on the "
        f"{coverage.num_photos:,} test photos"
        + (" of the first fold, whose network ships," if len(run.folds) > 1 else "")
        + f" they held it in {coverage.share}, with {coverage.mean_size:.1f} diagnoses on average. "
        "For a single diagnosis nobody promised anything: the chart shows what came out, with 95 % "
        "intervals by lesion.",
    )


def figure(found):
    """Share of right answers against the probability they came with.

    Args:
        found: `model.reliability.reliability`.
    """
    figure = go.Figure()
    charts.diagonal(figure, "as good as its word")
    shares = [Estimate(*row) for row in found[["right", "low", "high"]].to_numpy()]
    figure.add_scatter(
        x=found["probability"],
        y=found["right"],
        mode="lines+markers+text",
        name="this run",
        text=[f"{number:,}" for number in found["num_photos"]],
        textposition="bottom right",
        cliponaxis=False,
        marker={"size": 9, "color": charts.COLOURS[0]},
        line={"color": charts.COLOURS[0]},
        error_y=charts.whiskers(shares),
        hovertemplate=("probability %{x:.2f}: %{y:.2f} right<br>%{text} photos<extra></extra>"),
    )
    figure.update_layout(height=380, margin=charts.margin(), legend=charts.legend())
    figure.update_xaxes(title="Probability of the answer", range=[0, 1.04])
    figure.update_yaxes(title="Share of right answers", range=[0, 1.04])
    return figure


def sets(coverage):
    """Coverage of each diagnosis as a point with its interval, beside what was wanted.

    Args:
        coverage: `model.reached.Coverage`.
    """
    estimates = {
        f"{describe(code).name} ({code})<br>{number:,} photos": share
        for code, (number, share) in coverage.by_diagnosis.items()
    }
    figure = charts.intervals(estimates, "Coverage")
    figure.add_vline(
        coverage.wanted,
        line={"dash": "dash", "color": "gray", "width": 1},
        annotation={
            "text": f"wanted: {_percent(coverage.wanted)}",
            "xanchor": "right",
            "yshift": 16,
        },
        annotation_position="top left",
    )
    figure.update_layout(margin=charts.margin(top=30))
    return figure


def _percent(share):
    return f"{100 * share:.0f} %"
