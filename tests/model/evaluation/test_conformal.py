"""What prediction sets hold, counted by hand."""

import pytest

from model.evaluation import conformal
from tests import toys


def test_coverage_and_size_of_the_sets_are_counted(toy, rows):
    sets = conformal.coverage(toy, rows)
    assert sets.share.value == 0.5
    assert sets.mean_size == 1.5
    assert sets.num_photos == 4
    assert sets.target == 0.9
    # Nine of ten over all says nothing about one diagnosis: bcc 1 of 2, mel 1 of 1, nv 0 of 1.
    counted = {code: (number, share.value) for code, (number, share) in sets.by_diagnosis.items()}
    assert counted == {"bcc": (2, 0.5), "mel": (1, 1.0), "nv": (1, 0.0)}


def test_without_sets_there_is_nothing_to_measure(tmp_path):
    toy_run = toys.write(tmp_path, with_network=False, calibration={"temperature": 1.0})
    assert conformal.coverage(toy_run, toy_run.predictions) is None


def test_sets_of_one_are_counted_apart(toy, rows):
    sets = conformal.coverage(toy, rows)
    probabilities = rows[["p_bcc", "p_mel", "p_nv"]].to_numpy()
    inside = 1 - probabilities <= toy.calibration["conformal"]["quantile"]
    inside[range(len(rows)), probabilities.argmax(axis=1)] = True
    single = inside.sum(axis=1) == 1
    right = [
        f"p_{truth}" == ["p_bcc", "p_mel", "p_nv"][place]
        for truth, place in zip(rows["diagnosis"], probabilities.argmax(axis=1), strict=True)
    ]
    assert sets.num_single == single.sum()
    hits = [is_right for is_right, counts in zip(right, single, strict=True) if counts]
    assert sets.single.value == pytest.approx(sum(hits) / len(hits))


def test_only_sets_of_one_are_single(toy, rows):
    found = conformal.coverage(toy, rows.head(3))  # {bcc}, {bcc, mel}, {bcc, mel}
    assert (found.num_single, found.single.value) == (1, 1.0)
    without = conformal.coverage(toy, rows.iloc[1:3])
    assert (without.num_single, without.single) == (0, None)
