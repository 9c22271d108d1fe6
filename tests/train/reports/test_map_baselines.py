"""Measuring maps that need no network, on the photos of a small HAM10000."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.run import MAP_BASELINES
from model.run.writer import add_table
from tests import toys
from tests.train.reports import small_ham10000
from tests.train.reports.small_ham10000 import painted, square
from train.__main__ import main
from train.reports import heatmap_accuracy, map_baselines

NUM_TEST = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Dark squares on grey: those of training photos in the middle, of test photos everywhere."""
    drawn = {}
    for split in ("train", "test"):
        for number in range(NUM_TEST):
            lesion = square(24, 24 if split == "train" else 8 * number, 16)
            photo = painted((180, 180, 180), (lesion, (120, 60, 40)))
            drawn[f"{split}_{number}"] = photo, lesion
    return small_ham10000.write(tmp_path_factory.mktemp("ham"), drawn)


@pytest.fixture
def runs(tmp_path):
    toys.write(tmp_path, "toy")
    return tmp_path


def test_the_command_writes_what_each_baseline_finds(runs, data, capsys):
    ask = ["explain-report", "--data", str(data), "--runs", str(runs), "--only", "baselines"]
    assert main(ask) == 0
    assert "Maps that need no network: " in capsys.readouterr().out
    toy_run = run.read(runs / "toy")
    assert toy_run.localisation is None
    assert toy_run.heatmap_metrics is None
    table = toy_run.map_baselines
    whole = table[table["version"] == "whole"].set_index("image_id")
    assert len(whole) == NUM_TEST
    # The dark blob finds every lesion, the others only those that lie where the training ones do.
    assert whole["dark_blob_hit"].tolist() == [1] * NUM_TEST
    assert whole.loc["test_3", ["centre_hit", "mean_mask_hit"]].tolist() == [1, 1]
    assert whole.loc["test_0", ["centre_hit", "mean_mask_hit"]].tolist() == [0, 0]
    # The training lesions are all one square, a quarter of a side: that is the mean mask.
    assert whole.loc["test_3", ["mean_mask_energy", "mean_mask_iou"]].tolist() == [1, 1]
    assert whole.loc["test_0", "mean_mask_energy"] == 0
    # Pixels 6 to 9 of 16: 2, 1, 0 and 1 of 16 sides away from the middle one.
    assert table["centre_spread"].unique() == pytest.approx(np.sqrt(6 / 4) / 16, abs=1e-4)


def test_crops_are_those_that_heat_maps_are_measured_on(runs, data):
    from model.prediction.classifier import Classifier

    toy_run = run.read(runs / "toy")
    photos = heatmap_accuracy.lesions_of(data)
    of_maps = heatmap_accuracy.measure(Classifier(toy_run), photos, ["grad_cam"], 1)
    table = map_baselines.measure(toy_run, photos)
    keys = ["image_id", "version"]
    assert table[keys].to_numpy().tolist() == of_maps[keys].to_numpy().tolist()
    assert "shifted" in set(table["version"])
    # Where the centre lies in the lesion, its maximum does: the crops are the same.
    assert (table["centre_hit"] == of_maps["centred"]).all()
    pd.testing.assert_frame_equal(table, map_baselines.measure(toy_run, photos))


def test_without_masks_of_training_photos_the_blob_stands_alone(runs, data):
    photos = heatmap_accuracy.lesions_of(data)
    of_test = photos[photos.index.str.startswith("test")]
    toy_run = run.read(runs / "toy")
    assert map_baselines.training_maps(toy_run, of_test) == {}
    table = map_baselines.measure(toy_run, of_test)
    assert table["dark_blob_energy"].notna().all()
    assert "None of the training photos has a mask" in map_baselines.text(table)
    assert table[["centre_spread", "centre_energy", "mean_mask_energy"]].isna().all(axis=None)
    assert add_table(toy_run, MAP_BASELINES, table).map_baselines is not None


def test_a_broken_table_refuses_the_run(runs, data):
    toy_run = run.read(runs / "toy")
    table = map_baselines.measure(toy_run, heatmap_accuracy.lesions_of(data))
    with pytest.raises(run.RunError, match="lacks the columns centre_spread"):
        add_table(toy_run, MAP_BASELINES, table.drop(columns="centre_spread"))
    with pytest.raises(run.RunError, match="other than numbers in dark_blob_iou"):
        add_table(toy_run, MAP_BASELINES, table.assign(dark_blob_iou="wide"))
    with pytest.raises(run.RunError, match="two rows of test_0 and "):
        add_table(toy_run, MAP_BASELINES, pd.concat([table, table.head(1)]))
    assert run.read(runs / "toy").map_baselines is None  # nothing was left behind
