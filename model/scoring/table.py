"""The CSV file of a long command: written as it goes, and taken up again after it was stopped.

Rows go to `FILE.part`, and what the command is to `FILE.part.json` beside it. When the last row is
written, `FILE.part` becomes `FILE`, so that `FILE` is whole whenever it is there.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

if sys.platform != "win32":  # there, nobody stops two commands with one file
    import fcntl

SECONDS_BETWEEN_SYNCS = 5  # what a power cut may cost; a killed process loses no written row

# Names of photos need not be UTF-8, and come back as they were.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}


class TableError(ValueError):
    """A file that cannot be written or taken up again; the message says what to do."""


class Table:
    """Rows on their way into a CSV file; made by `opened` or `streamed`.

    `num_done` rows were already there; `num_written` have come since.
    """

    def __init__(self, file: BinaryIO, name: str, num_done: int = 0, is_kept: bool = True):
        self.num_done = num_done
        self.num_written = 0
        self._file = file
        self._name = name
        self._is_kept = is_kept
        self._synced = time.monotonic()

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows, so that they outlive this process.

        Raises:
            TableError: the disk is full, or else the file can't be written.
        """
        rows = list(rows)
        remaining = memoryview(as_bytes(rows))
        try:
            while remaining:
                remaining = remaining[self._file.write(remaining) :]
        except OSError as error:
            raise _cannot_write(self._name, error) from error
        self.num_written += len(rows)
        if time.monotonic() - self._synced > SECONDS_BETWEEN_SYNCS:
            self.sync()

    def sync(self) -> None:
        """Let the rows outlive a power cut.

        Raises:
            TableError: as `write`.
        """
        if not self._is_kept:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _cannot_write(self._name, error) from error
        self._synced = time.monotonic()


@contextmanager
def streamed(target: Path | int, columns: Sequence[str]) -> Iterator[Table]:
    """Open a table that can't be taken up again: an open file's number, or a pipe or device.

    The header comes with the first row: where there is an error before, nothing is written.

    Raises:
        TableError: it can't be written.
    """
    with _open(target, "wb", target) as file:
        yield _Streamed(file, columns, target)


class _Streamed(Table):
    def __init__(self, file, columns, name):
        super().__init__(file, str(name), is_kept=False)
        self._columns = columns

    def write(self, rows):
        super().write([*([] if self.num_written else [self._columns]), *rows])


@contextmanager
def opened(
    target: Path,
    columns: Sequence[str],
    command: Mapping[str, str | None],
    firsts: Sequence[str],
) -> Iterator[Table]:
    """Open a table, where the same command was stopped after its last whole row.

    At the end it takes the place of `target`. After an exception the rows so far stay in
    `FILE.part`, for the same command to go on.

    Args:
        target: the CSV file; not a folder, pipe or device.
        columns: its header.
        command: what decides the rows, by name; None: not given.
        firsts: the first cell of every row, in order. All are different.
    Raises:
        TableError: another command was stopped before it was done with this file, the rows so far
            are not those of `firsts`, or it can't be written.
    """
    target = target.resolve()  # the file that a link means, not the link
    part = target.with_name(f"{target.name}.part")
    about = target.with_name(f"{target.name}.part.json")
    with _locked(part, target):
        with _open(part, "a+b", target) as file:
            try:
                num_done = _take_up(file, part, about, columns, command, firsts)
            except OSError as error:
                raise _cannot_write(part, error) from error
            table = Table(file, str(part), num_done)
            try:
                yield table
                table.sync()
            except BaseException:
                if not table.num_done + table.num_written:
                    _remove(part, about)
                raise
        try:
            os.replace(part, target)
        except OSError as error:
            raise _cannot_write(target, error) from error
        _remove(about)


def _remove(*paths):
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _open(path, mode, name):
    try:
        return open(path, mode, buffering=0, closefd=not isinstance(path, int))
    except OSError as error:
        raise _cannot_write(name, error) from error


def _take_up(file, part, about, columns, command, firsts):
    """Cut `file` after its last whole row, or begin it; the number of rows in it."""
    file.seek(0)
    data = file.read()
    header = as_bytes([columns])
    if header.startswith(data):  # empty, or stopped before the first row
        # What the command is comes first: no row is without it.
        about.write_text(json.dumps(command, indent=1) + "\n", "utf-8")
        file.truncate(0)
        Table(file, str(part)).write([columns])
        return 0
    _check_command(part, about, command)
    if not data.startswith(header):
        raise TableError(_not_ours(part, "its columns are others"))
    end, num_done = len(header), 0
    for row, length in whole_rows(data[end:], len(columns)):
        if num_done == len(firsts) or row[0] != firsts[num_done]:
            expected = firsts[num_done] if num_done < len(firsts) else "nothing"
            reason = f"its photo {num_done + 1} is {row[0]}, expected was {expected}"
            raise TableError(_not_ours(part, reason))
        end, num_done = end + length, num_done + 1
    file.truncate(end)
    return num_done


def _check_command(part, about, command):
    try:
        before = json.loads(about.read_text("utf-8"))
    except (OSError, ValueError):
        reason = f"{about.name}, which tells which command, is missing or damaged"
        raise TableError(_not_ours(part, reason)) from None
    if not isinstance(before, dict):
        before = {}
    differences = [
        f"its {name} is {_told(before.get(name))}, expected was {_told(command.get(name))}"
        for name in {**before, **command}
        if before.get(name) != command.get(name)
    ]
    if differences:
        raise TableError(_not_ours(part, "; ".join(differences)))


def _told(value):
    return "not given" if value is None else value


def _not_ours(part, reason):
    return (
        f"{part} is of another command that was stopped: {reason}. Repeat that command to finish "
        "it, name another --csv, or delete the file to start anew."
    )


def _cannot_write(path, error):
    return TableError(f"{path} cannot be written: {error.strerror}.")


@contextmanager
def _locked(part, target):
    """Keep other commands away from `part` until nothing more is done with it."""
    if sys.platform == "win32":
        yield
        return
    while True:
        with _open(part, "ab", target) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TableError(
                    f"Another command is writing {target} now. Wait for it, or name another --csv."
                ) from None
            if _is_at(part, file):
                yield
                return
        # Another command moved or removed it between opening and locking: it is not `part` now.


def _is_at(path, file):
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def as_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as lines of a CSV file in UTF-8."""
    lines: list[str] = []
    # With this end, Python 3.11 and 3.12 quote a name that holds one of its signs, either of them.
    csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n").writerows(rows)
    return "".join(f"{line[:-2]}\n" for line in lines).encode(**_ENCODING)


def whole_rows(data: bytes, num_columns: int) -> Iterator[tuple[list[str], int]]:
    """The rows of a CSV file that may end anywhere, up to the first that is not whole.

    Args:
        data: what `as_bytes` gave, cut anywhere.
        num_columns: of a row.
    Yields:
        (row, number of its bytes).
    """
    begin = end = num_quotes = 0
    while (line_end := data.find(b"\n", end) + 1) > 0:
        num_quotes += data.count(b'"', end, line_end)
        end = line_end
        if num_quotes % 2:
            continue  # this line break stands inside a quoted cell
        text = data[begin:end].decode(**_ENCODING)
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            return
        if len(rows) != 1 or len(rows[0]) != num_columns:
            return
        yield rows[0], end - begin
        begin = end
