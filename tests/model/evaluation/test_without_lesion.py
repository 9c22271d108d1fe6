"""What is told without the lesion: balanced accuracies and paired differences, by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import shortcut_tables, without_lesion
from model.evaluation.bootstrap import Estimate
from model.evaluation.shortcut_sentences import (
    without_lesion_finding,
    without_lesion_sentences,
)
from model.evaluation.without_lesion import ResultsError, VariantResult, read, results

CODES = ("bcc", "mel", "nv")
TRUTH = ["bcc"] * 20 + ["mel"] * 30 + ["nv"] * 50


def variant(name, answers):
    """Predictions of one variant for 100 photos of 50 lesions; each answer has 0.8."""
    rows = pd.DataFrame(
        {
            "variant": name,
            "image_id": [f"photo_{number:02}" for number in range(100)],
            "lesion_id": [f"lesion_{number // 2:02}" for number in range(100)],
            "diagnosis": TRUTH,
        }
    )
    for code in CODES:
        rows[f"p_{code}"] = np.where(np.array(answers) == code, 0.8, 0.1)
    return rows


def table():
    """All right on the photo; on the outline, half of each diagnosis; on the skin, always nv."""
    half = [code if number % 4 < 2 else "nv" for number, code in enumerate(TRUTH)]
    half[50:] = ["nv", "mel"] * 25
    # Rows in another order must not pair other photos.
    outline = variant("outline", half).sample(frac=1, random_state=1)
    return pd.concat([outline, variant("photo", TRUTH), variant("skin", ["nv"] * 100)])


def write(folder, rows):
    rows.to_csv(folder / without_lesion.FILE, index=False, float_format="%.4f")
    return folder


def test_nothing_was_measured_where_there_is_no_table(tmp_path):
    assert read(tmp_path) is None


def test_variants_come_in_one_order_and_are_held_against_the_photo(tmp_path):
    photo, outline, skin = results(read(write(tmp_path, table())))
    assert [photo.variant, outline.variant, skin.variant] == ["photo", "outline", "skin"]
    assert {of.num_photos for of in (photo, outline, skin)} == {100}
    assert {of.num_lesions for of in (photo, outline, skin)} == {50}
    assert (photo.balanced_accuracy.value, photo.difference) == (1, None)
    # 10 of 20, 16 of 30 and 25 of 50 are right.
    assert outline.balanced_accuracy.value == pytest.approx((10 / 20 + 16 / 30 + 25 / 50) / 3)
    assert outline.difference.value == pytest.approx(outline.balanced_accuracy.value - 1)
    # The photo is right in every resample, so the pairs differ by the outline's own spread.
    assert outline.difference.low == pytest.approx(outline.balanced_accuracy.low - 1)
    assert outline.difference.high < 0
    assert skin.balanced_accuracy.value == skin.chance == pytest.approx(1 / 3)
    assert [of.is_above_chance for of in (photo, outline, skin)] == [True, True, False]


def test_without_the_photo_nothing_is_held_against_it(tmp_path):
    rows = table()
    outline, skin = results(read(write(tmp_path, rows[rows["variant"] != "photo"])))
    assert outline.difference is skin.difference is None


def test_sentences_say_what_the_intervals_allow(tmp_path):
    found = results(read(write(tmp_path, table())))
    outline, skin = without_lesion_sentences(found)
    assert outline == (
        f"**Its outline**: balanced accuracy {found[1].balanced_accuracy}, which is above chance "
        f"(0.33); less that of the photo: {found[1].difference}."
    )
    assert "which is not shown to be above chance (0.33)" in skin
    assert without_lesion_finding(found) == "Above chance: its outline"
    assert without_lesion_finding(found[:1]) == ""
    assert without_lesion_finding(found[::2]) == "Above chance: none but the photo itself"
    shown = shortcut_tables.without_lesion(found)
    assert list(shown["Less the photo's"]) == ["-", *(str(of.difference) for of in found[1:])]
    assert list(shown["Trained and tested on"]) == [
        "The photo",
        "Its outline",
        "The skin around it",
    ]
    numbers = shortcut_tables.without_lesion_numbers(found)
    assert numbers["difference"].isna().tolist() == [True, False, False]
    assert numbers["chance"].tolist() == pytest.approx([1 / 3] * 3)


def test_an_end_that_is_printed_as_chance_is_not_above_it():
    for low, is_above in ((0.149, True), (0.144, False)):
        result = VariantResult("skin", 10, 10, 7, Estimate(0.2, low, 0.3), None)
        assert result.is_above_chance is is_above


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows.drop(columns="lesion_id"), "lacks lesion_id"),
        (lambda rows: rows.drop(columns=[f"p_{code}" for code in CODES]), "lacks probabilities"),
        (lambda rows: rows[:0], "lacks probabilities or rows"),
        (lambda rows: rows.replace({"skin": "hair"}), "names 'hair', which is not known"),
        (lambda rows: rows.replace({"diagnosis": {"nv": "df"}}), "names 'df'"),
        (lambda rows: rows.replace({"p_nv": {0.8: "x"}}), "a probability that is no number"),
        (lambda rows: rows.assign(p_nv=0.5), "do not add up to 1"),
        (lambda rows: pd.concat([rows, rows[:1]]), "one photo twice"),
        (lambda rows: rows[1:], "other photos in one variant"),
    ],
)
def test_a_malformed_table_is_refused_with_a_sentence(tmp_path, change, reason):
    with pytest.raises(ResultsError, match=reason):
        read(write(tmp_path, change(table())))
