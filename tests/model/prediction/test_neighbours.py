"""Neighbours of points whose distances are known by hand."""

import numpy as np
import pandas as pd
import pytest

from model.prediction.neighbours import (
    Case,
    Neighbours,
    lesion_of,
    numbered,
    votes,
)
from model.run.arrays import ALIKE, BY_FREQUENCY
from model.run.writer import add_neighbours
from tests import toys

CODES = ["mel", "bcc", "nv"]  # not in the order of the alphabet


def arrays(**changes):
    """Five photos of four lesions; the second of the three features does not count."""
    return {
        "mean": np.array([1.0, 9.0, 0.0], np.float32),
        "components": np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], np.float32),
        "values": np.array([[0, 0], [3, 4], [0, 2], [6, 8], [0, 10]], np.float16),
        "unit": np.float32(2.0),
        "image_ids": np.array(["a", "b", "c", "d", "e"]),
        "lesion_ids": np.array(["L1", "L1", "L2", "L3", "L4"]),
        "diagnoses": np.array(["nv", "nv", "mel", "nv", "bcc"]),
        "confirmed_by": np.array(["histo", "", "histo", "consensus", ""]),
        "num_voting": np.int32(3),
        "weighting": np.array(ALIKE),
    } | changes


def found(**changes):
    return Neighbours.from_arrays(arrays(**changes))


def test_features_are_projected():
    assert found().projected(np.array([[4.0, 7.0, 4.0]])).tolist() == [[3.0, 4.0]]


def test_each_lesion_comes_once_with_its_nearest_photo():
    rows, distances = found().nearest(np.array([3.0, 4.0]))
    # To b 0, to c sqrt(9 + 4), to d 5, to a 5 (of the lesion of b), to e sqrt(9 + 36); halved.
    assert rows.tolist() == [1, 2, 3, 4]
    assert distances.tolist() == pytest.approx([0, 13**0.5 / 2, 2.5, 45**0.5 / 2])


@pytest.mark.parametrize(
    ("own", "rows"),
    [("L1", [2, 3, 4]), ("L4", [1, 2, 3]), ("L0", [1, 2, 3, 4]), ("M", [1, 2, 3, 4])],
)
def test_the_photo_s_own_lesion_is_left_out(own, rows):
    assert found().nearest(np.array([3.0, 4.0]), own)[0].tolist() == rows


def test_votes_are_shares_of_the_nearest_lesions():
    nearest = np.array([[0, 2, 2, 1], [1, 1, 1, 2]])
    counts = np.array([1, 2, 4])
    assert votes(nearest, 3, ALIKE, counts).tolist() == [
        pytest.approx([1 / 3, 0, 2 / 3]),
        pytest.approx([0, 1, 0]),
    ]
    # 1 / 1 against 2 / 4; and 3 / 2 against nothing.
    assert votes(nearest, 3, BY_FREQUENCY, counts).tolist() == [
        pytest.approx([2 / 3, 0, 1 / 3]),
        pytest.approx([0, 1, 0]),
    ]


def test_diagnoses_are_numbered_as_the_run_orders_them():
    assert numbered(np.array(["nv", "mel", "bcc", "mel"]), CODES).tolist() == [2, 0, 1, 0]
    assert found().lesion_counts(CODES).tolist() == [1, 1, 2]  # L1 once, though it has two photos


def test_similar_cases_name_the_nearest_of_each_diagnosis():
    similar = found().similar(np.array([4.0, 0.0, 4.0]), CODES, 2)
    assert similar.nearest == (
        Case("b", "nv", "", 0.0),
        Case("c", "mel", "histo", pytest.approx(13**0.5 / 2)),
    )
    assert {code: case.image_id for code, case in similar.of_diagnosis.items()} == {
        "nv": "b",
        "mel": "c",
        "bcc": "e",
    }
    assert similar.vote == pytest.approx({"mel": 1 / 3, "bcc": 0.0, "nv": 2 / 3})
    assert similar.diagnosis == "nv"
    assert similar.own_lesion == ""


def test_similar_cases_say_which_lesion_they_leave_out():
    similar = found().similar(np.array([4.0, 0.0, 4.0]), CODES, 9, "L1")
    assert [case.image_id for case in similar.nearest] == ["c", "d", "e"]
    assert similar.own_lesion == "L1"
    assert found().similar(np.array([4.0, 0.0, 4.0]), CODES, 9, "L9").own_lesion == ""


def test_weights_by_frequency_change_who_wins():
    changed = found(weighting=np.array(BY_FREQUENCY))
    assert changed.similar(np.array([4.0, 0.0, 4.0]), CODES, 1).vote == pytest.approx(
        {"mel": 0.5, "bcc": 0.0, "nv": 0.5}  # 1 / 1 and 2 / 2
    )


def test_the_lesion_of_a_photo_is_known_in_every_part(tmp_path):
    run = toys.write(tmp_path, with_network=False)
    assert lesion_of(run, "a") == ""
    table = pd.DataFrame(
        {
            "split": ["test"],
            "image_id": ["test_0"],
            "lesion_id": ["L3"],
            "nearest": ["c a"],
            "p_bcc": [0.0],
            "p_mel": [0.25],
            "p_nv": [0.75],
        }
    )
    run = add_neighbours(run, arrays(), table)
    assert [lesion_of(run, name) for name in ("b", "test_0", "photo")] == ["L1", "L3", ""]
