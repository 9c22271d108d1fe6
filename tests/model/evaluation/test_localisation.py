"""Maps against masks, worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.evaluation.localisation import (
    accuracy_by_method,
    failed_checks,
    measure,
    methods_of,
    shuffled,
)
from model.evaluation.run_sentences import heatmap_faults

LESION = np.zeros((10, 10), bool)
LESION[2:6, 2:6] = True  # 16 of 100 places


def rows(hits, energies, centred=None, area=0.2, method="grad_cam", version="whole", **columns):
    count = len(hits)
    return pd.DataFrame(
        {
            "image_id": [f"photo_{number}" for number in range(count)],
            "lesion_id": [f"lesion_{number}" for number in range(count)],
            "version": version,
            "area": area,
            "centred": [1] * count if centred is None else centred,
            "centre_energy": 0.3,
            "centre_iou": 0.5,
            f"{method}_empty": 0,
            f"{method}_hit": hits,
            f"{method}_energy": energies,
            f"{method}_iou": 0.6,
            **columns,
        }
    )


def test_a_map_of_the_lesion_itself_gets_everything():
    assert measure(LESION.astype(float), LESION) == (True, 1.0, 1.0)


def test_a_map_beside_the_lesion_gets_nothing():
    values = np.zeros((10, 10))
    values[8, 8] = 1
    assert measure(values, LESION) == (False, 0.0, 0.0)


def test_half_inside_counts_half():
    values = np.zeros((10, 10))
    values[2:6, 4:8] = 1  # 8 places inside, 8 outside
    values[3, 4] = 2
    hit, energy, iou = measure(values, LESION)
    assert hit
    assert energy == pytest.approx(9 / 17)
    assert iou == pytest.approx(8 / 24)  # at low levels; at high ones 1 of 16


def test_the_overlap_is_that_of_the_level_that_suits_best():
    values = np.full((10, 10), 0.25)
    values[LESION] = 0.55
    values[3, 3] = 1
    assert measure(values, LESION)[2] == 1.0


@given(arrays(np.float64, (6, 7), elements=st.floats(0, 1)), arrays(np.bool_, (6, 7)))
def test_measures_are_shares_for_any_map(values, lesion):
    if values.max() <= 0 or not lesion.any() or lesion.all():
        return
    hit, energy, iou = measure(values, lesion)
    assert isinstance(hit, bool)
    assert 0 <= energy <= 1 + 1e-9
    assert 0 <= iou <= 1


def test_a_method_is_summed_up():
    table = rows([1, 1, 0, 1], [0.4, 0.5, 0.1, 0.6], [1, 1, 0, 1])
    (accuracy,) = accuracy_by_method(table)
    assert methods_of(table) == ["grad_cam"]
    assert (accuracy.num_photos, accuracy.num_empty) == (4, 0)
    assert accuracy.pointing.value == 0.75
    assert accuracy.energy.value == pytest.approx(0.4 / 0.2)
    assert accuracy.energy.low <= accuracy.energy.value <= accuracy.energy.high
    assert accuracy.iou.value == pytest.approx(0.6)


def test_subsets_hold_their_own_photos_only():
    table = pd.concat(
        [
            rows([1, 1, 0], [0.4, 0.5, 0.1], [1, 1, 0]),
            rows([1, 0], [0.3, 0.3], version="shifted"),
        ]
    )
    assert accuracy_by_method(table)[0].num_photos == 3
    (off_centre,) = accuracy_by_method(table, "off_centre")
    assert (off_centre.num_photos, off_centre.pointing.value) == (1, 0.0)
    assert accuracy_by_method(table, "shifted")[0].num_photos == 2


def test_empty_maps_and_unmeasured_photos_count_in_nothing_else():
    table = rows([1, np.nan, np.nan], [0.4, np.nan, np.nan], grad_cam_empty=[0, 1, np.nan])
    (accuracy,) = accuracy_by_method(table)
    assert (accuracy.num_photos, accuracy.num_empty, accuracy.pointing.value) == (1, 1, 1.0)
    assert accuracy_by_method(table.assign(grad_cam_empty=1.0)) == []


def test_a_map_that_survives_shuffled_weights_fails():
    table = rows([1] * 20, [0.5] * 20, grad_cam_shuffled=[0.9, 0.7] + 18 * [np.nan])
    after = shuffled(table, "grad_cam")
    assert (after.num_photos, after.correlation.value) == (2, pytest.approx(0.8))
    (fault,) = heatmap_faults(table, "grad_cam")
    assert "keep their pattern" in fault
    assert heatmap_faults(table.assign(grad_cam_shuffled=0.1), "grad_cam") == []
    assert shuffled(rows([1], [0.5]), "grad_cam") is None


def test_a_pattern_upside_down_is_the_same_and_an_empty_map_says_nothing():
    upside_down = rows([1] * 20, [0.5] * 20, grad_cam_shuffled=[-0.9, 0.7, 0, 0] + 16 * [np.nan])
    after = shuffled(upside_down, "grad_cam")
    assert (after.num_photos, after.num_undefined) == (2, 2)
    assert after.correlation.value == pytest.approx(0.8)
    assert [fault.check for fault in failed_checks(upside_down, "grad_cam")] == ["shuffling"]
    empty = rows([1] * 20, [0.5] * 20, grad_cam_shuffled=[0, 0, 0] + 17 * [np.nan])
    after = shuffled(empty, "grad_cam")
    assert (after.num_photos, after.num_undefined) == (0, 3)
    assert np.isnan(after.correlation.value)
    assert failed_checks(empty, "grad_cam") == []


def test_a_map_no_better_than_chance_fails():
    poor = rows([1] * 20, [0.1, 0.3] * 10)  # on average exactly the lesion's share
    assert "mark the lesion no more than a random map" in heatmap_faults(poor, "grad_cam")[0]


def test_a_map_whose_interval_holds_chance_fails():
    unsure = rows([1] * 20, [0.1, 0.32] * 10)  # 1.05 times the lesion's share, 0.80 to 1.3
    assert accuracy_by_method(unsure)[0].energy.value == pytest.approx(1.05)
    assert "mark the lesion no more than a random map" in heatmap_faults(unsure, "grad_cam")[0]


def test_a_map_that_only_finds_the_centre_fails():
    misses = rows([1] * 20 + [0] * 20, [0.5] * 40, [1] * 20 + [0] * 20)
    (fault,) = heatmap_faults(misses, "grad_cam")
    assert "off the centre" in fault
    # A handful of photos can't convict a method.
    few = rows([1] * 20 + [0] * 5, [0.5] * 25, [1] * 20 + [0] * 5)
    assert heatmap_faults(few, "grad_cam") == []


def test_a_method_fails_at_its_limits_and_not_beside_them():
    fine = rows([1] * 10, [0.3] * 10)  # 1.5 times the lesion's share
    assert failed_checks(fine, "grad_cam") == []
    (poor,) = failed_checks(rows([1] * 10, [0.2] * 10), "grad_cam")
    assert (poor.check, poor.figure.value, poor.limit) == ("chance", 1, 1)
    assert failed_checks(rows([1] * 9, [0.2] * 9), "grad_cam") == []  # too few photos
    (alike,) = failed_checks(fine.assign(grad_cam_shuffled=0.5), "grad_cam")
    assert (alike.check, alike.figure.value, alike.limit) == ("shuffling", 0.5, 0.5)
    assert failed_checks(fine.assign(grad_cam_shuffled=0.49), "grad_cam") == []


def test_away_from_the_centre_the_lesion_s_share_is_the_limit():
    missed = rows([0] * 10, [0.5] * 10, [0] * 10)
    (failed,) = failed_checks(missed, "grad_cam")
    assert (failed.check, failed.figure.value, failed.limit) == ("off_centre", 0, 0.2)
    assert failed_checks(rows([0] * 9, [0.5] * 9, [0] * 9), "grad_cam") == []
    assert failed_checks(rows([1] * 10, [0.5] * 10, [0] * 10), "grad_cam") == []


def test_a_random_point_is_held_against_each_photo_s_own_lesion():
    """Every large lesion is found and four of ten small ones: more than a random point finds."""
    areas = np.array([0.9] * 10 + [0.1] * 10)
    table = rows([1] * 14 + [0] * 6, [0.95] * 20, [0] * 20, area=areas)
    off_centre = accuracy_by_method(table, "off_centre")[0]
    assert (off_centre.pointing.value, off_centre.area) == (0.7, pytest.approx(0.5))
    assert off_centre.pointing.low <= 0.5  # so that the two figures alone would not tell
    assert failed_checks(table, "grad_cam") == []
    # As often as a random point: nine large ones and a small one.
    table = rows([0] + [1] * 10 + [0] * 9, [0.95] * 20, [0] * 20, area=areas)
    (failed,) = failed_checks(table, "grad_cam")
    assert (failed.figure.value, failed.limit) == (0.5, pytest.approx(0.5))
    assert failed.difference.value == pytest.approx(0)
    assert failed.difference.low < 0 < failed.difference.high
