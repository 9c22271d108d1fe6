"""What an imported network's outputs stand for, and which of them count as malignant."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from model.audit.own_table import read_csv
from model.lesions import code_of
from train.importing import ImportRefusedError


def read_labels(text: str) -> list[str]:
    """Codes of diagnoses, in the order of the network's outputs.

    Args:
        text: labels with commas between them, or a file: one label per line (a number in front, as
            Teachable Machine writes it, is dropped), or a table with a column `label`.
    Returns:
        Codes of `model.lesions.code_of`.
    Raises:
        ImportRefusedError: fewer than two, one twice, or a file without labels.
    """
    codes = _codes(text)
    if len(codes) < 2:
        raise ImportRefusedError(f"{text!r} names {len(codes)} labels; at least two are needed.")
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise ImportRefusedError(
            f"{text!r} names {twice!r} twice; each output has a label of its own."
        )
    return codes


def read_malignant(text: str) -> list[str]:
    """Codes of the diagnoses that count as malignant.

    Args:
        text: as `read_labels`; or `none`; or a table with the columns `label` and `malignant`
            (yes or no).
    """
    codes = [] if text.strip().lower() == "none" else _codes(text, only="malignant")
    return list(dict.fromkeys(codes))


def check_malignant(malignant: Sequence[str] | None, diagnoses: Sequence[str]) -> None:
    """Refuse malignant codes that are no diagnosis.

    Raises:
        ImportRefusedError: one is not among the diagnoses.
    """
    unknown = [code for code in malignant or () if code not in diagnoses]
    if unknown:
        raise ImportRefusedError(
            f"{unknown[0]!r} is called malignant but is no label. The labels: "
            f"{', '.join(diagnoses)}."
        )


def _codes(text, only=None):
    if not Path(text).is_file():
        if Path(text).suffix.lower() in (".txt", ".csv"):
            raise ImportRefusedError(f"There is no file {text} with labels.")
        return [_code(part) for part in text.split(",") if part.strip()]
    try:
        table = read_csv(Path(text))
        lines = Path(text).read_text("utf-8-sig").splitlines()
    except (OSError, ValueError, csv.Error):
        table, lines = pd.DataFrame(), _lines(text)
    names = {str(column).strip().lower(): column for column in table.columns}
    if "label" in names:
        labels = table[names["label"]]
        if only in names:
            labels = labels[table[names[only]].map(_is_yes)]
        return [_code(label) for label in labels]
    lines = [line.strip() for line in lines if line.strip()]
    if lines and lines[0].lower() == "label":  # a table of this column alone
        lines = lines[1:]
    if [line.split()[0] for line in lines] == [str(row) for row in range(len(lines))]:
        lines = [re.sub(r"^\d+\s+", "", line) for line in lines]  # Teachable Machine's numbers
    return [_code(line) for line in lines]


def _lines(path):
    try:
        return Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"The labels in {path} cannot be read: {error}.") from error


def _code(label):
    code = code_of(label)
    if not code:
        raise ImportRefusedError(f"{label!r} is no label: it has neither letters nor digits.")
    return code


def _is_yes(word):
    known = {"yes": True, "y": True, "true": True, "1": True}
    known |= {"no": False, "n": False, "false": False, "0": False}
    if word.strip().lower() not in known:
        raise ImportRefusedError(f"{word!r} does not say whether a label is malignant: yes or no.")
    return known[word.strip().lower()]
