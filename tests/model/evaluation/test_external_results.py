"""Photos from elsewhere, from the file to the figures."""

import pandas as pd
import pytest

from model import run
from model.evaluation import external_results
from model.evaluation.differences import Figure
from model.run import RunError
from tests import toys


@pytest.fixture
def toy_run(tmp_path):
    rows = toys.predictions()
    # Test photos score 0.5 and, one in ten, 1.05.
    rows["novelty"] = [1.05 if row % 10 == 0 else 0.5 for row in range(len(rows))]
    return toys.write(tmp_path, rows=rows, external=toys.external(), with_network=False)


def test_each_kind_is_held_against_the_test_photos(toy_run):
    phone, nothing = external_results.by_source(toy_run)
    assert (phone.kind, phone.num_photos, phone.num_people) == ("phone photo", 6, 3)
    assert phone.flagged.value == 0.5
    # Of six scores 0.4 lies above none of 30 test photos, 0.6 and 0.9 above 27, three above all.
    assert phone.area.value == pytest.approx((0 + 27 + 27 + 30 + 30 + 30) / (6 * 30))
    assert phone.diagnosed.balanced_accuracy.value == 1.0
    assert phone.diagnosed.diagnoses == ("bcc", "mel", "nv")
    assert nothing.diagnosed is None
    assert nothing.flagged.value == 0.75
    assert nothing.area.value == 0.75
    assert external_results.flagged_on_test(toy_run).value == pytest.approx(0.1)


def test_a_score_of_one_is_not_flagged(tmp_path):
    rows = toys.predictions().assign(novelty=1.0)
    outside = toys.external().assign(novelty=1.0)
    one = toys.write(tmp_path, rows=rows, external=outside, with_network=False)
    phone, _ = external_results.by_source(one)
    assert phone.flagged.value == external_results.flagged_on_test(one).value == 0
    assert phone.area.value == 0.5  # nothing tells them apart


def test_the_own_test_photos_are_held_against_them_over_the_same_diagnoses(tmp_path):
    rows = toys.predictions()
    wrong = (rows["split"] == "test") & (rows["diagnosis"] == "nv")
    rows.loc[wrong, ["p_bcc", "p_mel", "p_nv"]] = [1.0, 0.0, 0.0]
    outside = toys.external().query("diagnosis != 'nv'")
    toy_run = toys.write(tmp_path, rows=rows, external=outside, with_network=False)
    [phone, _] = external_results.by_source(toy_run)
    test = rows[(rows["split"] == "test") & (rows["diagnosis"] != "nv")]
    right = test[["p_bcc", "p_mel", "p_nv"]].idxmax(axis=1).str[2:] == test["diagnosis"]
    recalls = right.groupby(test["diagnosis"]).mean()
    assert phone.on_own_test_photos.value == pytest.approx(recalls.mean())


def test_skin_types_are_told_where_they_are_recorded(tmp_path):
    outside = toys.external().assign(skin_type=[2, 2, 3, 3, *6 * [None]], sex="male")
    [phone, nothing] = external_results.by_source(
        toys.write(tmp_path, external=outside, with_network=False)
    )
    assert [(group.name, group.num_photos) for group in phone.by_skin_type] == [
        ("II", 2),
        ("III", 2),
        ("not recorded", 2),
    ]
    assert nothing.by_skin_type == ()
    assert phone.skin_type_gaps == ()  # too few photos on either side


def test_skin_types_are_held_against_each_other_where_photos_suffice(tmp_path):
    one = toys.external().iloc[:2]  # two photos of bcc, both right
    rows = pd.concat([one] * 40, ignore_index=True)
    rows["image_id"] = rows["person_id"] = [f"photo_{number}" for number in range(80)]
    rows["skin_type"] = [2] * 40 + [5] * 40
    rows.loc[rows.index[60:], ["p_bcc", "p_mel", "p_nv"]] = [0.0, 0.0, 1.0]  # half of type V
    (phone,) = external_results.by_source(toys.write(tmp_path, external=rows, with_network=False))
    (gap,) = phone.skin_type_gaps
    assert (gap.name, gap.recall, gap.recall_of_others) == ("V", 0.5, 1.0)
    assert gap.difference.low > 0.3


