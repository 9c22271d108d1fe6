"""Similar cases: the training lesions that the network finds most like the photo."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from model.evaluation import neighbour_vote
from model.lesions import describe
from model.photo.decode import PhotoError
from model.prediction.mix import RunAtMix
from model.prediction.neighbours import Case, Neighbours, SimilarCases
from model.prediction.prediction import Prediction
from model.run import Run, RunError
from model.run.arrays import BY_FREQUENCY
from pages.explain import features
from pages.shared import cache, choices, model_loading, session, tables
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

NUM_SHOWN = 6  # lesions
WIDTH = 150  # of a picture on screen, pixels
OF_OTHER_KIND = "How often that is right was not measured on such photos."
DISTANCE = (
    "Distance: 1 is how far a typical validation photo is from its nearest training lesion. The "
    "network measures it, by what it has learned to look at: what it overlooks does not count here."
)
AT_OTHER_MIX = (
    "How good the vote is beside the network was not measured at this mix of diagnoses: the vote "
    "is not read at it."
)
COLUMNS = {
    "why": "Nearest of",
    "image_id": "Training photo",
    "diagnosis": "Diagnosis",
    "confirmed_by": "Confirmed by",
    "distance": st.column_config.NumberColumn("Distance", format="%.2f"),
    "asymmetry": st.column_config.NumberColumn("Asymmetry", format="percent"),
    "border": st.column_config.NumberColumn("Border", format="%.2f"),
    "colour": st.column_config.NumberColumn("Colours", format="%.1f"),
    "record": tables.RECORD_COLUMN,
}
OF_DRAWINGS = {"image_id": "Training drawing", "confirmed_by": None}  # nothing to confirm


def show(photo: session.Photo, about: Statements) -> None:
    """Show what the nearest training lesions are and say, and what stands against the answer."""
    run, prediction = about.run, about.prediction
    if run.neighbour_arrays is None:
        st.info(
            "This model came without a list of its training photos, so there is nothing to compare "
            "the photo with."
        )
        return
    try:
        found = session.similar_cases(run, photo, NUM_SHOWN)
    except RunError as error:
        st.error(str(error))
        return
    measured = cache.neighbour_vote(run)
    own_features = features.in_brief(photo)
    st.markdown(vote(found, prediction, cache.neighbours(run)))
    worth = how_good(run, about.is_of_own_kind)
    if worth:
        st.caption(worth)
    st.subheader("The nearest training lesions", anchor=False)
    if own_features and any(case.image_id in features.of_data_set() for case in found.nearest):
        st.caption(own_features)
    if found.own_lesion:
        st.caption(
            "The data set of this model has a photo of this name, whose lesion took part in the "
            "training: that lesion is left out here."
        )
    with_maps = _with_maps(run, [*found.nearest, *found.of_diagnosis.values()])
    _cases(run, found.nearest, "nearest", with_maps)
    if measured is not None and about.is_of_own_kind:
        st.caption(neighbour_vote.precision(measured))
    against = contrasting(found, prediction)
    st.subheader("What it might be instead", anchor=False)
    _cases(run, [case for _, case in against], "instead", with_maps, [why for why, _ in against])
    st.caption(DISTANCE)
    if measured is not None and about.is_of_own_kind:
        with st.expander("When network and neighbours differ", key="explain_neighbours"):
            for sentence in neighbour_vote.agreement(measured):
                st.markdown(sentence)


def _with_maps(run, cases):
    """Whether the visitor wants the run's heat maps over pictures that are at hand."""
    return bool(cache.training_files(run, [case.image_id for case in cases])) and choices.switch(
        "With the heat map of each one's diagnosis", Parameter.NEIGHBOUR_MAPS, "explain_their_maps"
    )


def how_good(run: Run, is_of_own_kind: bool) -> str:
    """How good the vote is on test photos, or why nobody knows; empty where nobody measured it."""
    measured = cache.neighbour_vote(run)
    if measured is not None:
        return neighbour_vote.worth(measured) if is_of_own_kind else OF_OTHER_KIND
    if isinstance(run, RunAtMix) and cache.neighbour_vote(run.base) is not None:
        return AT_OTHER_MIX
    return ""


def contrasting(found: SimilarCases, prediction: Prediction) -> list[tuple[str, Case]]:
    """The nearest case of the answer, of the runner-up and of the most probable malignant
    diagnosis, each with why it stands here; a diagnosis once."""
    ranking = prediction.ranking
    wanted = {ranking[0]: "the answer"}
    if len(ranking) > 1:
        wanted[ranking[1]] = "the second choice"
    malignant = [code for code in ranking if code in prediction.malignant][:1]
    for code in malignant:
        wanted.setdefault(code, "the most probable malignant diagnosis")
    return [
        (why, found.of_diagnosis[code])
        for code, why in wanted.items()
        if code in found.of_diagnosis
    ]


def vote(found: SimilarCases, prediction: Prediction, neighbours: Neighbours) -> str:
    """What the nearest lesions alone would say, beside the network's answer."""
    says = found.diagnosis
    is_same = says == prediction.diagnosis
    sentence = (
        f"Alone, the {neighbour_vote.voting(neighbours.num_voting)} would say "
        f"**{describe(says).in_text}**, with {found.vote[says]:.2f} of the vote: "
        f"{'the same as the network' if is_same else 'not what the network says'}."
    )
    if neighbours.weighting == BY_FREQUENCY:  # the nearest few may all have another diagnosis
        sentence += " In the vote, rare diagnoses count as much as frequent ones."
    return sentence


def pictures(run: Run, cases: Sequence[Case], key: str, with_maps: bool = False) -> None:
    """Show training photos, those that are on this computer or can be drawn.

    Args:
        run: whose training photos they are.
        key: of their row.
        with_maps: whether the run's heat maps of their diagnoses lie over them.
    """
    files = cache.training_files(run, [case.image_id for case in cases])
    at_hand = [case for case in cases if case.image_id in files]
    if at_hand:
        with st.container(horizontal=True, key=f"explain_pictures_{key}"):
            for case in at_hand:
                _picture(run, case, files[case.image_id], with_maps)


def _cases(run, cases, key, with_maps, reasons=None):
    """Facts of training photos, with pictures where the data set lies on this computer."""
    pictures(run, cases, key, with_maps)
    table = tables.similar_cases(cases, features.of_data_set())
    if reasons is not None:
        table["why"] = reasons
    st.dataframe(
        table,
        hide_index=True,
        column_order=[name for name in COLUMNS if name in table],
        column_config=COLUMNS | OF_DRAWINGS if run.is_rendered else COLUMNS,
        key=f"explain_similar_{key}",
    )


def _picture(run, case, file, with_maps):
    name = describe(case.diagnosis)
    with st.container(width=WIDTH, gap="xsmall"):
        try:
            if with_maps:
                picture = model_loading.training_map(run, file, case.diagnosis, 2 * WIDTH)
            else:
                picture = cache.thumbnail(file, 2 * WIDTH)
        except (OSError, PhotoError, RunError) as error:
            st.caption(f"{case.image_id}: {error}")
            return
        under = " under its heat map" if with_maps else ""
        kind = (OF_DRAWINGS if run.is_rendered else COLUMNS)["image_id"]
        alt = f"{kind} {case.image_id}{under}: {name.in_text}"
        st.image(picture, width="stretch", alt=alt)
        st.caption(f"{name.name}, {case.distance:.2f}")
