"""Reading injections: what is there, and what cannot be trusted."""

import pytest

from model.evaluation.injection import InjectionError, column, read, read_all
from tests.model.evaluation.injections import PROBE, answers, injected, write


def test_a_seed_counts_once_both_of_its_trainings_are_done():
    toy = injected(dose_0_seed_1="------", dose_100_seed_1="+-----", dose_100_seed_2="++++++")
    assert toy.seeds(1.0) == [1]
    assert toy.doses == [1.0]


def test_columns_name_dose_and_seed():
    assert [column(dose, 20) for dose in (0.0, 0.25, 1.0)] == [
        "dose_0_seed_20",
        "dose_25_seed_20",
        "dose_100_seed_20",
    ]


def full_table():
    return PROBE.assign(
        rank_1=0.5, dose_0_seed_1=answers("------"), dose_100_seed_1=answers("++++--")
    )


def test_what_was_written_reads_back(tmp_path):
    write(tmp_path / "toy", full_table())
    write(tmp_path / "begun", full_table().drop(columns="dose_100_seed_1"))
    write(tmp_path / ".hidden", full_table())
    (only,) = read_all(tmp_path)
    assert (only.name, only.title, only.doses) == ("toy", "Toy", [1.0])
    assert read_all(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "card.json").unlink(), "cannot be read"),
        (lambda folder: (folder / "card.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "card.json").write_text("{}"), "not that of an injection"),
        (lambda folder: (folder / "probe.csv").unlink(), "cannot be read"),
        (
            lambda folder: (folder / "probe.csv").write_text("image_id\na"),
            "probe.csv is not the file that card.json was written for",
        ),
    ],
)
def test_what_was_changed_is_refused(tmp_path, spoil, message):
    folder = write(tmp_path / "toy", full_table())
    spoil(folder)
    with pytest.raises(InjectionError, match=message):
        read(folder)
    assert read_all(tmp_path) == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (full_table().drop(columns="lesion_id"), "needs image_id, lesion_id"),
        (full_table().assign(dose_0_seed_1="bcc"), "unknown value bcc"),
        (full_table().assign(leaks_through="magic"), "unknown value magic"),
    ],
)
def test_a_table_that_says_something_else_is_refused(tmp_path, table, message):
    with pytest.raises(InjectionError, match=message):
        read(write(tmp_path / "toy", table))
