"""Heat maps against maps that need no network, worked out by hand."""

import numpy as np
import pytest

from model.evaluation import run_sentences
from model.evaluation.bootstrap import Estimate
from model.evaluation.map_baselines import Comparison, comparisons
from model.heatmaps.baselines import BASELINES
from tests.model.evaluation.test_localisation import rows


def baselines(table, hits=(1, 1, 1), energies=(0.3, 0.5, 0.8), ious=(0.5, 0.6, 0.9), **columns):
    """Rows of the photos of a table, alike for every photo; one figure for each baseline."""
    figures = {
        f"{name}_{column}": values[place]
        for place, name in enumerate(BASELINES)
        for column, values in (("hit", hits), ("energy", energies), ("iou", ious))
    }
    return table[["image_id", "version"]].assign(centre_spread=0.2, **figures | columns)


def by_name(compared):
    return {(row.measure, row.baseline): row for row in compared}


def test_the_difference_is_taken_photo_by_photo():
    table = rows([1, 1, 0, 1], [0.4, 0.5, 0.1, 0.6])  # each lesion is a fifth of the photo
    compared = by_name(comparisons(table, baselines(table), "grad_cam"))
    assert len(compared) == 9
    pointing = compared["pointing", "centre"]
    assert (pointing.num_photos, pointing.of_baseline.value) == (4, 1)
    assert pointing.difference.value == -0.25
    energy = compared["energy", "mean_mask"]
    assert energy.of_baseline.value == pytest.approx(0.5 / 0.2)
    assert energy.difference.value == pytest.approx((0.4 - 0.5) / 0.2)
    assert compared["iou", "dark_blob"].difference.value == pytest.approx(0.6 - 0.9)


def test_pairs_tell_apart_what_two_intervals_would_not():
    """Photos differ much, the method is a little better on each of them."""
    theirs = np.linspace(0.1, 0.9, 30)
    table = rows([1] * 30, theirs + [0.015, 0.025] * 15)
    against = baselines(table, dark_blob_energy=theirs)
    energy = by_name(comparisons(table, against, "grad_cam"))["energy", "dark_blob"]
    assert energy.verdict == "better"
    # Each on its own, the intervals overlap by far.
    low = energy.of_baseline.value + energy.difference.value
    assert energy.of_baseline.high > low
    # In another order the mean is the same, and no difference is shown.
    mixed = baselines(table, dark_blob_energy=np.random.default_rng(0).permutation(theirs))
    energy = by_name(comparisons(table, mixed, "grad_cam"))["energy", "dark_blob"]
    assert energy.difference.value == pytest.approx(0.1)
    assert energy.verdict == "not shown"


def test_photos_of_one_lesion_count_once():
    table = rows([1] * 8, [0.6] * 4 + [0.4] * 4)
    of_two_lesions = table.assign(lesion_id=["one"] * 4 + ["other"] * 4)
    wide, narrow = (
        by_name(comparisons(each, baselines(each), "grad_cam"))["energy", "mean_mask"].difference
        for each in (of_two_lesions, table)
    )
    assert wide.value == pytest.approx(0)
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > narrow.high - narrow.low


def test_only_photos_with_a_map_of_each_are_compared():
    table = rows([1, 1, 0], [0.4, 0.5, 0.1], [1, 0, 0], grad_cam_empty=[0, 0, 1])
    against = baselines(table)
    assert by_name(comparisons(table, against, "grad_cam"))["energy", "centre"].num_photos == 2
    off_centre = comparisons(table, against, "grad_cam", "off_centre")
    assert {row.num_photos for row in off_centre} == {1}
    assert comparisons(table, against, "grad_cam", "shifted") == []
    # Without masks of training photos there is a dark blob alone.
    alone = against.assign(
        **{
            f"{name}_{column}": np.nan
            for name in ("centre", "mean_mask")
            for column in ("hit", "energy", "iou")
        }
    )
    assert {row.baseline for row in comparisons(table, alone, "grad_cam")} == {"dark_blob"}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.3, "better"),
        (-0.3, -0.001, "worse"),
        (-0.1, 0.1, "not shown"),
        (0.0, 0.1, "not shown"),
        (-0.1, 0.0, "not shown"),
        (np.nan, np.nan, "not shown"),
    ],
)
def test_the_whole_interval_decides(low, high, verdict):
    difference = Estimate(0.1, low, high)
    assert Comparison("grad_cam", "centre", "iou", 9, difference, difference).verdict == verdict


def test_what_is_shown_is_said_with_its_difference():
    def compared(measure, baseline, *difference):
        return Comparison(
            "grad_cam", baseline, measure, 9, Estimate(1, 1, 1), Estimate(*difference)
        )

    said = run_sentences.against_baselines(
        [
            compared("pointing", "centre", 0.021, 0.001, 0.04),
            compared("pointing", "dark_blob", -0.001, -0.02, 0.02),
            compared("energy", "centre", 0.1, 0.05, 0.2),
            compared("energy", "mean_mask", 0.2, 0.1, 0.3),
            compared("energy", "dark_blob", -0.5, -0.6, -0.4),
        ]
    )
    assert said == (
        "its maximum lies inside the lesion more often than that of the centre (+0.021, +0.001 to "
        "+0.040); how often its maximum lies inside the lesion is not shown to differ from that of "
        "a dark blob (+0.00, -0.02 to +0.02); it has more energy on the lesion than the centre "
        "(+0.10, +0.05 to +0.20) and the mean training mask (+0.20, +0.10 to +0.30); it has less "
        "energy on the lesion than a dark blob (-0.50, -0.60 to -0.40)"
    )
    assert run_sentences.against_baselines([]) == ""


def test_tables_of_other_photos_give_no_comparison():
    table = rows([1, 1], [0.4, 0.5])
    others = baselines(table).assign(image_id=["a", "b"])
    assert comparisons(table, others, "grad_cam") == []
