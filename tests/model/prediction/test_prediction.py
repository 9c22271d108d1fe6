import numpy as np
import pytest

from model import run
from model.prediction.prediction import Stability, make_prediction, operating_points, prediction_set
from tests import toys


@pytest.fixture(scope="module")
def toy(toy_runs):
    return run.read(toy_runs / "toy")


def test_an_answer_ranks_its_diagnoses(toy):
    prediction = make_prediction(toy, [0.1, 0.7, 0.2])
    assert prediction.diagnosis == "mel"
    assert prediction.probability == 0.7
    assert prediction.ranking == ["mel", "nv", "bcc"]
    assert prediction.malignant_sum == pytest.approx(0.8)
    assert prediction.novelty is None
    assert not prediction.is_novel


def test_the_set_holds_what_is_likely_enough_and_is_never_empty():
    probabilities = {"bcc": 0.15, "mel": 0.6, "nv": 0.25}
    assert prediction_set(probabilities, 0.8) == ("mel", "nv")
    assert prediction_set(probabilities, 0.9) == ("mel", "nv", "bcc")
    assert prediction_set(probabilities, 0.75) == ("mel", "nv")  # just likely enough
    assert prediction_set(probabilities, 0.1) == ("mel",)


def test_only_a_score_above_one_is_novel(toy):
    assert make_prediction(toy, [0.1, 0.7, 0.2], np.float32(1.5)).is_novel
    at_the_limit = make_prediction(toy, [0.1, 0.7, 0.2], 1.0)
    assert (at_the_limit.novelty, at_the_limit.is_novel) == (1, False)


def test_a_run_without_prediction_sets_and_thresholds_has_none(tmp_path):
    plain = toys.write(tmp_path, with_network=False, calibration={"temperature": 1.0})
    assert make_prediction(plain, [0.1, 0.7, 0.2]).prediction_set == ()
    assert operating_points(plain) == []


def test_a_run_that_knows_nothing_malignant_sums_nothing(tmp_path):
    run_ = toys.write(tmp_path, codes=("even", "ragged", "dotted"), with_network=False)
    assert make_prediction(run_, [0.2, 0.3, 0.5]).malignant_sum is None


def test_the_operating_points_are_those_of_the_calibration(toy):
    (point,) = operating_points(toy)
    assert point.of == ("bcc", "mel")
    assert point.threshold == 0.2
    assert point.target_sensitivity == 0.95


def test_views_that_agree_are_stable_only_when_they_are_about_equally_sure(toy):
    mean = np.array([0.6, 0.3, 0.1])

    def stability(*views):
        return make_prediction(toy, mean, None, np.array(views)).stability

    agreeing = stability([0.5, 0.4, 0.1], [0.7, 0.2, 0.1])
    assert (agreeing.num_views, agreeing.num_agreeing) == (2, 2)
    assert (agreeing.low, agreeing.high) == (0.5, 0.7)
    assert agreeing.malignant == pytest.approx((0.9, 0.9))
    assert agreeing.is_stable
    assert not stability([0.5, 0.4, 0.1], [0.9, 0.1, 0.0]).is_stable  # 0.4 apart
    assert not stability([0.5, 0.4, 0.1], [0.3, 0.6, 0.1]).is_stable  # another answer
    assert stability([0.5, 0.4, 0.1]) is None  # one view tells nothing
    assert Stability(8, 8, 0.0, 0.3, None).is_stable  # just near enough
    assert stability([0.5, 0.4, 0.1], [0.7, 0.1, 0.2]).malignant == pytest.approx((0.8, 0.9))


def test_of_classes_of_one_s_own_no_malignant_sum_is_told(tmp_path):
    own = toys.write(tmp_path, codes=("even", "odd", "other"), with_network=False)
    views = np.array([[0.5, 0.4, 0.1], [0.7, 0.2, 0.1]])
    assert make_prediction(own, views.mean(axis=0), None, views).stability.malignant is None
