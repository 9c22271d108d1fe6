"""Why one diagnosis and not another: the signed heat map of their difference, the nearest training
lesion of either, and what is measured of them."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import streamlit as st

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import OutlineError
from model.heatmaps.overlay import overlay_difference
from model.lesions import describe
from model.photo.lesion_features import FEATURES
from model.prediction.neighbours import SimilarCases
from model.run import RunError
from pages.explain import features, heatmap_grid, similar
from pages.shared import cache, choices, colour_bar, session, tables
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

WHO = "Whose"
COLUMNS = {WHO: WHO, **{name: similar.COLUMNS[name] for name in similar.COLUMNS if name != "why"}}


@st.fragment
def show(photo: session.Photo, about: Statements) -> None:
    """The signed heat map between two diagnoses, at first the two most probable, with the nearest
    training lesion of either and what is measured of them."""
    run, prediction = about.run, about.prediction
    st.header("Why one and not the other", anchor=False)
    first, second = (
        choices.of_photo(
            photo,
            column.selectbox,
            heading,
            prediction.ranking,
            name=name,
            default=default,
            scope=run.name,
            format_func=heatmap_grid.with_probability(prediction),
        )
        for column, heading, name, default in zip(
            st.columns(2),
            ("Why", "And not"),
            (Parameter.WHY, Parameter.WHY_NOT),
            prediction.ranking[:2],
            strict=True,
        )
    )
    if first == second:
        st.info("Choose two different diagnoses.")
        return
    difference = session.difference(run, photo, first, second)
    names = [describe(code).in_text for code in (first, second)]
    left, right = st.columns(2)
    with left, st.container(key="photo_beside_difference"):
        st.image(session.display(photo), width="stretch", alt="The photo itself")
    with right:
        st.image(
            session.picture(
                photo,
                ("difference", run.card_digest, first, second),
                lambda: overlay_difference(photo.display, difference.values, 0.7),
            ),
            width="stretch",
            alt=f"Where the photo speaks for {names[0]} or {names[1]}",
        )
        colour_bar.of_difference(0.7, *names)
    if difference.is_empty:
        st.info(f"Nothing in this photo speaks for {names[0]} rather than {names[1]}, or against.")
    else:
        st.caption(
            f"Grad-CAM of the difference of the two logits. Yellow speaks for {names[0]} rather "
            f"than {names[1]}, blue the other way round. The scale runs from "
            f"-{difference.peak:.3g} to {difference.peak:.3g}, the peak of either colour, so what "
            "is pale hardly matters."
        )
    is_comparable = features.is_comparable(about) and not photo.is_rendered
    _nearest(run, photo, first, second, is_comparable)


def _nearest(run, photo, first, second, is_comparable):
    """The nearest training lesion of either diagnosis, and what is measured of it, of the photo and
    of test lesions."""
    if run.neighbour_arrays is None:
        return
    try:
        found = session.similar_cases(run, photo, similar.NUM_SHOWN)
    except RunError as error:
        st.error(str(error))
        return
    cases = [found.of_diagnosis[code] for code in (first, second) if code in found.of_diagnosis]
    if not cases:
        return
    st.subheader("The nearest training lesion of either", anchor=False)
    similar.pictures(run, cases, "either")
    measured = features.of_photo(photo)
    own = asdict(measured) if measured else None
    st.dataframe(
        table(found, (first, second), own, is_comparable),
        hide_index=True,
        placeholder="-",
        column_config=COLUMNS,
        key="explain_differential",
    )
    if own is None:
        st.caption(features.DOUBTED)
        return
    for sentence in leanings(own, first, second) if is_comparable else ():
        st.markdown(sentence)
    st.caption(f"{features.NO_DIAGNOSIS} {similar.DISTANCE}")


def table(
    found: SimilarCases, codes: tuple[str, str], own: dict[str, float] | None, is_comparable: bool
) -> pd.DataFrame:
    """A row for the photo, for the nearest lesion of each diagnosis, and for the middle of the test
    lesions of each.

    Args:
        found: of the photo.
        own: features of the photo; None where its outline is doubted.
        is_comparable: whether the middle may stand beside the photo.
    """
    cases = [found.of_diagnosis[code] for code in codes if code in found.of_diagnosis]
    nearest = tables.similar_cases(cases, features.of_data_set())
    nearest[WHO] = [f"Nearest {describe(case.diagnosis).in_text}" for case in cases]
    rows = [{WHO: "This photo", **(own or {})}]
    if own is not None and is_comparable:
        rows += [
            {WHO: f"Median of {num_lesions:,} test lesions: {describe(code).in_text}", **medians}
            for code, (num_lesions, medians) in middles(codes).items()
        ]
    shown = pd.concat([pd.DataFrame(rows[:1]), nearest, pd.DataFrame(rows[1:])], ignore_index=True)
    return shown[[name for name in COLUMNS if name in shown]]


def middles(codes: tuple[str, str]) -> dict[str, tuple[int, dict[str, float]]]:
    """(test lesions, median of each feature) of those diagnoses that have enough lesions."""
    try:
        outlines = cache.outlines()
    except OutlineError:
        return {}
    by_feature = {name: lesion_outlines.distributions(outlines, name) for name in FEATURES}
    return {
        code: (
            int(by_feature[FEATURES[0]].at[code, "num_lesions"]),
            {name: float(by_feature[name].at[code, "median"]) for name in FEATURES},
        )
        for code in codes
        if code in by_feature[FEATURES[0]].index
    }


def leanings(own: dict[str, float], first: str, second: str) -> list[str]:
    """Which side of two diagnoses each measured feature of a photo is on, of those features that
    are shown to tell the two apart; empty where that was not measured.

    Args:
        own: features of the photo.
    """
    known = middles((first, second))
    if len(known) < 2 or {first, second} != {lesion_outlines.ONE, lesion_outlines.OTHER}:
        return []
    near: dict[str, list[str]] = {first: [], second: []}
    for name in FEATURES:
        if not cache.feature_separation(name).low > 0.5:
            continue
        gaps = {code: abs(own[name] - medians[name]) for code, (_, medians) in known.items()}
        if gaps[first] != gaps[second]:
            near[min(gaps, key=gaps.__getitem__)].append(features.WORDS[name].name.lower())
    return [
        f"Nearer to the median of {describe(code).in_text}: {', '.join(names)}."
        for code, names in near.items()
        if names
    ]
