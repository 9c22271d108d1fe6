"""What the nearest training lesions alone would say, beside the network, on its own test photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, differences
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, estimate, lesion_weights
from model.evaluation.differences import Figure
from model.evaluation.sign_cost import SignCost, sign_cost
from model.prediction.mix import RunAtMix
from model.prediction.neighbours import WEIGHTINGS, Neighbours
from model.run.tables import NUM_NEAREST

if TYPE_CHECKING:
    from model.run import Run

Three = tuple[Estimate, Estimate, Estimate]


@dataclass(frozen=True)
class NeighbourVote:
    """The vote of the nearest training lesions on test photos, and the network on the same.

    `balanced_accuracy` and `malignant_area` (None where nothing is malignant, or all is) hold the
    network, the neighbours, and the neighbours less the network. `precision` is the share of the
    five nearest lesions with the photo's diagnosis, `chance` what five lesions drawn from all
    training lesions would have. `num_same` photos get the same answer from both, of which
    `right_if_same` is the share that is right; of the `num_other` others the network alone is
    right on `only_network`, the neighbours alone on `only_neighbours`. `cost` is how much less
    often the network is right where the answers differ.
    """

    num_photos: int
    num_lesions: int
    num_training_lesions: int
    num_voting: int
    weighting: str
    balanced_accuracy: Three
    malignant_area: Three | None
    precision: Estimate
    chance: float
    num_same: int
    right_if_same: Estimate | None
    num_other: int
    only_network: int
    only_neighbours: int
    cost: SignCost


def neighbour_vote(run: Run, split: str = "test") -> NeighbourVote | None:
    """Measure the vote on photos of one part, those of `Run.neighbour_votes`.

    Args:
        run: `model.run.Run`.
        split: `test`, or `validation`, which chose how many vote.
    Returns:
        `NeighbourVote`, or None where the run has no neighbours, or is read at another mix of
        diagnoses: the vote is not, and the difference might be the mix alone.
    """
    if isinstance(run, RunAtMix):
        return None
    if run.neighbour_arrays is None or run.neighbour_votes is None:
        return None
    found = Neighbours.from_arrays(run.neighbour_arrays)
    voted = run.neighbour_votes
    voted = voted[voted["split"] == split].set_index("image_id")
    rows = run.predictions
    rows = rows[(rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    rows = rows.set_index("image_id").loc[voted.index]
    rows = rows.assign(lesion_id=voted["lesion_id"])
    sides = rows, rows.assign(**voted[run.probability_columns])
    lesion_ids = rows["lesion_id"].to_numpy()
    weights = lesion_weights(lesion_ids, NUM_RESAMPLES, seed=0)
    drawn = [differences.drawn(run, side, None, weights) for side in sides]
    truth = rows["diagnosis"].to_numpy()
    answers = [_answers(run, side) for side in sides]
    right = [answer == truth for answer in answers]
    is_other = answers[0] != answers[1]
    same = ~is_other
    hits = _hits(found, voted["nearest"], truth)
    return NeighbourVote(
        num_photos=len(rows),
        num_lesions=rows["lesion_id"].nunique(),
        num_training_lesions=found.num_lesions,
        num_voting=found.num_voting,
        weighting=WEIGHTINGS[found.weighting],
        balanced_accuracy=_three(drawn, Figure.BALANCED_ACCURACY),
        malignant_area=(
            _three(drawn, Figure.MALIGNANT_AUC) if Figure.MALIGNANT_AUC in drawn[0] else None
        ),
        precision=bootstrap.average(hits, lesion_ids),
        chance=_chance(run, found, truth),
        num_same=int(same.sum()),
        right_if_same=(bootstrap.share(right[0][same], lesion_ids[same]) if same.any() else None),
        num_other=int(is_other.sum()),
        only_network=int((is_other & right[0]).sum()),
        only_neighbours=int((is_other & right[1]).sum()),
        cost=sign_cost(right[0], lesion_ids, is_other),
    )


def _answers(run, rows):
    return np.array(run.diagnoses)[rows[run.probability_columns].to_numpy().argmax(axis=1)]


def _hits(found, nearest, truth):
    """(photos,) float: of the nearest lesions of each photo, the share with its diagnosis."""
    diagnosis = dict(zip(found.image_ids.tolist(), found.diagnoses.tolist(), strict=True))
    named = [image_ids.split()[:NUM_NEAREST] for image_ids in nearest]
    return np.array(
        [
            np.mean([diagnosis[image_id] == true for image_id in own])
            for own, true in zip(named, truth, strict=True)
        ]
    )


def _chance(run, found, truth):
    counts = found.lesion_counts(run.diagnoses)
    shares = pd.Series(counts / counts.sum(), run.diagnoses)
    return float(shares[truth].mean())


def _three(drawn, figure):
    network, neighbours = (side[figure] for side in drawn)
    return (
        network.alone or estimate(network.value, network.resampled),
        neighbours.alone or estimate(neighbours.value, neighbours.resampled),
        estimate(neighbours.value - network.value, neighbours.resampled - network.resampled),
    )


def verdict(difference: Estimate) -> str:
    """What a difference, neighbours less network, says: as it is printed."""
    if difference.is_above_zero:
        return "The neighbours are better."
    if difference.direction < 0:
        return "The network is better."
    return "The difference may be chance."


def worth(found: NeighbourVote) -> str:
    """How good the vote is, beside the network, in one sentence and its verdict."""
    network, neighbours, difference = found.balanced_accuracy
    return (
        f"On {found.num_photos:,} test photos of {found.num_lesions:,} lesions, the vote of the "
        f"{voting(found.num_voting)} has a balanced accuracy of {neighbours}, the network "
        f"{network}; difference {difference}. {verdict(difference)}"
    )


def voting(num_voting: int) -> str:
    """Who votes."""
    if num_voting == 1:
        return "nearest training lesion"
    return f"{num_voting} nearest training lesions"


def chosen(found: NeighbourVote) -> str:
    """How the vote was chosen."""
    return (
        f"The {voting(found.num_voting)} of {found.num_training_lesions:,} "
        f"{'votes' if found.num_voting == 1 else 'vote'}; {found.weighting}. Validation photos "
        "chose both."
    )


def areas(found: NeighbourVote) -> list[str]:
    """How well the vote finds malignant lesions, beside the network; empty where nothing is
    malignant, or all is."""
    if found.malignant_area is None:
        return []
    network, neighbours, difference = found.malignant_area
    return [
        f"AUC for malignant lesions: neighbours {neighbours}, network {network}; difference "
        f"{difference}. {verdict(difference)}"
    ]


def precision(found: NeighbourVote) -> str:
    """How many of the nearest lesions have the diagnosis of a test photo."""
    return (
        f"Of the {NUM_NEAREST} nearest training lesions of a test photo, a share of "
        f"{found.precision} has its diagnosis (n = {found.num_photos:,}); of {NUM_NEAREST} drawn "
        f"at random it would be {found.chance:.2f}."
    )


def agreement(found: NeighbourVote) -> list[str]:
    """How often network and neighbours say the same, and who is right where they do not."""
    sentences = [
        f"Network and neighbours give the same answer to {found.num_same:,} of "
        f"{found.num_photos:,} test photos"
        + (f", and it is right on {found.right_if_same} of them." if found.right_if_same else "."),
    ]
    if found.num_other:
        neither = found.num_other - found.only_network - found.only_neighbours
        sentences.append(
            f"Of the {found.num_other:,} others, the network is right on "
            f"{found.only_network:,}, the neighbours on {found.only_neighbours:,}, neither on "
            f"{neither:,}."
        )
    return [*sentences, _cost(found.cost)]


def _cost(cost: SignCost) -> str:
    if cost.is_shown:
        return (
            f"Where they differ, the network is right less often: by a share of {cost.difference}."
        )
    if not cost.is_enough:
        return "They differ on too few photos, or agree on too few, to say what that means."
    return (
        "It is not shown that the network is right less often where they differ: the difference is "
        f"{cost.difference}."
    )
