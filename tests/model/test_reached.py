"""What sets and thresholds reached, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import reached, run
from tests import toys


@pytest.fixture(scope="module")
def toy(toy_runs):
    return run.read(toy_runs / "toy")


@pytest.fixture
def rows(toy):
    rows = toy.predictions.head(4).copy()
    rows["lesion_id"] = ["a", "b", "c", "d"]
    rows["diagnosis"] = ["bcc", "mel", "nv", "bcc"]
    rows[["p_bcc", "p_mel", "p_nv"]] = [
        [0.90, 0.05, 0.05],  # set {bcc} holds the truth; malignant 0.95
        [0.60, 0.30, 0.10],  # set {bcc, mel} holds the truth; malignant 0.90
        [0.50, 0.40, 0.10],  # set {bcc, mel} misses it; malignant 0.90
        [0.05, 0.05, 0.90],  # set {nv} misses it; malignant 0.10
    ]
    return rows


def test_coverage_and_size_of_the_sets_are_counted(toy, rows):
    found = reached.coverage(toy, rows)
    assert found.share.value == 0.5
    assert found.mean_size == 1.5
    assert found.num_photos == 4
    assert found.wanted == 0.9
    # Nine of ten over all says nothing about one diagnosis: bcc 1 of 2, mel 1 of 1, nv 0 of 1.
    counted = {code: (number, share.value) for code, (number, share) in found.by_diagnosis.items()}
    assert counted == {"bcc": (2, 0.5), "mel": (1, 1.0), "nv": (1, 0.0)}


def test_the_threshold_is_measured_on_the_rows_given(toy, rows):
    found = reached.most_sensitive_malignant(reached.thresholds(toy, rows), toy.diagnoses)
    assert found.value == 0.2
    assert found.sensitivity.value == pytest.approx(2 / 3)
    assert found.num_of == 3
    assert found.specificity.value == 0
    assert found.num_others == 1
    # One other photo says next to nothing: the exact interval of 0 of 1.
    assert found.specificity.low == 0
    assert found.specificity.high == pytest.approx(0.975)


def test_a_single_malignant_diagnosis_has_its_threshold_too(tmp_path):
    point = toys.CALIBRATION["operating_points"][0] | {"of": ["mel"]}
    found = toys.write(
        tmp_path,
        codes=("mel", "nv", "df"),
        with_network=False,
        calibration=toys.CALIBRATION | {"operating_points": [point]},
    )
    measured = reached.thresholds(found, found.predictions)
    assert reached.most_sensitive_malignant(measured, found.diagnoses).value == 0.2


def test_without_sets_or_thresholds_there_is_nothing_to_measure(tmp_path):
    found = toys.write(tmp_path, with_network=False, calibration={"temperature": 1.0})
    assert reached.coverage(found, found.predictions) is None
    assert reached.thresholds(found, found.predictions) == []
    assert reached.most_sensitive_malignant([], found.diagnoses) is None


def test_every_operating_point_is_measured_but_those_the_rows_cannot_tell(tmp_path):
    point = toys.CALIBRATION["operating_points"][0]
    points = [point, point | {"of": ["mel"], "threshold": 0.35}, point | {"of": ["bcc"]}]
    one = toys.write(
        tmp_path,
        with_network=False,
        calibration=toys.CALIBRATION | {"operating_points": points},
    )
    rows = one.predictions.head(2).copy()
    rows["diagnosis"] = ["mel", "nv"]
    rows[["p_bcc", "p_mel", "p_nv"]] = [[0.0, 0.4, 0.6], [0.0, 0.3, 0.7]]
    found = reached.thresholds(one, rows)
    assert [threshold.of for threshold in found] == [("bcc", "mel"), ("mel",)]
    assert found[0].specificity.value == 0  # 0.3 is above 0.2
    assert found[1].sensitivity.value == 1  # 0.4 is above 0.35
    assert found[1].specificity.value == 1


def test_what_a_threshold_means_for_a_thousand_people():
    found = reached.per_thousand(sensitivity=0.9, specificity=0.8, prevalence=0.05)
    assert (found.found, found.missed, found.false_alarms, found.cleared) == (45, 5, 190, 760)


@given(*3 * [st.floats(0, 1)])
def test_a_thousand_people_stay_a_thousand(sensitivity, specificity, prevalence):
    found = reached.per_thousand(sensitivity, specificity, prevalence)
    numbers = (found.found, found.missed, found.false_alarms, found.cleared)
    assert sum(numbers) == 1000
    assert min(numbers) >= 0


def test_sets_of_one_are_counted_apart(toy, rows):
    found = reached.coverage(toy, rows)
    probabilities = rows[["p_bcc", "p_mel", "p_nv"]].to_numpy()
    inside = 1 - probabilities <= toy.calibration["conformal"]["quantile"]
    inside[range(len(rows)), probabilities.argmax(axis=1)] = True
    single = inside.sum(axis=1) == 1
    right = [
        f"p_{truth}" == ["p_bcc", "p_mel", "p_nv"][place]
        for truth, place in zip(rows["diagnosis"], probabilities.argmax(axis=1), strict=True)
    ]
    assert found.num_alone == single.sum()
    hits = [one for one, counts in zip(right, single, strict=True) if counts]
    assert found.alone.value == pytest.approx(sum(hits) / len(hits))
