"""What prediction sets hold, counted by hand."""

import pytest

from model.evaluation import conformal
from model.prediction.prediction import prediction_set
from tests import toys


def test_coverage_and_size_of_the_sets_are_counted(toy, rows):
    sets = conformal.coverage(toy, rows)
    assert sets.share.value == 0.5
    assert sets.mean_size.value == 1.5
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


def test_sets_of_recorded_predictions_are_those_of_the_network_itself(tmp_path):
    """Six digits of 1/7 lie below it: alone, a comparison would empty the sets."""
    quantile = 1 - 1 / 3
    sets = {"coverage": 0.9, "quantile": quantile, "num_photos": 30}
    rows = toys.predictions()
    rows[["p_bcc", "p_mel", "p_nv"]] = 1 / 3
    toy_run = toys.write(
        tmp_path, with_network=False, rows=rows, calibration={"temperature": 1.0, "conformal": sets}
    )
    recorded = toy_run.test_photos  # as the file has them: 0.333333
    assert recorded["p_mel"].iloc[0] < 1 / 3
    measured = conformal.coverage(toy_run, recorded)
    assert (measured.share.value, measured.mean_size.value) == (1, 3)
    live = dict.fromkeys(("bcc", "mel", "nv"), 1 / 3)
    assert len(prediction_set(live, quantile)) == 3
    assert len(prediction_set(dict.fromkeys(live, 0.333333), quantile)) == 3
