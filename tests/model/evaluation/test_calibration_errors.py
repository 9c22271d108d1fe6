"""Calibration figures: by hand, against scikit-learn, and where the truth is known."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from model.evaluation import calibration_errors as errors
from tests import toys

CODES = ["mel", "nv"]


def table(pairs):
    """Rows of (truth, probability of mel), each a lesion of its own."""
    return pd.DataFrame(
        {
            "lesion_id": [str(row) for row in range(len(pairs))],
            "diagnosis": [truth for truth, _ in pairs],
            "p_mel": [p for _, p in pairs],
            "p_nv": [1 - p for _, p in pairs],
        }
    )


def test_errors_that_cancel_in_the_answers_stay_visible():
    """Answers say 0.8 and 0.6 and are right as often; melanoma is called too often all the same."""
    rows = table([("mel", 0.8)] * 6 + [("nv", 0.8)] * 4 + [("nv", 0.4)] * 8 + [("mel", 0.4)] * 2)
    found = errors.calibration_errors(rows, CODES, ["mel"])
    # Says 0.8 where 6 of 10 are, and 0.4 where 2 of 10 are: off by 0.2, for either diagnosis.
    assert found.classwise.value == pytest.approx(0.2)
    assert found.malignant.value == pytest.approx(0.2)
    assert found.log_loss.value == pytest.approx(
        -(6 * np.log(0.8) + 4 * np.log(0.2) + 8 * np.log(0.6) + 2 * np.log(0.4)) / 20
    )
    assert found.intercept.value < 0  # the sum is too high
    assert found.num_photos == 20


def test_every_diagnosis_may_count_as_much():
    rows = table([("mel", 0.6)] + [("nv", 0.6)] * 3)
    alike = errors.calibration_errors(rows, CODES, ["mel"], every_diagnosis_alike=True)
    # Half of them melanoma: 0.6 is off by 0.1. As they are, a quarter: off by 0.35.
    assert alike.malignant.value == pytest.approx(0.1)
    as_they_are = errors.calibration_errors(rows, CODES, ["mel"])
    assert as_they_are.malignant.value == pytest.approx(0.35)
    assert alike.log_loss.value == pytest.approx(-(np.log(0.6) + np.log(0.4)) / 2)


def test_slope_and_intercept_are_a_logistic_regression_s():
    chance = np.random.default_rng(0)
    logits = chance.normal(0, 2, 300)
    own = chance.random(300) < 1 / (1 + np.exp(-(0.5 + 0.6 * logits)))
    weights = chance.integers(0, 4, (3, 300)).astype(float)
    for row, found in zip(weights, errors.slope(own, logits, weights), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn 1.8 renames how to ask for no penalty
            fitted = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000)
            fitted.fit(logits[:, None], own, sample_weight=row)
        assert found == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    for row, found in zip(weights, errors.intercept(own, logits, weights), strict=True):
        expected = 1 / (1 + np.exp(-(logits + found)))
        assert (row * expected).sum() == pytest.approx((row * own).sum())


def test_what_is_too_extreme_by_a_known_factor_has_that_slope():
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 1, 20000)
    own = chance.random(20000) < 1 / (1 + np.exp(-logits))
    ones = np.ones((1, 20000))
    assert errors.slope(own, 2 * logits, ones)[0] == pytest.approx(0.5, abs=0.02)
    assert errors.intercept(own, logits + 1, ones)[0] == pytest.approx(-1, abs=0.05)


def test_sides_that_are_told_apart_without_error_have_no_slope():
    own = np.array([True, True, False, False])
    logits = np.array([2.0, 1.0, -1.0, -2.0])
    assert np.isnan(errors.slope(own, logits, np.ones((1, 4)))).all()
    assert np.isnan(errors.slope(own, logits, np.array([[1.0, 1, 0, 0]]))).all()
    assert np.isnan(errors.intercept(own, logits, np.array([[1.0, 1, 0, 0]]))).all()


def test_without_malignant_photos_only_the_diagnoses_are_measured():
    found = errors.calibration_errors(table([("nv", 0.2)] * 3), CODES, ["mel"])
    assert found.classwise.value == pytest.approx(0.2)  # of nv, the only one shown
    assert (found.malignant, found.slope, found.intercept) == (None, None, None)


def test_intervals_hold_the_figure_and_come_from_lesions():
    rows = toys.predictions(per_split=300).query("split == 'test'")
    alone = errors.calibration_errors(
        rows.assign(lesion_id=rows["image_id"]), toys.CODES, ["bcc", "mel"]
    )
    for figure in (alone.classwise, alone.malignant, alone.slope, alone.log_loss):
        assert figure.low < figure.value < figure.high
    tens = rows.assign(lesion_id=(np.arange(300) // 10).astype(str))
    clustered = errors.calibration_errors(tens, toys.CODES, ["bcc", "mel"])
    assert clustered.log_loss.value == alone.log_loss.value
    assert clustered.log_loss != alone.log_loss


def test_probabilities_at_the_photos_own_mix(tmp_path):
    """Two photos of bcc and two of nv, each answered with 0.8: as frequent as each other, the mix
    changes nothing among them and takes away what is absent."""
    rows = toys.external().iloc[[0, 1, 4, 5]].assign(split="test")
    mix = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.5, "mel": 0.0, "nv": 0.5}}
    run = toys.write(tmp_path, calibration=toys.CALIBRATION | {"mix": mix}, with_network=False)
    mixed = errors.at_own_mix(run, rows, "phone photo")
    assert mixed["p_mel"].tolist() == [0, 0, 0, 0]
    assert mixed["p_bcc"].tolist() == pytest.approx([8 / 9, 8 / 9, 1 / 9, 1 / 9])
    plain = toys.write(tmp_path, "plain", with_network=False)
    assert errors.at_own_mix(plain, rows, "phone photo") is None


def test_right_probabilities_of_few_photos_have_an_error_that_is_not_called_one():
    chance = np.random.default_rng(2)
    sums = chance.random(200)
    drawn = chance.random(200) < sums
    right = table([("mel" if is_mel else "nv", p) for is_mel, p in zip(drawn, sums, strict=True)])
    found = errors.calibration_errors(right, CODES, ["mel"])
    assert found.classwise.value > 0.03
    assert found.classwise_of_perfect.low < found.classwise.value < found.classwise_of_perfect.high
    assert found.is_off is False
    too_high = right.assign(p_mel=right["p_mel"] ** 0.3, p_nv=1 - right["p_mel"] ** 0.3)
    assert errors.calibration_errors(too_high, CODES, ["mel"]).is_off is True
    weighted = errors.calibration_errors(right, CODES, ["mel"], every_diagnosis_alike=True)
    assert weighted.is_off is None


def test_a_run_is_read_in_every_way_it_allows(tmp_path):
    rows = toys.predictions().query("split == 'test'")
    plain = toys.write(tmp_path, "plain", with_network=False)
    assert list(errors.readings(plain, rows, "")) == [errors.Reading.AS_GIVEN]
    mix = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.5, "mel": 0.2, "nv": 0.3}}
    balanced = toys.write(
        tmp_path,
        "balanced",
        calibration=toys.CALIBRATION | {"mix": mix},
        settings={"monitor": "val_loss", "balance": "balanced_softmax"},
        with_network=False,
    )
    assert list(errors.readings(balanced, rows, "")) == list(errors.Reading)
