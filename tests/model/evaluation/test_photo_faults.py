"""Faults of photos and what they cost, counted by hand."""

import pytest

from model.evaluation.photo_faults import FAULTS, effect, faults, limits, share_beyond, threshold
from model.photo.quality import MEASURES
from tests import toys


def test_borders_are_quantiles_of_the_validation_photos_alone(tmp_path):
    table = toys.quality()
    table.loc[table["split"] == "test", "blur"] = 9  # must not move any border
    toy_run = toys.write(tmp_path, quality=table)
    assert threshold(toy_run.quality, "blurred") == pytest.approx(0.98, abs=0.001)
    assert threshold(toy_run.quality, "dark") == pytest.approx(0.01, abs=0.001)
    assert threshold(toy_run.quality, "pale") == pytest.approx(0.99, abs=0.001)
    assert threshold(toy_run.quality, "glaring") == pytest.approx(0.099, abs=0.0001)
    assert threshold(toy_run.quality, "small") == pytest.approx(102, abs=0.1)
    assert threshold(toy_run.quality, "maybe cut off") == pytest.approx(0.9, abs=0.001)
    middling = {"blur": 0.5, "light": 0.5, "glare": 0.05, "side": 150, "fill": 0.5}
    borders = limits(toy_run)
    assert faults(borders, middling) == []
    worst = {"blur": 1, "light": 0, "glare": 0.2, "side": 64, "fill": 1}
    assert faults(borders, worst) == ["blurred", "dark", "glaring", "small", "maybe cut off"]
    assert faults(borders, middling | {"light": 1}) == ["pale"]
    for key, fault in FAULTS.items():  # at a border is not beyond it
        assert faults(borders, middling | {fault.measure: borders[key]}) == []
    assert borders == {key: threshold(toy_run.quality, key) for key in FAULTS}


def test_worth_counts_right_answers_on_both_sides_of_the_border(tmp_path):
    rows = toys.predictions()
    table = toys.quality(30)
    # The six test photos of the fullest frames get the answer right, and nobody else does.
    columns = ["p_bcc", "p_mel", "p_nv"]
    for row in rows.index[rows["split"] == "test"]:
        true = f"p_{rows.loc[row, 'diagnosis']}"
        is_full = int(rows.loc[row, "image_id"].split("_")[1]) >= 27
        rows.loc[row, columns] = 0.0
        rows.loc[row, true if is_full else next(wrong for wrong in columns if wrong != true)] = 1.0
    toy_run = toys.write(tmp_path, rows=rows, quality=table)
    cut_off = effect(toy_run, "maybe cut off").costs.own
    assert (cut_off.num_marked, cut_off.num_others) == (3, 27)
    assert (cut_off.marked.value, cut_off.others.value) == (1, 0)
    assert cut_off.difference.value == -1
    assert not cut_off.is_shown
    assert effect(toy_run, "small").costs.own.marked.value == 0
    table["side"] = 150.0
    small = effect(toys.write(tmp_path, rows=rows, quality=table), "small").costs.own
    assert (small.num_marked, small.marked, small.difference) == (0, None, None)


def test_every_fault_has_a_measure():
    assert {fault.measure for fault in FAULTS.values()} == set(MEASURES)


def test_how_many_photos_are_less_extreme_is_counted(tmp_path):
    table = toys.quality(101)
    table.loc[table["split"] == "test", "blur"] = 9  # does not count
    table = toys.write(tmp_path, quality=table).quality
    assert share_beyond(table, "blurred", 0.995) == pytest.approx(100 / 101)
    assert share_beyond(table, "dark", 0.005) == pytest.approx(100 / 101)
    assert share_beyond(table, "small", 99) == 1
    assert share_beyond(table, "blurred", 1) == share_beyond(table, "small", 100) == 100 / 101
