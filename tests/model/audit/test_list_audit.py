"""Lists of photos that somebody published: what they share, counted by hand."""

import time

import numpy as np
import pandas as pd
import pytest

from model.audit import certificate
from model.audit.list_audit import audit_lists
from model.audit.lists import read_lists, read_metadata
from model.audit.own_table import OwnTable, TableError
from model.audit.same_lesion import SAME_LESION
from tests.model.audit.lists import KNOWN, LISTED, brought

METADATA = read_metadata(brought(KNOWN))


@pytest.fixture
def audit():
    return audit_lists(read_lists(brought(LISTED)), METADATA)


def test_what_straddles_is_counted(audit):
    assert audit.num_photos == {"train": 3, "validation": 1, "test": 5}
    assert audit.num_copies == {"test": 1}
    assert audit.num_unknown == {"test": 1}
    assert audit.repeated.empty
    assert audit.straddling.to_numpy().tolist() == [["L1", 1, 0, 1], ["L3", 1, 0, 1]]
    assert audit.met.to_numpy().tolist() == [["b", "L1", ["a"]], ["d_flipped", "L3", ["d"]]]
    assert audit.num_joined == 0
    assert audit.has_leak


def test_labels_and_how_they_were_confirmed_are_held_against_the_metadata(audit):
    assert audit.contradicted.to_numpy().tolist() == [["b", "nv", "mel"]]
    assert audit.confirmed.loc["histo"].to_dict() == {"test": 3, "train": 2, "validation": 1}


def test_figures_are_those_of_the_photos_met_and_of_the_others(audit):
    assert {name: figure.num_photos for name, figure in audit.figures.items()} == {
        "all": 5,
        "met": 2,
        "others": 3,
    }
    # By the list's own labels: b and d_flipped are right; of g, h and zzz, h is (zzz ties for mel).
    assert audit.figures["met"].accuracy.value == 1
    assert audit.figures["others"].accuracy.value == pytest.approx(1 / 3)


def test_without_labels_the_truth_is_that_of_the_metadata():
    audit = audit_lists(read_lists(brought(LISTED.drop(columns="label"))), METADATA)
    assert audit.contradicted.empty
    assert audit.figures["met"].accuracy.value == 0.5  # b is melanoma, and was called nevus
    assert audit.figures["all"].num_photos == 4  # nobody knows what zzz is


def test_two_lists_of_ids_are_enough_and_one_id_in_both_is_named():
    train, test = OwnTable("train.txt", b"a\nc\nd\n"), OwnTable("test.txt", b"a\ng\n")
    audit = audit_lists(read_lists(test, train), METADATA)
    assert audit.num_photos == {"train": 3, "test": 2}
    assert audit.repeated.to_numpy().tolist() == [["a", "train, test"]]
    assert audit.met["image_id"].tolist() == ["a"]
    assert audit.figures == {}


def test_honest_lists_are_called_so():
    clean = LISTED[LISTED["image"].isin(["x/a.jpg", "c.jpg", "g", "h"])]
    audit = audit_lists(read_lists(brought(clean)), METADATA)
    assert not audit.has_leak
    assert certificate.verdict(audit) == "No leak was found: no lesion is in more than one part."
    assert "No lesion is in more than one part." in certificate.sentences(audit)


def test_lesions_with_two_ids_are_joined():
    one, other = pd.read_csv(SAME_LESION).iloc[0]
    known = pd.DataFrame({"image_id": [one, other, "x"], "lesion_id": ["A", "B", "C"]})
    listed = pd.DataFrame({"image_id": [one, other, "x"], "split": ["train", "test", "test"]})
    audit = audit_lists(read_lists(brought(listed)), read_metadata(brought(known)))
    assert (len(audit.straddling), audit.num_joined) == (1, 1)
    assert audit.met["image_id"].tolist() == [other]
    # Where one of the two ids straddles by itself, the join explains nothing.
    known.loc[2, "lesion_id"] = "A"
    audit = audit_lists(read_lists(brought(listed)), read_metadata(brought(known)))
    assert (len(audit.straddling), audit.num_joined) == (1, 0)


