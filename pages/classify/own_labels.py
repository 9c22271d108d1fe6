"""What the visitor knows about several photos, from a CSV file or folder names, and how often the
model was right on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from model.evaluation.bootstrap import wilson
from model.lesions import VERDICTS, describe
from model.prediction.prediction import Prediction
from pages.shared.url_state import plain

PHOTO_COLUMNS = ("photo", "file", "filename", "image", "image_id", "isic_id", "img_id", "name")
LABEL_COLUMNS = ("diagnosis", "dx", "label", "truth", "class", "diagnostic")
MAX_NAMED = 3  # labels that are quoted because nobody knows them


class LabelsError(ValueError):
    """A CSV file that holds no labels; the message says what was expected."""


@dataclass(frozen=True)
class Labels:
    """What each photo shows: a code of the run, or `benign` or `malignant`. By the photo's name in
    lower case: without folder and ending where a CSV file names it, else as it was chosen.
    `unknown` are labels that mean nothing here."""

    by_photo: dict[str, str]
    unknown: tuple[str, ...]


def is_table(name: str) -> bool:
    """Whether a chosen file is one of labels and no photo."""
    return name.lower().endswith(".csv")


def read(tables: Mapping[str, bytes], names: Iterable[str], diagnoses: Sequence[str]) -> Labels:
    """Labels from CSV files, and from the folders that photos lie in; a CSV file has the last word.

    Args:
        tables: content of each CSV file by its name.
        names: of the photos; with folders where a folder was chosen.
        diagnoses: codes of the run.
    Raises:
        LabelsError: a file that names no photos or no diagnoses.
    """
    meanings = {code: code for code in (*diagnoses, *VERDICTS)}
    meanings |= {describe(code).name.lower(): code for code in diagnoses}
    by_photo, unknown = {}, []
    for name in names:
        folder = PurePosixPath(name).parent.name.lower()
        if folder in meanings:
            by_photo[name.lower()] = meanings[folder]
    for file, content in tables.items():
        for photo, label in _rows(file, content):
            meaning = meanings.get(label.strip().lower())
            if meaning:
                by_photo[_key(photo)] = meaning
            elif label.strip():
                unknown.append(label.strip())
    return Labels(by_photo, tuple(dict.fromkeys(unknown)))


def of(labels: Labels, name: str) -> str:
    """The label of a photo, or an empty text."""
    return labels.by_photo.get(_key(name)) or labels.by_photo.get(name.lower(), "")


def sentences(
    labelled: Sequence[tuple[str, Prediction, float | None]], labels: Labels
) -> list[str]:
    """How often the model was right on the visitor's own photos, as Markdown.

    Args:
        labelled: (label, prediction, threshold of the malignant sum or None) of each photo whose
            label is known.
        labels: for those that mean nothing.
    """
    lines = []
    judged = [
        (
            describe(label).malignant if label not in VERDICTS else label == "malignant",
            prediction,
            threshold,
        )
        for label, prediction, threshold in labelled
        if threshold is not None and prediction.malignant_sum is not None
    ]
    above = [
        (is_malignant, prediction.malignant_sum >= threshold)
        for is_malignant, prediction, threshold in judged
        if is_malignant is not None
    ]
    if above:
        malignant = [is_above for is_malignant, is_above in above if is_malignant]
        others = [not is_above for is_malignant, is_above in above if not is_malignant]
        lines.append(
            f"**On your {len(above)} labelled photos**, the threshold finds "
            f"{_counted(malignant, 'malignant ones', 'a sensitivity')} and leaves "
            f"{_counted(others, 'others below it', 'a specificity')}."
        )
    named = [
        label == prediction.diagnosis for label, prediction, _ in labelled if label not in VERDICTS
    ]
    if named:
        lines.append(f"The model's answer is right for {_counted(named, 'photos', 'an accuracy')}.")
    num_novel = sum(prediction.is_novel for _, prediction, _ in labelled)
    if lines and num_novel:
        lines.append(
            f"{num_novel} of {len(labelled)} are unlike the training photos, and count all the "
            "same: threshold and answer were not tested on such photos."
        )
    if lines:
        lines.append(
            "In brackets 95 % intervals (Wilson), every photo counted separately. They hold for "
            "photos chosen as you chose these."
        )
    if labels.unknown:
        shown = ", ".join(map(plain, labels.unknown[:MAX_NAMED]))
        more = (
            f" and {len(labels.unknown) - MAX_NAMED} more"
            if len(labels.unknown) > MAX_NAMED
            else ""
        )
        lines.append(
            f"Labels that this model does not know were left out: {shown}{more}. It knows its own "
            "diagnoses, by code or name, and benign and malignant."
        )
    return lines


def _counted(hits: Sequence[bool], of_what: str, measure: str) -> str:
    """7 of 9 malignant ones, a sensitivity of 0.78 (0.45-0.94)"""
    if not hits:
        return f"0 of 0 {of_what}"
    return f"{sum(hits)} of {len(hits)} {of_what}, {measure} of {wilson(sum(hits), len(hits))}"


def _rows(file: str, content: bytes) -> Iterable[tuple[str, str]]:
    """(photo, label) of each row of a CSV file."""
    try:
        text = content.decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t")
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(_expected(file, "cannot be read as a CSV file in UTF-8")) from error
    table = csv.DictReader(io.StringIO(text), dialect=dialect)
    columns = {column.strip().lower(): column for column in table.fieldnames or () if column}
    photo = next((columns[name] for name in PHOTO_COLUMNS if name in columns), None)
    label = next((columns[name] for name in LABEL_COLUMNS if name in columns), None)
    if photo is None or label is None:
        raise LabelsError(_expected(file, f"has the columns {', '.join(columns) or 'none'}"))
    return [(row[photo], row[label]) for row in table if row[photo] and row[label]]


def _expected(file: str, what: str) -> str:
    return (
        f"{plain(file)} {what}. Labels are read from a column photo (or image_id) and a column "
        "diagnosis (or dx)."
    )


def _key(name: str) -> str:
    return PurePosixPath(name.strip().replace("\\", "/")).stem.lower()
