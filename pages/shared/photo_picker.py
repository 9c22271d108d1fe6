"""Choosing a photo: dropped, chosen, pasted, taken with the camera, or a sample; then a bar of it.

A photo that was chosen belongs to the session and not to the widget it came through: that one is
replaced by an empty one, so every page shows the photo the same way, and nothing is held twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from model.lesions import VERDICTS, agree, describe
from model.photo.decode import MAX_BYTES, PhotoError
from model.run import Run, RunError
from pages.shared import cache, crop_picker, model_loading, session, url_state
from pages.shared.page import stop
from pages.shared.samples import PHOTOS, SAMPLES, SOURCES, photos_at_hand, title
from pages.shared.statements import Statements, about
from pages.shared.url_state import Parameter

KINDS_OF_FILE = f"JPEG, PNG, WebP or HEIC, up to {MAX_BYTES // 2**20} MB"
LABELS = (
    " If you know what several photos show, name their folders by it, or add a CSV file with the "
    "columns photo and diagnosis: then you read how often the model is right on them."
)
THUMBNAIL = 56  # pixels
# After a reload, or when another server has taken the place of one that ended.
GONE = "Your own photo that was open here is no longer in the server's memory. Choose it again."
CARD = 112  # pixels, as wide as a sample is shown


@dataclass(frozen=True)
class Chosen:
    """What the visitor wants to be looked at: one photo, or several files; neither before the
    first choice. `place`, on the bar, is for what is known of the photo only with its answer."""

    photo: session.Photo | None = None
    files: tuple[UploadedFile, ...] = ()
    place: DeltaGenerator | None = None


def choose(key: str, run: Run, invitation: str, several: bool = False) -> Chosen:
    """Let the visitor choose a photo, and show what was chosen; kept while pages change.

    Args:
        key: of the widgets.
        run: whose input size the crop is shown at.
        invitation: one sentence, shown until there is a photo.
        several: whether several files may be chosen at once.
    """
    _follow_address()
    photo = st.session_state.get("photo")
    files = st.session_state.get("batch", ()) if several else ()
    _name_sample(None if files else photo)
    if not photo and not files:
        st.markdown(invitation)
        if not several and st.session_state.get("batch"):
            st.info("You have several photos on Classify: open one there to see it here.")
        with st.container(key=f"first_photo_{key}"):
            _ways_in(key, several)
        _show_refusal()
        return Chosen()
    bar = _row(key)
    if files:
        chosen = Chosen(files=tuple(files))
        bar.markdown(f"**{len(files)} files**")
    else:
        chosen = _bar(bar, key, run, photo)
    # Another popover after each choice: one that stays open would hide the answer.
    with bar.popover("Change", key=f"{key}_change_{session.num_choices()}"):
        _ways_in(key, several)
        st.button("Remove", icon=":material/delete:", key=f"{key}_remove", on_click=session.forget)
    _show_refusal()
    return chosen


def opened(key: str, run: Run, photo: session.Photo) -> Chosen:
    """The bar of a photo that was opened out of several.

    Args: as `choose`.
    """
    return _bar(_row(f"{key}_opened"), key, run, photo)


def predicted(run: Run, chosen: Chosen) -> Statements:
    """What may be said about the run's prediction for a photo; stops the page with a sentence where
    there is no photo or no prediction."""
    photo = chosen.photo
    if photo is None:
        model_loading.show_status(run)
        stop()
    try:
        prediction = session.prediction(run, photo)
    except RunError as error:
        st.error(str(error))
        stop()
    faults = session.faults(run, photo, prediction.kind)
    statements = about(run, prediction, photo.is_rendered, faults)
    if statements.kind_of_photo:
        kind_of_photo(statements, photo, chosen.place, "photo_kind")
    return statements


def warn(statements: Statements) -> None:
    """Say before a result what takes its meaning away, if anything does."""
    if not statements.is_judged:
        st.warning(statements.cannot_judge, icon=":material/block:")


def reveal(chosen: Chosen, statements: Statements, key: str) -> None:
    """What a test photo of the gallery shows, for those who ask.

    Args:
        key: of the button.
    """
    known = PHOTOS.get(chosen.photo.sample)
    if known is None:
        return
    answer = statements.prediction.diagnosis
    with chosen.place.popover("Reveal", key=f"{key}_reveal"):
        st.markdown(f"**{describe(known.diagnosis).name}**, confirmed by {known.confirmed_by}.")
        if answer not in VERDICTS:
            right = "right" if agree(answer, known.diagnosis) else "wrong"
            st.markdown(f"The model's answer, {describe(answer).in_text}, is **{right}**.")
        st.caption(f"{SOURCES[known.source]}.")


def _row(key: str) -> DeltaGenerator:
    return st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"photo_bar_{key}"
    )


def _bar(bar: DeltaGenerator, key: str, run: Run, photo: session.Photo) -> Chosen:
    """The photo's picture, its name, a place for its kind, and the way to crop it."""
    bar.image(_thumbnail(photo), width=THUMBNAIL, alt="The photo in use")
    if photo.sample:
        kind = "a drawing" if photo.is_rendered else PHOTOS[photo.sample].source
        bar.markdown(f"**{title(photo.sample)}**, {kind}")
    else:
        bar.markdown(url_state.plain(photo.name))
    place = bar.container(horizontal=True, width="content", gap="small")
    return Chosen(crop_picker.choose_crop(run, photo, key, bar), place=place)


