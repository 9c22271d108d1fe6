"""Several photos at once: a table, the highest malignant sum first; a click opens one photo."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from model.evaluation.photo_faults import faults
from model.lesions import describe
from model.photo.decode import PhotoError, decode, within
from model.photo.quality import measure_seen
from model.prediction.prediction import Prediction
from model.run import Run, RunError
from pages.classify import own_labels
from pages.classify.own_labels import Labels, LabelsError
from pages.shared import cache, charts, mix_words, model_loading, progress, session, url_state
from pages.shared.data_url import data_url
from pages.shared.page import stop
from pages.shared.statements import photo_warnings

BATCH_SIZE = 4  # photos between two looks at the clock, and at Stop
THUMBNAIL = 96  # pixels
HEADER, ROW = 38, 56  # pixels
MOST_ROWS = 7  # at once, so that the photo that is opened is near


@dataclass(frozen=True)
class BatchItem:
    """One file: its prediction and what to beware of, or why there is no prediction."""

    thumbnail: str
    prediction: Prediction | None
    status: str
    warnings: tuple[str, ...] = ()


def show(run: Run, files: Sequence[UploadedFile]) -> session.Photo | None:
    """Classify every file, and let the visitor open one; returns the one that was clicked."""
    labels = _labels(run, files)
    files = [file for file in files if not own_labels.is_table(file.name)]
    items = _items(run, files)
    done = [file for file in files if file.file_id in items]
    if not done:
        return None
    named = [(file.name, items[file.file_id]) for file in done]
    rows = table(named, labels)
    by_suspicion = rows.sort_values(
        "Malignant sum" if rows["Malignant sum"].notna().any() else "Probability",
        ascending=False,
        na_position="last",
    )
    num_broken = sum(item.prediction is None for _, item in named)
    st.markdown(
        f"**{len(done) - num_broken} of {len(files)} photos** were classified"
        + (f", {num_broken} could not be used: see the column *Problem*." if num_broken else ".")
        + " The highest malignant sum stands first. Click a row to open its photo below. "
        + mix_words.sentence(run)
    )
    for sentence in _on_own_photos(run, named, labels):
        st.markdown(sentence)
    opened = st.session_state.get("opened")
    before = [row for row, index in enumerate(by_suspicion.index) if done[index].file_id == opened]
    selected = st.dataframe(
        by_suspicion,
        selection_default={"selection": {"rows": before}},  # after a visit to another page
        hide_index=True,
        # Another order is another table: a row's tick would mark another photo.
        key=f"classify_several_{hash((run.digest, tuple(by_suspicion['File'])))}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],  # the box before a row, or anywhere in it
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
            "Warnings": st.column_config.TextColumn(
                "Warnings", help="What is wrong with the photo; open it to read what that means."
            ),
        },
    )
    charts.csv(numbers(run, named, labels), "photos.csv", "classify_several_csv")
    selection = selected["selection"]
    selected_rows = [*selection["rows"], *(row for row, _ in selection["cells"])]
    if not selected_rows:
        st.session_state.pop("opened", None)
        return None
    file = done[by_suspicion.index[selected_rows[0]]]
    item = items[file.file_id]
    if item.prediction is None:
        st.error(f"{url_state.plain(file.name)}: {item.status}", icon=":material/broken_image:")
        return None
    st.session_state["opened"] = file.file_id
    return session.take(file.name, file.getvalue())


def table(named: Sequence[tuple[str, BatchItem]], labels: Labels) -> pd.DataFrame:
    """One row per file, in the order given, for the page.

    Args:
        named: (file name, item) of each file.
        labels: what the visitor knows about them; without any, there is no column for it.
    """
    rows = pd.DataFrame(
        {
            "Photo": item.thumbnail,
            "File": name,
            "Problem": "" if item.prediction else item.status,
            "Diagnosis": describe(item.prediction.diagnosis).name if item.prediction else "",
            "Probability": item.prediction.probability if item.prediction else None,
            "Malignant sum": item.prediction.malignant_sum if item.prediction else None,
            "Novelty": item.prediction.novelty if item.prediction else None,
            "Kind of photo": (item.prediction.kind or "") if item.prediction else "",
            "Warnings": ", ".join(item.warnings),
        }
        for name, item in named
    )
    if all(item.prediction for _, item in named):
        rows = rows.drop(columns="Problem")
    if labels.by_photo:
        known = [_in_words(own_labels.of(labels, name)) for name in rows["File"]]
        rows.insert(rows.columns.get_loc("Diagnosis"), "Your label", known)
    return rows


def _in_words(label: str) -> str:
    return describe(label).name if label else ""


def numbers(run: Run, named: Iterable[tuple[str, BatchItem]], labels: Labels) -> pd.DataFrame:
    """The same for a file: the columns of `python -m model predict`, then what the page knows."""
    return pd.DataFrame(
        [
            {
                "photo": name,
                "diagnosis": item.prediction.diagnosis if item.prediction else "",
                **{
                    f"p_{code}": (
                        round(item.prediction.probabilities[code], 6) if item.prediction else None
                    )
                    for code in run.diagnoses
                },
                "novelty": item.prediction.novelty if item.prediction else None,
                "status": item.status,
                "malignant_sum": item.prediction.malignant_sum if item.prediction else None,
                "threshold": _threshold(run, item.prediction) if item.prediction else None,
                "prediction_set": " ".join(item.prediction.prediction_set)
                if item.prediction
                else "",
                "warnings": ", ".join(item.warnings),
                "label": own_labels.of(labels, name),
                "mix": mix_words.mix_of(run).name,
                "malignant_of_100": _malignant_of_100(run),
            }
            for name, item in named
        ]
    )


def _malignant_of_100(run: Run) -> int | None:
    """The prevalence of malignant lesions that the mix assumes, where it assumes one."""
    prevalence = mix_words.mix_of(run).prevalence
    return None if prevalence is None else round(100 * prevalence)


def _threshold(run: Run, prediction: Prediction) -> float | None:
    """The threshold of the malignant sum for photos of this kind, or None."""
    threshold = cache.reached_on_test(run, prediction.kind)[1]
    return threshold.value if threshold else None


def _labels(run: Run, files: Sequence[UploadedFile]) -> Labels:
    """What the visitor knows about the photos; a file without labels says what was expected."""
    tables = {file.name: file.getvalue() for file in files if own_labels.is_table(file.name)}
    try:
        return own_labels.read(tables, [file.name for file in files], run.diagnoses)
    except LabelsError as error:
        st.error(str(error), icon=":material/table:")
        return Labels({}, ())


def _on_own_photos(run: Run, named: Iterable[tuple[str, BatchItem]], labels: Labels) -> list[str]:
    labelled = [
        (own_labels.of(labels, name), item.prediction, _threshold(run, item.prediction))
        for name, item in named
        if item.prediction and own_labels.of(labels, name)
    ]
    return own_labels.sentences(labelled, labels)


def _items(run: Run, files: Sequence[UploadedFile]) -> dict[str, BatchItem]:
    """Items by file id; classifies the files that were not classified before, until stopped."""
    items = st.session_state.setdefault("several", {})
    present = {file.file_id for file in files}
    for key in [key for key in items if key[1] not in present]:
        del items[key]  # taken out by the visitor
    pending = [file for file in files if (run.digest, file.file_id) not in items]
    work = f"several_{run.name}"
    if pending and not progress.stopped(work):
        bar = progress.ProgressBar(work)
        starts = range(0, len(pending), BATCH_SIZE)
        for start in bar.track("Classifying the photos")(starts):
            batch = _classify(run, pending[start : start + BATCH_SIZE])
            items.update({(run.digest, file_id): item for file_id, item in batch.items()})
        bar.over()
    return {file_id: item for (digest, file_id), item in items.items() if digest == run.digest}


def _classify(run: Run, batch: Sequence[UploadedFile]) -> dict[str, BatchItem]:
    """Items by file id."""
    try:
        classifier = model_loading.classifier(run)
    except RunError as error:
        st.error(str(error))
        stop()
    inputs, thumbnails, measured, items = {}, {}, {}, {}
    for file in batch:
        try:
            photo = decode(file.getvalue())
        except PhotoError as error:
            items[file.file_id] = BatchItem("", None, str(error))
            continue
        inputs[file.file_id] = small = classifier.prepare(photo)
        thumbnails[file.file_id] = _thumbnail(photo)
        measured[file.file_id] = measure_seen(small, min(photo.shape[:2]))
    try:
        predictions = classifier.predict(list(inputs.values()))
    except RunError as error:
        st.error(str(error))
        stop()
    for file_id, prediction in zip(inputs, predictions, strict=True):
        # No drawing is uploaded: the samples are the only ones the app knows.
        has_limits = run.quality is not None and session.has_quality_limits(run, prediction.kind)
        photo_faults = faults(cache.fault_limits(run), measured[file_id]) if has_limits else []
        warnings = photo_warnings(run, prediction, False, photo_faults)
        items[file_id] = BatchItem(thumbnails[file_id], prediction, "ok", warnings)
    return items


def _thumbnail(photo: np.ndarray) -> str:
    """A small picture of a photo, as an address."""
    buffer = io.BytesIO()
    Image.fromarray(within(photo, THUMBNAIL)).save(buffer, "JPEG", quality=80)
    return data_url(buffer.getvalue(), "jpeg")
