"""Finding the malignant ones: every threshold at once, and what one means for 1,000 people."""

import plotly.graph_objects as go
import streamlit as st

from model.evaluation import tables
from model.evaluation.operating_points import most_sensitive_malignant, per_thousand
from model.lesions import describe, malignant_codes
from pages.shared import cache, charts
from pages.shared.url_state import Parameter, bind


def show(run):
    """Draw the curves, the operating points and the slider.

    Args:
        run: `model.run.Run`; the test photos are those of the network that ships.
    """
    codes = malignant_codes(run.diagnoses)
    curves = {"malignant sum": codes} | ({"melanoma alone": ["mel"]} if "mel" in codes else {})
    if codes == ["mel"]:
        curves = {"melanoma alone": codes}
    found = {name: cache.ranking(run, own) for name, own in curves.items() if own}
    found = {name: one for name, one in found.items() if one is not None}
    if not found:
        st.info(
            "There is nothing to find for this run: it knows no malignant diagnosis, or its test "
            "photos are not of both kinds."
        )
        return
    st.header("Finding the malignant ones", anchor=False)
    reached = cache.thresholds_on_test(run)
    left, right = st.columns(2)
    told = "; ".join(
        f"{name} ({_names(one.of)}): {one.num_of:,} photos against {one.num_others:,}, area "
        f"{one.area}, average precision {one.average_precision:.2f}"
        for name, one in found.items()
    )
    with left:
        charts.show(
            roc(found, reached),
            "training_roc",
            "ROC curve",
            "How many are found, for how many false alarms; the dashed line is guessing."
            + (" Diamonds are the operating points below." if reached else ""),
        )
    with right:
        charts.show(
            precision_recall(found),
            "training_precision",
            "Precision-recall curve",
            "How many of the alarms are right, for how many found: the answer to a screening where "
            "few lesions are malignant lies lower.",
        )
    st.caption(
        f"Test photos{_which(run)} ranked by a sum of probabilities. {told[0].upper()}{told[1:]}."
    )
    if not reached:
        return
    st.dataframe(tables.operating_points(reached), hide_index=True, key="training_thresholds")
    st.caption(
        "Thresholds were chosen on validation photos to reach the wanted sensitivity; sensitivity "
        "and specificity are what they reached on test photos, with 95 % intervals by lesion."
    )
    for_a_thousand(run, reached)


@st.fragment
def for_a_thousand(run, reached):
    """What one threshold means for 1,000 people, at a prevalence the visitor sets."""
    st.subheader("For 1,000 people", anchor=False)
    left, right = st.columns(2)
    by_name = {f"{'+'.join(one.of)}:{100 * one.target_sensitivity:.0f}": one for one in reached}
    # At first the one that Classify holds an answer against.
    shown = most_sensitive_malignant(reached, run.diagnoses) or reached[0]
    first = next(name for name, one in by_name.items() if one is shown)
    chosen = bind(
        left.selectbox,
        "Threshold",
        list(by_name),
        key=f"training_threshold_{run.name}",
        name=Parameter.THRESHOLD,
        default=first,
        format_func=lambda name: _name(by_name[name]),
    )
    one = by_name[chosen]
    what = "melanomas" if one.of == ("mel",) else _names(one.of)
    shares = [str(number) for number in range(1, 51)]
    prevalence = bind(
        right.select_slider,
        f"Of 100 lesions shown, so many are {what if one.of == ('mel',) else 'malignant'}",
        shares,
        key="training_prevalence",
        name=Parameter.PREVALENCE,
        default="5",
        help="Prevalence. In a screening it is low, in a clinic for suspicious lesions high.",
    )
    people = per_thousand(one.sensitivity.value, one.specificity.value, int(prevalence) / 100)
    columns = st.columns(4)
    for column, (title, number) in zip(
        columns,
        {
            "Found": people.found,
            "Missed": people.missed,
            "False alarms": people.false_alarms,
            "Others below": people.cleared,
        }.items(),
        strict=True,
    ):
        column.metric(title, number)
    alarms = people.found + people.false_alarms
    others = [code for code in malignant_codes(run.diagnoses) if code not in one.of]
    st.caption(
        f"One lesion each; {people.found + people.missed} are what is looked for ({what}). "
        + (f"Of {alarms} alarms {100 * people.found / alarms:.0f} % are right. " if alarms else "")
        + (f"Other malignant ones ({_names(others)}) count as others here. " if others else "")
        + "This takes the test photos' sensitivity and specificity for everybody's: other people, "
        "other cameras and other lesions will differ."
    )


def _which(run):
    return " of the first fold, whose network ships," if len(run.folds) > 1 else ""


def roc(found, reached):
    """How many are found for how many false alarms, operating points as marks.

    Args:
        found: `model.evaluation.roc.RocCurve` by name.
        reached: `model.evaluation.operating_points.MeasuredThreshold`s.
    """
    figure = go.Figure()
    charts.diagonal(figure, "guessing")
    for number, (name, one) in enumerate(found.items()):
        figure.add_scatter(
            x=one.false_alarms,
            y=one.sensitivity,
            mode="lines",
            line=_line(number),
            name=name,
            hovertemplate="found %{y:.2f}, false alarms %{x:.2f}<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=[1 - one.specificity.value for one in reached],
        y=[one.sensitivity.value for one in reached],
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": "white",
            "line": {"width": 2, "color": "black"},
        },
        cliponaxis=False,
        name="operating points",
        text=[_name(one) for one in reached],
        hovertemplate="%{text}<br>found %{y:.2f}, false alarms %{x:.2f}<extra></extra>",
    )
    return _square(figure, "False alarms (1 - specificity)", "Found (sensitivity)")


def precision_recall(found):
    """How many of the alarms are right, for how many found.

    Args:
        found: `model.evaluation.roc.RocCurve` by name.
    """
    figure = go.Figure()
    for number, (name, one) in enumerate(found.items()):
        figure.add_scatter(
            x=one.recall,
            y=one.precision,
            mode="lines",
            line=_line(number),
            name=name,
            hovertemplate="found %{x:.2f}, alarms right %{y:.2f}<extra>" + name + "</extra>",
        )
    return _square(figure, "Found (recall)", "Right alarms (precision)")


def _line(number):
    return {"color": charts.COLOURS[number], "dash": ("solid", "dot")[number % 2], "width": 2}


def _square(figure, across, up):
    # Four names take two lines: room for them above the axes.
    figure.update_layout(
        height=420, margin=charts.margin(top=50), legend=charts.legend(), showlegend=True
    )
    figure.update_xaxes(title=across, range=[0, 1.02])
    figure.update_yaxes(title=up, range=[0, 1.02])
    return figure


def _name(one):
    return f"{tables.sought(one)}, {100 * one.target_sensitivity:.0f} % sensitivity wanted"


def _names(codes):
    return ", ".join(describe(code).in_text for code in codes)
