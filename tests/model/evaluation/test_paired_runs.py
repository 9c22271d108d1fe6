"""Two runs on the same photos, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from model.evaluation.differences import Figure
from model.evaluation.paired_runs import ComparisonError, compare, compare_elsewhere
from model.run import writer
from tests import toys


def write(folder, name, answers, truth, codes=toys.CODES, ids=None, lesions=None):
    """A results-only run whose test photos got these answers, each with probability 0.8."""
    rows = pd.DataFrame({"split": "test", "fold": 0, "image_id": ids or range(len(truth))})
    rows["image_id"] = rows["image_id"].astype(str)
    rows["lesion_id"] = lesions or [f"L{row}" for row in range(len(truth))]
    rows["diagnosis"] = truth
    for code in codes:
        rows[f"p_{code}"] = [
            0.8 if code == chosen else 0.2 / (len(codes) - 1) for chosen in answers
        ]
    contents = writer.RunContents(
        toys.card(name, codes), toys.history(), rows, {"temperature": 1.0}
    )
    return writer.write(folder, contents)


TRUTH = ["mel"] * 6 + ["nv"] * 4


def test_figures_differences_and_mcnemar_are_those_counted_by_hand(tmp_path):
    # first: 3 of 6 melanomas, 4 of 4 nevi; second: 5 of 6 and 3 of 4.
    first = write(tmp_path, "first", ["mel"] * 3 + ["nv"] * 7, TRUTH)
    second = write(tmp_path, "second", ["nv"] + ["mel"] * 5 + ["nv"] * 3 + ["mel"], TRUTH)
    comparison = compare(first, second)
    assert (comparison.num_photos, comparison.num_lesions, comparison.num_left_out) == (10, 10, 0)
    assert [estimate.value for estimate in comparison.balanced_accuracy] == pytest.approx(
        [0.75, (5 / 6 + 3 / 4) / 2, (5 / 6 + 3 / 4) / 2 - 0.75]
    )
    assert comparison.watched == "mel"
    assert [estimate.value for estimate in comparison.recall] == pytest.approx([0.5, 5 / 6, 1 / 3])
    # Only first: photo 0 and photo 9; only second: photos 3, 4 and 5.
    assert (comparison.only_first, comparison.only_second) == (2, 3)
    assert comparison.p_value == pytest.approx(stats.binomtest(2, 5).pvalue)
    assert list(comparison.disagreements["image_id"]) == ["0", "3", "4", "5", "9"]
    row = comparison.disagreements.iloc[0]
    assert (row["diagnosis"], row["first"], row["second"]) == ("mel", "mel", "nv")
    assert (row["p_first"], row["p_second"]) == (0.8, 0.8)


def test_photos_of_one_lesion_count_as_one_piece_of_evidence(tmp_path):
    first = write(tmp_path, "first", ["nv"] * 10, TRUTH)
    answers = ["mel"] * 3 + ["nv"] * 7
    alone = write(tmp_path, "alone", answers, TRUTH)
    assert compare(first, alone).p_value == 0.25  # three lesions of three
    lesions = ["L"] * 3 + [f"L{row}" for row in range(7)]
    first = write(tmp_path, "same", ["nv"] * 10, TRUTH, lesions=lesions)
    together = write(tmp_path, "together", answers, TRUTH, lesions=lesions)
    comparison = compare(first, together)
    assert (comparison.only_second, comparison.p_value) == (3, 1)


def test_a_run_against_itself_differs_in_nothing(tmp_path):
    toy_run = write(tmp_path, "one", ["mel", "nv"] * 5, TRUTH)
    comparison = compare(toy_run, toy_run)
    for difference in (comparison.balanced_accuracy[2], comparison.recall[2]):
        assert difference.value == 0
        assert np.isnan([difference.low, difference.high]).all()  # resampling knows nothing
    assert comparison.p_value == 1
    assert comparison.disagreements.empty


def test_the_difference_is_surer_than_its_parts_when_both_fail_on_the_same_photos(tmp_path):
    """Resamples are the same for both, so what both find hard leaves the difference alone."""
    truth = ["mel", "nv"] * 100
    hard = [row % 4 < 2 for row in range(200)]
    wrong = {"mel": "nv", "nv": "mel"}
    first = [wrong[t] if bad else t for t, bad in zip(truth, hard, strict=True)]
    second = list(first)
    second[2] = wrong[second[2]]
    comparison = compare(write(tmp_path, "a", first, truth), write(tmp_path, "b", second, truth))
    alone, _, difference = comparison.balanced_accuracy
    assert difference.high - difference.low < (alone.high - alone.low) / 4


def test_runs_of_different_diagnoses_are_compared_on_those_they_share(tmp_path):
    first = write(tmp_path, "first", ["mel", "nv", "bcc", "nv"], ["mel", "nv", "bcc", "mel"])
    codes = ("mel", "nv", "df")
    # It answers df, which first does not know: of the shared two nv and mel are equally likely.
    second = write(tmp_path, "second", ["mel", "df", "df"], ["mel", "nv", "df"], codes)
    comparison = compare(first, second)
    assert comparison.diagnoses == ["mel", "nv"]
    assert comparison.num_photos == 2
    assert comparison.num_left_out == 1  # photo 2: bcc for the one, df for the other
    # Both are right about the melanoma; the nevus goes to the first of two equals for the second.
    assert [estimate.value for estimate in comparison.recall] == [1, 1, 0]
    assert comparison.balanced_accuracy[1].value == 0.5


def test_photos_under_two_diagnoses_are_left_out(tmp_path):
    first = write(tmp_path, "first", ["mel", "nv", "mel"], ["mel", "nv", "mel"])
    second = write(tmp_path, "second", ["mel", "nv", "mel"], ["mel", "nv", "nv"])
    found = compare(first, second)
    assert (found.num_photos, found.num_left_out) == (2, 1)


def test_without_a_diagnosis_to_watch_there_is_no_recall(tmp_path):
    codes = ("bcc", "nv")
    one = write(tmp_path, "one", codes, codes, codes)
    assert (compare(one, one).watched, compare(one, one).recall) == (None, None)
    whole = write(tmp_path, "whole", ["bcc", "nv"], ["bcc", "nv"])  # knows mel, shows none
    assert compare(whole, whole).watched is None


def test_only_photos_that_both_were_tested_on_count(tmp_path):
    first = write(tmp_path, "first", TRUTH, TRUTH, ids=[*"abcdefghij"])
    second = write(tmp_path, "second", TRUTH, TRUTH, ids=[*"abcuvwghxy"])
    comparison = compare(first, second)
    assert comparison.num_photos == 5
    assert set(comparison.disagreements["image_id"]) == set()


def test_too_little_in_common_is_refused_with_the_reason(tmp_path):
    first = write(tmp_path, "first", TRUTH, TRUTH)
    verdicts = write(
        tmp_path,
        "verdicts",
        ["benign", "malignant"],
        ["benign", "malignant"],
        ("benign", "malignant"),
    )
    with pytest.raises(
        ComparisonError, match=r"verdicts knows benign lesion, malignant .* share none"
    ):
        compare(first, verdicts)
    far = write(tmp_path, "far", TRUTH, TRUTH, ids=[*"abcdefghij"])
    with pytest.raises(ComparisonError, match=r"have 0 test photos in common"):
        compare(first, far)


def test_common_photos_of_unshared_diagnoses_are_said(tmp_path):
    first = write(tmp_path, "first", ["bcc"] * 4, ["bcc"] * 4)
    second = write(tmp_path, "second", ["df"] * 4, ["df"] * 4, ("mel", "nv", "df"))
    with pytest.raises(ComparisonError, match=r"4 test photos in common, 0 of them of diagnoses"):
        compare(first, second)


def test_augmented_copies_are_no_photos(tmp_path):
    rows = toys.predictions(per_split=30)
    rows["copy_of"] = ""
    copy = rows[rows["split"] == "test"].iloc[[0]].assign(image_id="x copy 1", copy_of="x")
    toy_run = writer.write(
        tmp_path,
        writer.RunContents(
            toys.card("one"), toys.history(), pd.concat([rows, copy]), {"temperature": 1.0}
        ),
    )
    assert compare(toy_run, toy_run).num_photos == 30


def test_lesions_are_resampled_and_not_photos(tmp_path):
    """Five photos of one lesion say the same five times: the interval is as wide as of one."""
    truth = ["mel"] * 50 + ["nv"] * 50
    answers = ["mel"] * 25 + ["nv"] * 75
    lesions = [f"L{row // 5}" for row in range(100)]
    other = truth
    alone = compare(write(tmp_path, "a", answers, truth), write(tmp_path, "b", other, truth))
    together = compare(
        write(tmp_path, "c", answers, truth, lesions=lesions),
        write(tmp_path, "d", other, truth, lesions=lesions),
    )
    widths = [np.subtract(p.recall[2].high, p.recall[2].low) for p in (alone, together)]
    assert widths[1] > 1.5 * widths[0]


def test_every_figure_is_held_against_that_of_the_other_run(tmp_path):
    rows = toys.predictions()
    test = rows["split"] == "test"
    other = rows.copy()
    other.loc[test, ["p_bcc", "p_mel", "p_nv"]] = [0.2, 0.5, 0.3]
    first, second = (
        toys.write(tmp_path, name, rows=of, with_network=False)
        for name, of in (("first", rows), ("second", other))
    )
    figures = compare(first, second).figures
    assert set(figures) == set(Figure)
    for key, before, after, more in ((of, *figures[of]) for of in Figure):
        assert more.value == pytest.approx(after.value - before.value), key
    # Ten of thirty are melanoma; the set holds what has at least 0.2: every diagnosis.
    assert figures[Figure.ECE][1].value == pytest.approx(0.5 - 1 / 3)
    assert (figures[Figure.COVERAGE][1].value, figures[Figure.SET_SIZE][1].value) == (1, 3)
    assert figures[Figure.MALIGNANT_AUC][1].value == 0.5
    # Nothing varies in the second: the ends are those of the first, turned round.
    before, _, more = figures[Figure.MALIGNANT_AUC]
    assert (more.low, more.high) == pytest.approx((0.5 - before.high, 0.5 - before.low))


def test_runs_of_different_diagnoses_share_no_sets_and_no_calibration(tmp_path):
    first = write(tmp_path, "first", ["mel", "nv", "mel"], ["mel", "nv", "nv"])
    second = write(tmp_path, "second", ["mel", "nv", "nv"], ["mel", "nv", "nv"], ("mel", "nv"))
    figures = compare(first, second).figures
    assert Figure.MALIGNANT_AUC in figures
    assert not {Figure.ECE, Figure.COVERAGE, Figure.SENSITIVITY} & set(figures)


def test_photos_of_other_data_sets_are_compared_by_source(tmp_path):
    right = toys.external().assign(source=6 * ["PAD"] + 4 * [""])
    wrong = right.copy()
    wrong.loc[right["diagnosis"] == "mel", ["p_bcc", "p_mel"]] = [0.8, 0.1]
    first, second, none = (
        toys.write(tmp_path, name, external=of, with_network=False)
        for name, of in (("first", right), ("second", wrong), ("none", None))
    )
    ((title, compared),) = compare_elsewhere(first, second).items()
    assert (title, compared.num_photos, compared.num_lesions) == ("phone photos, PAD", 6, 3)
    assert [of.value for of in compared.balanced_accuracy] == pytest.approx([1, 2 / 3, -1 / 3])
    assert compare_elsewhere(first, none) == compare_elsewhere(none, first) == {}
    elsewhere = toys.write(
        tmp_path, "elsewhere", external=right.assign(source="other"), with_network=False
    )
    assert compare_elsewhere(first, elsewhere) == {}


def test_photos_that_took_part_in_a_training_are_not_compared(tmp_path):
    rows = toys.external().assign(split=["train"] * 2 + ["test"] * 8)
    first, second = (
        toys.write(tmp_path, name, external=rows, with_network=False) for name in ("one", "two")
    )
    (compared,) = compare_elsewhere(first, second).values()
    assert (compared.num_photos, compared.num_lesions) == (4, 2)
