"""Sentences above charts, against figures known by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd

from model.evaluation import findings
from model.evaluation.bootstrap import Estimate
from model.evaluation.calibration_errors import CalibrationErrors, Reading
from model.evaluation.conformal import Coverage
from model.evaluation.net_benefit import NetBenefit
from model.evaluation.roc import roc_curve


def test_the_most_frequent_mistake_is_named_with_its_total():
    codes = ["bcc", "mel", "nv"]
    confusion = pd.DataFrame([[5, 1, 0], [0, 3, 4], [2, 6, 90]], index=codes, columns=codes)
    assert findings.most_mistaken(confusion) == (
        "Most often mistaken: melanocytic nevus for melanoma, 6 of 98 photos"
    )
    right = pd.DataFrame(np.diag([5, 3, 90]), index=codes, columns=codes)
    assert findings.most_mistaken(right) == "No photo is mistaken"


def test_what_answers_say_is_held_against_how_often_they_are_right():
    bins = pd.DataFrame({"probability": [0.5, 0.9], "right": [0.4, 0.8], "num_photos": [10, 30]})
    assert findings.confidence(bins) == (
        "Its answers say 80 % on average, and 70 % of them are right"
    )


def test_coverage_stands_beside_its_target():
    estimate = Estimate(0.917, 0.89, 0.94)
    coverage = Coverage(0.9, estimate, 1.6, 716, None, 0, {})
    assert findings.covered(coverage) == (
        "The sets held the true diagnosis for 92 % of the photos; the target was 90 %"
    )


def test_the_area_under_a_curve_is_said_as_pairs():
    rows = pd.DataFrame(
        {
            "lesion_id": list("abcd"),
            "diagnosis": ["mel", "bcc", "nv", "nv"],
            "p_mel": [0.9, 0.1, 0.2, 0.0],
            "p_bcc": [0.0, 0.1, 0.1, 0.1],
        }
    )
    # Sums 0.9, 0.2 against 0.3, 0.1: three of four pairs are in order.
    assert findings.ranked(roc_curve(rows, ["mel", "bcc"])) == (
        "The malignant sum is higher for a photo of a malignant lesion than for one of something "
        "else in 75 % of all such pairs"
    )
    alone = SimpleNamespace(of=("mel",), area=Estimate(1.0, 1.0, 1.0))
    assert findings.ranked(alone).startswith("The probability of melanoma is higher for a photo of")


def test_a_training_is_told_at_the_epoch_that_was_kept():
    history = pd.DataFrame(
        {"epoch": [1, 2, 3], "accuracy": [0.5, 0.6, 0.9], "val_accuracy": [0.4, 0.7, 0.6]}
    )
    assert findings.learned(history, 2) == (
        "At epoch 2, which was kept, it is right on 60 % of the training photos and on 70 % of the "
        "validation photos"
    )


def test_the_diagnoses_that_are_recognised_least_are_named_with_their_counts():
    per_diagnosis = pd.DataFrame(
        {"num_photos": [8, 80, 10, 0, 40], "recall": [0.625, 0.9, 0.5, np.nan, 0.7]},
        index=["df", "nv", "vasc", "akiec", "bkl"],
    )
    assert findings.least_recognised(per_diagnosis) == (
        "Recognised least often: vascular lesion (5 of 10), dermatofibroma (5 of 8), benign "
        "keratosis (28 of 40)"
    )


def calibration(classwise, perfect, intercept, slope):
    return CalibrationErrors(9, classwise, None, slope, intercept, classwise, perfect, None)


def test_probabilities_are_called_off_only_where_chance_does_not_explain_it():
    chance = Estimate(0.02, 0.01, 0.03)
    right = calibration(
        Estimate(0.025, 0.01, 0.04), chance, Estimate(0, -0.1, 0.1), Estimate(1, 0.9, 1.1)
    )
    off = calibration(
        Estimate(0.05, 0.04, 0.06), chance, Estimate(-0.8, -1, -0.6), Estimate(0.7, 0.6, 0.9)
    )
    assert findings.calibrated(
        "own test photos", {Reading.AS_GIVEN: off, Reading.ALIKE: off, Reading.OWN_MIX: right}
    ) == (
        "Own test photos. As given, the probabilities are off by more than chance would explain; "
        "the malignant sum is too high and too extreme. At the photos' mix of diagnoses, no error "
        "is shown that chance would not explain."
    )


def test_a_difference_whose_interval_holds_none_is_not_called_one():
    assert findings.compared(Estimate(-0.05, -0.1, 0.0)) == (
        "not shown to differ (-0.05 (-0.10 to 0.00))"
    )
    assert findings.compared(Estimate(-0.05, -0.08, -0.02)) == "lower by 0.05 (0.02-0.08)"
    assert findings.compared(Estimate(0.05, 0.02, 0.08)) == "higher by 0.05 (0.02-0.08)"
    assert findings.compared(Estimate(0.05, math.nan, math.nan)).startswith("not shown to differ")


def test_acting_on_a_threshold_is_called_better_or_worse_where_its_interval_says_so():
    def point(act_from, low, high):
        nothing = Estimate(0.0, 0.0, 0.0)
        return NetBenefit(act_from, nothing, nothing, Estimate((low + high) / 2, low, high))

    better = [point(0.05, 0.01, 0.1), point(0.1, 0.02, 0.1), point(0.15, 0.02, 0.1)]
    worse, unclear = [point(0.02, -0.1, -0.01)], [point(0.2, -0.1, 0.1), point(0.3, -0.1, 0.0001)]
    said = findings.worth_acting([*worse, *better, *unclear])
    assert said == (
        "Beside the better of acting on all and on none, the threshold does better for those who "
        "act from 5 %, 10 % or 15 %, and does worse for those who act from 2 %, and is not shown "
        "to differ for those who act from 20 % or 30 %"
    )
    assert findings.worth_acting(unclear).endswith(
        "the threshold is not shown to differ for those who act from 20 % or 30 %"
    )
    assert "worse" not in findings.worth_acting(better + unclear)
