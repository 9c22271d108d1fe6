"""The ledger of a run: what was chosen, on which photos, and when a test part was read.

`ledger.csv` lies beside the weights. Every line holds the hash of the line before and ends in a
hash of its own, the sha256 of all that precedes its last comma. So a line that is changed, taken
out, put in or moved breaks the chain.

What a chain cannot prove: a ledger that was written anew from its first line is whole, and so is
one that lost its last lines. Only a hash that was published elsewhere, as in a commit, binds the
lines up to it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pandas as pd

from model.run.files import LEDGER, RunError

if TYPE_CHECKING:
    from model.run import Run

try:
    import fcntl
except ImportError:  # on Windows nothing keeps two commands from adding a line at the same time
    fcntl = None  # type: ignore[assignment]

BEGINS, CHOICE, PREDICTION, READING, REPAIR = EVENTS = (
    "begins",  # a training, or the ledger of a run that had none
    "choice",  # something was fitted or picked
    "prediction",  # a network was asked about test photos; no diagnosis has been joined yet
    "reading",  # results on test photos were stored
    "repair",  # a line that was cut off was taken out
)
COLUMNS = (
    "number",
    "time",
    "event",
    "what",
    "photos",
    "num_photos",
    "photos_sha256",
    "result",
    "sha256",
    "previous",
    "hash",
)
HEADER = ",".join(COLUMNS).encode() + b"\n"
NO_LINE = "0" * 64  # what the first line holds in place of the hash before
TRAINING, LATE = "a training", "a ledger, for a run that had none"  # what can begin


class LedgerError(RunError):
    """A ledger that nothing can be added to; the message says why."""


@dataclass(frozen=True)
class Entry:
    """What happened: a line of the ledger without its place in the chain.

    `photos` names the photos that it is about, such as `test part`; `photos_sha256` is of
    `ids_sha256`. `result` are figures, in words; `sha256` is of the predictions
    (`predictions_sha256`) or of the file that holds the results. `time` is UTC.
    """

    event: str
    what: str
    photos: str = ""
    num_photos: int = 0
    photos_sha256: str = ""
    result: str = ""
    sha256: str = ""
    time: str = field(
        default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), compare=False
    )


@dataclass(frozen=True)
class Ledger:
    """The lines of a ledger, up to the first that does not fit.

    `hashes` are those of the entries. `fault` is None for a whole ledger, else a sentence.
    """

    entries: tuple[Entry, ...]
    hashes: tuple[str, ...]
    fault: str | None

    @property
    def last_hash(self) -> str:
        return self.hashes[-1] if self.hashes else NO_LINE


@dataclass(frozen=True)
class Summary:
    """What a ledger tells, in numbers.

    `num_trainings` began under the run's name while the ledger was kept: none where it was begun
    for a trained run. `num_predictions`: how often the run's own test part was predicted;
    `num_late`: choices, of `num_choices`, that were made when the test part of the same fold had
    been predicted.
    `num_readings`: results on test photos, its own and those from elsewhere.
    """

    num_trainings: int
    num_choices: int
    num_late: int
    num_predictions: int
    num_readings: int


def part(split: str, fold: int = 0) -> str:
    """The name of a run's own photos in the ledger, such as `test part, fold 2`."""
    return f"{split} part, fold {fold}" if fold else f"{split} part"


def about(
    event: str, what: str, photos: str, image_ids: Iterable[str], result: str = "", sha256: str = ""
) -> Entry:
    """An entry about photos, see `Entry`."""
    ids = list(image_ids)
    return Entry(event, what, photos, len(ids), ids_sha256(ids), result, sha256)


def ids_sha256(image_ids: Iterable[str]) -> str:
    """sha256 of the sorted ids, joined by line feeds."""
    return hashlib.sha256("\n".join(sorted(image_ids)).encode()).hexdigest()


def predictions_sha256(rows: pd.DataFrame, columns: Sequence[str]) -> str:
    """sha256 of predictions, without what is known about the photos.

    It is the same before the predictions are stored and after: of a CSV file with image_id and the
    probabilities, six digits each, a header, and rows sorted by id.

    Args:
        rows: `image_id` and the probabilities.
        columns: of the probabilities, in the order of the network's outputs.
    """
    table = rows[["image_id", *columns]].sort_values("image_id", kind="stable")
    text = table.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def read(folder: Path) -> Ledger | None:
    """The ledger of a folder, whole or not; None where there is none."""
    try:
        content = (folder / LEDGER).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Ledger((), (), f"The ledger cannot be read ({error.strerror}).")
    return parse(content)


def parse(content: bytes) -> Ledger:
    """Read the lines of a ledger and hold each against the one before."""
    entries: list[Entry] = []
    hashes: list[str] = []
    if not content.startswith(HEADER):
        return Ledger((), (), "The ledger does not open with the names of its columns.")
    fault = None if content != HEADER else "The ledger has no line."
    for number, line in enumerate(content.removeprefix(HEADER).splitlines(keepends=True), 1):
        try:
            entry, line_hash = _read_line(line, number, hashes[-1] if hashes else NO_LINE)
        except ValueError as error:
            fault = f"The ledger is broken at line {number}: {error}."
            break
        entries.append(entry)
        hashes.append(line_hash)
    return Ledger(tuple(entries), tuple(hashes), fault)


