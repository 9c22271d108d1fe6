"""Tables that anybody may bring: how they are read, and what their columns may be called."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import pandas as pd

MAX_BYTES = 10 * 2**20  # as of a photo; a row of 10,000 has a thousand
# What each column may be called.
OWN_COLUMNS = {
    "file": ("file", "path", "filename", "image", "photo"),
    "diagnosis": ("diagnosis", "dx", "label", "class"),
    "lesion_id": ("lesion_id", "lesion"),
    "person_id": ("person_id", "patient_id", "person", "patient"),
    "split": ("split", "part"),
    "age": ("age",),
    "sex": ("sex", "gender"),
    "body_site": ("body_site", "localization", "site"),
    "confirmed_by": ("confirmed_by", "dx_type"),
}


class TableError(ValueError):
    """A table that cannot be used; the message says what came and what was expected."""


class RowError(ValueError):
    """A row with more fields than the head names; the message says which."""

    def __init__(self, number: int, num_fields: int, num_named: int) -> None:
        super().__init__(f"row {number:,} has {num_fields} fields and the head {num_named}")


@dataclass(frozen=True)
class OwnTable:
    """A file that somebody brought: its name and its bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Hexadecimal sha256 of the content."""
        return sha256(self.content).hexdigest()

    def check_size(self) -> None:
        """Refuse what would take too long.

        Raises:
            TableError: it is too large.
        """
        if len(self.content) > MAX_BYTES:
            raise TableError(
                f"{self.name} has {len(self.content) / 2**20:.1f} MB; at most "
                f"{MAX_BYTES // 2**20} MB are accepted. Keep the columns that are needed."
            )

    def rows(self) -> pd.DataFrame:
        """Its rows as text, under the names of its columns.

        Raises:
            TableError: it is too large, empty or no table, or a row has more fields than the head.
        """
        self.check_size()
        try:
            return read_csv(io.BytesIO(self.content))
        except RowError as error:
            raise TableError(
                f"In {self.name}, {error}. Give each row the fields that the head names."
            ) from error
        except (ValueError, csv.Error) as error:
            raise TableError(
                f"{self.name} is empty or no table of text. Give a CSV file, or one id per line."
            ) from error


def opened(path: Path) -> OwnTable:
    """A table of the disk, under its path.

    Raises:
        TableError: there is no such file.
    """
    try:
        return OwnTable(str(path), path.read_bytes())
    except OSError as error:
        raise TableError(f"There is no file {path}. Give a table, a CSV file.") from error


def read_csv(file: Path | BinaryIO, num_rows: int | None = None) -> pd.DataFrame:
    """A table of text with commas, semicolons or tabs, as spreadsheets write it.

    Fields that a row lacks are empty. Empty ones beyond the head are left out.

    Args:
        file: its path, or its bytes.
        num_rows: read so many rows only.
    Raises:
        RowError: a row has more fields than the head.
        ValueError, csv.Error: it is empty or no table of text.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened_file:
            return read_csv(opened_file, num_rows)
    # Excel marks UTF-8 with a sign in front, which would stay part of the first column's name.
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return _read(lines, num_rows)
    finally:
        lines.detach()  # whoever opened the file closes it


def _read(lines, num_rows):
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise ValueError("there is no line in it")
    delimiter = csv.Sniffer().sniff(first).delimiter
    # A row of one blank field is an empty line.
    filled = (
        row
        for row in csv.reader(chain([first], lines), delimiter=delimiter)
        if len(row) > 1 or "".join(row).strip()
    )
    head = _named_once(next(filled))
    rows = [
        _fitted(row, len(head), number)
        for number, row in enumerate(islice(filled, num_rows), start=1)
    ]
    return pd.DataFrame(rows, columns=head, dtype=str)


def _named_once(head):
    """The names of the columns: a second `a` is `a.1`, and one without a name `Unnamed: 2`."""
    seen: Counter[str] = Counter()
    names = []
    for position, name in enumerate(head):
        own = name or f"Unnamed: {position}"
        names.append(f"{own}.{seen[own]}" if seen[own] else own)
        seen[own] += 1
    return names


def _fitted(row, width, number):
    if any(field.strip() for field in row[width:]):
        raise RowError(number, len(row), width)
    return row[:width] + [""] * (width - len(row))
