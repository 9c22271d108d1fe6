"""The mix of diagnoses on Classify: everything on the page is read at one mix."""

import re

import pytest

from model import run as runs
from model.evaluation.sign_cost import SignCosts
from model.prediction import mix
from model.prediction.mix import MixName, NamedMix
from pages.classify import report_file
from pages.shared import measured, mix_words
from tests import toys
from tests.pages.driver import texts, upload, visit

SHARES = {"bcc": 0.1, "mel": 0.1, "nv": 0.8}
FIT = {"sharpness": 1.0, "prior_weight": 1.0, "shares": SHARES}
# 0.46 red, 0.4 blue: bcc is twice as probable as nv, until nv is eight times as frequent.
PHOTO = toys.encoded(toys.flat((117, 60, 99)))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    balanced = {"monitor": "val_loss", "command": "python -m train run toy"}
    toys.write(
        tmp_path,
        rows=toys.predictions(per_split=90),
        calibration=toys.CALIBRATION | {"mix": FIT},
        settings=balanced | {"balance": "balanced_softmax"},
    )
    toys.write(tmp_path, "plain")
    monkeypatch.setattr(runs, "default_folders", lambda: [tmp_path])
    return tmp_path


def choice(app):
    return next((radio for radio in app.radio if radio.label == "Mix of diagnoses"), None)


def headline(app):
    return next(header.value for header in app.header)


def test_an_answer_follows_the_mix_and_names_it():
    app = upload(visit("classify", run="toy"), PHOTO)
    assert headline(app).startswith("Basal cell carcinoma")
    assert "Probabilities for equally frequent diagnoses." in texts(app)
    choice(app).set_value(MixName.VALIDATION).run()
    assert not app.exception
    assert headline(app).startswith("Melanocytic nevus")
    assert "as frequent as in the validation photos" in texts(app)
    assert "equally frequent" not in "".join(caption.value for caption in app.caption)
    assert app.query_params["mix"] in ("validation", ["validation"])


def test_headline_sum_and_threshold_are_of_the_run_at_the_mix(folder):
    app = upload(visit("classify", run="toy", mix="screening", malignant_of_100="2"), PHOTO)
    assert not app.exception
    turned = mix.read_at(runs.read(folder / "toy"), NamedMix(MixName.SCREENING, 0.02))
    point = turned.calibration["operating_points"][0]
    shown = re.search(r"the threshold of (\d\.\d+)", texts(app))
    assert shown
    assert float(shown[1]) == pytest.approx(point["threshold"], abs=5e-4)
    assert "Probabilities where 2 % of lesions are malignant." in texts(app)
    assert "Read as if 2 % of lesions were malignant: balanced accuracy" in texts(app)


def test_what_the_mix_costs_is_said_with_its_interval():
    app = upload(visit("classify", run="toy", mix="validation"), PHOTO)
    sentence = next(text for text in texts(app).splitlines() if "On the same 90 test" in text)
    assert re.search(r"balanced accuracy is 0\.\d\d \(.*\) at this mix and 0\.\d\d \(", sentence)
    assert re.search(r"equally frequent: -0\.\d\d \(-0\.\d\d to ", sentence)
    assert "Of the validation photos: melanocytic nevus 80 %, " in texts(app)


def test_a_phone_photo_is_told_of_phone_photos(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "default_folders", lambda: [tmp_path / "kinds"])
    arrays = toys.kinds() | {"cut": [9.0, 9.0]}
    monkeypatch.setattr(toys, "kinds", lambda: arrays)
    calibration = toys.calibration_by_kind()
    of_phone = calibration["kinds"]["phone photo"]
    phone_fit = FIT | {"shares": {"bcc": 0.6, "mel": 0.3, "nv": 0.1}}
    calibration |= {"mix": FIT, "kinds": {"phone photo": of_phone | {"mix": phone_fit}}}
    monkeypatch.setattr(toys, "calibration_by_kind", lambda: calibration)
    toys.write(tmp_path / "kinds", "two", has_kinds=True, external=toys.external())
    red = toys.encoded(toys.flat((255, 0, 0)))
    app = upload(visit("classify", run="two", mix="validation"), red)
    assert not app.exception
    shown = texts(app)
    assert "Of the phone validation photos: basal cell carcinoma 60 %, melanoma 30 %, " in shown
    assert "On the same 6 phone test photos" in shown
    assert "as frequent as in the phone validation photos" in shown
    kind = next(widget for widget in app.segmented_control if widget.label == "Kind of photo")
    shown = texts(kind.set_value("dermatoscopic photo").run())
    assert "Of the dermatoscopic validation photos: melanocytic nevus 80 %, " in shown
    assert "On the same 30 dermatoscopic test photos" in shown


def test_the_cost_of_turning_is_not_known_at_another_mix_and_the_reason_is_said(folder):
    toy = runs.read(folder / "plain")
    turned = mix.read_at(runs.read(folder / "toy"), NamedMix(MixName.VALIDATION))
    known, unknown = SignCosts({None: None}), SignCosts({})
    assert measured.unmeasured_cost(turned, lambda base: known) == measured.COST_AT_OTHER_MIX
    assert measured.unmeasured_cost(turned, lambda base: unknown) == measured.UNMEASURED_COST
    assert measured.unmeasured_cost(toy, lambda base: known) == measured.UNMEASURED_COST


def test_a_run_without_a_fit_offers_no_choice_and_an_address_changes_nothing():
    app = upload(visit("classify", run="plain", mix="validation"), PHOTO)
    assert not app.exception
    assert choice(app) is None
    assert headline(app).startswith("Basal cell carcinoma")
    # Nobody knows its training's mix.
    assert "Probabilities as the network gives them." in texts(app)


def test_the_report_names_the_mix_and_the_command_that_gives_it(monkeypatch):
    made = {}

    def download_button(label, data, *names, key, **options):
        made[key] = data

    monkeypatch.setattr(report_file.st, "download_button", download_button)
    upload(visit("classify", run="toy", mix="screening", malignant_of_100="3"), PHOTO)
    written = made["classify_evidence_file"]()
    assert "Probabilities where 3 % of lesions are malignant." in written
    assert "--mix screening --malignant-of-100 3" in written


def test_runs_are_gathered_by_their_mix(folder):
    toy, plain = runs.read(folder / "toy"), runs.read(folder / "plain")
    turned = mix.read_at(toy, NamedMix(MixName.VALIDATION))
    assert mix_words.by_sentence({"A": toy, "B": plain, "C": toy, "D": turned}) == {
        "Probabilities for equally frequent diagnoses.": ["A", "C"],
        "Probabilities as the network gives them.": ["B"],
        "Probabilities for diagnoses as frequent as in the validation photos.": ["D"],
    }
