"""Two test photos of one lesion, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.same_lesion_spread import (
    FEWEST,
    change_sentence,
    same_lesion_spread,
    spread_sentences,
)
from tests import toys


def written(parent, pairs, single=0, **settings):
    """A run with test photos: (p_bcc, p_mel, p_nv) of two photos of each lesion, and photos of
    lesions of their own."""
    rows = [
        ("test", f"l{lesion:02}_{number}", f"l{lesion:02}", *values)
        for lesion, pair in enumerate(pairs)
        for number, values in enumerate(pair)
    ]
    rows += [("test", f"single_{number}", f"single_{number}", 1, 0, 0) for number in range(single)]
    rows += [
        (split, f"{split}_{number}", split, 1 - number, 0, number)
        for split in ("train", "validation")
        for number in range(2)
    ]
    columns = ["split", "image_id", "lesion_id", "p_bcc", "p_mel", "p_nv"]
    table = pd.DataFrame(rows[::-1], columns=columns).assign(fold=0, diagnosis="nv")
    return toys.write(parent, with_network=False, rows=table, **settings)


def test_each_lesion_counts_once_with_its_first_two_photos(tmp_path):
    # Malignant are bcc and mel: the sums differ by 0.1 in eight lesions, 0.3 in one, 0.8 in one.
    pairs = 8 * [[(0.5, 0.2, 0.3), (0.4, 0.2, 0.4)]]
    pairs += [[(0, 0.6, 0.4), (0.3, 0.6, 0.1), (0, 0, 1)]]  # the third does not count
    pairs += [[(0, 0.1, 0.9), (0, 0.9, 0.1)]]
    found = same_lesion_spread(written(tmp_path, pairs, single=5))
    assert found.num_lesions == 10
    assert found.differences == pytest.approx([*8 * [0.1], 0.3, 0.8], abs=1e-6)
    assert found.median == pytest.approx(0.1)
    assert found.ninth_decile == pytest.approx(0.3)
    assert found.other_answer.value == pytest.approx(0.1)  # the last alone
    assert found.share_at_least(0.2).value == pytest.approx(0.2)
    assert found.share_at_least(-0.75).value == pytest.approx(0.1)
    assert found.share_at_least(0.9).value == 0
    text = " ".join(spread_sentences(found))
    assert "by a median of 0.10; one lesion in ten by more than 0.30 (10 lesions" in text
    assert f"different diagnoses in a share of {found.other_answer}." in text
    assert (found.malignant, found.malignant_of_all) == (0, 0)  # all are nevi
    assert "differs by 0.25. Of 10 lesions with several test photos, a share of " in (
        change_sentence(found, 0.75, 0.5)
    )
    assert str(found.share_at_least(0.25)) in change_sentence(found, 0.5, 0.75)


def test_too_few_lesions_and_nothing_malignant_give_no_yardstick(tmp_path):
    few = (FEWEST - 1) * [[(1, 0, 0), (0, 0, 1)]]
    assert same_lesion_spread(written(tmp_path / "few", few, single=20)) is None
    benign = written(tmp_path / "benign", FEWEST * [[(1, 0, 0), (0, 0, 1)]], malignant=[])
    assert same_lesion_spread(benign) is None


def test_photos_whose_lesion_nobody_recorded_do_not_count(tmp_path):
    run = written(tmp_path, FEWEST * [[(1, 0, 0), (0, 0, 1)]])
    rows = run.predictions.assign(lesion_id="group_" + run.predictions["lesion_id"])
    assert same_lesion_spread(toys.write(tmp_path, with_network=False, rows=rows)) is None


def test_validation_photos_and_augmented_copies_do_not_count(tmp_path):
    run = written(tmp_path, FEWEST * [[(1, 0, 0), (1, 0, 0)]])
    assert np.all(same_lesion_spread(run).differences == 0)
