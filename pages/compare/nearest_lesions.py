"""One photo, several networks: do they find the same training lesions nearest?"""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import streamlit as st

from model.evaluation.neighbour_overlap import overlap_sentence
from model.lesions import describe
from model.prediction.neighbours import Neighbours, SimilarCases
from model.run import RunError
from model.run.tables import NUM_NEAREST
from pages.shared import cache, choices, session, tables
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

FARTHER = "farther"
UNKNOWN = "not in its training"
COLUMNS = {
    "image_id": "Training photo",
    "diagnosis": "Diagnosis",
    "record": tables.RECORD_COLUMN,
}


@st.fragment
def show(by_title: dict[str, Statements], photo: session.Photo) -> None:
    """The nearest training lesions of every model that has a list of them, side by side, for those
    who ask; drawn anew by itself."""
    runs = {
        title: about.run
        for title, about in by_title.items()
        if about.run.neighbour_arrays is not None
    }
    if len(runs) < 2:
        return
    st.header("Which training lesions it resembles, model by model", anchor=False)
    if not choices.switch("Find them", Parameter.NEAREST, "compare_nearest_shown"):
        return
    found = {}
    for title, run in runs.items():
        try:
            found[title] = session.similar_cases(run, photo, NUM_NEAREST)
        except RunError as error:
            st.error(f"{title}: {error}")
    if not found:
        return
    places = by_lesion({title: cache.neighbours(runs[title]) for title in found}, found)
    for first, second in combinations(found, 2):
        st.markdown(in_common(first, second, places))
    st.dataframe(places, hide_index=True, column_config=COLUMNS, key="compare_nearest")
    st.caption(
        f"The {NUM_NEAREST} nearest training lesions of each model, numbered from the nearest. "
        "Each network measures nearness by what it has learned to look at, and the models were "
        "not all trained on the same lesions."
    )
    for first, second in combinations(found, 2):
        measured = cache.neighbour_overlap(runs[first], runs[second])
        if measured is not None:
            st.caption(overlap_sentence(first, second, measured))


def by_lesion(neighbours: dict[str, Neighbours], found: dict[str, SimilarCases]) -> pd.DataFrame:
    """One row per lesion that is among the nearest of any model, in the order in which the models
    find them; a column per model, with the lesion's place there, `FARTHER` or `UNKNOWN`.

    Args:
        neighbours, found: by title of the run.
    """
    rows: dict[str, dict] = {}
    for title, cases in found.items():
        for place, case in enumerate(cases.nearest, 1):
            lesion = neighbours[title].lesion_of(case.image_id)
            row = rows.setdefault(
                lesion,
                {"image_id": case.image_id, "diagnosis": describe(case.diagnosis).name}
                | {
                    other: FARTHER if of.has_lesion(lesion) else UNKNOWN
                    for other, of in neighbours.items()
                },
            )
            row[title] = str(place)
    return tables.with_records(pd.DataFrame(rows.values()))


def in_common(first: str, second: str, places: pd.DataFrame) -> str:
    """How many of the nearest lesions two models share.

    Args:
        first, second: titles, columns of `places`.
        places: of `by_lesion`.
    """
    is_near = [~places[title].isin((FARTHER, UNKNOWN)) for title in (first, second)]
    num_both = int((is_near[0] & is_near[1]).sum())
    num_unknown = int((is_near[0] & (places[second] == UNKNOWN)).sum())
    of_first, of_second = (int(near.sum()) for near in is_near)
    shared = f"{first} and {second} share **{num_both}** of their"
    sentence = f"{shared} {of_first} nearest training lesions."
    if of_first != of_second:  # one has fewer
        numbers = f"{of_first} of {first}, {of_second} of {second}"
        sentence = f"{shared} nearest training lesions: {numbers}."
    if num_unknown:
        were = "was" if num_unknown == 1 else "were"
        sentence += f" Of those of {first}, {num_unknown} {were} not in the training of {second}."
    return sentence