def _thumbnail(photo: session.Photo) -> bytes:
    height, width = photo.display_size
    share = min(1, THUMBNAIL / width)

    def draw() -> np.ndarray:
        size = max(1, int(share * width)), max(1, int(share * height))
        return np.asarray(Image.fromarray(photo.display).resize(size, Image.Resampling.BILINEAR))

    return session.picture(photo, ("thumbnail",), draw)


def kind_of_photo(
    statements: Statements, photo: session.Photo, place: DeltaGenerator, key: str
) -> None:
    """What kind of photo the network sees, and a way to correct it.

    Args:
        statements: about the photo, of a run that tells kinds apart.
        place: where the button stands.
        key: of the button.
    """
    kinds, kind = statements.run.kinds, statements.prediction.kind
    widget = f"kind_{statements.run.name}_{photo.digest[:12]}"
    st.session_state[widget] = kind
    sure = "" if statements.prediction.is_kind_sure or session.chosen_kind(photo) else "?"
    with place.popover(f"{kind.capitalize()}{sure}", key=key):
        st.markdown(statements.kind_of_photo)
        st.segmented_control(
            "Kind of photo",
            kinds,
            required=True,
            format_func=str.capitalize,
            key=widget,
            on_change=lambda: session.choose_kind(photo, st.session_state[widget]),
        )


def _follow_address() -> None:
    """Take the sample that a link or Back asks for, or the photo of the visitor's own that Back or
    Forward does, and say so where it is gone; where they ask for none, the photo is set aside."""
    requested, own = url_state.requested(Parameter.SAMPLE), url_state.requested(Parameter.OWN)
    photo = st.session_state.get("photo")
    if requested in SAMPLES:
        session.choose_sample(requested, SAMPLES[requested], is_rendered=True)
    elif requested in photos_at_hand():
        session.choose_sample(requested, photos_at_hand()[requested], is_rendered=False)
    elif requested:
        url_state.warn_unavailable(Parameter.SAMPLE, requested)
    elif own:
        session.take_up(int(own) if own.isdecimal() else 0)
        if not st.session_state.get("photo") and not st.session_state.get("batch"):
            session.refuse(GONE)
    elif photo and (requested == "" if photo.sample else own == ""):
        session.set_aside()


def _name_sample(photo: session.Photo | None) -> None:
    """Write a sample into the URL, and nothing about a photo of the visitor's own."""
    if photo and photo.sample:
        url_state.put(Parameter.SAMPLE, photo.sample)
    else:
        url_state.forget_sample()
        url_state.put(Parameter.OWN, photo.number or None if photo else None)


def _ways_in(key: str, several: bool) -> None:
    """Every way to choose a photo: file, clipboard, camera, sample."""
    number = session.num_choices()
    upload, camera = f"{key}_upload_{number}", f"{key}_camera_{number}"
    is_folder = several and st.session_state.get(f"{key}_folder_{number}", False)
    # No list of types: it would refuse by file name what the content allows.
    st.file_uploader(
        "Photo of one lesion, or several photos" if several else "Photo of one lesion",
        accept_multiple_files="directory" if is_folder else several,
        key=upload,
        on_change=_take_upload,
        args=(upload,),
        help=f"{KINDS_OF_FILE}. Photos stay in this session's memory and are never stored or sent "
        "anywhere." + (LABELS if several else ""),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Or paste one, or", width="content")
        if several:
            st.toggle("choose a folder", key=f"{key}_folder_{number}")
        is_open = st.toggle("use the camera", key=f"{key}_camera_open_{number}")
    if is_open:
        st.camera_input("Photo of one lesion", key=camera, on_change=_take_upload, args=(camera,))
    photos = photos_at_hand()
    if photos:
        st.caption("Or try a test photo, whose diagnosis is known but hidden:")
        _gallery(key, photos, is_rendered=False)
    st.caption("Or try a drawing:")
    _gallery(key, SAMPLES, is_rendered=True)


def _gallery(key: str, files: Mapping[str, Path], is_rendered: bool) -> None:
    now = st.session_state.get("photo")
    with st.container(horizontal=True):
        for sample, file in files.items():
            with st.container(width=CARD, key=f"sample_card_{key}_{sample}", gap="xxsmall"):
                alt = f"Drawing: {title(sample)}" if is_rendered else title(sample)
                st.image(cache.thumbnail(file, 2 * CARD), width="stretch", alt=alt)
                st.button(
                    title(sample),
                    key=f"{key}_sample_{sample}",
                    width="stretch",
                    type="primary" if now and now.sample == sample else "secondary",
                    on_click=session.choose_sample,
                    args=(sample, file, is_rendered),
                )


def _take_upload(widget: str) -> None:
    """Make what came through a widget the session's, and empty the widget."""
    value = st.session_state[widget]
    files = value if isinstance(value, list) else [value]
    if len(files) > 1:
        session.choose_several(files)
    elif files[0] is not None:
        _take_one(files[0])


def _take_one(file: UploadedFile) -> None:
    try:
        session.choose(file.name, file.getvalue())
    except PhotoError as error:
        session.refuse(f"{url_state.plain(file.name)}: {error}")


def _show_refusal() -> None:
    """Say why the file that was chosen last is not shown."""
    refusal = st.session_state.get("refusal")
    if refusal:
        st.error(refusal, icon=":material/broken_image:")