def test_a_run_that_was_not_tried_elsewhere_says_so(tmp_path):
    plain = toys.write(tmp_path, with_network=False)
    assert plain.external is None
    assert external_results.by_source(plain) == []
    assert external_results.flagged_on_test(plain) is None


def test_without_scores_of_its_own_photos_a_run_has_no_area(tmp_path):
    plain = toys.write(tmp_path, external=toys.external(), with_network=False)
    assert external_results.by_source(plain)[0].area is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="person_id"), "outside.csv lacks the columns person_id"),
        (lambda table: table.assign(diagnosis="wart"), "outside.csv names 'wart', not a diagnosis"),
        (lambda table: table.assign(p_nv=0.9), "outside.csv has rows whose probabilities do not"),
        (lambda table: table.assign(novelty=None), "outside.csv has a row without a novelty score"),
        (lambda table: table.assign(age="60+"), "something other than numbers in age"),
        (lambda table: table.assign(novelty="high"), "other than numbers in novelty"),
    ],
)
def test_a_malformed_file_refuses_the_run(tmp_path, change, message):
    with pytest.raises(RunError, match=message):
        toys.write(tmp_path, external=change(toys.external()), with_network=False)
    assert not (tmp_path / "toy").exists()


def test_a_file_the_card_does_not_list_refuses_the_run(tmp_path):
    toys.write(tmp_path, with_network=False)
    pd.DataFrame().to_csv(tmp_path / "toy" / "outside.csv")
    with pytest.raises(RunError, match=r"outside\.csv is there but the card does not list it"):
        run.read(tmp_path / "toy")


def test_a_source_is_named_after_its_kind(tmp_path):
    rows = toys.external().assign(source=6 * ["PAD-UFES-20"] + 4 * [""])
    phone, nothing = external_results.by_source(
        toys.write(tmp_path, external=rows, with_network=False)
    )
    assert phone.title == "phone photos, PAD-UFES-20"
    assert nothing.title == "pictures without a lesion"


def test_the_own_test_photos_are_measured_in_the_same_way(toy_run):
    own = external_results.own(toy_run)
    test = toy_run.test_photos
    assert (own.title, own.num_photos, own.num_people) == ("own test photos", 30, 15)
    right = test[["p_bcc", "p_mel", "p_nv"]].idxmax(axis=1).str[2:] == test["diagnosis"]
    assert own.diagnosed.accuracy.value == pytest.approx(right.mean())
    assert own.diagnosed.coverage.num_photos == 30
    assert own.flagged.value == pytest.approx(0.1)
    assert own.area is None


def test_the_difference_from_own_test_photos_has_its_interval(toy_run):
    phone, nothing = external_results.by_source(toy_run)
    assert nothing.difference is None
    assert external_results.own(toy_run).difference is None
    own = phone.on_own_test_photos
    assert phone.difference.value == pytest.approx(1 - own.value)
    # All six phone photos are right, always: only the own part varies.
    assert phone.difference.low == pytest.approx(1 - own.high)
    assert phone.difference.high == pytest.approx(1 - own.low)


def test_every_figure_beside_own_test_photos_has_the_interval_of_its_difference(toy_run):
    phone, nothing = external_results.by_source(toy_run)
    assert nothing.differences == external_results.own(toy_run).differences == {}
    own = external_results.own(toy_run)
    assert phone.differences[Figure.SET_SIZE].value == pytest.approx(
        phone.diagnosed.coverage.mean_size.value - own.diagnosed.coverage.mean_size.value
    )
    assert Figure.ECE not in phone.differences  # by chance alone that of fewer photos is larger
