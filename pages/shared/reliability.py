"""The reliability diagram: does a probability of 0.8 mean eight of ten?"""

import plotly.graph_objects as go

from model.evaluation import findings
from model.evaluation.bootstrap import Estimate
from model.evaluation.reliability import reliability
from pages.shared import cache, charts


def diagram(run, split, fold, photos, error, key):
    """The reliability diagram of some photos.

    Args:
        run: `model.run.Run`.
        split, fold: of its predictions.
        photos: these photos in words, such as "test photos".
        error: `model.evaluation.bootstrap.Estimate` of their calibration error.
        key: of the widgets.
    """
    bins = cache.shared(_bins, run, split, fold)
    num_photos = len(cache.rows(run, split, fold))
    charts.show(
        charts.shared(figure, bins),
        f"{key}_reliability",
        "Reliability diagram",
        f"{num_photos:,} {photos}, grouped by the probability of their answer; each point shows "
        "its number of photos. On the dashed line, answers with a probability of 0.8 are correct "
        "in eight of ten photos. Below it the network is overconfident, above it underconfident. "
        "Lines are Wilson's 95 % intervals by lesion. "
        f"Calibration error (ECE): {error}.",
        charts.file(_bins, run, split, fold),
        cache.shared(findings.confidence, bins),
    )


def _bins(run, split, fold):
    return reliability(cache.rows(run, split, fold), run.diagnoses)


def figure(bins):
    """Share of right answers against the probability they came with.

    Args:
        bins: `model.evaluation.reliability.reliability`.
    """
    figure = go.Figure()
    charts.diagonal(figure, "perfect calibration")
    shares = [Estimate(*row) for row in bins[["right", "low", "high"]].to_numpy()]
    figure.add_scatter(
        x=bins["probability"],
        y=bins["right"],
        mode="lines+markers+text",
        name="this model",
        text=[f"{count:,}" for count in bins["num_photos"]],
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
