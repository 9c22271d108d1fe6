"""A CSV file that is written as it goes, killed anywhere, and taken up again."""

import csv
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.scoring.table import TableError, as_bytes, opened, streamed, whole_rows
from tests.conftest import ROOT

COLUMNS = ["photo", "diagnosis", "status"]
COMMAND = {"run": "toy", "frame": None}
PHOTOS = ["a.jpg", 'b "2",\nline.jpg', "c\udce9.jpg", "ü\r.jpg"]
ROWS = [[photo, "nv", "ok"] for photo in PHOTOS]

CELLS = st.text(st.sampled_from('ab,"\n\r \0ü€'), max_size=6)
TABLES = st.lists(st.tuples(CELLS.map(lambda text: f"x{text}"), CELLS), max_size=6)


def write(target, rows, photos=PHOTOS, command=COMMAND, columns=COLUMNS):
    """Open the table, write rows that are not there yet, and be done."""
    with opened(target, columns, command, photos) as table:
        before = table.num_done
        for row in rows[before:]:
            table.write([row])
    return before


def stopped_after(target, count):
    """Stop after so many rows, as an exception does."""
    with suppress(KeyError), opened(target, COLUMNS, COMMAND, PHOTOS) as table:
        table.write(ROWS[:count])
        raise KeyError


@given(TABLES, st.data())
def test_of_a_torn_file_exactly_the_whole_rows_are_read(rows, data):
    rows = [list(row) for row in rows]
    parts = [as_bytes([row]) for row in rows]
    text = b"".join(parts)
    end = data.draw(st.integers(0, len(text)))
    whole = [sum(map(len, parts[: number + 1])) <= end for number in range(len(parts))].count(True)
    found = list(whole_rows(text[:end], 2))
    assert [row for row, _ in found] == rows[:whole]
    assert sum(length for _, length in found) == sum(map(len, parts[:whole]))


@given(TABLES, st.binary(max_size=20), st.data())
def test_whatever_follows_rows_are_never_invented(rows, rubbish, data):
    text = as_bytes(rows)
    end = data.draw(st.integers(0, len(text)))
    for row, length in whole_rows(text[:end] + rubbish, 2):
        assert len(row) == 2
        assert length > 0


def test_a_row_of_another_width_ends_the_whole_rows():
    data = as_bytes([["a", "b"], ["only one"], ["c", "d"]])
    assert list(whole_rows(data, 2)) == [(["a", "b"], 4)]


def test_a_finished_file_is_whole_and_nothing_stands_beside_it(tmp_path):
    target = tmp_path / "out.csv"
    assert write(target, ROWS) == 0
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    # The same command again: anew, and the older file stays until the new one is whole.
    with opened(target, COLUMNS, COMMAND, PHOTOS) as table:
        assert table.num_done == 0
        table.write(ROWS[:1])
        assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])
        table.write(ROWS[1:])
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])


@pytest.mark.parametrize("torn", range(len(as_bytes([COLUMNS, *ROWS])) + 1))
def test_cut_at_any_byte_it_goes_on_to_the_same_file(tmp_path, torn):
    target = tmp_path / "out.csv"
    stopped_after(target, 4)
    part = tmp_path / "out.csv.part"
    part.write_bytes(part.read_bytes()[:torn])
    before = write(target, ROWS)
    assert len(as_bytes([COLUMNS, *ROWS[:before]])) <= max(torn, len(as_bytes([COLUMNS])))
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_row_that_is_whole_is_not_scored_again(tmp_path):
    stopped_after(tmp_path / "out.csv", 3)
    assert not (tmp_path / "out.csv").exists()
    assert write(tmp_path / "out.csv", ROWS) == 3


def test_photos_that_came_later_are_added(tmp_path):
    target = tmp_path / "out.csv"
    stopped_after(target, 4)
    more = [*PHOTOS, "z.jpg"]
    assert write(target, [*ROWS, ["z.jpg", "mel", "ok"]], photos=more) == 4
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS, ["z.jpg", "mel", "ok"]])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"command": COMMAND | {"run": "other"}}, "its run is toy, expected was other"),
        ({"command": COMMAND | {"frame": "0,0,9,9"}}, "frame is not given, expected was 0,0,9,9"),
        ({"columns": ["photo", "kind", "status"]}, "its columns are others"),
        ({"photos": ["a.jpg", "new.jpg", *PHOTOS[1:]]}, "its photo 2 is b "),
        ({"photos": ["a.jpg"]}, "its photo 2 is b .*, expected was nothing"),
    ],
)
def test_rows_of_another_command_are_refused_and_kept(tmp_path, options, reason):
    target = tmp_path / "out.csv"
    stopped_after(target, 2)
    part = (tmp_path / "out.csv.part").read_bytes()
    with pytest.raises(TableError, match=f"(?s){reason}.*delete the file to start anew"):
        write(target, ROWS, **options)
    assert (tmp_path / "out.csv.part").read_bytes() == part
    assert not target.exists()
    assert write(target, ROWS) == 2


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "out.csv.part").write_text("somebody's own notes\n")
    with pytest.raises(TableError, match=r"part\.json, which tells which command, is missing"):
        write(tmp_path / "out.csv", ROWS)
    assert (tmp_path / "out.csv.part").read_text() == "somebody's own notes\n"


