"""Tables that anybody may bring: how they are read, and what their columns may be called."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from hashlib import sha256
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
            TableError: it is too large, empty or no table.
        """
        self.check_size()
        try:
            return read_csv(io.BytesIO(self.content))
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

    Args:
        file: its path, or its bytes.
        num_rows: read so many rows only.
    """
    return pd.read_csv(
        file,
        nrows=num_rows,
        sep=None,
        engine="python",
        dtype=str,
        keep_default_na=False,
        # Excel marks UTF-8 with a sign in front, which would stay part of the first column's name.
        encoding="utf-8-sig",
    )
