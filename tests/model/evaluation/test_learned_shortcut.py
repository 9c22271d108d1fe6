"""A network that was taught a ruler: what it reaches, and which maps find it, by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import learned_shortcut, shortcut_tables
from model.evaluation.learned_shortcut import read, results, ruler_found
from model.evaluation.shortcut_sentences import learned_sentence, ruler_sentence
from model.evaluation.without_lesion import ResultsError

TRUTH = ["nv"] * 60 + ["mel"] * 40


def condition(name, answers):
    """100 test photos of lesions of their own; each answer has 0.8."""
    rows = pd.DataFrame(
        {
            "condition": name,
            "image_id": [f"photo_{number:02}" for number in range(100)],
            "lesion_id": [f"lesion_{number:02}" for number in range(100)],
            "diagnosis": TRUTH,
            "has_ruler": 0,
        }
    )
    return rows.assign(
        **{f"p_{c}": np.where(np.array(answers) == c, 0.8, 0.2) for c in ("mel", "nv")}
    )


def predictions():
    """Without rulers half are right; with rulers as in training all but ten, swapped none but
    ten of each."""
    half = ["nv" if number % 2 else "mel" for number in range(100)]
    most = ["mel"] * 5 + TRUTH[5:95] + ["nv"] * 5
    swapped = ["nv"] * 10 + ["mel"] * 60 + ["nv"] * 30
    swapped[60:70] = ["mel"] * 10
    # Rows in another order must not pair other photos.
    return pd.concat(
        [
            condition("swapped", swapped).sample(frac=1, random_state=1),
            condition("none", half),
            condition("as_trained", most),
        ]
    )


def maps():
    """Grad-CAM finds the ruler on the network that was taught it; Layer-CAM on both alike; one map
    of it is empty."""
    tables = []
    for network, method, energy in (
        ("learned", "grad_cam", 0.3),
        ("plain", "grad_cam", 0.1),
        ("learned", "layer_cam", 0.2),
        ("plain", "layer_cam", 0.2),
    ):
        spread = np.tile([-0.02, 0.02], 10)
        rows = pd.DataFrame(
            {
                "network": network,
                "image_id": [f"photo_{number:02}" for number in range(20)],
                "lesion_id": [f"lesion_{number:02}" for number in range(20)],
                "method": method,
                "area": 0.1,
                "energy": energy + spread,
            }
        )
        tables.append(rows)
    tables[2].loc[0, "energy"] = np.nan
    return pd.concat(tables)


def write(folder, predicted=None, mapped=None):
    folder.mkdir(exist_ok=True)
    for name, rows in (
        (learned_shortcut.FILE, predictions() if predicted is None else predicted),
        (learned_shortcut.MAPS_FILE, maps() if mapped is None else mapped),
    ):
        rows.to_csv(folder / name, index=False)
    return folder


def test_both_tables_must_be_there(tmp_path):
    assert read(tmp_path) is None
    write(tmp_path)
    (tmp_path / learned_shortcut.MAPS_FILE).unlink()
    assert read(tmp_path) is None


def test_the_same_photos_are_held_against_each_other(tmp_path):
    none, trained, swapped = results(read(write(tmp_path))[0])
    assert [of.condition for of in (none, trained, swapped)] == ["none", "as_trained", "swapped"]
    assert (none.num_photos, none.num_lesions, none.difference) == (100, 100, None)
    assert none.balanced_accuracy.value == 0.5
    assert trained.balanced_accuracy.value == pytest.approx((55 / 60 + 35 / 40) / 2)
    assert trained.difference.value == pytest.approx(trained.balanced_accuracy.value - 0.5)
    assert trained.difference.low > 0
    assert (trained.found.value, trained.false_alarms.value) == (35 / 40, pytest.approx(5 / 60))
    assert (swapped.found.value, swapped.false_alarms.value) == (0.25, pytest.approx(50 / 60))
    assert swapped.difference.high < 0
    assert learned_sentence([none, trained, swapped]) == (
        f"With rulers as in training, balanced accuracy rises by 0.40; with rulers the other way "
        f"round, balanced accuracy falls by 0.29. Of the benign photos, it calls "
        f"{trained.false_alarms} malignant with rulers as in training and {swapped.false_alarms} "
        "with rulers the other way round."
    )
    table = shortcut_tables.learned([none, trained, swapped])
    assert table["Less that without rulers"].tolist()[0] == "-"
    assert table["Test photos"].tolist()[1] == "Rulers as in training"


def test_a_method_finds_the_ruler_where_both_intervals_say_so(tmp_path):
    grad_cam, layer_cam = ruler_found(read(write(tmp_path))[1])
    assert (grad_cam.method, grad_cam.num_photos, grad_cam.num_empty) == ("grad_cam", 20, 0)
    assert grad_cam.learned.value == pytest.approx(3)
    assert grad_cam.plain.value == pytest.approx(1)
    assert grad_cam.difference.value == pytest.approx(2)
    assert grad_cam.is_found
    # Above 1, but no more than on the network that was not taught it.
    assert (layer_cam.num_photos, layer_cam.num_empty) == (19, 1)
    assert layer_cam.learned.low > 1
    assert not layer_cam.is_found
    assert ruler_sentence([grad_cam, layer_cam]) == (
        "Shown to find the ruler: Grad-CAM; not shown: Layer-CAM."
    )
    assert ruler_sentence([layer_cam]) == "Shown to find the ruler: none; not shown: Layer-CAM."
    table = shortcut_tables.ruler_found([grad_cam, layer_cam])
    assert table["Finds the ruler"].tolist() == ["yes", "not shown"]
    assert table["Empty maps"].tolist() == [0, 1]


def test_more_than_on_the_other_network_is_not_enough_below_one(tmp_path):
    faint = maps().assign(area=0.5)
    grad_cam, _ = ruler_found(read(write(tmp_path, mapped=faint))[1])
    assert grad_cam.difference.is_above_zero
    assert not grad_cam.is_found


@pytest.mark.parametrize(
    ("predicted", "mapped", "reason"),
    [
        (lambda rows: rows.drop(columns="has_ruler"), None, "ruler.csv lacks has_ruler"),
        (lambda rows: rows[rows["condition"] != "none"], None, "lacks a condition"),
        (lambda rows: rows[1:], None, "other photos under one condition"),
        (lambda rows: rows.replace({"diagnosis": {"nv": "df"}}), None, "names 'df'"),
        (None, lambda rows: rows.drop(columns="energy"), "ruler_maps.csv lacks energy"),
        (None, lambda rows: rows[rows["network"] == "plain"], "lacks a condition or a network"),
        (None, lambda rows: rows.replace({"grad_cam": "guess"}), "names 'guess'"),
        (None, lambda rows: rows[:0], "ruler_maps.csv lacks rows"),
    ],
)
def test_malformed_tables_are_refused_with_a_sentence(tmp_path, predicted, mapped, reason):
    write(
        tmp_path,
        predicted and predicted(predictions()),
        mapped and mapped(maps()),
    )
    with pytest.raises(ResultsError, match=reason):
        read(tmp_path)
