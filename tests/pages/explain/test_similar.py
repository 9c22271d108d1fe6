"""Similar cases: training photos whose colours, and so distances, are known."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.lesions import describe
from model.photo.drawings import DrawnPhoto
from model.prediction import mix
from model.prediction.mix import MixName, NamedMix
from model.prediction.neighbours import Case, Neighbours, SimilarCases, lesion_of
from model.prediction.prediction import Prediction
from model.run.arrays import ALIKE, BY_FREQUENCY
from model.run.writer import add_neighbours
from pages.explain import similar
from pages.shared import cache, session
from pages.shared.cache import disk
from pages.shared.cache import samples as cached_samples
from tests import toys
from tests.conftest import ROOT
from tests.pages.driver import table_with, texts, upload, visit

RED = toys.encoded(toys.flat((255, 0, 0)))
# Red, green and blue from 0 to 1 are the features of the toy; two photos of the first lesion.
CASES = [
    ("ISIC_0000001", "L1", "bcc", "histo", (1.0, 0.0, 0.0)),
    ("ISIC_0000002", "L1", "bcc", "histo", (0.75, 0.0, 0.0)),
    ("ISIC_0000003", "L2", "nv", "follow_up", (0.5, 0.0, 0.0)),
    ("ISIC_0000004", "L3", "mel", "", (0.0, 0.0, 0.0)),
    ("ISIC_0000005", "L4", "nv", "consensus", (0.875, 0.0, 0.0)),
]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    image_ids, lesion_ids, diagnoses, confirmed_by, values = map(np.array, zip(*CASES, strict=True))
    arrays = {
        "mean": np.zeros(3, np.float32),
        "components": np.eye(3, dtype=np.float32),
        "values": values.astype(np.float16),
        "unit": np.float32(0.25),
        "image_ids": image_ids,
        "lesion_ids": lesion_ids,
        "diagnoses": diagnoses,
        "confirmed_by": confirmed_by,
        "num_voting": np.int32(3),
        "weighting": np.array(ALIKE),
    }
    written = toys.write(tmp_path / "runs")
    rows = written.test_photos
    votes = pd.DataFrame(
        {
            "split": "test",
            "image_id": rows["image_id"],
            "lesion_id": rows["lesion_id"],
            "nearest": "ISIC_0000003 ISIC_0000004",
            "p_bcc": 0.0,
            "p_mel": 0.0,
            "p_nv": 1.0,
        }
    )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "runs"])
    return add_neighbours(written, arrays, votes)


def opened(name="photo.png", data=RED):
    app = upload(visit("explain", experiment="Similar cases"), data, name)
    assert not app.exception
    return app


def test_the_nearest_training_lesions_come_with_their_facts(toy):
    app = opened()
    table = app.dataframe[0].value
    assert table["image_id"].tolist() == [
        "ISIC_0000001",
        "ISIC_0000005",
        "ISIC_0000003",
        "ISIC_0000004",
    ]
    assert table["distance"].tolist() == pytest.approx([0, 0.5, 2, 4], abs=0.01)
    assert table["diagnosis"].tolist()[:2] == ["Basal cell carcinoma", "Melanocytic nevus"]
    assert table["confirmed_by"].tolist() == [
        "histopathology",
        "expert consensus",
        "follow-up",
        "not recorded",
    ]
    assert table["record"][0] == "https://api.isic-archive.com/api/v2/images/ISIC_0000001/"
    # Without the data there are no pictures.
    assert not [text.value for text in app.caption if text.value.startswith("Melanocytic nevus, ")]


def test_it_says_what_the_neighbours_alone_would_say_and_how_good_that_is(toy):
    said = texts(opened())
    # Of bcc, nv, nv two are nevi; the network says basal cell carcinoma.
    assert "the 3 nearest training lesions would say **melanocytic nevus**, with 0.67 of" in said
    assert "of the vote: not what the network says." in said
    assert "rare diagnoses count as much" not in said
    # No photo is as red as this one, so no figure holds for it.
    assert "How often that is right was not measured on such photos." in said
    assert "has a balanced accuracy" not in said
    assert "has its diagnosis (n = 30)" not in said
    said = texts(opened(data=toys.encoded(toys.flat((191, 128, 128)))))
    measured = cache.neighbour_vote(toy)
    assert f"has a balanced accuracy of {measured.balanced_accuracy[1]}, the network" in said
    assert measured.balanced_accuracy[1].value == pytest.approx(1 / 3)
    assert "On 30 test photos of 15 lesions" in said
    assert f"a share of {measured.precision} has its diagnosis (n = 30)" in said
    assert f"Network and neighbours give the same answer to {measured.num_same} of 30" in said


def test_it_shows_what_stands_against_the_answer(toy):
    table = table_with(opened(), "why")
    assert table[["why", "diagnosis", "image_id"]].to_numpy().tolist()[0] == [
        "the answer",
        "Basal cell carcinoma",
        "ISIC_0000001",
    ]
    assert set(table["diagnosis"][1:]) <= {"Melanoma", "Melanocytic nevus"}


def test_the_lesion_of_a_photo_of_the_data_set_is_left_out(toy):
    app = opened("ISIC_0000002.png")
    assert "ISIC_0000001" not in app.dataframe[0].value["image_id"].tolist()
    assert "ISIC_0000002" not in app.dataframe[0].value["image_id"].tolist()
    # All that is known is the name: it may be another photo.
    said = "has a photo of this name, whose lesion took part in the training"
    assert said in texts(app)
    assert "The lesion of this photo" not in texts(app)
    assert said not in texts(opened("test_0.png"))


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """The run that ships, alone."""
    shutil.copytree(ROOT / "assets" / "runs" / "demo", tmp_path / "demo")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return run.find("demo")


@pytest.mark.usefixtures("demo")
def test_the_demo_shows_its_training_drawings():
    app = visit("explain", experiment="Similar cases", run="demo", sample="dotted")
    assert not app.exception
    found = alts(app)
    drawings = [alt for alt in found if alt.startswith("Training drawing dotted_")]
    assert len(drawings) >= similar.NUM_SHOWN
    assert {alt.split(": ")[1] for alt in drawings} == {describe("dotted").in_text}
    table = app.dataframe[0].value
    assert table["image_id"].tolist() == [
        alt.split()[2].rstrip(":") for alt in drawings[: similar.NUM_SHOWN]
    ]
    assert "record" not in table  # no archive has them
    labels = [toggle.label for toggle in app.toggle]
    assert "With the heat map of each one's diagnosis" in labels
    app = visit(
        "explain", experiment="Similar cases", run="demo", sample="dotted", their_maps="True"
    )
    assert not app.exception
    assert sum(" under its heat map: " in alt for alt in alts(app)) >= similar.NUM_SHOWN


def test_the_demo_leaves_out_the_lesion_of_a_training_drawing(demo):
    drawing = DrawnPhoto("even_0002_0")
    assert lesion_of(demo, drawing.image_id) == "even_0002"
    app = visit("explain", experiment="Similar cases", run="demo")
    app = upload(app, drawing.read_bytes(), "even_0002_0.jpg")
    nearest = app.dataframe[0].value
    assert len(nearest) == similar.NUM_SHOWN
    assert not nearest["image_id"].str.startswith("even_0002_").any()


def test_how_good_the_vote_is_is_not_known_at_another_mix(toy, tmp_path):
    """The vote is not read at it, so a difference to the network might be the mix alone."""
    fit = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.1, "mel": 0.1, "nv": 0.8}}
    mixed = toys.write(tmp_path, "mixed", calibration=toys.CALIBRATION | {"mix": fit})
    validation = NamedMix(MixName.VALIDATION)
    assert similar.how_good(mix.read_at(mixed, validation), True) == ""
    of = add_neighbours(mixed, toy.neighbour_arrays, toy.neighbour_votes)
    assert similar.how_good(of, True).startswith("On 30 test photos of 15 lesions")
    assert similar.how_good(of, False) == similar.OF_OTHER_KIND
    assert similar.how_good(mix.read_at(of, validation), True) == similar.AT_OTHER_MIX


def alts(app):
    return [image.alt for images in app.get("image") for image in images.proto.imgs]


def test_pictures_stand_where_the_data_is(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("LENTIGO_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ISIC_0000005.png").write_bytes(toys.encoded(toys.flat((220, 0, 0))))
    disk._photo_files.clear()
    app = opened()
    captions = [caption.value for caption in app.caption]
    assert "Melanocytic nevus, 0.50" in captions
    plain = alts(app)
    assert "Training photo ISIC_0000005: melanocytic nevus" in plain
    app = next(box for box in app.toggle if box.key == "explain_their_maps").set_value(True).run()
    assert not app.exception
    assert "Training photo ISIC_0000005 under its heat map: melanocytic nevus" in alts(app)
    assert app.query_params["their_maps"] in ("True", ["True"])
    assert not any(caption.startswith("Basal cell carcinoma, 0.00") for caption in captions)
    (tmp_path / "data" / "ISIC_0000005.png").write_bytes(b"no picture")
    cached_samples._thumbnail.clear()
    assert any(
        caption.value.startswith("ISIC_0000005: This file is not a photo")
        for caption in opened().caption
    )
    disk._photo_files.clear()


def test_a_run_without_its_training_photos_says_so(tmp_path, monkeypatch):
    toys.write(tmp_path / "runs")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "runs"])
    said = texts(opened())
    assert "This model came without a list of its training photos" in said
    assert "nearest training lesions" not in said


def test_it_says_where_rare_diagnoses_count_as_much(toy):
    """A rare diagnosis may then win though the nearest few show another."""
    found = Neighbours.from_arrays(toy.neighbour_arrays)
    rare = replace(found, weighting=BY_FREQUENCY)
    similar_cases = rare.similar(np.array([1.0, 0.0, 0.0]), toy.diagnoses, 6)
    # One of one lesion of bcc, two of two of nv: level, and bcc comes first.
    assert similar.vote(similar_cases, prediction(bcc=0.8, mel=0.1, nv=0.1), rare) == (
        "Alone, the 3 nearest training lesions would say **basal cell carcinoma**, with 0.50 of "
        "the vote: the same as the network. In the vote, rare diagnoses count as much as frequent "
        "ones."
    )


def prediction(**probabilities):
    return Prediction(probabilities, (), None, malignant=("bcc", "mel"))


def of_each(*codes):
    cases = {code: Case(code.upper(), code, "", 1.0) for code in codes}
    return SimilarCases(tuple(cases.values()), cases, dict.fromkeys(codes, 0.5), "")


@pytest.mark.parametrize(
    ("probabilities", "reasons"),
    [
        (
            {"bcc": 0.1, "mel": 0.2, "nv": 0.4, "bkl": 0.3},
            {
                "NV": "the answer",
                "BKL": "the second choice",
                "MEL": "the most probable malignant diagnosis",
            },
        ),
        (
            {"bcc": 0.1, "mel": 0.3, "nv": 0.4, "bkl": 0.2},
            {"NV": "the answer", "MEL": "the second choice"},
        ),
        (
            {"bcc": 0.1, "mel": 0.4, "nv": 0.3, "bkl": 0.2},
            {"MEL": "the answer", "NV": "the second choice"},
        ),
    ],
)
def test_each_diagnosis_stands_against_the_answer_once(probabilities, reasons):
    found = similar.contrasting(of_each("bcc", "mel", "nv", "bkl"), prediction(**probabilities))
    assert {case.image_id: why for why, case in found} == reasons


def test_a_diagnosis_without_training_lesions_is_left_out():
    found = similar.contrasting(of_each("nv"), prediction(bcc=0.1, mel=0.2, nv=0.7))
    assert [case.image_id for _, case in found] == ["NV"]


def test_the_results_stay_in_the_session(toy, monkeypatch):
    app = opened()
    asked = []
    monkeypatch.setattr(session.model_loading, "features", lambda *of: asked.append(of))
    app.run()
    assert not app.exception
    assert not asked
