"""Nearest lesions that two runs share, counted by hand on three photos."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.neighbour_overlap import neighbour_overlap, overlap_sentence
from model.run.arrays import ALIKE
from model.run.writer import add_neighbours
from tests import toys


def written(parent, name, lesions, nearest):
    """A run with training photos by lesion, and the nearest of its test photos.

    Args:
        lesions: the lesion of every training photo by its id.
        nearest: ids, with spaces between, by test photo, whose lesion has the id's first letter.
    """
    rows = pd.DataFrame(
        {
            "split": ["train", "validation", *len(nearest) * ["test"]],
            "fold": 0,
            "image_id": ["t", "v", *nearest],
            "lesion_id": ["t", "v", *(image_id[0] for image_id in nearest)],
            "diagnosis": "nv",
            "p_bcc": 0.0,
            "p_mel": 0.0,
            "p_nv": 1.0,
        }
    )
    votes = rows[rows["split"] == "test"].drop(columns=["fold", "diagnosis"])
    # What stands beside a validation photo must not count.
    votes = pd.concat([votes, rows[rows["split"] == "validation"][votes.columns]])
    count = len(lesions)
    arrays = {
        "mean": np.zeros(3, np.float32),
        "components": np.eye(3, dtype=np.float32),
        "values": np.zeros((count, 3), np.float16),
        "unit": np.float32(1),
        "image_ids": np.array(list(lesions)),
        "lesion_ids": np.array(list(lesions.values())),
        "diagnoses": np.array(count * ["nv"]),
        "confirmed_by": np.array(count * [""]),
        "num_voting": np.int32(1),
        "weighting": np.array(ALIKE),
    }
    run = toys.write(parent, name, with_network=False, rows=rows)
    table = votes.assign(nearest=[*nearest.values(), next(iter(lesions))])
    return add_neighbours(run, arrays, table)


@pytest.fixture
def two(tmp_path):
    # a2 and a1 show one lesion; C took part in the training of the first alone, D in the second's.
    first = written(
        tmp_path,
        "first",
        {"a1": "A", "a2": "A", "b1": "B", "c1": "C"},
        {"x1": "a1 b1", "x2": "a2 c1", "y1": "c1", "only_first": "a1"},
    )
    second = written(
        tmp_path,
        "second",
        {"a1": "A", "a2": "A", "b1": "B", "d1": "D"},
        {"y1": "d1", "x1": "b1 a2", "x2": "a1 d1"},
    )
    return first, second


def test_it_counts_lesions_and_not_photos_on_the_test_photos_of_both(two):
    found = neighbour_overlap(*two)
    assert (found.num_photos, found.num_lesions) == (3, 2)
    # x1: A and B of A and B; x2: A of A and C; y1: none of C.
    assert found.shared.value == pytest.approx((1 + 1 / 2 + 0) / 3)
    # Of the second's training: x1 both, x2 A alone, y1 none.
    assert found.known.value == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert found.chance == pytest.approx(0.5)  # all three lesions of the second are always drawn
    back = neighbour_overlap(*reversed(two))
    assert back.shared.value == pytest.approx(found.shared.value)
    assert "On 3 test photos of both (2 lesions), a share of 0.50" in overlap_sentence(
        "One", "Two", found
    )


def test_what_one_was_not_trained_on_is_known_apart_from_what_it_finds(tmp_path):
    lesions = {"a1": "A", "b1": "B"}
    first = written(tmp_path, "first", lesions, {"x1": "a1"})
    second = written(tmp_path, "second", lesions, {"x1": "b1"})
    found = neighbour_overlap(first, second)
    assert (found.known.value, found.shared.value) == (1, 0)


def test_without_neighbours_or_without_a_common_photo_nothing_is_said(two, tmp_path):
    without = toys.write(tmp_path, "without", with_network=False)
    assert neighbour_overlap(two[0], without) is None
    assert neighbour_overlap(without, two[0]) is None
    other = written(tmp_path, "other", {"a1": "A"}, {"z1": "a1"})
    assert neighbour_overlap(two[0], other) is None
