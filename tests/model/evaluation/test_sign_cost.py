"""What a sign costs, against counts by hand and against a bootstrap of its own."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation import signs
from model.evaluation.bootstrap import Estimate
from model.evaluation.photo_sources import PhotoSource, photo_sources
from model.evaluation.sign_cost import SignCost, SignCosts, by_photo, sign_cost, sign_costs
from model.run import OWN_SOURCE, QUALITY, STRESS, TURNING, RunError, read
from model.run.writer import add_table
from tests import toys

RIGHT = np.arange(60) >= 12  # of the photos of `tested`
LESIONS = np.array([f"lesion_{number // 2}" for number in range(60)])
OFFICIAL = "official test"


@pytest.fixture
def tested(tmp_path):
    """A run with 60 test photos of 30 lesions: right on all but those numbered 0 to 11."""
    return toys.write(tmp_path, "one", rows=sixty_photos())


def sixty_photos():
    rows = toys.predictions()
    test = pd.concat([rows[rows["split"] == "test"].iloc[:1]] * 60, ignore_index=True)
    test["image_id"] = [f"test_{number}" for number in range(60)]
    test["lesion_id"] = LESIONS
    test["diagnosis"] = "bcc"
    test[["p_bcc", "p_mel", "p_nv"]] = [0.8, 0.1, 0.1]
    test.loc[:11, ["p_bcc", "p_mel"]] = [0.1, 0.8]
    return pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)


def external(num_photos=50, num_wrong=10, **changes):
    """Photos of another data set; the first `num_wrong` are misread and flagged as unusual."""
    return pd.DataFrame(
        {
            "kind": "dermatoscopic photo",
            "source": OFFICIAL,
            "split": "test",
            "image_id": [f"other_{number}" for number in range(num_photos)],
            "person_id": [f"person_{number}" for number in range(num_photos)],
            "diagnosis": "bcc",
            "p_bcc": [0.1] * num_wrong + [0.8] * (num_photos - num_wrong),
            "p_mel": [0.8] * num_wrong + [0.1] * (num_photos - num_wrong),
            "p_nv": 0.1,
            "novelty": [1.5] * num_wrong + [0.5] * (num_photos - num_wrong),
        }
    ).assign(**changes)


def marked(numbers, total=60):
    return pd.Series(
        [number in numbers for number in range(total)],
        index=pd.MultiIndex.from_tuples(
            [(OWN_SOURCE, f"test_{number}") for number in range(total)],
            names=["source", "image_id"],
        ),
    )


def test_shares_are_counted_and_their_difference_is_others_less_marked():
    is_marked = np.arange(60) < 30
    cost = sign_cost(RIGHT, LESIONS, is_marked)
    assert (cost.num_marked, cost.num_others) == (30, 30)
    assert cost.marked.value == pytest.approx(18 / 30)
    assert cost.others.value == 1
    assert cost.difference.value == pytest.approx(12 / 30)
    assert cost.is_shown
    other_way = sign_cost(RIGHT, LESIONS, ~is_marked)
    assert other_way.difference.value == pytest.approx(-12 / 30)
    assert not other_way.is_shown


def test_the_interval_is_that_of_drawing_lesions_with_both_shares_from_one_draw():
    cost = sign_cost(RIGHT, LESIONS, np.arange(60) < 30)
    rng = np.random.default_rng(1)
    gaps = []
    for _ in range(4000):
        lesions = rng.integers(0, 30, 30)
        photos = np.concatenate([2 * lesions, 2 * lesions + 1])
        sides = [RIGHT[photos[photos >= 30]], RIGHT[photos[photos < 30]]]
        if all(map(len, sides)):
            gaps.append(sides[0].mean() - sides[1].mean())
    low, high = np.quantile(gaps, [0.025, 0.975])
    assert (cost.difference.low, cost.difference.high) == pytest.approx((low, high), abs=0.04)


def test_photos_that_were_not_looked_at_do_not_count(tested):
    cost = sign_costs(tested, None, by_photo(marked(range(30), total=40))).own
    assert (cost.num_marked, cost.num_others) == (30, 10)
    assert cost.marked.value == pytest.approx(18 / 30)


def test_where_all_or_none_have_the_sign_there_is_no_difference():
    for is_marked in (np.zeros(60, bool), np.ones(60, bool)):
        cost = sign_cost(RIGHT, LESIONS, is_marked)
        assert cost.difference is None
        assert not cost.is_shown


@pytest.mark.parametrize(
    ("num_marked", "num_others", "low", "is_shown"),
    [
        (20, 20, 0.01, True),
        (19, 100, 0.01, False),
        (100, 19, 0.01, False),
        (20, 20, 0.0, False),
        (20, 20, 0.004, False),  # printed as 0.00
    ],
)
def test_a_cost_is_shown_by_enough_photos_and_an_interval_above_zero(
    num_marked, num_others, low, is_shown
):
    assert cost_of(num_marked, low, num_others).is_shown is is_shown


def cost_of(num_marked, low, num_others=100):
    one = Estimate(0.5, 0.4, 0.6)
    return SignCost(one, one, num_marked, num_others, Estimate(0.2, low, 0.4))


OWN = PhotoSource(OWN_SOURCE, "dermatoscopic photo", is_own=True)
OTHER = PhotoSource(OFFICIAL, "dermatoscopic photo", is_own=False)
THIRD = PhotoSource("a third", "dermatoscopic photo", is_own=False)
SHOWN, NOT_SHOWN, FEW = cost_of(30, 0.1), cost_of(30, -0.1), cost_of(19, 0.1)


@pytest.mark.parametrize(
    ("by_source", "is_shown", "do_disagree"),
    [
        ({}, False, False),
        ({OWN: SHOWN}, True, False),
        ({OWN: FEW}, False, False),
        # Photos from elsewhere decide, in either direction, if they are enough.
        ({OWN: SHOWN, OTHER: NOT_SHOWN}, False, True),
        ({OWN: NOT_SHOWN, OTHER: SHOWN}, True, True),
        ({OWN: FEW, OTHER: SHOWN}, True, False),
        ({OWN: SHOWN, OTHER: FEW}, True, False),
        # Of several, all must show it.
        ({OTHER: SHOWN, THIRD: NOT_SHOWN}, False, True),
        ({OWN: NOT_SHOWN, OTHER: SHOWN, THIRD: SHOWN}, True, True),
    ],
)
def test_photos_from_elsewhere_decide_where_they_are_enough(by_source, is_shown, do_disagree):
    costs = SignCosts(by_source)
    assert costs.is_shown is is_shown
    assert costs.do_disagree is do_disagree


def test_sources_are_those_of_the_kind_at_hand(tmp_path):
    phones = external(4, 0, image_id=list("abcd"), kind="phone photo", source="phones")
    phones["split"] = ["train", "validation", "test", "test"]
    # A person of two photos counts once, and a picture of nothing not at all.
    nothing = external(2, 0, image_id=list("ef"), kind="no lesion", diagnosis="", source="")
    photos = pd.concat([external(6, 0), phones, nothing])
    two_kinds = toys.write(tmp_path, has_kinds=True, rows=sixty_photos(), external=photos)
    own, other = photo_sources(two_kinds, None).items()
    assert (own[0], len(own[1])) == (OWN, 60)
    assert (other[0], len(other[1])) == (OTHER, 6)
    assert list(other[1]["lesion_id"]) == list(other[1]["person_id"])
    assert [*photo_sources(two_kinds, "dermatoscopic photo")] == [OWN, OTHER]
    ((phone, rows),) = photo_sources(two_kinds, "phone photo").items()
    # Other photos of that source took part in the training.
    assert phone == PhotoSource("phones", "phone photo", is_own=True)
    assert list(rows["image_id"]) == ["c", "d"]
    # A run that tells no kinds apart may be shown any.
    plain = toys.write(tmp_path, "plain", rows=sixty_photos(), external=photos)
    assert [(source.name, source.kind) for source in photo_sources(plain, None)] == [
        (OWN_SOURCE, None),
        (OFFICIAL, "dermatoscopic photo"),
        ("phones", "phone photo"),
    ]


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
    cost = signs.turning_costs(run).own
    assert (cost.num_marked, cost.num_others) == (24, 36)
    assert cost.marked.value == pytest.approx(12 / 24)
    assert cost.is_shown
    disagreeing, wide = signs.turning_halves(run, "test")
    assert (disagreeing.num_marked, disagreeing.num_others) == (10, 50)
    assert disagreeing.marked.value == 0
    # Among the 50 whose views agree, 14 spread; 2 of these are misread.
    assert (wide.num_marked, wide.num_others) == (14, 36)
    assert wide.marked.value == pytest.approx(12 / 14)
    assert wide.others.value == 1
    assert signs.turning_halves(run) is None  # no validation photo was turned


def test_photos_of_two_sources_are_told_apart_by_their_source(tmp_path):
    # Both sources have photos of the same names.
    photos = external(60, image_id=[f"test_{number}" for number in range(60)])
    run = toys.write(tmp_path, rows=sixty_photos(), external=photos)
    agreeing = np.where(np.arange(60) < 20, 6, 8)
    own = turning(agreeing, 0.1).assign(split="test", source=OWN_SOURCE)
    other = turning(np.where(np.arange(60) < 30, 6, 8), 0.1).assign(split="test", source=OFFICIAL)
    run = add_table(run, TURNING, pd.concat([own, other]))
    costs = signs.turning_costs(run)
    assert [cost.num_marked for cost in costs.by_source.values()] == [20, 30]
    # 12 and 10 misread photos are among them.
    assert [cost.marked.value for cost in costs.by_source.values()] == pytest.approx([0.4, 2 / 3])
    assert costs.is_shown


def test_a_run_that_was_not_turned_or_stressed_shows_no_cost(tested):
    assert signs.turning_costs(tested).by_source == {}
    assert signs.stress_costs(tested).by_source == {}
    assert not signs.turning_costs(tested).is_shown
    assert signs.turning_halves(tested) is None


def stress(num_holding):
    return pd.DataFrame(
        {
            "source": OWN_SOURCE,
            "image_id": [f"test_{number}" for number in range(len(num_holding))],
            "num_changes": 30,
            "num_holding": num_holding,
        }
    )


def test_an_answer_that_one_change_flips_is_counted(tested):
    run = add_table(tested, STRESS, stress([29] * 24 + [30] * 26))
    cost = signs.stress_costs(run).own
    assert (cost.num_marked, cost.num_others) == (24, 26)
    assert (cost.marked.value, cost.others.value) == (0.5, 1)
    assert cost.is_shown


def test_flagged_photos_are_counted_where_they_have_a_score(tmp_path):
    # Own photos have no score: only those from elsewhere say what a flag is worth.
    run = toys.write(tmp_path, rows=sixty_photos(), external=external(60, num_wrong=25))
    ((source, cost),) = signs.novelty_costs(run).by_source.items()
    assert source.name == OFFICIAL
    assert (cost.num_marked, cost.marked.value) == (25, 0)
    assert (cost.num_others, cost.others.value) == (35, 1)
    rows = sixty_photos()
    rows["novelty"] = [np.nan if number % 2 else 0.5 for number in range(len(rows))]
    run = toys.write(tmp_path, rows=rows, external=external(60, num_wrong=25))
    assert signs.novelty_costs(run).own.num_others == 30


def test_sets_of_several_diagnoses_are_held_against_sets_of_one(tmp_path):
    rows = sixty_photos()
    test = rows.index[rows["split"] == "test"]
    # The toys' sets hold what has a probability of at least 0.2.
    rows.loc[test[:20], ["p_bcc", "p_mel", "p_nv"]] = [0.3, 0.6, 0.1]  # wrong, holds the truth
    rows.loc[test[20:24], ["p_bcc", "p_mel", "p_nv"]] = [0.1, 0.5, 0.4]  # wrong, does not
    answers, coverage = signs.several_costs(toys.write(tmp_path, rows=rows))
    assert (answers.own.num_marked, answers.own.num_others) == (24, 36)
    assert (answers.own.marked.value, answers.own.others.value) == (0, 1)
    assert coverage.own.marked.value == pytest.approx(20 / 24)
    assert coverage.own.others.value == 1


def test_every_sign_that_was_measured_is_listed(tested):
    run = add_table(tested, STRESS, stress([29] * 24 + [30] * 26))
    assert set(signs.costs(run)) == {signs.STRESSED, signs.SEVERAL}
    run = add_table(run, QUALITY, toys.quality())
    run = add_table(run, TURNING, turning(8, 0.1))
    assert set(signs.costs(run)) == {
        *("blurred", "dark", "pale", "glaring", "small", "maybe cut off"),
        *(signs.TURNS, signs.STRESSED, signs.SEVERAL),
    }


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        (TURNING, lambda table: table.drop(columns="low"), "lacks the columns low"),
        (TURNING, lambda table: table.assign(high="x"), "something other than numbers in high"),
        (TURNING, lambda table: table.assign(high=float("nan")), "was not measured"),
        (TURNING, lambda table: table.assign(image_id="test_1"), "has one photo twice"),
        (STRESS, lambda table: table.drop(columns="num_holding"), "lacks the columns num_holding"),
        (STRESS, lambda table: table.assign(num_holding=""), "was not measured"),
        (STRESS, lambda table: table.assign(num_holding=31), "more changes that leave an answer"),
    ],
)
def test_a_malformed_table_refuses_the_run(tested, name, change, reason):
    table = turning(8, 0.1) if name == TURNING else stress([30] * 60)
    assert read(add_table(tested, name, table).path)
    with pytest.raises(RunError, match=reason):
        add_table(tested, name, change(table))