@pytest.mark.parametrize("text", ["", "[1]", "{", "null"])
def test_without_knowing_the_command_nothing_is_taken_up(tmp_path, text):
    stopped_after(tmp_path / "out.csv", 2)
    (tmp_path / "out.csv.part.json").write_text(text)
    with pytest.raises(TableError, match="is of another command"):
        write(tmp_path / "out.csv", ROWS)


def test_an_error_before_the_first_row_leaves_nothing_behind(tmp_path):
    stopped_after(tmp_path / "out.csv", 0)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_the_rows_stay(tmp_path):
    target = tmp_path / "out.csv"

    def write_until_it_is_full():
        with opened(target, COLUMNS, COMMAND, PHOTOS) as table:
            table.write(ROWS[:2])
            with open("/dev/full", "wb", buffering=0) as table._file:
                table.write(ROWS[2:])

    with pytest.raises(TableError, match="part cannot be written: No space left on device"):
        write_until_it_is_full()
    assert write(target, ROWS) == 2


def test_two_commands_do_not_write_one_file(tmp_path):
    target = tmp_path / "out.csv"
    with opened(target, COLUMNS, COMMAND, PHOTOS) as table:
        table.write(ROWS[:1])
        with pytest.raises(TableError, match="Another command is writing"):
            write(target, ROWS)
        table.write(ROWS[1:])
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])


def test_no_command_takes_the_file_from_one_that_is_putting_it_in_its_place(tmp_path, monkeypatch):
    target, replace, refused = tmp_path / "out.csv", os.replace, []

    def meanwhile(*paths):
        with pytest.raises(TableError) as caught:
            write(target, ROWS)
        refused.append(str(caught.value))
        replace(*paths)

    monkeypatch.setattr(os, "replace", meanwhile)
    write(target, ROWS)
    assert [text.startswith("Another command is writing") for text in refused] == [True]
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("done", [True, False])
def test_a_file_that_is_taken_away_before_its_lock_is_left_alone(tmp_path, monkeypatch, done):
    """The other command was done, or gave up, between our opening the file and our lock."""
    target, lock, others = tmp_path / "out.csv", fcntl.flock, []
    other = [["a.jpg", "mel", "ok"], *ROWS[1:]]

    def after_the_other(*arguments):
        if not others:
            others.append(target)
            if done:
                write(target, other)
            else:
                stopped_after(target, 0)
        lock(*arguments)

    monkeypatch.setattr(fcntl, "flock", after_the_other)
    with opened(target, COLUMNS, COMMAND, PHOTOS) as table:
        assert table.num_done == 0
        assert target.exists() == done
        if done:
            assert target.read_bytes() == as_bytes([COLUMNS, *other])
        table.write(ROWS)
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write(tmp_path / "link.csv", ROWS)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == as_bytes([COLUMNS, *ROWS])


def test_a_stream_has_one_header_and_none_before_the_first_row(tmp_path):
    target = tmp_path / "pipe"
    with streamed(target, COLUMNS) as table:
        assert target.read_bytes() == b""
        table.write(ROWS[:1])
        table.write(ROWS[1:])
    assert target.read_bytes() == as_bytes([COLUMNS, *ROWS])


WRITER = """
import sys, time
from pathlib import Path
from model.scoring.table import opened
photos = [f'"{number}",\\n.jpg' for number in range(400)]
with opened(Path(sys.argv[1]), ["photo", "status"], {"run": "toy"}, photos) as table:
    print(table.num_done, flush=True)
    for number in range(table.num_done, len(photos)):
        table.write([[photos[number], "x" * (number % 50)]])
        time.sleep(0.0005)
"""


def test_killed_at_any_moment_no_row_is_lost_or_double(tmp_path):
    target = tmp_path / "out.csv"
    chance = random.Random(0)
    starts = []
    for attempt in range(100):
        started = subprocess.Popen(
            [sys.executable, "-c", WRITER, target], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        if attempt % 3:
            starts.append(int(started.stdout.readline()))  # killed while it writes
        time.sleep(chance.uniform(0, 0.08))
        if target.exists():
            started.wait()
            break
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        started.stdout.close()
    started.stdout.close()
    assert started.returncode == 0
    assert len(starts) > 1
    assert starts == sorted(starts)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    expected = [[f'"{number}",\n.jpg', "x" * (number % 50)] for number in range(400)]
    assert rows == [["photo", "status"], *expected]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_the_command_is_told_in_a_file_that_a_person_can_read(tmp_path):
    stopped_after(tmp_path / "out.csv", 1)
    assert json.loads((tmp_path / "out.csv.part.json").read_text()) == COMMAND
