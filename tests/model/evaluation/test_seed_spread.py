"""A recipe trained again, on photos counted by hand."""

import pandas as pd
import pytest

from model.evaluation import seed_spread, tables
from model.evaluation.differences import Figure
from model.evaluation.run_sentences import seed_sentences
from model.prediction.mix import MixName, NamedMix, read_at
from model.run import REPEATS, RunError
from model.run.writer import add_table
from tests import toys

TRUTH = ["mel", "mel", "nv", "nv", "bcc", "bcc"]
FIRST = ["mel", "nv", "nv", "nv", "bcc", "bcc"]  # 5 of 6
AGAIN = ["mel", "mel", "nv", "bcc", "nv", "bcc"]  # 4 of 6, three of them given to others
ELSEWHERE = ["bcc", "bcc", "mel", "nv", "nv", "nv"]  # truth: two of each


def shares(answers):
    return {
        f"p_{code}": [0.8 if code == answer else 0.1 for answer in answers] for code in toys.CODES
    }


def own_rows(answers):
    rows = pd.DataFrame({"split": "test", "fold": 0, "image_id": [*"abcdef"]})
    return rows.assign(lesion_id=rows["image_id"], diagnosis=TRUTH, **shares(answers))


def repeated(answers=AGAIN, seed=7, elsewhere=ELSEWHERE):
    """What another seed says about the own photos and the six phone photos of `toys.external`."""
    own = pd.DataFrame({"kind": "", "source": "", "image_id": [*"abcdef"], **shares(answers)})
    ids = [f"outside_{row}" for row in range(6)]
    phone = pd.DataFrame({"kind": "phone photo", "source": "PAD", "image_id": ids})
    parts = [own, phone.assign(**shares(elsewhere))]
    return pd.concat(parts, ignore_index=True).assign(seed=seed, revision="abc")


@pytest.fixture
def run(tmp_path):
    external = toys.external().assign(source="PAD", split="test")
    return toys.write(tmp_path, rows=own_rows(FIRST), external=external, with_network=False)


def test_figures_are_those_counted_by_hand(run):
    own, phone = seed_spread.by_source(add_table(run, REPEATS, repeated()))
    assert (own.title, own.num_photos, own.num_lesions) == ("own test photos", 6, 6)
    assert own.figures[Figure.ACCURACY].value == pytest.approx(5 / 6)
    (again,) = own.repeats
    assert (again.seed, again.revision) == (7, "abc")
    assert again.figures[Figure.ACCURACY].value == pytest.approx(4 / 6)
    # Recall of mel, nv and bcc: first 1/2, 1, 1; again 1, 1/2, 1/2.
    assert again.differences[Figure.BALANCED_ACCURACY].value == pytest.approx((2 - 2.5) / 3)
    assert again.answered_differently.value == pytest.approx(3 / 6)
    assert (phone.title, phone.num_photos, phone.num_lesions) == ("phone photos, PAD", 6, 3)
    assert phone.figures[Figure.ACCURACY].value == 1
    assert phone.repeats[0].differences[Figure.ACCURACY].value == pytest.approx(-1 / 6)
    assert phone.repeats[0].answered_differently.value == pytest.approx(1 / 6)


def test_another_order_of_the_rows_changes_nothing(run):
    shuffled = repeated().sample(frac=1, random_state=3)
    first, second = (
        seed_spread.by_source(add_table(run, REPEATS, rows)) for rows in (repeated(), shuffled)
    )
    assert sorted(map(repr, first)) == sorted(map(repr, second))  # a NaN equals itself only here


def test_a_training_that_gives_the_same_differs_in_nothing(run):
    truth = [row for row in toys.external()["diagnosis"] if row]
    found = seed_spread.by_source(add_table(run, REPEATS, repeated(FIRST, elsewhere=truth)))
    for spread in found:
        assert all(value.value == 0 for value in spread.repeats[0].differences.values())
        assert spread.repeats[0].answered_differently.value == 0


def test_each_seed_has_its_columns_and_its_sentence(run):
    both = pd.concat([repeated(), repeated(FIRST, seed=8)], ignore_index=True)
    run = add_table(run, REPEATS, both)
    spreads = seed_spread.by_source(run)
    table = tables.seed_spread(spreads, 1)
    assert [*table.columns[3:]] == ["Seed 1", "Seed 7", "7 less 1", "Seed 8", "8 less 1"]
    row = table[(table["Photos from"] == "own test photos") & (table["Figure"] == "Accuracy")]
    assert row["7 less 1"].item().startswith("-0.17 (")
    about, seven, eight = seed_sentences(run, spreads)
    assert about == (
        "The same recipe was trained again on the same split (seed 7, code abc; seed 8, code abc); "
        "this run has seed 1, code unknown."
    )
    assert seven.startswith("Seed 7 gives another diagnosis to 0.50 (")
    assert " of 6 own test photos; 0.17 (" in seven
    assert eight.startswith("Seed 8 gives another diagnosis to 0.00 (")


def test_without_a_repeat_there_is_nothing_to_say(run):
    assert run.repeats is None
    assert seed_spread.by_source(run) == []
    assert seed_sentences(run, []) == []


def test_a_run_read_at_a_mix_has_no_repeats(tmp_path):
    shares = {"bcc": 0.2, "mel": 0.2, "nv": 0.6}
    fit = {"sharpness": 1.0, "prior_weight": 1.0, "shares": shares}
    calibration = toys.CALIBRATION | {"mix": fit}
    run = toys.write(tmp_path, rows=own_rows(FIRST), calibration=calibration, with_network=False)
    run = add_table(run, REPEATS, repeated().query("source == ''"))
    assert run.repeats is not None
    assert read_at(run, NamedMix(MixName.VALIDATION)).repeats is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.assign(seed=1), "a seed that is not another whole number"),
        (lambda rows: rows.assign(seed="x"), "a seed that is not another whole number"),
        (
            lambda rows: pd.concat([rows, rows[1:].assign(seed=8)]),
            "for one seed and not for another",
        ),
        (lambda rows: rows[1:], "for seed 7 other test photos than predictions.csv"),
        (lambda rows: pd.concat([rows, rows[:1]]), "two rows of 7 and "),
        (lambda rows: rows.replace("outside_3", "z"), "for seed 7 a photo that outside.csv lacks"),
        (lambda rows: rows.assign(p_mel=0.9), "do not add up to 1"),
        (lambda rows: rows.drop(columns="revision"), "lacks the columns revision"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(run, change, sentence):
    with pytest.raises(RunError, match=sentence):
        add_table(run, REPEATS, change(repeated()))
