"""Which photos stand behind a cell, and in which order."""

import pandas as pd

from model.evaluation.confusion_cell import photos_in_cell

CODES = ["bcc", "mel", "nv"]
ROWS = pd.DataFrame(
    [
        ("a", "mel", 0.1, 0.2, 0.7, 40.0),
        ("b", "mel", 0.0, 0.1, 0.9, None),
        ("c", "mel", 0.2, 0.6, 0.2, 60.0),
        ("d", "mel", 0.0, 0.9, 0.1, 70.0),
        ("e", "nv", 0.0, 0.1, 0.9, 20.0),
    ],
    columns=["image_id", "diagnosis", "p_bcc", "p_mel", "p_nv", "age"],
).assign(lesion_id=["1", "1", "2", "3", "4"])


def test_the_surest_mistake_stands_first():
    photos = photos_in_cell(ROWS, CODES, "mel", "nv")
    assert list(photos["image_id"]) == ["b", "a"]
    assert list(photos["probability"]) == [0.9, 0.7]
    assert list(photos["second"]) == ["mel", "mel"]
    assert list(photos["p_second"]) == [0.1, 0.2]
    assert list(photos["p_true"]) == [0.1, 0.2]
    assert list(photos["lesion_id"]) == ["1", "1"]
    assert photos["age"].isna().tolist() == [True, False]


def test_of_right_answers_the_least_sure_stands_first():
    photos = photos_in_cell(ROWS, CODES, "mel", "mel")
    assert list(photos["image_id"]) == ["c", "d"]
    assert list(photos["second"]) == ["bcc", "nv"]  # of equals the first in the run's order


def test_an_empty_cell_is_an_empty_table():
    assert photos_in_cell(ROWS, CODES, "bcc", "mel").empty


def test_every_photo_stands_in_exactly_one_cell():
    cells = [photos_in_cell(ROWS, CODES, true, answered) for true in CODES for answered in CODES]
    assert sorted(pd.concat(cells)["image_id"]) == list("abcde")
