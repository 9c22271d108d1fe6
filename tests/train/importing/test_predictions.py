"""Predictions of any network: figures recomputed from the file, and one sentence for a bad one."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import metrics
from model.evaluation.checklist import checklist
from model.run import IMPORTED
from train.data.readers import DataError
from train.importing import ImportRefusedError
from train.importing.card import About
from train.importing.predictions import import_predictions


def table(num=60, seed=0):
    """Rows of two diagnoses; the probabilities are right in all but each fifth."""
    draw = np.random.default_rng(seed)
    is_mel = np.arange(num) % 2 == 0
    sure = draw.uniform(0.6, 0.9, num)
    sure[::5] = 1 - sure[::5]
    melanoma = np.where(is_mel, sure, 1 - sure)
    return pd.DataFrame(
        {
            "image_id": [f"photo_{number}" for number in range(num)],
            "diagnosis": np.where(is_mel, "melanoma", "nevus"),
            "lesion": [f"lesion_{number // 2}" for number in range(num)],
            "p_mel": melanoma,
            "p_nv": 1 - melanoma,
        }
    )


def imported(tmp_path, rows, **about):
    path = tmp_path / "resnet.csv"
    rows.to_csv(path, index=False)
    return import_predictions(path, tmp_path / "runs", About(**about))


def test_without_a_split_all_are_test_photos_and_their_figures_are_those_of_the_file(tmp_path):
    run = imported(tmp_path, table())
    assert (run.name, run.has_network, run.has_history) == ("resnet", False, False)
    assert run.card["protocol"] == IMPORTED
    assert len(run.test_photos) == 60
    assert run.test_photos["lesion_id"].nunique() == 30
    evaluation = metrics.evaluate(run.test_photos, run.diagnoses)
    assert evaluation.summary["accuracy"].value == pytest.approx(0.8)
    assert run.calibration == {"temperature": 1.0}
    missing = {check.name for check in checklist(run) if not check.is_there}
    assert {"Answers and heat maps", "Threshold for malignant lesions"} <= missing


def test_validation_photos_fit_sets_and_thresholds_and_leave_probabilities_alone(tmp_path):
    rows = table(120).assign(split=["validation"] * 60 + ["test"] * 60)
    run = imported(tmp_path, rows)
    assert run.calibration["temperature"] == 1
    assert run.calibration["conformal"]["num_photos"] == 60
    assert run.calibration["operating_points"][0]["of"] == ["mel"]
    own = run.test_photos.set_index("image_id")["p_mel"]
    theirs = rows.set_index("image_id")["p_mel"][60:]
    assert own.to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-6)


def test_columns_may_be_named_like_the_diagnoses(tmp_path):
    rows = table().rename(columns={"p_mel": "Melanoma", "p_nv": "Nevus", "diagnosis": "dx"})
    assert imported(tmp_path, rows).diagnoses == ["mel", "nv"]


def test_a_table_alone_never_makes_it_honest_and_shared_lesions_are_counted(tmp_path):
    split = ["train"] * 20 + ["test"] * 40
    clean = imported(tmp_path, table().assign(split=split), name="clean")
    assert clean.card["protocol"] == IMPORTED
    assert clean.has_training_photos
    assert any(limit.startswith("None of the lesions") for limit in clean.card["limits"])
    split = ["train"] * 21 + ["test"] * 39  # photo 21 shows the lesion of photo 20
    leaky = imported(tmp_path, table().assign(split=split), name="leaky")
    assert any(limit.startswith("1 of its lesions are in more") for limit in leaky.card["limits"])
    check = next(check for check in checklist(clean) if check.name == "Training photos are known")
    assert "copies were not looked for" in check.text


def test_other_labels_may_be_called_malignant(tmp_path):
    rows = table().rename(columns={"p_mel": "p_odd", "p_nv": "p_even"})
    rows["diagnosis"] = rows["diagnosis"].map({"melanoma": "odd", "nevus": "even"})
    run = imported(tmp_path, rows, malignant=["odd"])
    assert run.malignant == ["odd"]
    assert (run.verdict("odd"), run.verdict("even")) == ("malignant", "benign")
    with pytest.raises(ImportRefusedError, match="'strange' is called malignant"):
        imported(tmp_path, rows, name="other", malignant=["strange"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.drop(columns="diagnosis"), "image_id, diagnosis and a probability"),
        (lambda rows: rows.drop(columns="p_nv"), "but photos of nv"),
        (
            lambda rows: rows.assign(p_nv=3.0),
            "has 60 of 60 rows without probabilities, the first in row 2",
        ),
        (lambda rows: rows.assign(p_nv="high"), "rows without probabilities"),
        (lambda rows: rows.assign(image_id="same"), "names the photo 'same' twice"),
        (
            lambda rows: rows.assign(split="holdout"),
            "column split says 'holdout' in row 2, which is no part of a split",
        ),
        (lambda rows: rows.iloc[:0], "lacks rows"),
        (lambda rows: rows.assign(diagnosis=""), "rows without a diagnosis"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path, change, sentence):
    with pytest.raises(DataError, match=sentence):
        imported(tmp_path, change(table()))
    assert not (tmp_path / "runs" / "resnet").exists()


def test_a_run_is_never_replaced(tmp_path):
    imported(tmp_path, table())
    with pytest.raises(DataError, match="exists already"):
        imported(tmp_path, table())