def append(folder: Path, *entries: Entry) -> Ledger:
    """Add entries to the ledger of a folder, or begin one.

    A last line that was cut off, as by a power cut, is taken out; a line `repair` says how it
    began.

    Raises:
        LedgerError: the ledger is broken, or would not begin with a line `begins`.
    """
    with _locked(folder / LEDGER) as file:
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        unfinished = content[len(whole) :].decode("utf-8", "replace")
        if whole == HEADER or HEADER.startswith(content):  # nothing was recorded yet
            ledger, whole, text = Ledger((), (), None), b"", HEADER
        else:
            ledger, text = parse(whole), b""
            if unfinished:
                entries = (Entry(REPAIR, "a line was cut off", result=unfinished), *entries)
        if ledger.fault:
            raise LedgerError(f"{ledger.fault} Nothing can be added to {folder / LEDGER}.")
        if not ledger.entries and entries and entries[0].event != BEGINS:
            raise LedgerError(f"A ledger begins with a line {BEGINS!r}.")
        previous = ledger.last_hash
        for number, entry in enumerate(entries, len(ledger.entries) + 1):
            line, previous = _line(entry, number, previous)
            text += line
        file.truncate(len(whole))
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        return parse(whole + text)


def summarise(ledger: Ledger) -> Summary:
    """Count what a ledger tells."""
    counts: Counter[str] = Counter()
    asked = set()  # folds whose test part was predicted
    for entry in ledger.entries:
        counts[entry.event] += 1
        fold = entry.photos.partition(", fold ")[2]
        is_own_test_part = entry.photos.startswith(part("test"))
        counts["trainings"] += entry.event == BEGINS and entry.what == TRAINING
        counts["late"] += entry.event == CHOICE and fold in asked
        counts["asked"] += entry.event == PREDICTION and entry.photos == part("test")
        if entry.event == PREDICTION and is_own_test_part:
            asked.add(fold)
    return Summary(
        num_trainings=counts["trainings"],
        num_choices=counts[CHOICE],
        num_late=counts["late"],
        num_predictions=counts["asked"],
        num_readings=counts[READING],
    )


def is_of(ledger: Ledger, run: Run) -> bool:
    """Whether the run's predictions for its test part are those that its ledger saw last."""
    for fold in run.folds:
        seen = [
            entry.sha256
            for entry in ledger.entries
            if entry.event in (BEGINS, PREDICTION) and entry.photos == part("test", fold)
        ]
        stored = predictions_sha256(stored_photos(run, fold), run.probability_columns)
        if seen and seen[-1] != stored:
            return False
    return True


def stored_photos(run: Run, fold: int) -> pd.DataFrame:
    """Rows of predictions.csv: the test photos of a fold, without augmented copies."""
    rows = run.predictions
    own = (rows["split"] == "test") & (rows["fold"] == fold)
    return rows[own & (rows["copy_of"] == "")]


def _line(entry: Entry, number: int, previous: str) -> tuple[bytes, str]:
    """(the line with its line feed, its hash)."""
    fields = {**vars(entry), "number": number, "previous": previous}
    # One entry, one line.
    row = [" ".join(str(fields[column]).splitlines()) for column in COLUMNS[:-1]]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    line_hash = hashlib.sha256(text.getvalue().encode()).hexdigest()
    return f"{text.getvalue()},{line_hash}\n".encode(), line_hash


def _read_line(line: bytes, number: int, previous: str) -> tuple[Entry, str]:
    """(entry, hash); ValueError where the line does not fit."""
    if not line.endswith(b"\n"):
        raise ValueError("it was cut off")
    content, _, line_hash = line.rstrip(b"\n").rpartition(b",")
    if hashlib.sha256(content).hexdigest() != line_hash.decode("ascii", "replace"):
        raise ValueError("its hash is not that of its content")
    (row,) = csv.reader([content.decode()], strict=True)
    if len(row) != len(COLUMNS) - 1:
        raise ValueError(f"it has {len(row) + 1} columns, not {len(COLUMNS)}")
    fields = dict(zip(COLUMNS, row, strict=False))
    if fields["previous"] != previous or fields["number"] != str(number):
        raise ValueError("it does not follow the line before")
    if fields["event"] not in EVENTS or (number == 1) > (fields["event"] == BEGINS):
        raise ValueError(f"{fields['event']!r} is no event that may stand there")
    names = [name for name in COLUMNS[1:-2] if name != "num_photos"]
    entry = Entry(num_photos=int(fields["num_photos"]), **{name: fields[name] for name in names})
    return entry, line_hash.decode()


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, opened to read and append, while nobody else does."""
    while True:
        with open(path, "a+b") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            # A run folder that was replaced meanwhile has another file of that name.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                file.seek(0)
                yield file
                return
