"""The covering test put to maps, with a network whose maps are known: it sees red."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation.covering_rates import rates
from model.prediction.classifier import Classifier
from tests import toys
from tests.train.reports import small_ham10000
from tests.train.reports.small_ham10000 import painted, square
from train.__main__ import main
from train.reports import covering_test, heatmap_accuracy

NUM_PHOTOS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """HAM10000 in small: on each photo a brown lesion with a red corner, and its mask."""
    lesion = square(16, 16, 32)
    drawn = {}
    for number in range(NUM_PHOTOS):
        corner = square((16, 32)[number % 2], (16, 32)[number // 2 % 2], 16)
        photo = painted((120, 120, 120), (lesion, (120, 120, 60)), (corner, (255, 0, 0)))
        drawn[f"test_{number}"] = photo, lesion
    return small_ham10000.write(tmp_path_factory.mktemp("ham"), drawn)


@pytest.fixture
def runs(tmp_path):
    toys.write(tmp_path, "toy")
    return tmp_path


def test_a_true_map_passes_where_areas_of_chance_do_not(runs, data, capsys):
    only = ["--only", "covering", "--covering-photos", "10"]
    assert main(["explain-report", "--data", str(data), "--runs", str(runs), *only]) == 0
    toy_run = run.read(runs / "toy")
    assert toy_run.localisation is None
    table = toy_run.covering_test
    own, random, shuffled = rates(table).by_map
    assert own.num_maps == random.num_maps == 10
    assert own.better.value > 0.8
    assert random.better.value <= 0.2
    assert 0 < shuffled.num_maps <= 10
    # An area of chance is as large as the map's own.
    by_map = table.pivot(index="image_id", columns="map", values="share")
    assert (by_map["own"] == by_map["random"]).all()
    assert "Covering test: better than chance" in capsys.readouterr().out
    card = (runs / "toy" / "README.md").read_text("utf-8")
    assert "## Covering what the heat maps mark" in card
    assert str(own.better) in card


def test_the_same_photos_and_areas_come_at_every_call(runs, data):
    classifier = Classifier(run.read(runs / "toy"))
    photos = heatmap_accuracy.lesions_of(data)
    first, again = (covering_test.measure(classifier, photos, 3) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert first["image_id"].nunique() == 3


def test_a_map_that_is_below_zero_everywhere_still_ranks_places(runs, data, monkeypatch):
    classifier = Classifier(run.read(runs / "toy"))
    below = {code: np.array([[-4.0, -3.0], [-2.0, -1.0]], np.float32) for code in toys.CODES}
    shuffled = covering_test.shuffled(classifier)
    monkeypatch.setattr(shuffled, "examine", lambda photo: (None, below))
    monkeypatch.setattr(covering_test, "shuffled", lambda classifier: shuffled)
    table = covering_test.measure(classifier, heatmap_accuracy.lesions_of(data), 2)
    assert table["map"].tolist() == 2 * ["own", "random", "shuffled"]
    # The lower right corner, where the map is least low.
    assert (table.loc[table["map"] == "shuffled", "share"] < 0.25).all()


def test_shuffling_moves_every_weight_and_leaves_the_network_alone(runs):
    classifier = Classifier(run.read(runs / "toy"))
    before = [weights.copy() for weights in classifier.network.network.get_weights()]
    stranger = covering_test.shuffled(classifier)
    for old, kept, other in zip(
        before,
        classifier.network.network.get_weights(),
        stranger.network.network.get_weights(),
        strict=True,
    ):
        assert (old == kept).all()
        assert sorted(other.ravel()) == sorted(old.ravel())
    assert any(
        (old != other).any()
        for old, other in zip(before, stranger.network.network.get_weights(), strict=True)
    )
