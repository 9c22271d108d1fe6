"""What test and training share, counted by hand."""

import pandas as pd

from model import run
from model.evaluation.run_sentences import leakage_sentence
from model.evaluation.train_test_overlap import Leakage, leakage, training_matches
from tests import toys


def table(*rows):
    """Rows of (split, image, lesion, picture, copy_of, num_copies, diagnosis), one fold."""
    columns = ["split", "image_id", "lesion_id", "picture", "copy_of", "num_copies", "diagnosis"]
    return pd.DataFrame(rows, columns=columns).assign(fold=0)


def test_every_kind_of_meeting_is_counted_once():
    counts = leakage(
        table(
            ("train", "a", "L1", "a", "", 0, "mel"),
            ("train", "b", "L2", "b", "", 2, "mel"),
            ("test", "a2", "L9", "a", "", 0, "nv"),  # a twin, under another diagnosis
            ("test", "mate", "L1", "mate", "", 0, "mel"),
            ("test", "new", "L3", "new", "", 0, "mel"),
            ("test", "b copy 1", "L2", "b", "b", 0, "mel"),  # its photo and b copy 2 are trained on
            ("test", "c", "L4", "c", "", 1, "mel"),  # its only copy is trained on
            ("test", "d", "L5", "d", "", 1, "mel"),  # its only copy is tested on
            ("test", "d copy 1", "L5", "d", "d", 0, "mel"),
        )
    )
    assert counts == Leakage(
        7,
        num_augmented=2,
        num_copies=2,
        num_near_duplicates=1,
        num_same_lesion=1,
        num_contradictory=1,
    )
    assert counts.num_seen_in_training == 4
    assert leakage_sentence(counts) == (
        "Of 7 test photos, 2 of them augmented copies, training had seen 4 (57 %): 2 as an "
        "augmented copy, 1 as an exact or near copy and 1 as another photo of the same "
        "lesion; 1 under another diagnosis."
    )


def test_a_match_stands_in_the_row_of_its_photo():
    matches = training_matches(
        table(
            ("test", "new", "L3", "new", "", 0, "mel"),
            ("train", "a", "L1", "a", "", 0, "mel"),
            ("test", "mate", "L1", "mate", "", 0, "mel"),
        )
    )
    assert matches["same_lesion"].to_dict() == {0: False, 2: True}


def test_validation_photos_are_not_trained_on():
    counts = leakage(
        table(
            ("train", "a", "L1", "a", "", 0, "mel"),
            ("validation", "b", "L2", "b", "", 0, "mel"),
            ("test", "b2", "L2", "b", "", 0, "mel"),
        )
    )
    assert counts.num_seen_in_training == 0
    assert leakage_sentence(counts) == "Training had seen none of 1 test photo."


def test_a_lesion_is_met_through_a_copy_of_a_held_out_photo():
    """The photo itself is validated on, but a copy of it is trained on."""
    counts = leakage(
        table(
            ("train", "a", "L1", "a", "", 0, "mel"),
            ("validation", "b", "L2", "b", "", 1, "mel"),
            ("test", "c", "L2", "c", "", 0, "mel"),
        )
    )
    assert counts.num_same_lesion == 1


def test_a_contradiction_is_met_through_a_copy_too():
    """The photo is validated on; a copy of it, under another diagnosis, is trained on."""
    counts = leakage(
        table(
            ("train", "a", "L1", "a", "", 0, "mel"),
            ("validation", "b", "L2", "b", "", 1, "sk"),
            ("test", "b2", "L3", "b", "", 0, "mel"),
        )
    )
    assert (counts.num_copies, counts.num_contradictory) == (1, 1)


def test_of_further_folds_the_photos_that_are_not_named_are_the_training_part():
    first = table(
        ("train", "a", "L1", "a", "", 3, "mel"),  # three copies, in the first fold's training only
        ("train", "b", "L2", "b", "", 0, "mel"),
        ("test", "c", "L2", "c", "", 0, "mel"),  # met: b is trained on
    )
    second = table(
        ("test", "a", "L1", "a", "", 0, "mel"),
        ("test", "b", "L2", "b", "", 0, "mel"),  # met: c is not named, so it is trained on
    ).assign(fold=1)
    counts = leakage(pd.concat([first, second]))
    assert counts == Leakage(
        3,
        num_augmented=0,
        num_copies=0,
        num_near_duplicates=0,
        num_same_lesion=2,
        num_contradictory=0,
    )


def test_a_run_that_does_not_know_its_copies_is_counted_by_lesion(tmp_path):
    toy_run = toys.write(tmp_path, with_network=False)
    assert set(toy_run.predictions["copy_of"]) == {""}
    assert list(toy_run.predictions["picture"]) == list(toy_run.predictions["image_id"])
    assert leakage(toy_run.predictions) == Leakage(30, 0, 0, 0, 0, 0)
    assert run.read(toy_run.path).predictions["num_copies"].sum() == 0
