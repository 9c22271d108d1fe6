"""What an imported network's outputs stand for, and which of them count as malignant."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

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
        raise ImportRefusedError(
            f"{text!r} names {len(codes)} label; a network tells two apart at least."
        )
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
    return [] if text.strip().lower() == "none" else _codes(text, only="malignant")


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
    path = Path(text)
    if not path.suffix or "," in text:
        return [code_of(part) for part in text.split(",") if part.strip()]
    try:
        content = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"The labels in {path} cannot be read: {error}.") from error
    rows = list(csv.DictReader(content.splitlines(), skipinitialspace=True))
    if rows and "label" in rows[0]:
        wanted = [
            row for row in rows if not only or str(row.get(only)).lower() in ("yes", "true", "1")
        ]
        return [code_of(row["label"]) for row in wanted]
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    is_numbered = [line.split()[0] for line in lines] == [str(row) for row in range(len(lines))]
    if is_numbered:
        lines = [re.sub(r"^\d+\s+", "", line) for line in lines]
    return [code_of(line) for line in lines]
