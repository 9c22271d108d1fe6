"""The model card says what the run folder holds, figure by figure."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from model import run
from model.run import LOCALISATION, RANDOMISATION, writer
from tests import toys
from tests.model.evaluation.test_localisation import rows as localised
from tests.model.evaluation.test_randomisation import rows as randomised
from train.reports import guidelines
from train.reports.model_card import model_card, write


def recorded(folder):
    rows = toys.predictions()
    rows["novelty"] = 0.5
    rows["sex"] = ["male" if row % 2 else "female" for row in range(len(rows))]
    outside = toys.external().assign(skin_type=[2, 2, 3, 3, *6 * [None]])
    return toys.write(folder, rows=rows, external=outside)


def test_every_chapter_has_its_figures(tmp_path):
    toy_run = recorded(tmp_path)
    text = re.sub(" +", " ", model_card(toy_run))  # tables are padded
    rows = toy_run.predictions[toy_run.predictions["split"] == "test"]
    answers = rows[["p_bcc", "p_mel", "p_nv"]].idxmax(axis=1).str[2:]
    accuracy = accuracy_score(rows["diagnosis"], answers)
    assert f"| Accuracy | {accuracy:.2f} (" in text
    assert f"{{type: accuracy, value: {accuracy:.4f}}}" in text
    assert "30 test photos of 15 lesions" in text
    assert "Split conformal sets at 0.90" in text
    assert re.search(r"\| Malignant sum \| 95 % \| 0\.2000 \| [^|]* of 20 \| [^|]* of 10 \|", text)
    assert "| Sex | female | 15 |" in text
    assert "| phone photos | 6 | 3 | 1.00 (" in text
    assert "| phone photos | 6 | 3 | 0.50 (" in text
    against_own = text.split("| Photos from | Balanced accuracy | Macro AUC |")[1]
    assert re.search(r"\| phone photos \| \+0\.\d\d \([^|]* to [^|]*\) \|", against_own)
    assert "| Skin type (Fitzpatrick) | II | 2 |" in text
    assert "**Not for** diagnosis" in text
    assert toy_run.command in text


def test_what_each_sign_costs_stands_in_a_table(tmp_path):
    toy_run = recorded(tmp_path)
    text = re.sub(" +", " ", model_card(toy_run))
    assert "## What signs on a photo cost" in text
    # Three of the six phone photos are flagged, all six are right; no own photo is.
    row = r"\| flagged as unusual \| phone photos \| 3 \| 1\.00 \([^|]*\| 3 \| 1\.00 \("
    assert re.search(row, text)
    assert "| flagged as unusual | own test photos | 0 | - | 30 |" in text
    assert "| several diagnoses in the set | own test photos |" in text
    assert "differs when turned | " not in text  # nobody measured it


def test_the_front_matter_is_what_the_hub_reads(tmp_path):
    text = model_card(recorded(tmp_path))
    front, rest = text.removeprefix("---\n").split("\n---\n", 1)
    keys = [line.split(":")[0] for line in front.splitlines() if not line.startswith(" ")]
    assert keys == ["license", "library_name", "pipeline_tag", "tags", "model-index"]
    assert rest.lstrip().startswith("# Toy toy")


def test_a_run_of_which_little_is_known_has_a_card_too(tmp_path):
    plain = toys.write(tmp_path, calibration={"temperature": 1.0})
    text = model_card(plain)
    assert "## Operating points" not in text
    assert "## On photos of other data sets" not in text
    assert "does not record" in text
    assert write(plain).read_text("utf-8") == text


@pytest.mark.parametrize(
    ("other_part", "said"), [("train", "1 test photo shows the lesion"), ("validation", None)]
)
def test_a_lesion_under_two_lesion_ids_is_counted_where_training_saw_it(tmp_path, other_part, said):
    rows = toys.predictions()
    tested = rows.index[rows["split"] == "test"][0]
    rows.loc[tested, ["image_id", "lesion_id"]] = ["ISIC_0024437", "one"]
    other = rows.iloc[[0]].assign(image_id="ISIC_0031299", split=other_part, lesion_id="other")
    text = model_card(toys.write(tmp_path, rows=pd.concat([rows, other], ignore_index=True)))
    assert ("Found after the split" in text) == bool(said)
    assert said is None or said in text


def test_net_benefit_stands_beside_acting_on_all(tmp_path):
    toy_run = recorded(tmp_path)
    text = re.sub(" +", " ", model_card(toy_run))
    assert "## Net benefit" in text
    rows = toy_run.test_photos
    above = rows["p_bcc"] + rows["p_mel"] >= 0.2
    malignant = rows["diagnosis"] != "nv"
    benefit = 1000 * ((above & malignant).sum() - (above & ~malignant).sum() / 9) / len(rows)
    everyone = 1000 * (malignant.sum() - (~malignant).sum() / 9) / len(rows)
    assert re.search(rf"\| 10 % \| {benefit:.0f} \([^|]*\) \| {everyone:.0f} \(", text)


@pytest.mark.parametrize(
    ("settings", "large", "said"),
    [
        (
            {},
            "nv",
            "224 px in 36 of 90 test photos and less in the others; 0.17 of the former are ",
        ),
        ({"alike": True}, "nv", None),
        ({}, "", None),
    ],
)
def test_what_the_size_of_a_file_gives_away_is_said(tmp_path, settings, large, said):
    rows = toys.predictions(per_split=90)
    test = rows[rows["split"] == "test"].reset_index()
    # All 30 nevi have a large file, and so have 6 of the 60 malignant photos.
    is_large = (test["diagnosis"] == large) | (large != "") & (test.index % 15 == 0)
    quality = toys.quality(90)
    quality["side"] = [*90 * [150], *np.where(is_large, 224, 150)]
    quality.loc[quality["split"] == "test", "image_id"] = test["image_id"].to_numpy()
    needed = {"monitor": "val_loss", "command": "python -m train run toy"}
    toy_run = toys.write(tmp_path, rows=rows, quality=quality, settings=needed | settings)
    text = model_card(toy_run)
    assert ("Training took the largest file" in text) == bool(said)
    assert said is None or said in text
    assert ("sharpness alone tells something about malignancy" in text) == bool(said)


def test_the_run_that_opens_the_app_points_at_the_reporting_guidelines(tmp_path, monkeypatch):
    toy_run = recorded(tmp_path)
    assert "## Reporting guidelines" not in model_card(toy_run)
    monkeypatch.setattr(guidelines, "RUN", "toy")
    text = model_card(toy_run)
    counts = guidelines.total()
    assert f"Of {sum(counts.values())} items {counts['yes']} are answered" in text
    assert f"{counts['partly']} partly, {counts['no']} not" in text


def test_the_skin_tone_in_the_photos_has_a_chapter_where_it_was_measured(tmp_path):
    toy_run = recorded(tmp_path)
    assert "### Skin tone in the photo" not in model_card(toy_run)
    ids = toy_run.test_photos["image_id"]
    table = pd.DataFrame({"image_id": ids, "ita": 60.0, "share": 0.5})
    text = re.sub(" +", " ", model_card(writer.add_table(toy_run, run.SKIN_TONE, table)))
    assert "### Skin tone in the photo" in text
    assert "Own test photos: 30 of 30 could be measured" in text
    assert "| Skin tone in the photo | very light | 30 |" in text
    assert "next to nothing is known about how this model does on darker skin" in text


def test_what_shuffled_weights_leave_stands_in_place_of_one_shuffle(tmp_path):
    table = localised([1] * 20, [0.5] * 20, grad_cam_shuffled=0.9)
    toy_run = writer.add_table(toys.write(tmp_path), LOCALISATION, table)
    assert "the absolute rank correlation with these maps is 0.90" in model_card(toy_run)
    toy_run = writer.add_table(toy_run, RANDOMISATION, randomised([0.375, 0.125] * 10, 0.25))
    text = re.sub(" +", " ", model_card(toy_run))
    assert "the absolute rank correlation with these maps" not in text
    assert "Grad-CAM: Fails no check." in text
    assert "Each of 20 test photos has a shuffled network of its own." in text
    row = r"\| Grad-CAM \| 20 \| 0\.25 \(0[^|]+ \| 0\.25 \(-\) \|.+\| not shown \|"
    assert re.search(row, text)


def test_lesions_that_the_split_did_not_know_are_counted_over_all_folds(tmp_path):
    """Fold 0 tests one photo of a listed pair, fold 1 the other; a third photo shares the lesion id
    of the first, so fold 0 tests two photos whose lesion its training saw."""
    first = toys.predictions()
    tested, trained = (first.index[first["split"] == part] for part in ("test", "train"))
    first.loc[tested[0], ["image_id", "lesion_id"]] = ["ISIC_0024437", "one"]
    first.loc[tested[1], ["image_id", "lesion_id"]] = ["third", "one"]
    first.loc[trained[0], ["image_id", "lesion_id"]] = ["ISIC_0031299", "two"]
    second = first[(first["split"] != "test") & (first.index != trained[1])].copy()
    second = second[(second["split"] == "validation") | (second["image_id"] == "ISIC_0031299")]
    second = second.assign(fold=1)
    second.loc[second["image_id"] == "ISIC_0031299", "split"] = "test"
    history = pd.concat([toys.history(), toys.history().assign(fold=1)])
    folds = pd.concat([first, second], ignore_index=True)
    contents = writer.RunContents(toys.card(), history, folds, toys.CALIBRATION)
    text = model_card(writer.write(tmp_path, contents))
    assert "Found after the split: 2 test photos show the lesion of a training photo" in text
    assert "In all 2 folds: 3." in text
