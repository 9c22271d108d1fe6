"""What sets and thresholds reached, counted by hand."""

import pytest

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


def test_the_threshold_is_measured_on_the_rows_given(toy, rows):
    found = reached.malignant_threshold(toy, rows)
    assert found.value == 0.2
    assert found.sensitivity.value == pytest.approx(2 / 3)
    assert found.num_malignant == 3
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
    assert reached.malignant_threshold(found, found.predictions).value == 0.2


def test_without_sets_or_thresholds_there_is_nothing_to_measure(tmp_path):
    found = toys.write(tmp_path, with_network=False, calibration={"temperature": 1.0})
    assert reached.coverage(found, found.predictions) is None
    assert reached.malignant_threshold(found, found.predictions) is None
