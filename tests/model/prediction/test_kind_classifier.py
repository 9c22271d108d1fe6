"""Which kind of photo the network sees, and what follows from it for a prediction."""

import numpy as np
import pytest

from model.evaluation import conformal, external_results, operating_points
from model.network.softmax import at_mix
from model.prediction.classifier import Classifier
from model.prediction.kind_classifier import KindClassifier
from model.run import RunError, read
from tests import toys

DERMATOSCOPIC, PHONE = "dermatoscopic photo", "phone photo"
RED, BLUE = toys.flat((255, 0, 0)), toys.flat((0, 0, 255))


@pytest.fixture(scope="module")
def two_kinds(tmp_path_factory):
    return toys.write(tmp_path_factory.mktemp("runs"), has_kinds=True, external=toys.external())


@pytest.fixture(scope="module")
def classifier(two_kinds):
    return Classifier(two_kinds)


def test_the_kind_is_the_likelier_one_by_logistic_regression():
    kinds = KindClassifier.from_arrays(toys.kinds())
    # Logits 0 and 20 x - 10: even at 0.5, and e^2 to 1 at 0.6.
    ((first, even), (second, sure)) = kinds.recognised(np.array([[0.5, 0, 0], [0.6, 0, 0]]))
    assert (first, second) == (DERMATOSCOPIC, PHONE)
    assert even == pytest.approx(0.5)
    assert sure == pytest.approx(np.exp(2) / (1 + np.exp(2)))


def test_each_kind_has_a_novelty_score_of_its_own():
    arrays = toys.kinds()
    arrays["cut"] = np.array([0.5, 0.1])
    kinds = KindClassifier.from_arrays(arrays)
    features = np.array([[0.5, 0.5, 0.7], [0.5, 0.5, 0.7]])
    assert kinds.novelty(features, [DERMATOSCOPIC, PHONE]) == pytest.approx([0.4, 2.0])


def test_a_photo_is_calibrated_as_one_of_its_kind(classifier):
    red, blue = classifier.predict([RED, BLUE])
    assert (red.kind, blue.kind) == (PHONE, DERMATOSCOPIC)
    assert red.is_kind_sure
    own, _ = classifier.predict([RED, BLUE], [DERMATOSCOPIC, PHONE])
    assert own.kind == DERMATOSCOPIC
    assert own.recognised == red.recognised  # what the network sees does not change
    # A temperature of 4 instead of 1 takes the fourth root of every ratio.
    ratio = own.probabilities["bcc"] / own.probabilities["nv"]
    assert red.probabilities["bcc"] / red.probabilities["nv"] == pytest.approx(ratio**0.25)


def test_a_kind_has_its_own_prediction_sets_and_thresholds(two_kinds):
    rows = two_kinds.test_photos_of(PHONE)
    assert list(rows["lesion_id"]) == list(two_kinds.external["person_id"][:6])
    # Every answer says 0.8 and is right: with a quantile of 0.3 each set holds it alone.
    sets = conformal.coverage(two_kinds, rows, PHONE)
    assert (sets.share.value, sets.mean_size.value) == (1.0, 1.0)
    (point,) = operating_points.thresholds(two_kinds, rows, PHONE)
    assert point.value == 0.4
    assert two_kinds.test_photos_of(DERMATOSCOPIC) is two_kinds.test_photos
    assert two_kinds.test_photos_of(None) is two_kinds.test_photos


def test_photos_that_took_part_in_the_training_are_no_test_photos(tmp_path):
    splits = ["train", "validation", *8 * ["test"]]
    run = toys.write(tmp_path, has_kinds=True, external=toys.external().assign(split=splits))
    assert len(run.test_photos_of(PHONE)) == 4
    assert [result.num_photos for result in external_results.by_source(run)] == [4, 4]


def test_a_run_without_kinds_says_none(tmp_path):
    plain = toys.write(tmp_path)
    (prediction,) = Classifier(plain).predict([RED], [PHONE])
    assert plain.kinds == ()
    assert prediction.recognised is None
    assert not prediction.is_kind_sure


def test_kinds_that_are_not_those_of_the_calibration_are_refused(tmp_path, monkeypatch):
    arrays = toys.kinds()
    arrays["names"] = np.array(["phone photo", "dermatoscopic photo"])
    monkeypatch.setattr(toys, "kinds", lambda: arrays)
    with pytest.raises(RunError, match="name different kinds of photo"):
        toys.write(tmp_path, has_kinds=True, with_network=False)
    arrays["names"] = np.array(["dermatoscopic photo"])
    with pytest.raises(RunError, match="arrays that do not fit each other"):
        toys.write(tmp_path, has_kinds=True, with_network=False)


def test_a_damaged_file_of_kinds_is_refused(tmp_path):
    run = toys.write(tmp_path, has_kinds=True, with_network=False)
    (run.path / "kinds.npz").write_bytes(b"no archive")
    with pytest.raises(RunError, match=r"kinds\.npz is not the file the card was written for"):
        read(run.path)


def test_probabilities_follow_the_mix_of_the_diagnoses():
    even = at_mix([0.5, 0.25, 0.25], [0.5, 0.5, 0.0], sharpness=1.0, prior_weight=1.0)
    assert even == pytest.approx([2 / 3, 1 / 3, 0])
    # Sharpness 2 squares the ratios; a weight of 0 forgets the mix, but for what is absent.
    assert at_mix([0.5, 0.25, 0.25], [0.1, 0.8, 0.1], 2.0, 0.0) == pytest.approx(
        np.array([4, 1, 1]) / 6
    )
    assert at_mix([0.2, 0.8], [0.9, 0.1], 1.0, 1.0) == pytest.approx([0.18 / 0.26, 0.08 / 0.26])
