"""A run read at another mix of the diagnoses, from its files to what it decides."""

import numpy as np
import pandas as pd
import pytest

from model import run as runs
from model.evaluation import conformal, operating_points
from model.evaluation.planted import effects
from model.photo.shortcuts import SHORTCUTS
from model.prediction import mix
from model.prediction.mix import MixName, NamedMix
from model.prediction.prediction import make_prediction
from model.run.writer import add_table
from tests import toys

SHARES = {"bcc": 0.1, "mel": 0.1, "nv": 0.8}
FIT = {"sharpness": 1.0, "prior_weight": 1.0, "shares": SHARES}
VALIDATION = NamedMix(MixName.VALIDATION)
EVEN = np.array([0.4, 0.4, 0.2])


def write(tmp_path, name="toy", fit=FIT, **changes):
    return toys.write(
        tmp_path, name, calibration=toys.CALIBRATION | {"mix": fit}, with_network=False, **changes
    )


def test_a_run_without_a_fit_is_read_as_it_is(tmp_path):
    plain = toys.write(tmp_path, with_network=False)
    assert mix.mixes(plain) == (MixName.AS_GIVEN,)
    assert mix.read_at(plain, NamedMix(MixName.AS_GIVEN)) is plain
    # A kind of photo without a fit of its own would be read at another mix than the others.
    of_kinds = toys.calibration_by_kind() | {"mix": FIT}
    assert mix.mixes(toys.write(tmp_path, "kinds", calibration=of_kinds, has_kinds=True)) == (
        MixName.AS_GIVEN,
    )


def test_without_malignant_and_other_photos_there_is_no_screening(tmp_path):
    assert mix.mixes(write(tmp_path)) == tuple(MixName)
    assert mix.mixes(write(tmp_path, "none", malignant=[])) == (
        MixName.AS_GIVEN,
        MixName.VALIDATION,
    )
    only = FIT | {"shares": {"bcc": 0.5, "mel": 0.5, "nv": 0.0}}
    assert MixName.SCREENING not in mix.mixes(write(tmp_path, "only", fit=only))


def test_probabilities_follow_the_mix(tmp_path):
    run = write(tmp_path)
    # 0.04, 0.04 and 0.16 of 0.24.
    at_validation = mix.read_at(run, VALIDATION).at_its_mix(EVEN, None)
    assert at_validation == pytest.approx([1 / 6, 1 / 6, 2 / 3])
    # Malignant lesions a quarter as frequent as in the validation photos (0.05 for 0.2), others
    # 0.95 / 0.8 times: 1/24, 1/24 and 19/24 of 21/24.
    screening = mix.read_at(run, NamedMix(MixName.SCREENING, 0.05))
    assert screening.at_its_mix(EVEN, None) == pytest.approx([1 / 21, 1 / 21, 19 / 21])
    # As many as there are: the mix of the validation photos itself.
    same = mix.read_at(run, NamedMix(MixName.SCREENING, 0.2))
    assert same.at_its_mix(EVEN, None) == pytest.approx(at_validation)


def test_an_answer_its_set_and_its_threshold_come_from_one_mix(tmp_path):
    run = write(tmp_path)
    turned = mix.read_at(run, VALIDATION)
    prediction = make_prediction(turned, turned.at_its_mix(EVEN, None))
    assert (prediction.diagnosis, prediction.probability) == ("nv", pytest.approx(2 / 3))
    quantile = turned.calibration["conformal"]["quantile"]
    assert quantile != run.calibration["conformal"]["quantile"]
    for code, probability in prediction.probabilities.items():
        assert (code in prediction.prediction_set) == (1 - probability <= quantile + 1e-6)
    assert make_prediction(run, EVEN).diagnosis == "bcc"  # the run itself has not changed


def test_sets_and_thresholds_are_fitted_on_validation_photos_and_reach_their_targets(tmp_path):
    turned = mix.read_at(write(tmp_path, rows=toys.predictions(per_split=300)), VALIDATION)
    validation = turned.predictions.query("split == 'validation'")
    (point,) = operating_points.thresholds(turned, validation)
    assert point.sensitivity.value >= point.target_sensitivity == 0.95
    assert point.sensitivity.value < 0.96
    assert conformal.coverage(turned, validation).share.value >= 0.9
    test = conformal.coverage(turned, turned.test_photos)
    assert test.share.value == pytest.approx(0.9, abs=0.06)


