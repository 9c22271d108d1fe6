"""Two figures held against each other: exact differences, and whose draws they rest on."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import conformal, differences, metrics, operating_points, roc
from model.evaluation.bootstrap import lesion_weights
from model.evaluation.differences import Figure
from tests import toys

PROBABILITIES = ["p_bcc", "p_mel", "p_nv"]


def photos(rows, lesions=None):
    """Rows of (diagnosis, p_bcc, p_mel, p_nv), each of its own lesion."""
    table = pd.DataFrame(rows, columns=["diagnosis", *PROBABILITIES])
    table["lesion_id"] = lesions or [f"L{row}" for row in range(len(table))]
    return table.assign(fold=0, split="test")


# The sets hold what has at least 0.2; the threshold on bcc and mel together is 0.5.
FIRST = [
    ("bcc", 0.9, 0.05, 0.05),
    ("mel", 0.1, 0.6, 0.3),
    ("nv", 0.3, 0.3, 0.4),
    ("nv", 0.05, 0.05, 0.9),
]
SECOND = [
    ("bcc", 0.1, 0.1, 0.8),
    ("mel", 0.1, 0.6, 0.3),
    ("nv", 0.1, 0.1, 0.8),
    ("nv", 0.6, 0.1, 0.3),
]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    points = [{"of": ["bcc", "mel"], "wanted_sensitivity": 0.9, "threshold": 0.5}]
    point = points[0] | {"sensitivity": 1, "specificity": 0, "num_malignant": 3, "num_others": 3}
    calibration = toys.CALIBRATION | {"operating_points": [point]}
    return toys.write(tmp_path_factory.mktemp("runs"), calibration=calibration, with_network=False)


def test_every_figure_of_two_sources_is_the_one_counted_by_hand(toy):
    found = differences.between_sources(toy, photos(FIRST), None, photos(SECOND), None)
    values = {figure: of.value for figure, of in found.items()}
    assert values == pytest.approx(
        {
            Figure.ACCURACY: 0.5 - 1,
            Figure.BALANCED_ACCURACY: (0 + 1 + 0.5) / 3 - 1,
            # F1 of bcc: 0, of mel 1, of nv: one of two found, one of two answers right.
            Figure.MACRO_F1: (0 + 1 + 0.5) / 3 - 1,
            # Pairs in order: bcc 0.5 + 0.5 + 0 of 3, mel 3 of 3, nv 0.5 + 1 + 0 + 0.5 of 4.
            Figure.MACRO_AUC: (1 / 3 + 1 + 2 / 4) / 3 - 1,
            # Sums of 0.2 and 0.7 against 0.2 and 0.7: half, none, all, half of a pair.
            Figure.MALIGNANT_AUC: (0.5 + 0 + 1 + 0.5) / 4 - 1,
            Figure.COVERAGE: 3 / 4 - 1,
            Figure.SET_SIZE: (1 + 2 + 1 + 2) / 4 - (1 + 2 + 3 + 1) / 4,
            Figure.SENSITIVITY: 0.5 - 1,
            Figure.SPECIFICITY: 0.5 - 0.5,
        }
    )


def test_figures_are_those_that_stand_elsewhere_on_screen(toy):
    rows = toy.test_photos
    weights = lesion_weights(rows["lesion_id"], 1000, 0)
    found = differences.drawn(toy, rows, None, weights)
    summary = metrics.evaluate(rows, toy.diagnoses).summary
    for key, of in summary.items():
        assert found[Figure(key)].value == pytest.approx(of.value)
    sets = conformal.coverage(toy, rows)
    (point,) = operating_points.thresholds(toy, rows)
    alone = {
        Figure.COVERAGE: sets.share,
        Figure.SENSITIVITY: point.sensitivity,
        Figure.SPECIFICITY: point.specificity,
        Figure.MALIGNANT_AUC: roc.roc_curve(rows, toy.malignant).area,
    }
    assert {figure: found[figure].alone for figure in alone} == alone
    assert found[Figure.SET_SIZE].value == pytest.approx(sets.mean_size.value)


def test_parts_are_drawn_for_themselves(toy):
    many = photos(FIRST * 30)
    found = differences.between_sources(toy, many, None, many.copy(), None)
    gap = found[Figure.BALANCED_ACCURACY]
    assert gap.value == 0
    assert np.isnan(gap.low)  # all are right in both
    assert found[Figure.SPECIFICITY].low < -0.1
    assert found[Figure.SPECIFICITY].high > 0.1


def test_the_lesions_are_drawn_and_not_the_photos(toy):
    alone, together = (
        differences.between_sources(
            toy, photos(FIRST * 40), None, photos(SECOND * 40, lesions), None
        )[Figure.SET_SIZE]
        for lesions in (None, [f"L{row // 4}" for row in range(160)])
    )
    # Each lesion shows the same four photos: nothing is left to draw but the first part.
    assert together.high - together.low < alone.high - alone.low


def test_few_lesions_get_the_interval_that_follows_from_those_of_the_two_shares(toy):
    found = differences.between_sources(toy, photos(FIRST), None, photos(SECOND), None)
    first, second = (conformal.coverage(toy, photos(rows)).share for rows in (FIRST, SECOND))
    gap = found[Figure.COVERAGE]
    assert gap.low == pytest.approx(
        -0.25 - np.hypot(second.value - second.low, first.high - first.value)
    )
    assert gap.high == pytest.approx(
        -0.25 + np.hypot(second.high - second.value, first.value - first.low)
    )


def test_a_share_that_never_changes_still_gets_an_interval(toy):
    found = differences.between_sources(toy, photos(FIRST * 20), None, photos(FIRST * 10), None)
    gap = found[Figure.COVERAGE]
    assert gap.value == 0
    # Exact ends of 80 of 80 and 40 of 40.
    assert gap.low == pytest.approx(0.025 ** (1 / 40) - 1)
    assert gap.high == pytest.approx(1 - 0.025 ** (1 / 80))


def test_each_kind_has_its_own_sets_and_threshold(tmp_path):
    kinds = toys.write(tmp_path, has_kinds=True, with_network=False)
    own, phone = (
        differences.drawn(kinds, photos(FIRST), kind, np.ones((3, 4)))
        for kind in (None, "phone photo")
    )
    assert own[Figure.SET_SIZE].value == 7 / 4
    assert phone[Figure.SET_SIZE].value == 1  # its sets hold what has at least 0.7


def test_without_malignant_photos_there_is_no_such_figure(toy):
    found = differences.between_sources(toy, photos(FIRST), None, photos(FIRST[2:]), None)
    assert set(found) == set(Figure) - {
        Figure.ECE,
        Figure.MALIGNANT_AUC,
        Figure.SENSITIVITY,
        Figure.SPECIFICITY,
    }


def test_on_some_of_the_diagnoses_there_are_no_sets_and_no_calibration(toy):
    rows = photos(FIRST[1:])
    found = differences.drawn(toy, rows, None, np.ones((3, 3)), ["mel", "nv"])
    assert set(found) == {
        Figure.ACCURACY,
        Figure.BALANCED_ACCURACY,
        Figure.MACRO_F1,
        Figure.MACRO_AUC,
        Figure.MALIGNANT_AUC,
    }


def test_other_folds_have_no_sets_of_their_own(tmp_path):
    rows = toys.predictions()
    rows = pd.concat([rows, rows.assign(fold=1, image_id="b" + rows["image_id"])])
    folds = toys.write(tmp_path, rows=rows, with_network=False)
    test = folds.predictions[folds.predictions["split"] == "test"]
    assert Figure.COVERAGE not in differences.drawn(folds, test, None, np.ones((3, len(test))))
    first = test[test["fold"] == 0]
    assert Figure.COVERAGE in differences.drawn(folds, first, None, np.ones((3, len(first))))


def test_the_run_says_which_diagnoses_are_malignant(tmp_path):
    other = toys.write(tmp_path, malignant=["nv"], with_network=False)
    found = differences.drawn(other, photos(FIRST), None, np.ones((3, 4)))
    # The nevi have 0.4 and 0.9, the others 0.05 and 0.3.
    assert found[Figure.MALIGNANT_AUC].value == 1
    assert run.read(tmp_path / "toy").malignant == ["nv"]


def test_each_part_is_read_by_the_rules_of_its_own_kind(tmp_path):
    kinds = toys.write(tmp_path, has_kinds=True, with_network=False)
    found = differences.between_sources(kinds, photos(FIRST), None, photos(FIRST), "phone photo")
    assert found[Figure.SET_SIZE].value == 1 - 7 / 4


def test_the_most_sensitive_threshold_counts_and_a_photo_at_it_is_above(tmp_path):
    points = [
        toys.CALIBRATION["operating_points"][0]
        | {"of": of, "wanted_sensitivity": wanted, "threshold": threshold}
        for of, wanted, threshold in (
            (["bcc", "mel"], 0.9, 0.9),
            (["bcc", "mel"], 0.95, 0.6),
            (["mel"], 0.99, 0.01),
        )
    ]
    calibration = toys.CALIBRATION | {"operating_points": points}
    other = toys.write(tmp_path, calibration=calibration, with_network=False)
    # Sums of 0.95, 0.7, 0.6 and 0.1: the third, a nevus, is at the threshold.
    rows = photos(FIRST).assign(p_bcc=[0.9, 0.1, 0.5, 0.05], p_mel=[0.05, 0.6, 0.1, 0.05])
    found = differences.drawn(other, rows, None, np.ones((3, 4)))
    assert found[Figure.SENSITIVITY].value == 1
    assert found[Figure.SPECIFICITY].value == 0.5


def test_calibration_errors_of_two_sources_are_not_held_against_each_other(toy):
    """Chance alone makes that of the smaller part larger."""
    found = differences.between_sources(toy, photos(FIRST * 40), None, photos(SECOND * 40), None)
    assert Figure.ECE not in found
    rows = photos(FIRST)
    # 0.1 of two at 0.9, 0.4 of one, 0.6 of one.
    alone = differences.drawn(toy, rows, None, np.ones((3, 4)))[Figure.ECE]
    assert alone.value == pytest.approx((2 * 0.1 + 0.4 + 0.6) / 4)
