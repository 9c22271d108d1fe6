"""The ledger: a chain that breaks where a line is changed, and survives what a crash leaves."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import run
from model.evaluation.checklist import checklist
from model.evaluation.run_sentences import ledger_sentences
from model.run import ledger, writer
from model.run.ledger import Entry
from tests import toys

BEGIN = Entry("begins", "a training", "all parts", 2, "aa", "honest", "bb", "2026-01-02T03:04:05Z")
CHOICE = Entry("choice", "epoch", "validation part", 1, "cc", "3 of 9", "", "2026-01-02T03:05:00Z")
READING = Entry("reading", "quality.csv", "test part", 1, "dd", "", "ee", "2026-01-02T03:06:00Z")
HEADER = "number,time,event,what,photos,num_photos,photos_sha256,result,sha256,previous,hash\n"


def lines_of(folder):
    return (folder / "ledger.csv").read_bytes().splitlines(keepends=True)


def test_the_chain_is_the_one_worked_by_hand(tmp_path):
    ledger.append(tmp_path, BEGIN)
    ledger.append(tmp_path, CHOICE)
    first = f"1,2026-01-02T03:04:05Z,begins,a training,all parts,2,aa,honest,bb,{'0' * 64}"
    first_hash = hashlib.sha256(first.encode()).hexdigest()
    second = f"2,2026-01-02T03:05:00Z,choice,epoch,validation part,1,cc,3 of 9,,{first_hash}"
    second_hash = hashlib.sha256(second.encode()).hexdigest()
    assert first_hash == "20231f06723d93714095448a067d88f42513845cf4708df43b460a99d4c7aaec"
    text = f"{HEADER}{first},{first_hash}\n{second},{second_hash}\n"
    assert (tmp_path / "ledger.csv").read_text() == text
    kept = ledger.read(tmp_path)
    assert kept.fault is None
    assert kept.entries == (BEGIN, CHOICE)
    assert [entry.time for entry in kept.entries] == [BEGIN.time, CHOICE.time]
    assert kept.hashes == (first_hash, second_hash)
    assert kept.last_hash == second_hash


def test_anyone_can_check_a_line_in_a_shell(tmp_path):
    ledger.append(tmp_path, BEGIN, CHOICE)
    script = 'tail -1 ledger.csv | { read -r l; printf %s "${l%,*}" | sha256sum | cut -c1-64; }'
    printed = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == ledger.read(tmp_path).last_hash


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
entries = st.builds(
    Entry, st.sampled_from(ledger.EVENTS), words, words, st.integers(0, 10**6), words, words, words
)


@given(st.lists(entries, min_size=1, max_size=6))
def test_whatever_is_recorded_reads_back(tmp_path_factory, recorded):
    folder = tmp_path_factory.mktemp("ledger")
    kept = ledger.append(folder, BEGIN, *recorded)
    assert kept.fault is None
    assert len(kept.entries) == len(recorded) + 1
    assert ledger.read(folder) == kept
    for was, now in zip(recorded, kept.entries[1:], strict=True):
        assert now.what == " ".join(was.what.splitlines())
        assert now.num_photos == was.num_photos


@given(st.data())
def test_a_line_that_is_changed_taken_out_put_in_or_moved_is_found(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("ledger")
    recorded = data.draw(st.lists(entries, min_size=3, max_size=6))
    ledger.append(folder, BEGIN, *recorded)
    header, *lines = lines_of(folder)
    index = data.draw(st.integers(0, len(lines) - 2))
    other = data.draw(st.integers(index + 1, len(lines) - 1))
    damage = data.draw(st.sampled_from(["change", "take out", "put in", "move"]))
    broken_at = index + 1
    if damage == "change":
        place = data.draw(st.integers(0, len(lines[index]) - 2))
        old = lines[index][place : place + 1]
        new = data.draw(st.binary(min_size=1, max_size=1).filter(lambda byte: byte != old))
        lines[index] = lines[index][:place] + new + lines[index][place + 1 :]
    elif damage == "take out":
        del lines[index]
    elif damage == "put in":
        lines.insert(other, lines[index])
        broken_at = other + 1
    else:
        lines[index], lines[other] = lines[other], lines[index]
    kept = ledger.parse(header + b"".join(lines))
    assert kept.fault.startswith(f"The ledger is broken at line {broken_at}: ")
    assert len(kept.entries) == broken_at - 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "The ledger does not open with the names of its columns."),
        ("number,hash\n", "The ledger does not open with the names of its columns."),
        (HEADER, "The ledger has no line."),
        (HEADER + "\n", "The ledger is broken at line 1: its hash is not that of its content."),
        ("\x00\xff", "The ledger does not open with the names of its columns."),
    ],
)
def test_what_is_no_ledger_is_said_in_a_sentence(content, fault):
    assert ledger.parse(content.encode("latin-1")).fault == fault


def test_lines_with_a_right_hash_must_also_make_sense():
    def signed(text):
        return f"{text},{hashlib.sha256(text.encode()).hexdigest()}\n"

    zeros = "0" * 64
    begins = f"1,t,begins,w,p,0,,,,{zeros}"
    for line, problem in {
        f"2,t,begins,w,p,0,,,,{zeros}": "does not follow the line before",
        f"1,t,begins,w,p,0,,,,{'1' * 64}": "does not follow the line before",
        f"1,t,choice,w,p,0,,,,{zeros}": "'choice' is no event that may stand there",
        f"1,t,begins,w,p,0,,,{zeros}": "it has 10 columns, not 11",
    }.items():
        assert problem in ledger.parse((HEADER + signed(line)).encode()).fault
    assert ledger.parse((HEADER + signed(begins)).encode()).fault is None


def test_a_line_that_was_cut_off_is_reported_and_the_next_one_tells_of_it(tmp_path):
    ledger.append(tmp_path, BEGIN, CHOICE)
    with open(tmp_path / "ledger.csv", "ab") as file:
        file.write(b"3,2026-01-02T03:0")
    assert ledger.read(tmp_path).fault == "The ledger is broken at line 3: it was cut off."
    kept = ledger.append(tmp_path, READING)
    assert kept.fault is None
    assert [entry.event for entry in kept.entries] == ["begins", "choice", "repair", "reading"]
    assert kept.entries[2].result == "3,2026-01-02T03:0"


@pytest.mark.parametrize("left", [b"", b"number,ti", HEADER.encode(), HEADER.encode() + b"1,20"])
def test_a_ledger_that_was_cut_off_before_its_first_line_begins_again(tmp_path, left):
    (tmp_path / "ledger.csv").write_bytes(left)
    assert ledger.append(tmp_path, BEGIN).entries == (BEGIN,)


def test_nothing_is_added_to_a_broken_ledger(tmp_path):
    ledger.append(tmp_path, BEGIN, CHOICE)
    text = (tmp_path / "ledger.csv").read_text().replace("3 of 9", "4 of 9")
    (tmp_path / "ledger.csv").write_text(text)
    with pytest.raises(ledger.LedgerError, match=r"broken at line 2: .* Nothing can be added"):
        ledger.append(tmp_path, READING)
    assert (tmp_path / "ledger.csv").read_text() == text


def test_a_ledger_begins_with_its_beginning(tmp_path):
    with pytest.raises(ledger.LedgerError, match="begins with a line 'begins'"):
        ledger.append(tmp_path, CHOICE)
    assert not (tmp_path / "ledger.csv").read_bytes()


def test_two_at_a_time_write_one_chain(tmp_path):
    ledger.append(tmp_path, BEGIN)
    code = (
        "import sys; from pathlib import Path; from model.run.ledger import Entry, append\n"
        "for number in range(20): append(Path(sys.argv[1]), Entry('choice', str(number)))"
    )
    asked = [sys.executable, "-c", code, str(tmp_path)]
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda _: subprocess.run(asked, check=True), range(2)):
            assert done.returncode == 0
    kept = ledger.read(tmp_path)
    assert kept.fault is None
    assert len(kept.entries) == 41


def test_predictions_have_one_hash_before_and_after_they_are_stored(tmp_path):
    rows = toys.predictions()
    columns = [f"p_{code}" for code in toys.CODES]
    toy = toys.write(tmp_path, with_network=False, rows=rows)
    tested = rows[rows["split"] == "test"]
    seen = ledger.predictions_sha256(tested, columns)
    assert seen == ledger.predictions_sha256(toy.test_photos, columns)
    assert seen == ledger.predictions_sha256(tested.iloc[::-1].drop(columns="diagnosis"), columns)
    changed = tested.assign(p_nv=tested["p_nv"] + 2e-6)
    assert seen != ledger.predictions_sha256(changed, columns)
    two = pd.DataFrame({"image_id": ["b", "a"], "p_x": [0.25, 1.0], "p_y": [0.75, 0.0]})
    text = "image_id,p_x,p_y\na,1.000000,0.000000\nb,0.250000,0.750000\n"
    by_hand = hashlib.sha256(text.encode()).hexdigest()
    assert ledger.predictions_sha256(two, ["p_x", "p_y"]) == by_hand
    assert ledger.ids_sha256(["b", "a"]) == hashlib.sha256(b"a\nb").hexdigest()


def prediction(toy):
    rows = toy.test_photos
    seen = ledger.predictions_sha256(rows, toy.probability_columns)
    return ledger.about("prediction", "probabilities", "test part", rows["image_id"], sha256=seen)


def test_choices_after_the_test_part_was_predicted_are_counted_fold_by_fold():
    def entry(event, photos):
        return Entry(event, ledger.TRAINING if event == "begins" else "x", photos)

    kept = ledger.Ledger(
        (
            entry("begins", "all parts"),
            entry("choice", "validation part"),
            entry("prediction", "test part"),
            entry("choice", "validation part, fold 1"),
            entry("prediction", "test part, fold 1"),
            entry("choice", "validation part, fold 1"),
            entry("reading", "test part"),
            entry("begins", "all parts"),
            entry("choice", "validation part"),
            entry("prediction", "test part"),
            entry("prediction", "PAD-UFES-20"),
        ),
        (),
        None,
    )
    assert ledger.summarise(kept) == ledger.Summary(
        num_trainings=2, num_choices=4, num_late=2, num_predictions=2, num_readings=1
    )


def check_of(toy):
    (check,) = [check for check in checklist(toy) if check.name.startswith("Ledger")]
    return check


def test_a_ledger_is_told_in_sentences(tmp_path):
    toy = toys.write(tmp_path, with_network=False)
    assert not check_of(toy).is_there
    assert check_of(toy).command == "python -m train ledger toy --runs DIR --begin"
    ledger.append(toy.path, BEGIN, CHOICE, prediction(toy), READING)
    toy = run.read(toy.path)
    assert check_of(toy).is_there
    assert not check_of(toy).command
    assert ledger_sentences(toy) == [
        "4 lines since 2026-01-02, each chained to the one before.",
        "1 choice, all before the test part was predicted.",
        "The test part was predicted once.",
        "Results on test photos were stored once.",
    ]
    ledger.append(toy.path, CHOICE, prediction(toy))
    assert ledger_sentences(run.read(toy.path))[1:3] == [
        "2 choices, 1 of them before the test part was predicted.",
        "The test part was predicted 2 times.",
    ]


def test_predictions_that_a_ledger_did_not_see_are_told(tmp_path):
    toy = toys.write(tmp_path, with_network=False)
    ledger.append(toy.path, BEGIN, prediction(toy))
    other = toys.write(tmp_path, with_network=False, rows=toys.predictions(seed=1))
    assert other.ledger.entries[0] == BEGIN  # the run that takes its place goes on with it
    assert not check_of(other).is_there
    assert ledger_sentences(other)[-1] == (
        "The predictions that are stored for the test part are not those that it saw."
    )


def test_a_broken_ledger_is_told_and_refuses_no_run(tmp_path):
    toy = toys.write(tmp_path, with_network=False)
    ledger.append(toy.path, BEGIN, CHOICE, prediction(toy))
    first, second, *rest = lines_of(toy.path)
    (toy.path / "ledger.csv").write_bytes(first + second + b"".join(rest[1:]))
    toy = run.read(toy.path)
    assert not check_of(toy).is_there
    assert check_of(toy).text.startswith("The ledger is broken at line 2: it does not follow")


def test_what_is_measured_later_keeps_the_ledger(tmp_path):
    toy = toys.write(tmp_path, with_network=False)
    ledger.append(toy.path, BEGIN)
    table = pd.DataFrame(
        {"image_id": ["test_0"], "num_views": 8, "num_agreeing": 8, "low": 0.5, "high": 0.6}
    )
    later = writer.add_table(toy, run.TURNING, table)
    assert later.ledger.entries == (BEGIN,)
    assert "ledger.csv" not in later.card["files"]
