"""Where a run is weak: groups of patients, and external photos."""

import math

import plotly.graph_objects as go
import streamlit as st

from model.evaluation import findings, subgroups
from model.evaluation import tables as figures
from model.evaluation.run_sentences import not_recorded, recall_gaps
from model.lesions import describe
from model.photo.kind import plural
from model.run import IMPORTED
from pages.shared import cache, charts, choices
from pages.shared.url_state import Parameter


def show(run):
    """The diagnoses and the groups that are recognised least often, then photos from elsewhere."""
    worst = cache.shared(_least_recognised, cache.evaluation_of_test_photos(run))
    st.markdown(f"**{worst}.** Counted on {len(run.test_photos):,} test photos{_which(run)}.")
    st.markdown(cache.shared(not_recorded, run))
    targets = _watched(run)
    if cache.groups(run, next(iter(targets.values()))):
        _groups(run, targets)
    skin_tone(run)
    external_photos(run)


def skin_tone(run):
    """How little is known of the run's worth on darker skin, where the tone was measured."""
    sentences, results = cache.skin_tone(run)
    if not sentences:
        return
    st.header("Skin tone in the photo", anchor=False)
    first, *by_source, last = sentences
    st.markdown(first)
    if by_source:
        st.markdown("\n".join(f"- {sentence}" for sentence in by_source))
    st.markdown(last)
    with st.expander("The figures, by source"):
        for index, result in enumerate(results):
            st.markdown(f"{result.title[:1].upper()}{result.title[1:]}")
            st.dataframe(
                cache.shared(figures.subgroups, result.groups, len(run.diagnoses)).drop(
                    columns="What"
                ),
                hide_index=True,
                key=f"training_tone_{index}",
            )
        st.caption(
            "Groups by the individual typology angle of the skin around the lesion, lightest "
            "first. Cases are photos of a malignant diagnosis; recall is that of all malignant "
            "diagnoses together, with Wilson's interval."
        )


def _groups(run, targets):
    """Let the visitor choose a diagnosis, and draw its recall in every group.

    Args:
        targets: codes by name.
    """
    name = next(iter(targets))
    if len(targets) > 1:
        name = choices.one_of(
            "Recall of", list(targets), Parameter.RECALL_OF, f"training_watch_{run.name}"
        )
    measured = cache.groups(run, targets[name])
    if gaps := cache.recall_gaps(run, targets[name]):
        st.markdown(recall_gaps(gaps, name))
    table = cache.shared(figures.subgroups, measured, len(run.diagnoses))
    charts.show(
        charts.shared(figure, measured),
        "training_groups",
        f"Recall of {name} by group",
        f"Share of the photos of {name} that were answered as such; {len(run.test_photos):,} "
        f"test photos{_which(run)}. Lines are Wilson's 95 % intervals by lesion. "
        f"Grey, hollow marks: fewer than {subgroups.FEW} such photos, too "
        "few to tell.",
        charts.file(figures.subgroups, measured, len(run.diagnoses)),
    )
    with st.expander("The figures, with balanced accuracy"):
        st.dataframe(table, hide_index=True, key="training_groups_table")
        st.caption(
            f"Cases are photos of {name}. Recall is the share of them answered as such. "
            "Balanced accuracy is the mean recall of the diagnoses in a group, with its 95 % "
            "interval by lesion. Groups hold different diagnoses, so it does not rank them."
        )


