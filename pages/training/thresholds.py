"""Finding malignant lesions: every threshold at once, and what one means for 1,000 people."""

from dataclasses import astuple

import plotly.graph_objects as go
import streamlit as st

from model.evaluation import findings, reference_standard, tables
from model.evaluation.bootstrap import Estimate
from model.evaluation.operating_points import most_sensitive_malignant, thousand
from model.evaluation.reference_standard import Reference
from model.lesions import describe
from pages.shared import cache, charts, choices
from pages.shared.measured import test_photos
from pages.shared.url_state import Parameter, bind

REFERENCES = {Reference.ANY: "All test photos", Reference.HISTOLOGY: "Confirmed by histology"}
DOTS_ACROSS = 50
# A filled dot is an alarm; the warm colour is what the threshold looks for.
DOTS = {
    "Found": (charts.MALIGNANT, "circle"),
    "Missed": (charts.MALIGNANT, "circle-open"),
    "False alarms": (charts.CHANCE, "circle"),
    "Others below": (charts.CHANCE, "circle-open"),
}


def show(run):
    """Draw what a threshold means for 1,000 people, then every threshold.

    Args:
        run: `model.run.Run`; the test photos are those of the network that ships.
    """
    codes = run.malignant
    curves = {"malignant sum": codes} | ({"melanoma alone": ["mel"]} if "mel" in codes else {})
    if codes == ["mel"]:
        curves = {"melanoma alone": codes}
    reference = choose_reference(run, codes)
    roc_curves = {name: cache.ranking(run, own, reference) for name, own in curves.items() if own}
    roc_curves = {
        name: roc_curve for name, roc_curve in roc_curves.items() if roc_curve is not None
    }
    if not roc_curves:
        st.info(
            "This model has no thresholds to show: it knows no malignant diagnosis, or its test "
            "photos do not include both malignant and other lesions."
        )
        return
    points = cache.thresholds_on_test(run, reference)
    if points:
        for_a_thousand(run, points, reference)
    _how_confirmed(run, codes)
    every_threshold(run, roc_curves, points, reference)
    net_benefit(run, reference)


def every_threshold(run, roc_curves, points, reference):
    """The ROC and precision-recall curves, and a row for each operating point.

    Args:
        roc_curves: `model.evaluation.roc.RocCurve` by name.
        points: `model.evaluation.operating_points.MeasuredThreshold`s.
        reference: `Reference`.
    """
    st.header("At every threshold", anchor=False)
    left, right = st.columns(2)
    sentence = "; ".join(
        f"{name} ({_names(roc_curve.of)}): {roc_curve.num_of:,} photos against "
        f"{roc_curve.num_others:,} others, AUC {roc_curve.area}, "
        f"average precision {roc_curve.average_precision}"
        for name, roc_curve in roc_curves.items()
    )
    with left:
        charts.show(
            charts.shared(roc, roc_curves, points),
            "training_roc",
            "ROC curve",
            "Sensitivity against false alarms, at every threshold. The dashed line is guessing."
            + (" Diamonds are the operating points in the table below." if points else ""),
            finding=findings.ranked(next(iter(roc_curves.values()))),
        )
    with right:
        charts.show(
            charts.shared(precision_recall, roc_curves),
            "training_precision",
            "Precision-recall curve",
            "Share of alarms that are correct, against sensitivity (recall). In a screening, where "
            "few lesions are malignant, precision is lower.",
        )
    st.caption(
        f"Test photos{_which(run)}{_of(reference)} ranked by a sum of probabilities. "
        f"{sentence[0].upper()}{sentence[1:]}."
    )
    if not points:
        return
    st.dataframe(
        cache.shared(tables.operating_points, points), hide_index=True, key="training_thresholds"
    )
    st.caption(
        "Thresholds were chosen on validation photos to reach the target sensitivity. Sensitivity "
        f"and specificity were then measured on {test_photos(next(iter(run.kinds), None))}"
        f"{_of(reference)}, with 95 % intervals by lesion."
    )


def net_benefit(run, reference):
    """The decision curve of the threshold that Classify holds an answer against.

    Args:
        reference: `Reference`.
    """
    point = most_sensitive_malignant(cache.thresholds_on_test(run, reference), run.malignant)
    if point is None:
        return
    curve = cache.net_benefit(run, point.value, reference)
    st.header("Is it worth acting on?", anchor=False)
    charts.show(
        charts.shared(decision_curve, curve),
        "training_net_benefit",
        "Net benefit by the probability from which one would act",
        "Whoever would act on a lesion from a probability of 5 % puts up with 19 false alarms for "
        "one malignant lesion found. Net benefit counts malignant lesions found, less false alarms "
        f"at that price, per 1,000 photos: {point.num_of + point.num_others:,} "
        f"{test_photos(next(iter(run.kinds), None))}{_of(reference)}, {point.num_of:,} malignant, "
        f"threshold on the malignant sum for {100 * point.target_sensitivity:.0f} % sensitivity. "
        "Lines through the marks are 95 % intervals by lesion. Where few lesions are malignant, as "
        "in a screening, all of it is smaller. It counts photos, not people, and gives no reason "
        "to act on anybody.",
        charts.file(tables.net_benefit, curve),
        findings.worth_acting(curve),
    )
    with st.expander("The figures, with the gain over the better of all and none"):
        table = cache.shared(tables.net_benefit, curve)
        st.dataframe(table, hide_index=True, key="training_net_benefit_table")


