"""Then and now: two photos of one lesion, laid over each other, with both answers and the yardstick
of how much two photos of one lesion differ anyway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from model.evaluation.bootstrap import wilson
from model.evaluation.same_lesion_spread import FEWEST, ROUNDING, change_sentence, spread_sentences
from model.photo.decode import PhotoError
from model.photo.lesion_features import LesionFeatures
from model.prediction.prediction import Prediction
from model.run import Run, RunError
from pages.explain import fade, features
from pages.explain.plant import in_words
from pages.shared import cache, choices, photo_picker, session, statements, url_state
from pages.shared.samples import AGAIN
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

WIDTH = 300  # pixels: one on a phone, both beside each other elsewhere
EARLIER, LATER = "earlier", "later"
NO_SCALE = (
    "Photos have no scale, so nothing here says that a lesion has grown. Light, angle and camera "
    "change the answer, too, and whether a change matters is for a doctor to judge."
)
NOT_LAID = (
    "The two photos could not be laid over each other: too few details are alike in both. Smooth "
    "skin, hair, blur or another lesion can be the reason."
)
NO_OUTLINE = "The outline of the lesion is too uncertain in one of them, so nothing is measured."
NOT_MEASURED = "How much two photos of one lesion differ was not measured on such photos."
OTHER_KINDS = (
    "One is read as a {}, the other as a {}: the network reads them differently, so their answers "
    "can't be compared."
)

LEARNED_ONE = (
    "This model was trained on a photo of the name {}: it has been told what that one shows, so "
    "its answer to it tests nothing."
)
LEARNED_BOTH = (
    "This model was trained on photos of the names {} and {}: it has been told what they show, so "
    "its answers to them test nothing."
)


def show(photo: session.Photo, about: Statements) -> None:
    """Let the visitor choose a second photo of the lesion, and hold both against each other."""
    _choose(photo, about.run)
    other = session.other_photo()
    if other is None:
        return
    if other.digest == photo.file_digest:
        st.info("That is the same photo. Choose another one of the same lesion.")
        return
    try:
        answer = session.prediction(about.run, other)
    except RunError as error:
        st.error(str(error))
        return
    order = st.segmented_control(
        "The other photo is the",
        [EARLIER, LATER],
        default=EARLIER,
        required=True,
        format_func="{} one".format,
        key="explain_other_order",
    )
    beside = statements.about(about.run, answer, other.is_rendered)
    here, there = (photo, about.prediction), (other, answer)
    then, now = (there, here) if order == EARLIER else (here, there)
    _side_by_side(then, now)
    if beside.kind_of_photo:
        row = st.container(horizontal=True, vertical_alignment="center", key="explain_other_kind")
        row.caption("Kind of the second photo:", width="content")
        photo_picker.kind_of_photo(beside, other, row, "other_photo_kind")
    learned = learned_from(about.run, [photo.name, other.name])
    if learned:
        st.warning(learned)
    _laid_over(then[0], now[0])
    st.subheader("What changed, and what that means", anchor=False)
    are_of_own_kind = about.is_of_own_kind and beside.is_of_own_kind
    for sentence in changed(about.run, then[1], now[1], are_of_own_kind):
        st.markdown(sentence)
    are_comparable = all(map(features.is_comparable, (about, beside)))
    are_rendered = photo.is_rendered or other.is_rendered
    is_same_kind = about.prediction.kind == answer.kind
    _features(then[0], now[0], are_comparable and is_same_kind and not are_rendered)
    st.caption(NO_SCALE)


def learned_from(run: Run, names: Sequence[str]) -> str:
    """That a run was trained on photos of these names; empty where it was on none.

    Args:
        names: of files; a photo of the data set has its id for a name.
    """
    tables = [run.predictions if run.is_measured else None, run.external]
    known = set().union(
        *(rows.loc[rows["split"] == "train", "image_id"] for rows in tables if rows is not None)
    )
    met = [url_state.plain(name) for name in map(_image_id, names) if name in known]
    if not met:
        return ""
    return LEARNED_ONE.format(*met) if len(met) == 1 else LEARNED_BOTH.format(*met)


def _image_id(name):
    return Path(name).stem


def changed(run: Run, then: Prediction, now: Prediction, are_of_own_kind: bool) -> list[str]:
    """What changed between two answers of a run, beside how much they differ between two photos of
    one lesion anyway.

    Args:
        then, now: both answers.
        are_of_own_kind: whether both photos are like the run's own test photos.
    """
    if then.kind != now.kind:
        return [OTHER_KINDS.format(then.kind, now.kind)]
    is_same = then.diagnosis == now.diagnosis
    sentences = ["The answer is the same." if is_same else "**The answer is another one.**"]
    spread = cache.same_lesion_spread(run) if are_of_own_kind else None
    if spread is None or then.malignant_sum is None or now.malignant_sum is None:
        return [*sentences, NOT_MEASURED]
    return [
        *sentences,
        change_sentence(spread, then.malignant_sum, now.malignant_sum),
        *spread_sentences(spread),
    ]


def features_then_and_now(
    then: LesionFeatures, now: LesionFeatures, is_comparable: bool
) -> pd.DataFrame:
    """One row per measured feature: both values, and how many lesions differ by as much between two
    test photos.

    Args:
        is_comparable: whether the photos are like those test photos.
    """
    rows = []
    for name, words in features.WORDS.items():
        before, after = getattr(then, name), getattr(now, name)
        row = {
            "Feature": words.name,
            "Then": f"{before:.2f}",
            "Now": f"{after:.2f}",
            "Difference": f"{after - before:+.2f}",
        }
        differences = cache.feature_differences(name)
        if is_comparable and len(differences) >= FEWEST:
            as_much = abs(after - before) - ROUNDING
            share = wilson(int((differences >= as_much).sum()), len(differences))
            row[f"Of {len(differences):,} lesions, differ by that or more"] = str(share)
        rows.append(row)
    return pd.DataFrame(rows)


def _features(then, now, is_comparable):
    st.markdown("**Measured inside the outline**")
    measured = [features.of_photo(photo) for photo in (then, now)]
    if None in measured:
        st.caption(NO_OUTLINE)
        return
    st.dataframe(
        features_then_and_now(*measured, is_comparable),
        hide_index=True,
        key="explain_features_then_and_now",
    )
    st.caption(f"{features.NO_DIAGNOSIS} The experiment Measured features says what they mean.")


def _choose(photo, run):
    """Every way to choose the second photo."""
    st.markdown(
        "Choose a second photo of the same lesion, taken at another time. How much do the answers "
        "differ, and how much would they differ anyway?"
    )
    again = AGAIN / f"{photo.sample}.jpg"
    if photo.is_rendered and again.is_file():
        if choices.switch("Take a second drawing of it", Parameter.AGAIN, "explain_again"):
            _keep(again.name, again.read_bytes, is_rendered=True)
            return
        kept = session.other_photo()
        if kept is not None and kept.is_rendered:
            session.forget_other()
    number = session.num_choices()
    widget = f"explain_other_{number}_{photo.file_digest[:12]}"
    st.file_uploader("Second photo of the same lesion", key=widget, on_change=_take, args=(widget,))
    offered = list(_at_hand(photo, run))
    if offered:
        with st.container(horizontal=True, key="explain_other_photos"):
            for label, name, read in offered:
                st.button(label, key=f"explain_take_{label}", on_click=_keep, args=(name, read))
    refusal = st.session_state.pop("other_refusal", None)
    if refusal:
        st.error(refusal, icon=":material/broken_image:")


def _at_hand(photo, run):
    """(label, name, how to read it) of photos that need no upload."""
    for number, own in session.own_photos().items():
        if number != photo.number and own.file_digest != photo.file_digest:
            yield f"{url_state.plain(own.name)} ({number})", own.name, lambda own=own: own.data
    for image_id, file in of_same_lesion(run, photo).items():
        yield image_id, file.name, file.read_bytes


def of_same_lesion(run: Run, photo: session.Photo) -> dict[str, Path]:
    """Files of the data set's other photos of the lesion, where the photo is one of the run's and
    the data is at hand."""
    files, image_id = cache.photo_files(), _image_id(photo.name)
    if image_id not in files or not run.is_measured:
        return {}
    rows = run.predictions
    rows = rows[rows["copy_of"] == ""]
    lesions = rows.loc[rows["image_id"] == image_id, "lesion_id"].unique()
    others = sorted(set(rows.loc[rows["lesion_id"].isin(lesions), "image_id"]) - {image_id})
    return {name: files[name] for name in others if name in files}


def _take(widget):
    file = st.session_state[widget]
    if file is None:
        session.forget_other()
    else:
        _keep(file.name, file.getvalue)


def _keep(name, read, is_rendered=False):
    """Make a photo the second one, or keep why it can't be."""
    try:
        session.choose_other(name, read(), is_rendered)
    except (PhotoError, OSError) as error:
        st.session_state["other_refusal"] = f"{url_state.plain(name)}: {error}"


def _side_by_side(then, now):
    with st.container(horizontal=True, key="explain_then_and_now"):
        for name, (photo, prediction) in (("Then", then), ("Now", now)):
            with st.container(width=WIDTH, gap="xxsmall"):
                st.image(session.display(photo), width="stretch", alt=f"The photo {name.lower()}")
                st.caption(f"{name}: {in_words(prediction)}")


def _laid_over(then, now):
    with st.spinner("Laying the photos over each other"):
        above = session.laid_over(then, now)
    if above is None:
        st.info(NOT_LAID)
        return
    st.caption("Laid over each other by the details that are alike in both:")
    fade.show(
        session.keep(now)("below", lambda: fade.below(now.display)),
        session.keep_of_two(then, now)("above", lambda: fade.above(above)),
        now.display_size[1],
        ("then", "now"),
        "explain_fade",
    )
