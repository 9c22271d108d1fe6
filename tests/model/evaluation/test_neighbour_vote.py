"""The vote of the nearest lesions beside the network, on a few photos counted by hand."""

import numpy as np
import pandas as pd
import pytest

from model.evaluation.bootstrap import Estimate
from model.evaluation.neighbour_vote import (
    agreement,
    areas,
    chosen,
    neighbour_vote,
    precision,
    verdict,
    worth,
)
from model.prediction.mix import MixName, NamedMix, RunAtMix
from model.run.arrays import ALIKE
from model.run.writer import add_neighbours
from tests import toys

# Truth, the network's answer, the neighbours' answer, and the five nearest of a to f.
PHOTOS = [
    ("mel", "mel", "mel", "a b c d e"),  # 2 of 5 are mel
    ("mel", "nv", "mel", "a b"),  # 2 of 2
    ("nv", "nv", "mel", "c d e f a"),  # 3 of 5
    ("nv", "nv", "nv", "c"),  # 1 of 1
    ("bcc", "nv", "mel", "c d"),  # 0 of 2
    ("bcc", "bcc", "bcc", "f"),  # 1 of 1
]


def shares(answer):
    return {f"p_{code}": 0.8 if code == answer else 0.1 for code in toys.CODES}


@pytest.fixture
def run(tmp_path):
    predicted = [
        {
            "split": split,
            "fold": 0,
            "image_id": f"{split}_{number}",
            "lesion_id": f"{split}_{number}",
            "diagnosis": truth,
            **shares(answer),
        }
        for split in ("train", "validation", "test")
        for number, (truth, answer, _, _) in enumerate(PHOTOS)
    ]
    voted = [
        {
            "split": split,
            "image_id": f"{split}_{number}",
            "lesion_id": f"lesion_{number}",
            "nearest": nearest,
            # Validation photos are all answered wrong: no figure may come from them.
            **shares(answer if split == "test" else "bcc" if truth != "bcc" else "nv"),
        }
        for split in ("validation", "test")
        for number, (truth, _, answer, nearest) in enumerate(PHOTOS)
    ]
    arrays = {
        "mean": np.zeros(3, np.float32),
        "components": np.eye(3, dtype=np.float32),
        "values": np.arange(18, dtype=np.float16).reshape(6, 3),
        "unit": np.float32(1),
        "image_ids": np.array(list("abcdef")),
        "lesion_ids": np.array(list("ABCDEF")),
        "diagnoses": np.array(["mel", "mel", "nv", "nv", "nv", "bcc"]),
        "confirmed_by": np.array(6 * [""]),
        "num_voting": np.int32(2),
        "weighting": np.array(ALIKE),
    }
    written = toys.write(tmp_path, with_network=False, rows=pd.DataFrame(predicted))
    return add_neighbours(written, arrays, pd.DataFrame(voted))


def test_both_are_counted_on_the_same_photos(run):
    found = neighbour_vote(run)
    assert (found.num_photos, found.num_lesions, found.num_training_lesions) == (6, 6, 6)
    # Network: mel 1 of 2, nv 2 of 2, bcc 1 of 2. Neighbours: 2 of 2, 1 of 2, 1 of 2.
    network, neighbours, difference = found.balanced_accuracy
    assert network.value == pytest.approx(2 / 3)
    assert neighbours.value == pytest.approx(2 / 3)
    assert difference.value == pytest.approx(0)
    # Malignant (bcc, mel) against nv. Network's sums 0.9, 0.2, 0.2, 0.2, 0.2, 0.9 and neighbours'
    # 0.9, 0.9, 0.9, 0.2, 0.9, 0.9: 2 of 4 above both, the others level; and 4 above one, level one.
    network, neighbours, difference = found.malignant_area
    assert network.value == pytest.approx((2 * 2 + 2 * 2 * 0.5) / 8)
    assert neighbours.value == pytest.approx((4 + 4 * 0.5) / 8)
    assert difference.value == pytest.approx(0)


def test_precision_is_the_share_of_the_nearest_with_the_diagnosis(run):
    found = neighbour_vote(run)
    assert found.precision.value == pytest.approx((2 / 5 + 1 + 3 / 5 + 1 + 0 + 1) / 6)
    assert found.chance == pytest.approx((2 * 2 / 6 + 2 * 3 / 6 + 2 * 1 / 6) / 6)
    assert precision(found) == (
        f"Of the 5 nearest training lesions of a test photo, a share of {found.precision} has its "
        "diagnosis (n = 6); of 5 drawn at random it would be 0.33."
    )


def test_agreement_counts_who_is_right(run):
    found = neighbour_vote(run)
    assert (found.num_same, found.num_other) == (3, 3)
    assert found.right_if_same.value == 1
    assert (found.only_network, found.only_neighbours) == (1, 1)
    assert found.cost.num_marked == 3
    assert found.cost.marked.value == pytest.approx(1 / 3)
    assert agreement(found)[1] == (
        "Of the 3 others, the network is right on 1, the neighbours on 1, neither on 1."
    )
    assert agreement(found)[2].startswith("They differ on too few photos")


def test_validation_photos_have_figures_of_their_own(run):
    found = neighbour_vote(run, "validation")
    assert found.balanced_accuracy[1].value == 0
    assert found.num_same == 1  # bcc, taken for nv by both


def test_sentences_say_who_votes_and_on_what(run):
    found = neighbour_vote(run)
    assert worth(found).startswith(
        "On 6 test photos of 6 lesions, the vote of the 2 nearest training lesions has a balanced "
        f"accuracy of {found.balanced_accuracy[1]}, the network {found.balanced_accuracy[0]}; "
    )
    assert worth(found).endswith("The difference may be chance.")
    assert chosen(found).startswith("The 2 nearest training lesions of 6 vote; each lesion has one")
    assert areas(found)[0].startswith("AUC for malignant lesions: neighbours 0.75")


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.01, 0.2, "The neighbours are better."),
        (0.003, 0.2, "The difference may be chance."),
        (-0.2, -0.003, "The difference may be chance."),
        (-0.2, -0.01, "The network is better."),
        (-0.1, 0.1, "The difference may be chance."),
    ],
)
def test_the_verdict_follows_the_interval_as_printed(low, high, sentence):
    assert verdict(Estimate((low + high) / 2, low, high)) == sentence


def test_at_another_mix_the_vote_is_held_against_nothing(run):
    mix = NamedMix(MixName.VALIDATION)
    assert neighbour_vote(RunAtMix(run.path, run.card, run, mix)) is None


def test_a_run_without_neighbours_has_no_vote(tmp_path):
    assert neighbour_vote(toys.write(tmp_path, with_network=False)) is None
