"""What planted shortcuts do, against counts by hand."""

import pandas as pd
import pytest

from model.evaluation import planted, shortcut_tables
from model.evaluation.shortcut_sentences import largest, listed, planted_sentence
from model.run import PLANTED, RunError
from model.run.writer import add_table
from tests import toys

NUM_BENIGN = 40  # then as many malignant photos


@pytest.fixture
def tested(tmp_path):
    """A run with 40 benign and 40 malignant test photos, each of a lesion of its own."""
    rows = toys.predictions()
    test = pd.concat([rows[rows["split"] == "test"].iloc[:1]] * 2 * NUM_BENIGN, ignore_index=True)
    numbers = range(2 * NUM_BENIGN)
    test["image_id"] = [f"test_{number}" for number in numbers]
    test["lesion_id"] = [f"lesion_{number}" for number in numbers]
    test["diagnosis"] = ["nv" if number < NUM_BENIGN else "mel" for number in numbers]
    rows = pd.concat([rows[rows["split"] != "test"], test], ignore_index=True)
    return toys.write(tmp_path, "one", rows=rows)


def measured(name, before=0.1, after=0.1, answer="nv", num_photos=2 * NUM_BENIGN):
    """One thing planted on the photos of `tested`; figures may differ from photo to photo."""
    return pd.DataFrame(
        {
            "image_id": [f"test_{number}" for number in range(num_photos)],
            "planted": name,
            "malignant_before": before,
            "malignant_after": after,
            "answer_before": "nv",
            "answer_after": answer,
        }
    )


def test_the_same_photos_are_held_against_each_other(tested):
    after = [0.3] * 20 + [0.1] * 20 + [0.05] * 40
    answers = ["mel"] * 10 + ["nv"] * 70
    run = add_table(tested, PLANTED, measured("ruler", 0.1, after, answers))
    benign, malignant = planted.effects(run)
    assert (benign.planted, benign.verdict, malignant.verdict) == ("ruler", "benign", "malignant")
    assert (benign.num_photos, benign.num_lesions) == (40, 40)
    assert benign.change.value == pytest.approx(0.1)
    assert 0 < benign.change.low < 0.1 < benign.change.high < 0.2
    assert benign.flipped.value == 0.25
    # The toys' threshold is 0.2: twenty of the forty get to 0.3.
    assert (benign.num_below, benign.crossing.value) == (40, 0.5)
    assert malignant.change.value == pytest.approx(-0.05)
    assert malignant.crossing.value == malignant.flipped.value == 0
    assert (benign.direction, malignant.direction) == (1, -1)


def test_only_photos_below_the_threshold_can_cross_it(tested):
    before = [0.1] * 10 + [0.2] * 30 + [0.5] * 40
    run = add_table(tested, PLANTED, measured("ink", before, 0.2))
    benign, malignant = planted.effects(run)
    assert (benign.num_below, benign.crossing.value) == (10, 1)
    assert (malignant.num_below, malignant.crossing) == (0, None)
    table = shortcut_tables.planted([benign, malignant])
    assert table["Crosses the threshold"].tolist() == ["1.00 (0.69-1.00) of 10", "-"]
    assert table["Photos"].tolist() == ["40 benign", "40 malignant"]
    assert table["Drawn"].tolist() == ["Ink mark", "Ink mark"]


def test_a_run_without_thresholds_still_has_changes(tmp_path, tested):
    calibration = toys.CALIBRATION | {"operating_points": []}
    run = toys.write(tmp_path, "none", rows=tested.predictions, calibration=calibration)
    run = add_table(run, PLANTED, measured("hair", 0.1, 0.3))
    assert planted.threshold(run) is None
    assert planted.effects(run)[0].crossing is None


def test_the_most_sensitive_threshold_on_all_malignant_diagnoses_counts(tmp_path):
    (point,) = toys.CALIBRATION["operating_points"]
    points = [
        point | {"of": ["mel"], "threshold": 0.01, "wanted_sensitivity": 0.99},
        point,
        point | {"threshold": 0.4, "wanted_sensitivity": 0.9},
    ]
    run = toys.write(tmp_path, calibration=toys.CALIBRATION | {"operating_points": points})
    assert planted.threshold(run) == 0.2


def test_a_sentence_follows_from_the_intervals_and_not_from_the_means(tested):
    spread = [0.02, 0.06] * 20  # a mean of 0.04, and an interval around it
    rising = [0.1 + step for step in spread] + [0.1] * 40
    higher = [0.1 + 2 * step for step in spread] + [0.1] * 40
    falling = [0.1 - step for step in spread] + [0.1] * 40
    unclear = ([0.0] * 30 + [0.6] * 10) + [0.1] * 40  # a mean of 0.05, but its interval holds 0
    tables = [
        measured(name, 0.1, after)
        for name, after in (
            ("ruler", rising),
            ("ink", higher),
            ("hair", falling),
            ("plaster", unclear),
        )
    ]
    run = add_table(tested, PLANTED, pd.concat(tables))
    effects = planted.effects(run)
    assert [effect.planted for effect in effects[::2]] == ["ruler", "ink", "hair", "plaster"]
    assert [effect.direction for effect in effects[::2]] == [1, 1, -1, 0]
    assert effects[6].change.value == pytest.approx(0.05)
    assert planted_sentence(run, effects) == (
        "**Toy one**, 40 benign photos: an ink mark (+0.08) and a ruler (+0.04) raise the "
        "malignant sum; some hair (-0.04) lowers the malignant sum; no change is shown for a "
        "plaster."
    )
    assert largest([(run, effects)]) == (
        "The largest change: an ink mark raises the malignant sum of Toy one from 0.10 to 0.18"
    )
    # Neither what is not shown nor what malignant photos say.
    assert largest([(run, [*effects[6:], *effects[1:2]])]) == "No change is shown"
    assert planted_sentence(run, effects[1::2]) == "**Toy one**: no benign photo was measured."


def test_an_end_that_is_printed_as_zero_shows_nothing(tested):
    after = [0.1] * 36 + [0.2] * 4 + [0.1] * 40
    run = add_table(tested, PLANTED, measured("ruler", 0.1, after))
    benign, _ = planted.effects(run)
    assert 0 < benign.change.low < 0.005
    assert benign.direction == 0


def test_a_list_reads_as_one():
    assert [listed(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.drop(columns="answer_after"), "lacks the columns answer_after"),
        (lambda table: table.assign(planted="crayon"), "names 'crayon', which nobody can draw"),
        (lambda table: table.assign(malignant_after="x"), "something other than numbers"),
        (lambda table: table.assign(malignant_after=1.2), "not between 0 and 1"),
        (lambda table: table.assign(malignant_before=float("nan")), "not between 0 and 1"),
        (lambda table: table.assign(answer_before="ak"), "names 'ak', not a diagnosis of the run"),
        (lambda table: table.assign(image_id="test_1"), "two rows of test_1 and ruler"),
        (
            lambda table: table.replace({"test_1": "train_1"}),
            "names train_1, which is no test photo of it",
        ),
        (lambda table: table[:0], "has no rows"),
    ],
)
def test_a_malformed_table_refuses_the_run(tested, change, reason):
    assert add_table(tested, PLANTED, measured("ruler")).planted is not None
    with pytest.raises(RunError, match=reason):
        add_table(tested, PLANTED, change(measured("ruler")))