def test_test_photos_do_not_decide(tmp_path):
    rows = toys.predictions(per_split=60)
    other = rows.copy()
    is_test = other["split"] == "test"
    other.loc[is_test, ["p_bcc", "p_mel", "p_nv"]] = [1.0, 0.0, 0.0]
    first = mix.read_at(write(tmp_path, rows=rows), VALIDATION)
    second = mix.read_at(write(tmp_path, "other", rows=other), VALIDATION)
    assert first.calibration == second.calibration


def test_what_was_measured_with_the_probabilities_as_given_is_not_known_at_another_mix(tmp_path):
    photos = [f"test_{number}" for number in range(30)]
    drawn = pd.DataFrame({"image_id": photos}).merge(
        pd.DataFrame({"planted": [*SHORTCUTS]}), how="cross"
    )
    drawn = drawn.assign(malignant_before=0.1, malignant_after=0.4)
    drawn = drawn.assign(answer_before="nv", answer_after="mel")
    of = add_table(write(tmp_path), runs.PLANTED, drawn)
    turned = mix.read_at(of, VALIDATION)
    assert turned.base.planted is not None
    assert turned.planted is None
    assert effects(turned) == []
    assert turned.turning is None
    assert turned.covering_test is None
    assert turned.stress is None
    assert "mix" not in turned.calibration
    assert turned.digest != turned.base.digest
    assert turned.digest != mix.read_at(turned.base, NamedMix(MixName.SCREENING, 0.1)).digest
    assert turned.card_digest == turned.base.card_digest


def test_each_kind_of_photo_has_its_own_mix(tmp_path):
    calibration = toys.calibration_by_kind() | {"mix": FIT}
    calibration["kinds"]["phone photo"]["mix"] = FIT | {"shares": dict.fromkeys(SHARES, 1 / 3)}
    outside = toys.external().assign(split=6 * ["validation"] + 4 * ["test"])
    run = toys.write(tmp_path, calibration=calibration, external=outside, has_kinds=True)
    turned = mix.read_at(run, VALIDATION)
    assert turned.at_its_mix(EVEN, "phone photo") == pytest.approx(EVEN)
    assert turned.kinds == run.kinds
    columns = run.probability_columns
    phone = turned.external["kind"] == "phone photo"
    assert np.allclose(turned.external.loc[phone, columns], run.external.loc[phone, columns])
    assert list(turned.external.index) == list(run.external.index)
    # Six photos, each with 0.8 for its truth: 7 x 0.9 is more than there are, so the set holds all.
    assert turned.calibration_of("phone photo")["conformal"]["quantile"] == 1
    assert turned.calibration_of("phone photo")["operating_points"][0]["sensitivity"] == 1


def test_without_validation_photos_of_a_kind_it_has_no_sets(tmp_path):
    calibration = toys.calibration_by_kind() | {"mix": FIT}
    calibration["kinds"]["phone photo"]["mix"] = FIT
    run = toys.write(tmp_path, calibration=calibration, external=toys.external(), has_kinds=True)
    fitted = mix.read_at(run, VALIDATION).calibration_of("phone photo")
    assert fitted == {"temperature": 4.0}


def test_the_network_of_a_run_answers_at_its_mix(tmp_path):
    from model.prediction.classifier import Classifier

    run = toys.write(tmp_path, calibration=toys.CALIBRATION | {"mix": FIT})
    classifier = Classifier(run)
    turned = classifier.read_as(mix.read_at(run, VALIDATION))
    photo = toys.flat((128, 120, 118))
    (given,), (mixed,) = classifier.predict([photo]), turned.predict([photo])
    expected = turned.run.at_its_mix(np.array([*given.probabilities.values()]), None)
    assert [*mixed.probabilities.values()] == pytest.approx(expected)
    assert mixed.novelty == given.novelty
    assert classifier.predict([photo])[0].probabilities == given.probabilities


@pytest.mark.parametrize("name", ["lentigo_second", "lentigo_third"])
def test_the_shipped_thresholds_come_from_their_validation_photos(name):
    """Fitted anew at no mix, they are those of calibration.json, up to its six digits."""
    run = runs.find(name)
    turned = mix.read_at(run, VALIDATION)
    for kind in run.kinds:
        own = run.calibration_of(kind)
        rows = run.predictions if kind == run.kinds[0] else run.external
        rows = rows[rows["split"] == "validation"]
        rows = rows if kind == run.kinds[0] else rows[rows["kind"] == kind]
        again = turned._refitted(own, rows)
        assert again["conformal"]["num_photos"] == own["conformal"]["num_photos"]
        assert again["conformal"]["quantile"] == pytest.approx(
            own["conformal"]["quantile"], abs=2e-6
        )
        for new, old in zip(again["operating_points"], own["operating_points"], strict=True):
            assert new["threshold"] == pytest.approx(old["threshold"], abs=5e-6)
