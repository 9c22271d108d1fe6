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
        }
    )
    own, random, shuffled = rates(table).values()
    assert (own.num_maps, own.num_judged, own.better.value) == (6, 4, 0.75)
    assert (random.num_maps, random.num_judged, random.better.value) == (5, 5, 0.2)
    assert (shuffled.num_maps, shuffled.num_judged, shuffled.better.value) == (2, 1, 0)
    # Wilson's interval of 3 of 4.
    assert (own.better.low, own.better.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_a_kind_of_map_that_was_not_tested_has_no_rate():
    table = pd.DataFrame({"map": ["own"], "verdict": ["better"]})
    assert rates(table)["shuffled"].num_maps == 0
    assert pd.isna(rates(table)["shuffled"].better.value)
