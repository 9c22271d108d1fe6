"""Groups of patients and photos, each figure counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import subgroups
from model.evaluation.subgroups import subgroups as measured

CODES = ["bcc", "mel", "nv"]


def rows(truth, answers, **columns):
    """Predictions of which each answer is as sure as can be."""
    table = pd.DataFrame({"diagnosis": truth, "lesion_id": [str(row) for row in range(len(truth))]})
    for code in CODES:
        table[f"p_{code}"] = [1.0 if answer == code else 0.0 for answer in answers]
    return table.assign(**columns)


def test_figures_of_each_group_are_counted():
    table = rows(
        ["mel", "mel", "nv", "nv", "bcc", "nv"],
        ["mel", "bcc", "nv", "mel", "bcc", "nv"],
        sex=["male", "male", "male", "male", "female", "female"],
    )
    male, female = measured(table, CODES, ["mel", "bcc"])
    assert (male.characteristic, male.name, male.num_photos) == ("Sex", "male", 4)
    assert male.balanced_accuracy.value == 0.5  # mel 1 of 2, nv 1 of 2
    assert male.num_diagnoses == 2
    # Taken for the other malignant diagnosis a melanoma still counts as found.
    assert (male.num_targets, male.recall.value) == (2, 1.0)
    assert female.balanced_accuracy.value == 1.0
    assert (female.num_targets, female.recall.value) == (1, 1.0)
    assert male.is_small
    [alone] = measured(table.iloc[:4], CODES, ["mel"])
    assert alone.recall.value == 0.5
    # Wilson's interval of 1 of 2 (z = 1.959964): (0.0945, 0.9055).
    assert (alone.recall.low, alone.recall.high) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_only_answers_that_are_watched_for_count_as_found():
    table = rows(["mel", "mel", "mel", "nv"], ["mel", "mel", "nv", "nv"], sex="male")
    [group] = measured(table, CODES, ["mel"])
    assert (group.num_targets, group.recall.value) == (3, 2 / 3)
    assert (group.num_lesions, group.num_diagnoses) == (4, 2)


def test_a_group_without_what_is_watched_has_no_recall():
    [group] = measured(rows(["nv", "nv"], ["nv", "mel"], sex="male"), CODES, ["mel"])
    assert group.num_targets == 0
    assert str(group.balanced_accuracy) == "-"  # the recall of moles is no balanced accuracy
    assert np.isnan(group.recall.value)
    assert str(group.recall) == "-"


def test_ages_fall_into_bands_in_order_and_the_unknown_comes_last():
    ages = [80, 29.9, 30, np.nan, 60, 45, 0]
    table = rows(7 * ["nv"], 7 * ["nv"], age=ages)
    groups = [(group.name, group.num_photos) for group in measured(table, CODES, ["mel"])]
    assert groups == [
        ("under 30", 2),
        ("30 to 44", 1),
        ("45 to 59", 1),
        ("60 to 74", 1),
        ("75 and over", 1),
        ("not recorded", 1),
    ]


def test_other_groups_stand_by_size_and_are_named_in_words():
    table = rows(
        5 * ["nv"], 5 * ["nv"], confirmed_by=["", "histo", "histo", "follow_up", "unknown"]
    )
    groups = [(group.name, group.num_photos) for group in measured(table, CODES, ["mel"])]
    assert groups == [("histopathology", 2), ("follow-up", 1), ("not recorded", 2)]


def test_skin_types_are_fitzpatrick_s():
    table = rows(4 * ["nv"], 4 * ["nv"], skin_type=[2.0, np.nan, 4.0, 1.0])
    names = [group.name for group in measured(table, CODES, ["mel"])]
    assert names == ["I", "II", "IV", "not recorded"]


def test_what_nobody_recorded_makes_no_groups():
    table = rows(2 * ["nv"], 2 * ["nv"], sex="", age=np.nan, body_site="unknown")
    assert measured(table, CODES, ["mel"]) == []


def test_a_group_of_many_is_not_small():
    names = ["mel"] * subgroups.FEW
    [group] = measured(rows(names, names, sex="male"), CODES, ["mel"])
    assert not group.is_small