def test_ten_thousand_rows_take_seconds():
    number = 10_000
    draw = np.random.default_rng(0)
    ids = [f"P_{index:05d}" for index in range(number)]
    known = pd.DataFrame({"image_id": ids, "lesion_id": draw.integers(0, 7000, number).astype(str)})
    parts = draw.choice(["train", "test"], number)
    started = time.monotonic()
    audit = audit_lists(
        read_lists(brought(pd.DataFrame({"image_id": ids, "split": parts}))),
        read_metadata(brought(known)),
    )
    assert time.monotonic() - started < 10
    by_hand = known.assign(part=parts).groupby("lesion_id")["part"].nunique()
    assert len(audit.straddling) == (by_hand > 1).sum()


def test_ten_thousand_predictions_take_seconds():
    number = 10_000
    draw = np.random.default_rng(0)
    ids = [f"P_{index:05d}" for index in range(number)]
    known = pd.DataFrame({"image_id": ids, "lesion_id": draw.integers(0, 7000, number).astype(str)})
    codes = ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
    listed = pd.DataFrame(
        draw.dirichlet(np.ones(7), number), columns=[f"p_{code}" for code in codes]
    ).assign(
        image_id=ids, split=draw.choice(["train", "test"], number), dx=draw.choice(codes, number)
    )
    started = time.monotonic()
    audit = audit_lists(read_lists(brought(listed)), read_metadata(brought(known)))
    certificate.page(audit, {}, "")
    assert time.monotonic() - started < 10
    assert audit.figures["all"].num_photos == (listed["split"] == "test").sum()


def test_lists_of_strangers_are_refused():
    strangers = LISTED.assign(image=[f"s{number}" for number in range(len(LISTED))])
    with pytest.raises(TableError, match="knows none of the 9 photos, the first of which is 's0'"):
        audit_lists(read_lists(brought(strangers)), METADATA)


def test_a_training_photo_that_is_listed_again_counts_once():
    again = pd.concat([LISTED, LISTED.iloc[[0, 0, 1]]])
    audit = audit_lists(read_lists(brought(again)), METADATA)
    assert audit.num_photos == {"train": 3, "validation": 1, "test": 5}
    assert audit.num_again == {"train": 3}
    assert audit.straddling.to_numpy().tolist() == [["L1", 1, 0, 1], ["L3", 1, 0, 1]]
    assert "Further rows of a photo, counted once: train 3." in certificate.sentences(audit)


def pair_of(lesions, ids=("a", "b", "c")):
    """Three photos, the first in training, of these lesions: list and metadata."""
    listed = pd.DataFrame({"image_id": ids, "split": ["train", "test", "test"]})
    known = pd.DataFrame({"image_id": ids, "lesion_id": lesions})
    return read_lists(brought(listed)), read_metadata(brought(known))


@pytest.mark.parametrize("nothing", ["", " ", "NaN", "unknown", "n/a"])
def test_photos_without_a_lesion_are_none_of_one_lesion(nothing):
    audit = audit_lists(*pair_of([nothing, nothing, "L1"]))
    assert not audit.has_leak
    assert audit.num_without_lesion == {"train": 1, "test": 1}
    assert audit.num_unknown == {}
    said = certificate.sentences(audit)
    assert "In the metadata without a lesion, so each counts as its own: train 1, test 1." in said
    assert certificate.verdict(audit) == (
        "No leak was found among the photos whose lesion the metadata knows."
    )


def test_a_photo_without_a_lesion_still_meets_its_copy():
    listed, known = pair_of(["", "L2", "L3"])
    listed.loc[1, "image_id"] = "a_flipped"
    audit = audit_lists(listed, known)
    assert audit.straddling["lesion_id"].tolist() == ["photo a"]
    assert audit.met["image_id"].tolist() == ["a_flipped"]


def test_blanks_around_a_lesion_id_do_not_count():
    assert audit_lists(*pair_of([" L1", "L1 ", "L2"])).met["image_id"].tolist() == ["b"]


