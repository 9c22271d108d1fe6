"""The malignant sum by either reference standard, and how far they are apart."""

import math

import pytest

from model.evaluation import tables
from model.evaluation.differences import Figure
from model.evaluation.malignancy import malignancy
from tests import toys


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    """All malignant photos are confirmed by histology, and those nevi that look malignant."""
    rows = toys.predictions()
    is_nevus = rows["diagnosis"] == "nv"
    rows["confirmed_by"] = ["histo" if bad else "follow_up" for bad in ~is_nevus]
    places = rows.index[is_nevus & (rows["split"] == "test")]
    rows.loc[places, ["p_bcc", "p_mel", "p_nv"]] = [0.05, 0.05, 0.9]
    rows.loc[places[:4], ["p_bcc", "p_mel", "p_nv"]] = [0.45, 0.45, 0.1]
    rows.loc[places[:4], "confirmed_by"] = "histo"
    return toys.write(tmp_path_factory.mktemp("runs"), rows=rows, with_network=False)


def test_the_difference_is_that_of_the_figures(confirmed):
    every, by_histology = malignancy(confirmed)
    assert (every.num_others, by_histology.num_others) == (10, 4)
    assert every.num_of == by_histology.num_of == 20
    assert every.differences == {}
    difference = by_histology.differences
    assert difference[Figure.SPECIFICITY].value == pytest.approx(0 / 4 - 6 / 10)
    assert difference[Figure.SENSITIVITY].value == 0
    assert difference[Figure.MALIGNANT_AUC].value == pytest.approx(
        by_histology.area.value - every.area.value
    )


def test_both_standards_are_drawn_together(confirmed):
    _, by_histology = malignancy(confirmed)
    # Of malignant photos all count by either standard: nothing is left to differ.
    assert math.isnan(by_histology.differences[Figure.SENSITIVITY].low)
    gap = by_histology.differences[Figure.SPECIFICITY]
    assert gap.low < -0.6 < gap.high < 0


def test_the_table_has_the_difference_beside_the_figures(confirmed):
    every, by_histology = tables.malignancy(malignancy(confirmed)).to_dict("records")
    assert by_histology["Specificity, less that of all"].startswith("-0.60 (-0.")
    assert by_histology["Sensitivity, less that of all"] == "+0.00 (-)"
    assert every["AUC, less that of all"] == "-"


def test_without_a_choice_there_is_no_such_column(tmp_path):
    measured = malignancy(toys.write(tmp_path, with_network=False))
    assert len(measured) == 1
    assert not any("less" in column for column in tables.malignancy(measured))
