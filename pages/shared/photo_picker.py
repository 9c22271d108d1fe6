"""Choosing a photo: a sample, an upload, the camera, or several at once."""

from pathlib import Path

import streamlit as st

from model.photo.decode import MAX_BYTES, PhotoError
from model.run import Run, RunError
from pages.shared import model_loading, session, url_state
from pages.shared.page import stop
from pages.shared.statements import Statements, about
from pages.shared.url_state import Parameter

SAMPLES = Path(__file__).resolve().parent.parent.parent / "assets" / "samples"
SOURCES = {
    "Sample": ":material/image:",
    "Upload": ":material/upload:",
    "Camera": ":material/photo_camera:",
}
SEVERAL = {"Several": ":material/photo_library:"}


def choose(key, several=False):
    """Let the visitor choose a photo: sample, upload or camera; kept while pages change.

    Args:
        key: of the widgets.
        several: also offer several photos at once.
    Returns:
        `pages.shared.session.Photo`, or None before the first choice; or a list of uploaded files
        where several are asked for.
    """
    sources = SOURCES | SEVERAL if several else SOURCES
    source = st.segmented_control(
        "Photo from",
        list(sources),
        default="Sample",
        required=True,
        format_func=lambda name: f"{sources[name]} {name}",
        help="Photos stay in this session's memory: they are never stored or sent anywhere.",
        key=f"{key}_source",
        wrap=True,
    )
    if source == "Several":
        url_state.forget_sample()
        return st.file_uploader(
            "Photos, one lesion each",
            accept_multiple_files=True,
            key=f"{key}_several",
            help=f"JPEG, PNG, WebP or HEIC, up to {MAX_BYTES // 2**20} MB each. They stay in this "
            "session's memory and are never stored or sent anywhere.",
        )
    try:
        if source == "Sample":
            _samples(key)
            is_here = False
        elif source == "Upload":
            # No list of types: it would refuse by file name what the content allows.
            widget = f"{key}_upload"
            is_here = _take_file(
                st.file_uploader(
                    "Photo of one lesion",
                    key=widget,
                    on_change=_forget_removed,
                    args=(widget,),
                    help=f"JPEG, PNG, WebP or HEIC, up to {MAX_BYTES // 2**20} MB. It stays in "
                    "this session's memory and is never stored or sent anywhere.",
                )
            )
        else:
            widget = f"{key}_camera"
            is_here = _take_file(
                st.camera_input(
                    "Photo of one lesion", key=widget, on_change=_forget_removed, args=(widget,)
                )
            )
    except PhotoError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
    photo = st.session_state.get("photo")
    if photo is None:
        return None
    if source == "Sample" and photo.is_rendered:
        url_state.put(
            Parameter.SAMPLE, Path(photo.name).stem
        )  # also where it was chosen on another page
    elif not is_here:
        st.caption(
            f"In use: {'the sample' if photo.is_rendered else 'your photo'} chosen before, until "
            "you choose another."
        )
    return photo


def _take_file(file):
    """Make an uploaded file the session's photo; whether there is one."""
    if file is None:
        return False
    session.take(file.name, file.getvalue())
    url_state.forget_sample()
    return True


def _forget_removed(widget):
    """Drop a removed photo with every result computed from it."""
    if st.session_state.get(widget) is None:
        session.forget()


def predicted(run: Run, photo: session.Photo | None) -> Statements:
    """What may be said about the run's prediction for the photo, with its caveats drawn; stops the
    page with a sentence where there is no photo or no prediction."""
    if photo is None:
        st.info("Choose a photo to see a result: a sample takes one click.")
        model_loading.show_status(run)
        stop()
    try:
        prediction = session.prediction(run, photo)
    except RunError as error:
        st.error(str(error))
        stop()
    faults = session.faults(run, photo, prediction.kind)
    statements = about(run, prediction, photo.is_rendered, faults)
    if statements.is_demonstration:
        st.caption(f":material/draw: {statements.drawing_warning}")
    elif statements.drawing_warning:
        st.warning(statements.drawing_warning)
    if statements.kind_of_photo:
        _kind_of_photo(statements, photo)
    return statements


def _kind_of_photo(statements: Statements, photo: session.Photo) -> None:
    """What kind of photo the network sees, and a way to correct it."""
    kinds, kind = statements.run.kinds, statements.prediction.kind
    text, choice = st.columns([3, 2], gap="large", vertical_alignment="center")
    text.markdown(statements.kind_of_photo)
    widget = f"kind_{statements.run.name}_{photo.digest[:12]}"
    st.session_state[widget] = kind
    choice.segmented_control(
        "Kind of photo",
        kinds,
        required=True,
        format_func=str.capitalize,
        key=widget,
        label_visibility="collapsed",
        on_change=lambda: session.choose_kind(photo, st.session_state[widget]),
    )


def warn_of_novelty(statements: Statements) -> None:
    """Warn of a photo unlike the training photos."""
    if statements.novelty_warning:
        st.warning(statements.novelty_warning, icon=":material/explore:")


def _samples(key):
    st.caption("Pictures drawn by a program.")
    samples = {file.stem: file for file in sorted(SAMPLES.glob("*.jpg"))}
    requested = url_state.requested(Parameter.SAMPLE)
    if requested in samples:
        _take_sample(samples[requested])
    elif requested:
        url_state.warn_unavailable(Parameter.SAMPLE, requested)
    now = st.session_state.get("photo")
    with st.container(horizontal=True):
        for stem, file in samples.items():
            name = stem.replace("_", " ")
            is_chosen = now is not None and now.is_rendered and now.name == file.name
            with st.container(width=92):
                st.image(file.read_bytes(), alt=f"Rendered sample: {name}")
                st.button(
                    name.capitalize(),
                    key=f"{key}_sample_{stem}",
                    width="stretch",
                    type="primary" if is_chosen else "secondary",
                    on_click=_take_sample,
                    args=(file,),
                )


def _take_sample(file):
    session.take(file.name, file.read_bytes(), is_rendered=True)
