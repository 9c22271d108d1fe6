"""Verdicts of the covering test, counted by hand."""

import pandas as pd
import pytest

from model.evaluation.covering_rates import rates


def test_maps_that_could_not_be_judged_are_counted_but_not_divided_by():
    table = pd.DataFrame(
        {
            "map": [*6 * ["own"], *5 * ["random"], *2 * ["shuffled"]],
            "verdict": [
                *["better", "better", "better", "no better", "unclear", "unclear"],
                *["better", "no better", "no better", "no better", "no better"],
                *["no better", "unclear"],
            ],
            "lesion_id": [str(row) for row in range(13)],
            "image_id": [*range(6), *range(5), *range(2)],
        }
    )
    own, random, shuffled = rates(table).by_map
    assert (own.num_maps, own.num_judged, own.better.value) == (6, 4, 0.75)
    assert (random.num_maps, random.num_judged, random.better.value) == (5, 5, 0.2)
    assert (shuffled.num_maps, shuffled.num_judged, shuffled.better.value) == (2, 1, 0)
    # Wilson's interval of 3 of 4.
    assert (own.better.low, own.better.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_a_kind_of_map_that_was_not_tested_has_no_rate():
    table = pd.DataFrame(
        {"map": ["own"], "verdict": ["better"], "lesion_id": ["a"], "image_id": ["a"]}
    )
    assert rates(table).shuffled.num_maps == 0
    assert pd.isna(rates(table).shuffled.better.value)


@pytest.mark.parametrize(
    ("num_random", "num_shuffled", "fooled"),
    [(0, 0, False), (1, 1, False), (2, 0, True), (0, 2, True)],
)
def test_the_test_is_fooled_where_more_than_one_in_twenty_passes(num_random, num_shuffled, fooled):
    def of(kind, num_better):
        verdicts = num_better * ["better"] + (20 - num_better) * ["no better"]
        photos = range(20)
        return pd.DataFrame(
            {"map": kind, "verdict": verdicts, "lesion_id": photos, "image_id": photos}
        )

    table = pd.concat([of("own", 19), of("random", num_random), of("shuffled", num_shuffled)])
    measured = rates(table)
    assert measured.is_fooled == fooled
    assert measured.lead.value == pytest.approx((19 - num_shuffled) / 20)
    assert measured.tells != fooled


@pytest.mark.parametrize(("num_own", "num_shuffled", "tells"), [(3, 2, False), (20, 2, True)])
def test_a_pass_says_something_where_own_maps_are_shown_to_pass_more_often(
    num_own, num_shuffled, tells
):
    def of(kind, num_better):
        verdicts = num_better * ["better"] + (60 - num_better) * ["no better"]
        photos = range(60)
        return pd.DataFrame(
            {"map": kind, "verdict": verdicts, "lesion_id": photos, "image_id": photos}
        )

    measured = rates(pd.concat([of("own", num_own), of("shuffled", num_shuffled)]))
    assert not measured.is_fooled
    assert measured.lead.value == pytest.approx((num_own - num_shuffled) / 60)
    assert measured.tells == tells
