"""What a leak adds, by hand; and injections that cannot be trusted."""

import json

import pandas as pd
import pytest

from model.evaluation.injection import (
    AUGMENTED,
    COPY,
    LESION,
    REAL,
    Injection,
    InjectionError,
    column,
    effect,
    read,
    read_all,
)
from model.run.files import sha256

CARD = {
    "recipe": "toy",
    "title": "Toy",
    "command": "python -m train inject toy --data DIR",
    "diagnoses": ["mel", "nv"],
    "num_training": 100,
    "num_epochs": 5,
    "state": {},
}
PROBE = pd.DataFrame(
    {
        "image_id": list("abcdef"),
        "lesion_id": list("abcdef"),
        "diagnosis": ["nv"] * 6,
        "leaks_through": [LESION, LESION, COPY, AUGMENTED, AUGMENTED, AUGMENTED],
    }
)


def answers(letters):
    return [{"+": "nv", "-": "mel"}[letter] for letter in letters]


def injected(**trainings):
    seeds = sorted({name.rpartition("_")[2] for name in trainings})
    ranks = pd.DataFrame({f"rank_{seed}": [0.1, 0.6, 0.2, 0.3, 0.8, 0.9] for seed in seeds})
    table = pd.DataFrame({name: answers(letters) for name, letters in trainings.items()})
    return Injection(CARD, PROBE, ranks, table)


def test_the_effect_compares_each_photo_with_itself():
    toy = injected(dose_0_seed_1="+-----", dose_100_seed_1="++++--")
    found = effect(toy, 1.0)
    assert (found.num_photos, found.without, found.with_leak) == (6, 1 / 6, 4 / 6)
    assert found.difference.value == pytest.approx(0.5)
    assert found.by_seed == (pytest.approx(0.5),)
    assert effect(toy, 1.0, leaking=False) is None
    through_photos = effect(toy, 1.0, REAL)
    assert (through_photos.num_photos, through_photos.difference.value) == (3, pytest.approx(2 / 3))
    assert effect(toy, 1.0, [AUGMENTED]).difference.value == pytest.approx(1 / 3)


def test_at_a_smaller_dose_some_photos_leak_and_others_do_not():
    toy = injected(dose_0_seed_1="------", dose_50_seed_1="+-++--")
    assert effect(toy, 0.5).num_photos == 3  # a, c and d, whose ranks are below 0.5
    assert effect(toy, 0.5).difference.value == 1
    others = effect(toy, 0.5, leaking=False)
    assert (others.num_photos, others.difference.value) == (3, 0)


def test_seeds_are_averaged_and_resampled():
    toy = injected(
        dose_0_seed_1="------",
        dose_100_seed_1="++++++",
        dose_0_seed_2="------",
        dose_100_seed_2="------",
    )
    found = effect(toy, 1.0)
    assert found.by_seed == (1, 0)
    assert found.difference.value == 0.5
    # All photos agree within a seed, so that what is left to chance is which seeds there were.
    assert (found.difference.low, found.difference.high) == (0, 1)
    assert found.direction == 0


@pytest.mark.parametrize(
    ("without", "with_leak", "direction"),
    [("------", "+++++-", 1), ("++++++", "-----+", -1), ("+-+-+-", "-+-+-+", 0)],
)
def test_the_direction_is_stated_where_the_interval_allows(without, with_leak, direction):
    toy = injected(dose_0_seed_1=without, dose_100_seed_1=with_leak)
    assert effect(toy, 1.0).direction == direction


def test_a_seed_counts_once_both_of_its_trainings_are_done():
    toy = injected(dose_0_seed_1="------", dose_100_seed_1="+-----", dose_100_seed_2="++++++")
    assert toy.seeds(1.0) == [1]
    assert toy.doses == [1.0]
    assert effect(toy, 1.0).by_seed == (pytest.approx(1 / 6),)


def test_columns_name_dose_and_seed():
    assert [column(dose, 20) for dose in (0.0, 0.25, 1.0)] == [
        "dose_0_seed_20",
        "dose_25_seed_20",
        "dose_100_seed_20",
    ]


def write(folder, table, **changes):
    folder.mkdir(parents=True)
    table.to_csv(folder / "probe.csv", index=False)
    card = {**CARD, "files": {"probe.csv": sha256(folder / "probe.csv")}, **changes}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


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
    assert effect(only, 1.0).with_leak == 4 / 6
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