def external_photos(run):
    """What the run's answers are worth on photos of other data sets, beside its own test photos."""
    results = cache.external(run)
    if not results:
        return
    st.header("On photos of other data sets", anchor=False)
    # A row for each figure: beside each other they are wider than a page.
    parts = (
        cache.shared(figures.test_parts, results).set_index("Photos from").T.rename_axis("Figure")
    )
    st.dataframe(parts.astype(str), key="training_test_parts", height="content")
    st.caption(
        "A test part of its own data set can flatter a network. "
        + (
            "Nobody knows whether these photos took part in the training. "
            if run.card["protocol"] == IMPORTED
            else "None of these photos took part in the training. "
        )
        + "Prediction sets and threshold are those of the kind of photo where the "
        "model knows it, else those of its own photos. In brackets 95 % intervals, by person or "
        "lesion."
    )
    held_against = cache.shared(figures.source_differences, results)
    if len(held_against):
        held_against = held_against.set_index("Photos from").T.rename_axis("Less own test photos")
        st.dataframe(held_against, key="training_source_differences", height="content")
        st.caption(
            "Each figure on these photos less that on own test photos of the same diagnoses, with "
            "the 95 % interval of the difference. The two parts are resampled for themselves. "
            "Prediction sets and specificity also change with how frequent each diagnosis is among "
            "the photos. Calibration errors are not held against each other: by chance alone that "
            "of fewer photos is larger."
        )
    for result in results:
        if result.is_own or result.on_own_test_photos is None:
            continue
        st.markdown(
            f"**{result.title[:1].upper()}{result.title[1:]}.** They show "
            f"{len(result.diagnosed.diagnoses)} diagnoses. On its own test photos, over the same "
            f"diagnoses, the model's balanced accuracy is {result.on_own_test_photos}; here it is "
            f"{findings.compared(result.difference)}."
        )
        if result.by_skin_type:
            if result.skin_type_gaps:
                st.markdown(recall_gaps(result.skin_type_gaps, "any malignant diagnosis"))
            st.dataframe(
                cache.shared(figures.subgroups, result.by_skin_type, len(run.diagnoses))
                .drop(columns="What")
                .rename(columns={"Lesions": "People"}),
                hide_index=True,
                key=f"training_skin_{result.kind}",
            )
            st.caption(
                f"{plural(result.kind).capitalize()} by Fitzpatrick skin type, where it is "
                "recorded. Cases are photos of a malignant diagnosis. Recall is that of all "
                "malignant diagnoses together, with Wilson's interval by person."
            )
    st.subheader("Does it notice what it is shown?", anchor=False)
    st.dataframe(cache.shared(figures.unusual, results), hide_index=True, key="training_unusual")
    st.caption(
        "Flagged as unusual: the novelty score is above 1. Told apart: the chance that such a "
        "photo's novelty score is higher than that of an own test photo. Kind recognised: the "
        "network is sure of what kind of photo it is, and right."
    )


def _least_recognised(evaluation):
    return findings.least_recognised(evaluation.per_diagnosis)


def _which(run):
    return " of the first fold, whose network is shipped" if len(run.folds) > 1 else ""


def figure(subgroups_measured):
    """Recall of each group as a point with its interval; grey and hollow where photos are too few.

    Args:
        subgroups_measured: `model.evaluation.subgroups.Subgroup`s.
    """
    drawn = [subgroup for subgroup in subgroups_measured if not math.isnan(subgroup.recall.value)][
        ::-1
    ]
    labels = [
        f"{subgroup.characteristic}: {subgroup.name} (n = {subgroup.num_targets:,})"
        for subgroup in drawn
    ]
    figure = go.Figure()
    for is_small, colour, symbol, legend in (
        (False, charts.COLOURS[0], "circle", "enough photos"),
        (True, "gray", "circle-open", f"fewer than {subgroups.FEW} photos"),
    ):
        own = [
            (label, subgroup.recall)
            for label, subgroup in zip(labels, drawn, strict=True)
            if subgroup.is_small == is_small
        ]
        if not own:
            continue
        figure.add_scatter(
            x=[recall.value for _, recall in own],
            y=[label for label, _ in own],
            mode="markers",
            name=legend,
            marker={"size": 10, "color": colour, "symbol": symbol},
            error_x=charts.whiskers([recall for _, recall in own], color=colour),
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    figure.update_layout(
        height=90 + 26 * len(drawn), margin=charts.margin(), legend=charts.legend()
    )
    figure.update_xaxes(title="Recall", range=[-0.02, 1.02])
    figure.update_yaxes(categoryorder="array", categoryarray=labels, automargin=True)
    return figure


def _watched(run):
    """Diagnoses to show recall of: all malignant ones together, then each, malignant ones first."""
    codes = run.malignant
    targets = {"any malignant diagnosis": codes} if len(codes) > 1 else {}
    order = sorted(run.diagnoses, key=lambda code: (code != "mel", code not in codes))
    return targets | {describe(code).in_text: [code] for code in order}
