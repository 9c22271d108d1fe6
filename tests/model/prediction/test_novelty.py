"""The distance to the training photos, by hand."""

import numpy as np
import pytest

from model.prediction.novelty import Novelty

ARRAYS = {
    "mean": np.array([1.0, 2.0]),
    "whitening": np.array([[2.0, 0.0], [0.0, 1.0]]),
    "cut": np.array(2.5),
}


def test_the_score_is_the_whitened_distance_over_the_threshold():
    novelty = Novelty.from_arrays(ARRAYS)
    features = np.array([[2.5, 6.0], [1.0, 2.0]])  # 3 and 4 from the mean once whitened, and 0
    assert novelty.distances(features) == pytest.approx([5, 0])
    assert novelty.score(features) == pytest.approx([2, 0])


def test_the_layers_are_those_of_the_file_where_it_names_any():
    assert Novelty.from_arrays(ARRAYS).layers is None
    named = Novelty.from_arrays(ARRAYS | {"layers": np.array(["first", "last"])})
    assert named.layers == ("first", "last")
