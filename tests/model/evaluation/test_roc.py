"""Curves and diagrams, held against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.reliability import reliability
from model.evaluation.roc import roc_curve

CODES = ["mel", "nv"]


def rows(truth, p_mel):
    return pd.DataFrame(
        {
            "diagnosis": truth,
            "lesion_id": [str(row) for row in range(len(truth))],
            "p_mel": p_mel,
            "p_nv": 1 - np.array(p_mel),
        }
    )


def test_the_curves_of_four_photos():
    curve = roc_curve(rows(["mel", "nv", "mel", "nv"], [0.9, 0.8, 0.7, 0.1]), ["mel"])
    assert curve.area.value == 0.75  # three of the four pairs are in order
    assert curve.average_precision.value == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert (curve.num_of, curve.num_others) == (2, 2)
    assert list(zip(curve.false_alarms, curve.sensitivity, strict=True)) == [
        (0, 0),
        (0, 0.5),
        (0.5, 0.5),
        (0.5, 1),
        (1, 1),
    ]
    assert curve.recall.tolist() == [0, 0.5, 0.5, 1, 1]
    assert curve.precision.tolist() == [1, 1, 0.5, 2 / 3, 0.5]  # the last: everybody called ill


def test_points_that_only_add_false_alarms_are_left_out():
    found = roc_curve(rows(["mel", *3 * ["nv"], "mel"], [0.9, 0.8, 0.7, 0.6, 0.5]), ["mel"])
    assert found.recall.tolist() == [0, 0.5, 0.5, 1]
    assert found.precision.tolist() == [1, 1, 1 / 4, 2 / 5]


def test_without_two_sides_there_is_nothing_to_rank():
    assert roc_curve(rows(["mel", "mel"], [0.9, 0.1]), ["mel"]) is None
    assert roc_curve(rows(["nv", "nv"], [0.9, 0.1]), ["mel"]) is None


def test_reliability_counts_what_each_probability_was_worth():
    table = rows(["mel", "mel", "nv", "nv"], [0.90, 0.92, 0.91, 0.40])
    bins = reliability(table, CODES, num_bins=10)
    assert bins["num_photos"].tolist() == [1, 3]
    assert bins["probability"].tolist() == pytest.approx([0.6, 0.91])
    assert bins["right"].tolist() == pytest.approx([1.0, 2 / 3])
    assert (bins["low"] <= bins["right"]).all()
    assert (bins["right"] <= bins["high"]).all()
    # Wilson's interval of 2 of 3.
    assert bins.loc[1, ["low", "high"]].tolist() == pytest.approx([0.2077, 0.9385], abs=1e-4)
