"""Several photos at once: a table, the highest malignant sum first; a click opens one of them."""

import base64
import io
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from PIL import Image

from model.evaluation.photo_faults import faults
from model.lesions import describe
from model.photo.decode import PhotoError, decode, within
from model.photo.quality import measure_seen
from model.prediction.prediction import Prediction
from model.run import RunError
from pages.shared import charts, model_loading, progress, session, url_state
from pages.shared.page import stop

BATCH_SIZE = 4  # photos between two looks at the clock, and at Stop
THUMBNAIL = 96  # pixels
HEADER, ROW = 38, 56  # pixels
MOST_ROWS = 7  # at once, so that the photo that is opened stands near


@dataclass(frozen=True)
class Seen:
    """One file: what the run says about it, or why it says nothing.

    `faults` are keys of `model.evaluation.photo_faults.FAULTS`, and whether the photo is novel.
    """

    thumbnail: str
    answer: Prediction | None
    status: str
    faults: tuple[str, ...] = ()


def show(run, files):
    """Look at every file, and let the visitor open one.

    Args:
        run: `model.run.Run`.
        files: what `st.file_uploader` gives.
    Returns:
        The `pages.shared.session.Photo` that was clicked, or None.
    """
    if not files:
        st.session_state.pop("several", None)
        st.info(
            "Choose several photos; the table puts the highest sum of malignant diagnoses first."
        )
        return None
    seen = _seen(run, files)
    done = [file for file in files if file.file_id in seen]
    if not done:
        return None
    shown = table([(file.name, seen[file.file_id]) for file in done])
    by_suspicion = shown.sort_values(
        "Malignant sum" if shown["Malignant sum"].notna().any() else "Probability",
        ascending=False,
        na_position="last",
    )
    num_broken = sum(seen[file.file_id].answer is None for file in done)
    st.markdown(
        f"**{len(done) - num_broken} of {len(files)} photos** were looked at"
        + (f", {num_broken} could not be used: the last column says why." if num_broken else ".")
        + " Click the box before a row: that photo opens below the table."
    )
    selected = st.dataframe(
        by_suspicion,
        hide_index=True,
        # Another order is another table: a row's tick would stand beside another photo.
        key=f"classify_several_{hash((run.digest, tuple(by_suspicion['File'])))}",
        on_select="rerun",
        selection_mode="single-row",
        row_height=ROW,
        height=HEADER + ROW * min(len(by_suspicion), MOST_ROWS),
        column_config={
            "Photo": st.column_config.ImageColumn("Photo", width="small"),
            "Malignant sum": st.column_config.ProgressColumn(
                "Malignant sum", min_value=0, max_value=1, format="%.3f"
            ),
            "Probability": st.column_config.NumberColumn("Probability", format="%.2f"),
            "Novelty": st.column_config.NumberColumn(
                "Novelty", format="%.2f", help="Above 1: unlike the training photos."
            ),
            "Beware": st.column_config.TextColumn(
                "Beware", help="What is wrong with the photo; open it to read what that means."
            ),
        },
    )
    file_table = numbers(run, [(file.name, seen[file.file_id]) for file in done])
    charts.csv(file_table, "photos.csv", "classify_several_csv")
    rows = selected["selection"]["rows"]
    if not rows:
        return None
    file = done[by_suspicion.index[rows[0]]]
    if seen[file.file_id].answer is None:
        said = f"{url_state.plain(file.name)}: {seen[file.file_id].status}"
        st.error(said, icon=":material/broken_image:")
        return None
    st.markdown(f"Below: {url_state.plain(file.name)}")
    return session.take(file.name, file.getvalue())


def table(seen):
    """One row per file, in the order given, for the page.

    Args:
        seen: (file name, `Seen`) of each file.
    """
    return pd.DataFrame(
        {
            "Photo": one.thumbnail,
            "File": name,
            "Diagnosis": describe(one.answer.diagnosis).name if one.answer else "",
            "Probability": one.answer.probability if one.answer else None,
            "Malignant sum": one.answer.malignant_sum if one.answer else None,
            "Novelty": one.answer.novelty if one.answer else None,
            "Beware": ", ".join(one.faults),
            "Problem": "" if one.answer else one.status,
        }
        for name, one in seen
    )


def numbers(run, seen):
    """The same for a file, with the columns of `python -m model predict`."""
    return pd.DataFrame(
        [
            {
                "photo": name,
                "diagnosis": one.answer.diagnosis if one.answer else "",
                **{
                    f"p_{code}": round(one.answer.probabilities[code], 6) if one.answer else None
                    for code in run.diagnoses
                },
                "novelty": one.answer.novelty if one.answer else None,
                "status": one.status,
            }
            for name, one in seen
        ]
    )


def _seen(run, files):
    """`Seen` by file id; looks at the files that were not looked at before, until stopped."""
    kept = st.session_state.setdefault("several", {})
    there = {file.file_id for file in files}
    for key in [key for key in kept if key[1] not in there]:
        del kept[key]  # taken out by the visitor
    pending = [file for file in files if (run.digest, file.file_id) not in kept]
    work = f"several_{run.name}"
    if pending and not progress.stopped(work):
        watched = progress.ProgressBar(work)
        starts = range(0, len(pending), BATCH_SIZE)
        for start in watched.track("Looking at the photos")(starts):
            batch = pending[start : start + BATCH_SIZE]
            kept.update(
                {(run.digest, file_id): one for file_id, one in _look_at(run, batch).items()}
            )
        watched.over()
    return {file_id: one for (digest, file_id), one in kept.items() if digest == run.digest}


def _look_at(run, batch):
    try:
        classifier = model_loading.classifier(run)
    except RunError as error:
        st.error(str(error))
        stop()
    prepared, found = {}, {}
    for file in batch:
        try:
            photo = decode(file.getvalue())
        except PhotoError as error:
            found[file.file_id] = Seen("", None, str(error))
            continue
        small = classifier.prepare(photo)
        wrong = ()
        if run.quality is not None:
            wrong = tuple(faults(run, measure_seen(small, min(photo.shape[:2]))))
        prepared[file.file_id] = small, _thumbnail(photo), wrong
    try:
        answers = classifier.predict([small for small, _, _ in prepared.values()])
    except RunError as error:
        st.error(str(error))
        stop()
    for (file_id, (_, thumbnail, wrong)), answer in zip(prepared.items(), answers, strict=True):
        if answer.is_novel:
            wrong = ("unlike the training photos", *wrong)
        found[file_id] = Seen(thumbnail, answer, "ok", wrong)
    return found


def _thumbnail(photo):
    """A small picture inside an address, so that the server keeps no file of it."""
    buffer = io.BytesIO()
    Image.fromarray(within(photo, THUMBNAIL)).save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
