"""Photos from elsewhere, from the file to the figures."""

import pandas as pd
import pytest

from model import elsewhere, run
from model.run import RunError
from tests import toys


@pytest.fixture
def one(tmp_path):
    rows = toys.predictions()
    # Test photos score 0.5 and, one in ten, 1.05.
    rows["novelty"] = [1.05 if row % 10 == 0 else 0.5 for row in range(len(rows))]
    return toys.write(tmp_path, rows=rows, outside=toys.outside(), with_network=False)


def test_each_kind_is_held_against_the_test_photos(one):
    phone, nothing = elsewhere.kinds(one)
    assert (phone.kind, phone.num_photos, phone.num_people) == ("phone photo", 6, 3)
    assert phone.flagged.value == 0.5
    # Of six scores 0.4 lies above none of 30 test photos, 0.6 and 0.9 above 27, three above all.
    assert phone.area.value == pytest.approx((0 + 27 + 27 + 30 + 30 + 30) / (6 * 30))
    assert phone.evaluation.summary["balanced_accuracy"].value == 1.0
    assert phone.evaluation.num_lesions == 3
    assert nothing.evaluation is None
    assert nothing.flagged.value == 0.75
    assert nothing.area.value == 0.75
    assert elsewhere.flagged_on_test(one).value == pytest.approx(0.1)


def test_a_run_that_was_not_tried_elsewhere_says_so(tmp_path):
    plain = toys.write(tmp_path, with_network=False)
    assert plain.outside is None
    assert elsewhere.kinds(plain) == []
    assert elsewhere.flagged_on_test(plain) is None


def test_without_scores_of_its_own_photos_a_run_has_no_area(tmp_path):
    plain = toys.write(tmp_path, outside=toys.outside(), with_network=False)
    assert str(elsewhere.kinds(plain)[0].area) == "-"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="person_id"), "outside.csv lacks the columns person_id"),
        (lambda table: table.assign(diagnosis="wart"), "outside.csv names 'wart', not a diagnosis"),
        (lambda table: table.assign(p_nv=0.9), "outside.csv has rows whose probabilities do not"),
        (lambda table: table.assign(novelty="high"), "outside.csv holds a novelty that is no num"),
    ],
)
def test_a_malformed_file_refuses_the_run(tmp_path, change, said):
    with pytest.raises(RunError, match=said):
        toys.write(tmp_path, outside=change(toys.outside()), with_network=False)
    assert not (tmp_path / "toy").exists()


def test_a_file_the_card_does_not_list_refuses_the_run(tmp_path):
    toys.write(tmp_path, with_network=False)
    pd.DataFrame().to_csv(tmp_path / "toy" / "outside.csv")
    with pytest.raises(RunError, match=r"outside\.csv is there but the card does not list it"):
        run.read(tmp_path / "toy")
