"""Rows of a long measurement outlive the process that makes them."""

import dataclasses

import numpy as np
import pytest

from tests import toys
from train.reports.kept_rows import KeptRows

ROWS = [{"version": "whole", "area": np.float32(0.1), "hit": np.int64(1), "iou": float("nan")}]


@pytest.fixture
def toy_run(tmp_path):
    return toys.write(tmp_path, "toy")


def kept(of_run, **settings):
    return KeptRows(of_run, "localisation.csv", **settings)


def test_rows_are_there_again_to_the_last_digit_and_none_is_in_a_visible_file(toy_run):
    rows = kept(toy_run, methods=["grad_cam"])
    assert len(rows) == 0
    rows["a"], rows["b"] = ROWS, []
    again = kept(toy_run, methods=["grad_cam"])
    assert list(again) == ["a", "b"]
    assert again["b"] == []
    (row,) = again["a"]
    assert row["area"] == float(np.float32(0.1))
    assert row["hit"] == 1
    assert np.isnan(row["iou"])
    assert str(again["a"]) == str(rows["a"])
    assert again.path.name.startswith(".")
    again.remove()
    assert not again.path.exists()
    assert len(kept(toy_run, methods=["grad_cam"])) == 0


def test_half_a_line_of_a_killed_measurement_is_left_out(toy_run):
    rows = kept(toy_run)
    rows["a"], rows["b"] = ROWS, ROWS
    whole = rows.path.read_bytes()
    for length in range(len(whole)):
        rows.path.write_bytes(whole[:length])
        again = kept(toy_run)
        assert set(again) <= {"a", "b"}
        again["c"] = ROWS
        assert set(kept(toy_run)) == {*again}


def test_rows_of_other_settings_or_another_network_do_not_count(toy_run):
    kept(toy_run, slow=3)["a"] = ROWS
    assert "a" in kept(toy_run, slow=3)
    assert "a" not in kept(toy_run, slow=4)
    kept(toy_run, slow=3)["a"] = ROWS
    files = toy_run.card["files"] | {"model.keras": "0" * 64}
    other = dataclasses.replace(toy_run, card=toy_run.card | {"files": files})
    assert "a" not in kept(other, slow=3)


def test_no_photo_is_taken_back(toy_run):
    rows = kept(toy_run)
    rows["a"] = ROWS
    with pytest.raises(TypeError, match="is kept until all of it is done"):
        del rows["a"]
