"""Groups of patients and photos, each figure counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import run_sentences, subgroups
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


def test_a_group_is_held_against_all_others_of_its_characteristic():
    # Of 40 melanomas: 20 in women, 8 of them recognised; 20 in men, 16 of them recognised.
    answers = ["mel"] * 8 + ["nv"] * 12 + ["mel"] * 16 + ["nv"] * 4
    table = rows(
        ["mel"] * 40 + ["nv"] * 10,
        answers + ["nv"] * 10,
        sex=["female"] * 20 + ["male"] * 20 + ["female"] * 10,
    )
    [gap] = subgroups.recall_gaps(table, CODES, ["mel"])  # one comparison, not two
    assert (gap.characteristic, gap.name) == ("Sex", "female")
    assert (gap.num_of, gap.num_others) == (20, 20)
    assert (gap.recall, gap.recall_of_others) == (0.4, 0.8)
    assert gap.difference.value == pytest.approx(0.4)
    # Two shares of 20: 0.4 +- 1.96 sqrt(0.4 * 0.6 / 20 + 0.8 * 0.2 / 20).
    assert gap.difference.low == pytest.approx(0.4 - 0.277, abs=0.06)
    assert gap.is_shown
    sentence = run_sentences.recall_gaps([gap], "melanoma")
    assert sentence.startswith(
        "Photos of melanoma are recognised less often in these groups than in the others. Sex "
        "female: 0.40 of 20 against 0.80 of 20, 0.40 ("
    )
    assert "Exploratory: one comparison" in sentence


def test_groups_alike_few_or_not_recorded_show_no_gap():
    half = ["mel", "nv"] * 20
    alike = rows(["mel"] * 40, half, sex=["female"] * 20 + ["male"] * 20)
    [gap] = subgroups.recall_gaps(alike, CODES, ["mel"])
    assert not gap.is_shown
    assert run_sentences.recall_gaps([gap], "melanoma").startswith("No group is shown to have")
    few = alike.assign(sex=["female"] * 19 + ["male"] * 21)
    assert subgroups.recall_gaps(few, CODES, ["mel"]) == []
    unknown = alike.assign(sex=["female"] * 20 + ["unknown"] * 20)
    assert subgroups.recall_gaps(unknown, CODES, ["mel"]) == []
    assert run_sentences.recall_gaps([], "melanoma") == ""


def test_of_more_than_two_groups_each_is_looked_at():
    table = rows(
        ["mel"] * 60,
        ["nv"] * 18 + ["mel"] * 41 + ["nv"],
        body_site=["face"] * 20 + ["back"] * 20 + ["chest"] * 20,
    )
    gaps = {gap.name: gap for gap in subgroups.recall_gaps(table, CODES, ["mel"])}
    assert set(gaps) == {"face", "back", "chest"}
    assert [name for name, gap in gaps.items() if gap.is_shown] == ["face"]
    assert gaps["back"].difference.value == pytest.approx(21 / 40 - 1)
