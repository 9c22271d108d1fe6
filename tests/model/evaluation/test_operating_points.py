"""What thresholds reach, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evaluation import operating_points
from tests import toys


def test_the_threshold_is_measured_on_the_rows_given(toy, rows):
    threshold = operating_points.most_sensitive_malignant(
        operating_points.thresholds(toy, rows), toy.malignant
    )
    assert threshold.value == 0.2
    assert threshold.sensitivity.value == pytest.approx(2 / 3)
    assert threshold.num_of == 3
    assert threshold.specificity.value == 0
    assert threshold.num_others == 1
    # One other photo says next to nothing: the exact interval of 0 of 1.
    assert threshold.specificity.low == 0
    assert threshold.specificity.high == pytest.approx(0.975)


def test_a_sum_of_just_the_threshold_raises_the_alarm(toy, rows):
    rows[["p_bcc", "p_mel", "p_nv"]] = [0.0, 0.2, 0.8]
    (found,) = operating_points.thresholds(toy, rows)
    assert (found.sensitivity.value, found.specificity.value) == (1, 0)


def test_the_most_sensitive_of_the_malignant_sum_is_chosen(tmp_path):
    point = toys.CALIBRATION["operating_points"][0]
    points = [
        point | {"wanted_sensitivity": 0.8, "threshold": 0.4},
        point | {"wanted_sensitivity": 0.9, "threshold": 0.3},
        point | {"of": ["mel"], "wanted_sensitivity": 0.95, "threshold": 0.1},
    ]
    calibration = toys.CALIBRATION | {"operating_points": points}
    one = toys.write(tmp_path, with_network=False, calibration=calibration)
    measured = operating_points.thresholds(one, one.predictions)
    found = operating_points.most_sensitive_malignant(measured, one.malignant)
    assert (found.of, found.target_sensitivity, found.value) == (("bcc", "mel"), 0.9, 0.3)


def test_a_single_malignant_diagnosis_has_its_threshold_too(tmp_path):
    point = toys.CALIBRATION["operating_points"][0] | {"of": ["mel"]}
    toy_run = toys.write(
        tmp_path,
        codes=("mel", "nv", "df"),
        with_network=False,
        calibration=toys.CALIBRATION | {"operating_points": [point]},
    )
    measured = operating_points.thresholds(toy_run, toy_run.predictions)
    assert operating_points.most_sensitive_malignant(measured, toy_run.malignant).value == 0.2


def test_without_thresholds_there_is_nothing_to_measure(tmp_path):
    toy_run = toys.write(tmp_path, with_network=False, calibration={"temperature": 1.0})
    assert operating_points.thresholds(toy_run, toy_run.predictions) == []
    assert operating_points.most_sensitive_malignant([], toy_run.malignant) is None


def test_every_operating_point_is_measured_but_those_the_rows_cannot_tell(tmp_path):
    point = toys.CALIBRATION["operating_points"][0]
    points = [point, point | {"of": ["mel"], "threshold": 0.35}, point | {"of": ["bcc"]}]
    toy_run = toys.write(
        tmp_path,
        with_network=False,
        calibration=toys.CALIBRATION | {"operating_points": points},
    )
    rows = toy_run.predictions.head(2).copy()
    rows["diagnosis"] = ["mel", "nv"]
    rows[["p_bcc", "p_mel", "p_nv"]] = [[0.0, 0.4, 0.6], [0.0, 0.3, 0.7]]
    measured = operating_points.thresholds(toy_run, rows)
    assert [threshold.of for threshold in measured] == [("bcc", "mel"), ("mel",)]
    assert measured[0].specificity.value == 0  # 0.3 is above 0.2
    assert measured[1].sensitivity.value == 1  # 0.4 is above 0.35
    assert measured[1].specificity.value == 1


def test_what_a_threshold_means_for_a_thousand_people():
    people = operating_points.per_thousand(sensitivity=0.9, specificity=0.8, prevalence=0.05)
    assert (people.found, people.missed, people.false_alarms, people.cleared) == (45, 5, 190, 760)


@given(*3 * [st.floats(0, 1)])
def test_a_thousand_people_stay_a_thousand(sensitivity, specificity, prevalence):
    people = operating_points.per_thousand(sensitivity, specificity, prevalence)
    numbers = (people.found, people.missed, people.false_alarms, people.cleared)
    assert sum(numbers) == 1000
    assert min(numbers) >= 0