def decision_curve(curve):
    """Net benefit per 1,000 photos of the threshold, of acting on every photo and on none.

    Args:
        curve: `model.evaluation.net_benefit.NetBenefit`s.
    """
    figure = go.Figure()
    across = [100 * point.act_from for point in curve]
    for name, symbol, colour_index, estimates in (
        ("above the threshold", "circle", 0, [point.threshold for point in curve]),
        ("on every photo", "square-open", 1, [point.everyone for point in curve]),
    ):
        per_thousand = [
            Estimate(*(1000 * end for end in astuple(estimate))) for estimate in estimates
        ]
        line = _line(colour_index)
        figure.add_scatter(
            x=across,
            y=[estimate.value for estimate in per_thousand],
            mode="lines+markers",
            line=line,
            marker={"symbol": symbol, "size": 10},
            error_y=charts.whiskers(per_thousand, color=line["color"]),
            name=name,
            hovertemplate="acting from %{x:.0f} %: %{y:.0f}<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=[0, across[-1]],
        y=[0, 0],
        mode="lines",
        line={"dash": "dash", "color": "gray", "width": 1},
        name="on none",
        hoverinfo="skip",
    )
    figure.update_layout(
        height=420, margin=charts.margin(top=50), legend=charts.legend(), showlegend=True
    )
    figure.update_xaxes(title="Acts from a probability of (%)", range=[0, 1.05 * across[-1]])
    figure.update_yaxes(title="Net benefit per 1,000 photos")
    return figure


def choose_reference(run, codes):
    """Let the visitor choose which photos count, where the data says how they were confirmed.

    Args:
        codes: of the malignant diagnoses.
    Returns:
        `Reference`.
    """
    if cache.shared(_confirmed, run, codes) is None:
        return Reference.ANY
    return bind(
        st.segmented_control,
        "Which photos count",
        list(Reference),
        key=f"training_reference_{run.name}",
        name=Parameter.REFERENCE,
        default=Reference.ANY,
        format_func=REFERENCES.__getitem__,
        required=True,
        label_visibility=choices.HIDDEN,
    )


def _confirmed(run, codes):
    return reference_standard.counts(run.test_photos, codes)


def _how_confirmed(run, codes):
    """How many test photos histology confirms, where the data says so."""
    known = cache.shared(_confirmed, run, codes)
    if known is None:
        return
    st.caption(
        f"Histology confirms {known.num_of_by_histology:,} of {known.num_of:,} malignant test "
        f"photos and {known.num_others_by_histology:,} of {known.num_others:,} others. A lesion "
        "that looks harmless is seldom cut out: the others that histology confirms are the "
        "difficult ones."
    )


@st.fragment
def for_a_thousand(run, points, reference):
    """What one threshold means for 1,000 people, at a prevalence the visitor sets."""
    heading = st.container()
    left, right = st.columns(2)
    by_name = {
        f"{'+'.join(point.of)}:{100 * point.target_sensitivity:.0f}": point for point in points
    }
    # At first the one that Classify holds an answer against.
    shown = most_sensitive_malignant(points, run.malignant) or points[0]
    first = next(name for name, point in by_name.items() if point is shown)
    chosen = bind(
        left.selectbox,
        "Threshold",
        list(by_name),
        key=f"training_threshold_{run.name}",
        name=Parameter.THRESHOLD,
        default=first,
        format_func=lambda name: _name(by_name[name]),
    )
    point = by_name[chosen]
    what = "melanomas" if point.of == ("mel",) else _names(point.of)
    shares = [str(count) for count in range(1, 51)]
    prevalence = bind(
        right.select_slider,
        f"{'Melanomas' if point.of == ('mel',) else 'Malignant lesions'} per 100 lesions",
        shares,
        key="training_prevalence",
        name=Parameter.PREVALENCE,
        default="5",
        help="The prevalence: low in a screening, high in a clinic for suspicious lesions.",
    )
    share = int(prevalence) / 100
    people = thousand(point, share)
    alarms = people.found.value + people.false_alarms.value
    heading.header(
        f"Of 1,000 people: {people.found.value:,} of {people.num_ill:,} found, "
        f"{people.false_alarms.value:,} false alarms",
        anchor=False,
    )
    counts = {
        "Found": people.found,
        "Missed": people.missed,
        "False alarms": people.false_alarms,
        "Others below": people.cleared,
    }
    with st.container(horizontal=True, key="training_thousand"):
        for title, count in counts.items():
            st.metric(
                title,
                f"{count.value:,}",
                f"({count.low:,}-{count.high:,})",
                delta_color="off",
                delta_arrow="off",
                width="content",
            )
    charts.draw(
        charts.shared(dots, {title: count.value for title, count in counts.items()}),
        "training_dots",
        "1,000 people as dots: "
        + ", ".join(f"{title.lower()} {count.value:,}" for title, count in counts.items()),
    )
    others = [code for code in run.malignant if code not in point.of]
    st.caption(
        f"Each person has one lesion; in {people.num_ill} of them it is what the "
        f"threshold looks for ({what}). "
        + (
            f"Of {alarms} alarms, {100 * people.found.value / alarms:.0f} % are correct. "
            if alarms
            else ""
        )
        + (f"Other malignant diagnoses ({_names(others)}) count as others here. " if others else "")
        + f"The numbers assume the sensitivity and specificity measured on {point.num_of:,} and "
        f"{point.num_others:,} {test_photos(next(iter(run.kinds), None))}{_of(reference)}; in "
        "brackets, what their 95 % intervals "
        "allow. Other people, cameras and lesions will differ."
    )


