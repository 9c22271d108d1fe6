"""What is left of heat maps once the weights are shuffled, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.randomisation import all_shuffled, by_depth, methods_of
from model.evaluation.run_sentences import heatmap_faults
from model.evaluation.tables import patterns_kept
from tests.model.evaluation.test_localisation import rows as localised


def rows(own, others=0.3, num_layers=9, layer="first", method="grad_cam"):
    """One map of each photo, each of a lesion of its own."""
    names = [f"photo_{number}" for number in range(len(own))]
    return pd.DataFrame(
        {
            "image_id": names,
            "lesion_id": names,
            "seed": range(len(own)),
            "num_layers": num_layers,
            "layer": layer,
            method: own,
            f"{method}_others": np.where(np.isnan(own), np.nan, others),
        }
    )


def test_a_pattern_upside_down_is_the_same_pattern():
    left = all_shuffled(rows([0.9, -0.7]), "grad_cam")
    assert left.correlation.value == pytest.approx(0.8)
    assert left.others.value == pytest.approx(0.3)
    assert left.difference.value == pytest.approx(0.5)
    assert (left.num_photos, left.num_maps, left.num_undefined) == (2, 2, 0)


def test_a_map_without_ranks_is_undefined_and_never_a_zero():
    left = all_shuffled(rows([0.8, np.nan, np.nan]), "grad_cam")
    assert left.correlation.value == pytest.approx(0.8)
    assert (left.num_photos, left.num_maps, left.num_undefined) == (1, 3, 2)
    nothing = all_shuffled(rows([np.nan] * 20), "grad_cam")
    assert (nothing.num_photos, nothing.num_undefined) == (0, 20)
    assert np.isnan(nothing.correlation.value)
    assert nothing.is_unknown
    assert not nothing.is_kept


def test_maps_of_one_photo_count_as_one():
    """Photo 0 with 0.9 and 0.5 by two seeds, photo 1 with 0.1: the mean of 0.7 and 0.1."""
    table = pd.concat([rows([0.9, 0.1]), rows([0.5])])
    left = all_shuffled(table, "grad_cam")
    assert left.correlation.value == pytest.approx(0.4)
    assert (left.num_photos, left.num_maps) == (2, 3)


def test_depths_run_from_the_output_to_every_layer():
    table = pd.concat([rows([0.2], num_layers=3), rows([0.9], num_layers=1, layer="logits")])
    first, last = by_depth(table, "grad_cam")
    assert (first.num_layers, first.layer, first.correlation.value) == (1, "logits", 0.9)
    assert (last.num_layers, last.layer, last.correlation.value) == (3, "first", 0.2)
    assert str(all_shuffled(table, "grad_cam")) == str(last)
    assert methods_of(table) == ["grad_cam"]


def test_a_pattern_is_kept_where_the_interval_lies_above_what_other_photos_give():
    draw = np.random.default_rng(0)
    noise = draw.uniform(-0.2, 0.2, 20)
    # As alike as ever (0.8), but no more than to the maps of other photos.
    common = all_shuffled(rows(0.8 + noise, others=0.8), "grad_cam")
    assert common.correlation.low > 0.7
    assert common.difference.low < 0 < common.difference.high
    assert not common.is_kept
    # Not very alike (0.3), but more than to the maps of other photos.
    weak = all_shuffled(rows(0.3 + noise, others=0.1), "grad_cam")
    assert weak.correlation.high < 0.5
    assert weak.is_kept
    assert not all_shuffled(rows((0.3 + noise)[:9], others=0.1), "grad_cam").is_kept  # too few


def test_the_fault_follows_from_it_and_not_from_one_shuffle_of_maps_without_signs():
    old = localised([1] * 20, [0.5] * 20, grad_cam_shuffled=0.9)
    (fault,) = heatmap_faults(old, "grad_cam")
    assert "keep their pattern" in fault
    changing = rows(np.full(20, 0.3), others=0.3)
    assert heatmap_faults(old, "grad_cam", changing) == []
    kept = rows(np.linspace(0.5, 0.7, 20), others=0.2)
    fine = localised([1] * 20, [0.5] * 20)
    (fault,) = heatmap_faults(fine, "grad_cam", kept)
    assert fault.startswith("its maps keep a pattern of their photo, upright or inverted, when")
    assert "correlation 0.60 (0.57-0.63) with the photo's own map, 0.20 (-) with those" in fault
    assert "other photos, 0.40 (0.37-0.43) more)" in fault
    # Of a method that nobody put to the check, nothing is said.
    assert heatmap_faults(old, "grad_cam", rows([0.9], method="layer_cam")) == []


def test_the_table_says_what_is_shown_and_what_cannot_be_told():
    steps = [
        all_shuffled(rows(np.linspace(0.5, 0.7, 20)), "grad_cam"),
        all_shuffled(rows([0.3, 0.2] * 10), "grad_cam"),
        all_shuffled(rows([0.9] * 9 + [np.nan]), "grad_cam"),
    ]
    table = patterns_kept(steps)
    assert table["Keeps a pattern of its photo"].tolist() == ["yes", "not shown", "cannot be told"]
    assert table["Undefined maps"].tolist() == ["0 of 20", "0 of 20", "1 of 10"]
