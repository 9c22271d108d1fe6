"""What a sign costs, against counts by hand and against a bootstrap of its own."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.bootstrap import Estimate
from model.evaluation.sign_cost import SignCost, sign_cost, turning_cost
from model.run import TURNING, RunError, read
from model.run.writer import add_table
from tests import toys


@pytest.fixture
def tested(tmp_path):
    """A run with 60 test photos of 30 lesions: right on all but those numbered 0 to 11."""
    rows = toys.predictions()
    test = pd.concat([rows[rows["split"] == "test"].iloc[:1]] * 60, ignore_index=True)
    test["image_id"] = [f"test_{number}" for number in range(60)]
    test["lesion_id"] = [f"lesion_{number // 2}" for number in range(60)]
    test["diagnosis"] = "bcc"
    test[["p_bcc", "p_mel", "p_nv"]] = [0.8, 0.1, 0.1]
    test.loc[:11, ["p_bcc", "p_mel"]] = [0.1, 0.8]
    rows = pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)
    return toys.write(tmp_path, "one", rows=rows)


def marked(numbers, total=60):
    return pd.Series(
        [number in numbers for number in range(total)],
        index=[f"test_{number}" for number in range(total)],
    )


def test_shares_are_counted_and_their_difference_is_others_less_marked(tested):
    cost = sign_cost(tested, marked(range(30)))
    assert (cost.num_marked, cost.num_others) == (30, 30)
    assert cost.marked.value == pytest.approx(18 / 30)
    assert cost.others.value == 1
    assert cost.difference.value == pytest.approx(12 / 30)
    assert cost.is_shown
    other_way = sign_cost(tested, ~marked(range(30)))
    assert other_way.difference.value == pytest.approx(-12 / 30)
    assert not other_way.is_shown


def test_the_interval_is_that_of_drawing_lesions_with_both_shares_from_one_draw(tested):
    cost = sign_cost(tested, marked(range(30)))
    right = np.arange(60) >= 12
    rng = np.random.default_rng(1)
    gaps = []
    for _ in range(4000):
        lesions = rng.integers(0, 30, 30)
        photos = np.concatenate([2 * lesions, 2 * lesions + 1])
        sides = [right[photos[photos >= 30]], right[photos[photos < 30]]]
        if all(map(len, sides)):
            gaps.append(sides[0].mean() - sides[1].mean())
    low, high = np.quantile(gaps, [0.025, 0.975])
    assert (cost.difference.low, cost.difference.high) == pytest.approx((low, high), abs=0.04)


def test_photos_that_were_not_looked_at_do_not_count(tested):
    cost = sign_cost(tested, marked(range(30), total=40))
    assert (cost.num_marked, cost.num_others) == (30, 10)


def test_where_all_or_none_have_the_sign_there_is_no_difference(tested):
    for numbers in ((), range(60)):
        cost = sign_cost(tested, marked(numbers))
        assert cost.difference is None
        assert not cost.is_shown


@pytest.mark.parametrize(
    ("num_marked", "low", "is_shown"), [(20, 0.01, True), (19, 0.01, False), (20, 0.0, False)]
)
def test_a_cost_is_shown_by_enough_photos_and_an_interval_above_zero(num_marked, low, is_shown):
    one = Estimate(0.5, 0.4, 0.6)
    cost = SignCost(one, one, num_marked, 100, Estimate(0.2, low, 0.4))
    assert cost.is_shown is is_shown


def turning(num_agreeing, spread):
    """All 60 photos seen in eight views."""
    return pd.DataFrame(
        {
            "image_id": [f"test_{number}" for number in range(60)],
            "num_views": 8,
            "num_agreeing": num_agreeing,
            "low": 0.5,
            "high": 0.5 + np.asarray(spread),
        }
    )


def test_an_answer_depends_on_turning_where_views_disagree_or_spread(tested):
    agreeing = [6 if number < 10 else 8 for number in range(60)]
    spread = [0.4 if 10 <= number < 24 else 0.1 for number in range(60)]
    run = add_table(tested, TURNING, turning(agreeing, spread))
    cost = turning_cost(run)
    assert (cost.num_marked, cost.num_others) == (24, 36)
    assert cost.marked.value == pytest.approx(12 / 24)
    assert cost.is_shown


def test_a_run_that_was_not_turned_cannot_say(tested):
    with pytest.raises(ValueError, match="does not record what turning"):
        turning_cost(tested)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.drop(columns="low"), "lacks the columns low"),
        (lambda table: table.assign(high="x"), "something other than numbers in high"),
        (lambda table: table.assign(high=float("nan")), "was not measured"),
    ],
)
def test_a_malformed_table_refuses_the_run(tested, change, reason):
    with pytest.raises(RunError, match=reason):
        read(add_table(tested, TURNING, change(turning(8, 0.1))).path)
