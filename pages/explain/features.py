"""Measured features: asymmetry, border and colours inside the lesion's outline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import streamlit as st

from model.evaluation import lesion_outlines
from model.evaluation.lesion_outlines import OutlineError, Outlines
from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.photo.decode import within
from model.photo.kind import DERMATOSCOPIC
from model.photo.lesion_features import LesionFeatures, lesion_features
from model.photo.outline import Outline, drawn
from pages.shared import cache, charts, session
from pages.shared.familiarity import Familiarity
from pages.shared.statements import Statements

SIDE = 600  # pixels of the picture: the outline is no finer
WIDTH = 300  # pixels on screen
NO_DIAGNOSIS = "**This is not a diagnosis.**"
DOUBTED = (
    "The outline of the lesion is too uncertain in this photo, so nothing is measured inside it. "
    "Crop it closer around one lesion, or take a sharper photo."
)
AT_EDGE = (
    "The lesion reaches the edge of the photo: what lies beyond is not measured, so asymmetry and "
    "border are those of the part that is to be seen."
)
OF_DRAWING = "This is a drawing: the lesions it is compared with are real, so that says nothing."
OF_OTHER_KIND = (
    "The outline was trained and tested on dermatoscopic photos alone. How good it is on a photo "
    "like this one was not measured, so it is not compared with them."
)


@dataclass(frozen=True)
class Words:
    """How a feature is said: its name, its value in a sentence, and the axis of its chart."""

    name: str
    sentence: Callable[[float], str]
    axis: str


WORDS = {
    "asymmetry": Words(
        "Asymmetry",
        lambda value: (
            f"{percent(value)}. Mirrored at its two main axes, the lesion leaves {percent(value)} "
            "of itself uncovered, as the mean of both."
        ),
        "Share that the mirror image<br>leaves uncovered",
    ),
    "border": Words(
        "Border",
        lambda value: (
            f"{value:.2f}. Its outline is {value:.2f} times as long as that of a circle of the "
            "same area."
        ),
        "Length of the outline,<br>a circle's is 1",
    ),
    "colour": Words(
        "Colours",
        lambda value: (
            f"{value:.1f} units. The mean distance of its colours from their mean colour is "
            f"{value:.1f} units of CIELAB; an eye just notices about 2.3."
        ),
        "Distance from the mean colour,<br>CIELAB",
    ),
}


def show(photo: session.Photo, about: Statements) -> None:
    """Show the outline, what is measured inside it, and where that lies among other lesions."""
    try:
        outlines, outline = cache.outlines(), session.outline(photo)
    except OutlineError as error:
        st.error(str(error))
        return
    if outline.certainty < outlines.doubted_below:
        st.warning(DOUBTED)
        _how_good(outlines)
        return
    _picture(photo, outline)
    st.markdown(f"{NO_DIAGNOSIS} {lesion_outlines.separation_sentence(outlines)}")
    if photo.is_rendered:
        st.info(OF_DRAWING)
    elif not is_comparable(about):
        st.info(OF_OTHER_KIND)
    if outline.at_edge:
        st.caption(AT_EDGE)
    values = asdict(lesion_features(outline.photo, outline.mask))
    for feature, words in WORDS.items():
        st.markdown(f"**{words.name}:** {words.sentence(values[feature])}")
        if is_comparable(about):
            _among_others(outlines, feature, words, values[feature])
    _how_good(outlines)


def is_comparable(about: Statements) -> bool:
    """Whether a photo is like those that the outline was tested on."""
    return (
        about.prediction.kind in (None, DERMATOSCOPIC)
        and about.familiarity is not Familiarity.NOVEL
    )


def of_photo(photo: session.Photo) -> LesionFeatures | None:
    """The features of a photo; None where its outline is doubted or missing."""
    try:
        outlines, outline = cache.outlines(), session.outline(photo)
    except OutlineError:
        return None
    if outline.certainty < outlines.doubted_below:
        return None
    return lesion_features(outline.photo, outline.mask)


def in_brief(photo: session.Photo) -> str:
    """The features of a photo in one line; empty where its outline is doubted or missing."""
    measured = of_photo(photo)
    return brief(measured) if measured else ""


def brief(features: LesionFeatures) -> str:
    """Three features in one line."""
    return (
        f"This photo: asymmetry {percent(features.asymmetry)}, border {features.border:.2f}, "
        f"colours {features.colour:.1f}. Measured features says what they mean."
    )


def of_data_set() -> Mapping[str, Mapping[str, float]]:
    """The features of photos of the data set, by image id; empty where the outline is missing."""
    try:
        return cache.outlines().of_photo
    except OutlineError:
        return {}


def below(counts: Mapping[str, tuple[int, int]]) -> str:
    """How many lesions have a lower value, of the two diagnoses that the rule is about."""
    parts = [
        f"{counts[code][0]:,} of {counts[code][1]:,} lesions of {describe(code).in_text}"
        for code in (lesion_outlines.ONE, lesion_outlines.OTHER)
        if code in counts
    ]
    return f"Below this photo: {' and '.join(parts)}." if parts else ""


def _picture(photo: session.Photo, outline: Outline) -> None:
    what = "drawing" if photo.is_rendered else "photo"
    with st.container(width=WIDTH, gap="xxsmall", key="explain_outline"):
        picture = session.picture(
            photo,
            ("outline", cache.outlines().digest),
            lambda: drawn(within(photo.display, SIDE), outline.mask),
        )
        st.image(picture, width="stretch", alt=f"The {what} with the outline of its lesion")
        st.caption(f"The {what} with the outline that was found")


def _among_others(outlines: Outlines, feature: str, words: Words, value: float) -> None:
    table = lesion_outlines.distributions(outlines, feature)
    if table.empty:
        return
    names = ", ".join(
        f"{describe(code).in_text} {median:.2f}" for code, median in table["median"].items()
    )
    charts.show(
        charts.boxes(table, value, words.axis, "this photo"),
        f"explain_feature_{feature}",
        f"{words.name} of lesions by diagnosis, as boxes, with a line at {value:.2f} for this "
        f"photo. Medians: {names}.",
        f"Boxes hold the middle half of the lesions of a diagnosis, whiskers 90 %; "
        f"{int(table['num_lesions'].sum()):,} lesions of test photos, one photo each. "
        f"{below(lesion_outlines.share_below(outlines, feature, value))}",
        table.rename_axis("diagnosis").reset_index(),
    )


def _how_good(outlines: Outlines) -> None:
    with st.expander("How good the outline is", key="explain_outline_worth"):
        for sentence in cache.outline_sentences():
            st.markdown(sentence)
        st.caption(
            f"Photos: {outlines.card['data']['name']}. Masks: {outlines.card['data']['masks']}. "
            "In brackets: 95 % intervals, by lesion where lesions are known. The three features "
            "follow the A, B and C of the ABCD rule of dermatoscopy (Stolz et al. 1994) and are "
            "not its scores. Colour difference that an eye just notices: Mahy et al. 1994."
        )
