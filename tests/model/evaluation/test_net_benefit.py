"""Net benefit, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import net_benefit, tables


def rows(malignant_above, malignant_below, others_above, others_below):
    """So many photos, each of another lesion, well above or below a threshold of 0.5."""
    truth = ["mel"] * (malignant_above + malignant_below) + ["nv"] * (others_above + others_below)
    sums = np.repeat(
        [0.9, 0.1, 0.9, 0.1], [malignant_above, malignant_below, others_above, others_below]
    )
    return pd.DataFrame(
        {
            "diagnosis": truth,
            "lesion_id": [str(row) for row in range(len(truth))],
            "p_mel": sums,
            "p_nv": 1 - sums,
        }
    )


def test_found_lesions_count_and_false_alarms_cost_what_they_are_worth():
    # Of 10 photos 4 are malignant, 3 of them above; of 6 others 2 are.
    low, even = net_benefit.net_benefit(rows(3, 1, 2, 4), ["mel"], 0.5, act_from=(0.2, 0.5))
    # From 0.2 on, a false alarm costs a quarter of a lesion found.
    assert low.threshold.value == pytest.approx((3 - 2 / 4) / 10)
    assert low.everyone.value == pytest.approx((4 - 6 / 4) / 10)
    assert low.gain.value == pytest.approx(0)
    # From 0.5 on, it costs a whole one, and acting on none beats acting on all.
    assert even.threshold.value == pytest.approx((3 - 2) / 10)
    assert even.everyone.value == pytest.approx((4 - 6) / 10)
    assert even.gain.value == pytest.approx(0.1)


def test_a_photo_at_the_threshold_is_acted_on():
    (at,) = net_benefit.net_benefit(rows(3, 1, 2, 4), ["mel"], 0.9, act_from=(0.5,))
    (above,) = net_benefit.net_benefit(rows(3, 1, 2, 4), ["mel"], 0.91, act_from=(0.5,))
    assert at.threshold.value == pytest.approx(0.1)
    assert above.threshold.value == 0


def test_a_good_threshold_is_shown_to_be_better_and_a_useless_one_is_not():
    (good,) = net_benefit.net_benefit(rows(40, 0, 0, 60), ["mel"], 0.5, act_from=(0.2,))
    assert good.is_better
    assert not good.is_worse
    # It alarms on the harmless half and misses most malignant ones.
    (bad,) = net_benefit.net_benefit(rows(5, 35, 30, 30), ["mel"], 0.5, act_from=(0.2,))
    assert bad.is_worse
    assert not bad.is_better
    # Which of all and none is better is doubtful here, and the interval says so.
    (unclear,) = net_benefit.net_benefit(rows(6, 4, 14, 26), ["mel"], 0.5, act_from=(0.2,))
    assert not unclear.is_better
    assert not unclear.is_worse


def test_intervals_are_by_lesion():
    table = rows(20, 5, 10, 40)
    (alone,) = net_benefit.net_benefit(table, ["mel"], 0.5, act_from=(0.2,))
    five_of_one = table.assign(lesion_id=[str(row // 5) for row in range(len(table))])
    (together,) = net_benefit.net_benefit(five_of_one, ["mel"], 0.5, act_from=(0.2,))
    assert together.threshold.value == alone.threshold.value
    assert together.threshold.high - together.threshold.low > 1.5 * (
        alone.threshold.high - alone.threshold.low
    )


def test_without_both_sides_there_is_no_curve():
    assert net_benefit.net_benefit(rows(3, 1, 0, 0), ["mel"], 0.5) == []
    assert net_benefit.net_benefit(rows(0, 0, 3, 1), ["mel"], 0.5) == []


def test_a_little_is_never_rounded_to_nothing():
    curve = net_benefit.net_benefit(rows(3, 1, 2, 4), ["mel"], 0.5, act_from=(0.2,))
    row = tables.net_benefit(curve).iloc[0]
    assert row["Acts from"] == "20 %"
    assert row["Above the threshold"].startswith("250 (")
    little = [net_benefit.NetBenefit(0.1, *(3 * (net_benefit.Estimate(0.0904, 0.0002, 0.2),)))]
    assert tables.net_benefit(little)["On every photo"].item() == "90 (0.2-200)"