def dots(counts):
    """One dot for each person, in rows of `DOTS_ACROSS`.

    Args:
        counts: of the people by a key of `DOTS`; they add up to 1,000.
    """
    figure = go.Figure()
    first = 0
    for title, count in counts.items():
        places = range(first, first + count)
        colour, symbol = DOTS[title]
        figure.add_scatter(
            x=[place % DOTS_ACROSS for place in places],
            y=[place // DOTS_ACROSS for place in places],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 7, "line": {"width": 1}},
            name=f"{title}: {count:,}",
            hovertemplate=f"{title}: {count:,}<extra></extra>",
        )
        first += count
    figure.update_layout(
        height=340, margin=charts.margin(top=50), legend=charts.legend(), showlegend=True
    )
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True, autorange="reversed")
    return figure


def _of(reference):
    return " confirmed by histology" if reference == Reference.HISTOLOGY else ""


def _which(run):
    return " of the first fold, whose network is shipped," if len(run.folds) > 1 else ""


def roc(roc_curves, points):
    """ROC curves, with the operating points as marks.

    Args:
        roc_curves: `model.evaluation.roc.RocCurve` by name.
        points: `model.evaluation.operating_points.MeasuredThreshold`s.
    """
    figure = go.Figure()
    charts.diagonal(figure, "guessing")
    for colour_index, (name, roc_curve) in enumerate(roc_curves.items()):
        figure.add_scatter(
            x=roc_curve.false_alarms,
            y=roc_curve.sensitivity,
            mode="lines",
            line=_line(colour_index),
            name=name,
            hovertemplate="found %{y:.2f}, false alarms %{x:.2f}<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=[1 - roc_curve.specificity.value for roc_curve in points],
        y=[roc_curve.sensitivity.value for roc_curve in points],
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": "white",
            "line": {"width": 2, "color": "black"},
        },
        cliponaxis=False,
        name="operating points",
        text=[_name(roc_curve) for roc_curve in points],
        hovertemplate="%{text}<br>found %{y:.2f}, false alarms %{x:.2f}<extra></extra>",
    )
    return _square(figure, "False alarms (1 - specificity)", "Found (sensitivity)")


def precision_recall(roc_curves):
    """Precision-recall curves.

    Args:
        roc_curves: `model.evaluation.roc.RocCurve` by name.
    """
    figure = go.Figure()
    for colour_index, (name, roc_curve) in enumerate(roc_curves.items()):
        figure.add_scatter(
            x=roc_curve.recall,
            y=roc_curve.precision,
            mode="lines",
            line=_line(colour_index),
            name=name,
            hovertemplate="found %{x:.2f}, alarms right %{y:.2f}<extra>" + name + "</extra>",
        )
    return _square(figure, "Found (recall)", "Right alarms (precision)")


def _line(colour_index):
    return {
        "color": charts.COLOURS[colour_index],
        "dash": ("solid", "dot")[colour_index % 2],
        "width": 2,
    }


def _square(figure, across, up):
    # Four names take two lines: room for them above the axes.
    figure.update_layout(
        height=420, margin=charts.margin(top=50), legend=charts.legend(), showlegend=True
    )
    figure.update_xaxes(title=across, range=[0, 1.02])
    figure.update_yaxes(title=up, range=[0, 1.02])
    return figure


def _name(point):
    return f"{tables.sought(point)}, target sensitivity {100 * point.target_sensitivity:.0f} %"


def _names(codes):
    return ", ".join(describe(code).in_text for code in codes)