def test_a_photo_without_a_lesion_is_not_the_lesion_of_its_number():
    """Photo 2 is of lesion 1, and nobody knows the lesion of photo 1."""
    assert not audit_lists(*pair_of(["", "1", "3"], ["1", "2", "3"])).has_leak


def test_lists_of_photos_without_lesions_are_refused():
    listed, known = pair_of(["", "", "L1"])
    with pytest.raises(TableError, match="names the lesion of none of the 2 photos"):
        audit_lists(listed.iloc[:2], known)


@pytest.mark.parametrize(("words", "is_copy"), [(" 1 2 3 4", True), (" 1 2 3 4 5", False)])
def test_four_words_are_taken_off_the_name_of_a_copy(words, is_copy):
    listed, known = pair_of(["L1", "L2", "L3"])
    listed.loc[1, "image_id"] = "a" + words
    assert audit_lists(listed, known).has_leak == is_copy


def test_a_hundred_thousand_strangers_take_seconds():
    number = 100_000
    ids = [f"s{row}" + " x" * 35 for row in range(number)]
    listed = pd.DataFrame(
        {"image_id": ["a", *ids], "split": ["train", *["train", "test"] * 50_000]}
    )
    started = time.monotonic()
    audit = audit_lists(read_lists(brought(listed)), METADATA)
    certificate.page(audit, {}, "")
    assert time.monotonic() - started < 30
    assert sum(audit.num_unknown.values()) == number


def test_a_hundred_thousand_photos_of_one_lesion_take_seconds():
    number = 100_000
    listed = pd.DataFrame({"image_id": [f"s{row}" for row in range(number)]})
    started = time.monotonic()
    audit = audit_lists(
        read_lists(brought(listed.assign(split=["train", "test"] * (number // 2)))),
        read_metadata(brought(listed.assign(lesion_id="L1"))),
    )
    certificate.page(audit, {}, "")
    assert time.monotonic() - started < 30
    assert len(audit.met) == number // 2


def test_shares_of_histology_say_of_which_photos_they_are():
    audit = audit_lists(read_lists(brought(LISTED)), METADATA)
    # a and d of a, c and d; b, the copy of d and h of those and g.
    assert (
        "Of the 3 train photos whose confirmation is known, histology confirms 67 %, and of the 4 "
        "test photos 75 %. Lesions that look harmless are seldom cut out, so a part with less "
        "histology may be easier."
    ) in certificate.sentences(audit)
    metadata = METADATA.assign(confirmed_by=["histo", "histo", "", "histo", "histo", "", "", ""])
    audit = audit_lists(read_lists(brought(LISTED)), metadata)
    assert (
        "Of the 2 train photos whose confirmation is known, histology confirms 100 %, and of the 2 "
        "test photos 100 %."
    ) in certificate.sentences(audit)


def test_long_tables_are_cut_in_the_certificate_and_say_so(monkeypatch):
    audit = audit_lists(read_lists(brought(LISTED)), METADATA)
    assert "The first" not in certificate.page(audit, {}, "")
    monkeypatch.setattr(certificate, "MOST_ROWS", 1)
    page = certificate.page(audit, {}, "")
    assert "<p>The first 1 of 2.</p>" in page
    assert "Test photos whose lesion is in training (2)" in page
    assert "<td>b</td><td>L1</td>" in page
    assert "<td>d_flipped</td>" not in page


def test_of_many_photos_of_a_lesion_the_first_are_named():
    ids = [f"t{row}" for row in range(certificate.MOST_MATES + 2)]
    listed = pd.DataFrame({"image_id": [*ids, "a"], "split": ["train"] * len(ids) + ["test"]})
    known = pd.DataFrame({"image_id": [*ids, "a"], "lesion_id": "L1"})
    audit = audit_lists(read_lists(brought(listed)), read_metadata(brought(known)))
    table = certificate.tables(audit)["Test photos whose lesion is in training"]
    assert table["mates"].tolist() == [", ".join(ids[:-2]) + " and 2 more"]
