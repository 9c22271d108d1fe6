"""Whether two networks find the same training lesions nearest, on the test photos of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.run.tables import NUM_NEAREST

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class NeighbourOverlap:
    """How many of the five nearest training lesions of a test photo two runs share.

    Of the first run's five, a share of `known` took part in the training of the second, and a
    share of `shared` is among the second's own five. `chance` is what `shared` would be if the
    second's five were drawn from all its training lesions.
    """

    num_photos: int
    num_lesions: int
    known: Estimate
    shared: Estimate
    chance: float


def neighbour_overlap(first: Run, second: Run) -> NeighbourOverlap | None:
    """Compare the nearest training lesions of two runs on photos that are test photos of both.

    Args:
        first, second: runs whose lesion ids are those of the same data set.
    Returns:
        `NeighbourOverlap`, or None where a run has no neighbours, or they share no test photo.
    """
    lesions = [_lesions(run) for run in (first, second)]
    nearest = [_nearest(run) for run in (first, second)]
    both = [image_id for image_id in nearest[0] if image_id in nearest[1]]
    if not both:
        return None
    of_second = set(lesions[1].values())
    known, shared = [], []
    for image_id in both:
        own, other = (
            {names[near] for near in found[image_id]}
            for names, found in zip(lesions, nearest, strict=True)
        )
        known.append(len(own & of_second) / len(own))
        shared.append(len(own & other) / len(own))
    of_photos = first.test_photos.set_index("image_id")["lesion_id"]
    lesion_ids = of_photos[both].to_numpy()
    return NeighbourOverlap(
        num_photos=len(both),
        num_lesions=len(np.unique(lesion_ids)),
        known=bootstrap.average(np.array(known), lesion_ids),
        shared=bootstrap.average(np.array(shared), lesion_ids),
        chance=float(np.mean(known)) * min(1, NUM_NEAREST / len(of_second)),
    )


def _lesions(run):
    """The lesion of every training photo, by the photo's id."""
    arrays = run.neighbour_arrays
    if arrays is None:
        return {}
    return dict(zip(arrays["image_ids"].tolist(), arrays["lesion_ids"].tolist(), strict=True))


def _nearest(run):
    """The photos that stand for the nearest lesions of every test photo, by its id."""
    rows = run.neighbour_votes
    if rows is None:
        return {}
    rows = rows[rows["split"] == "test"]
    return {
        image_id: near.split()[:NUM_NEAREST]
        for image_id, near in zip(rows["image_id"], rows["nearest"], strict=True)
    }


def overlap_sentence(first: str, second: str, found: NeighbourOverlap) -> str:
    """What was measured, in words.

    Args:
        first, second: titles of the runs.
        found: of `neighbour_overlap`.
    """
    return (
        f"On {found.num_photos:,} test photos of both ({found.num_lesions:,} lesions), a share of "
        f"{found.shared} of the {NUM_NEAREST} nearest lesions of {first} is among the "
        f"{NUM_NEAREST} of {second}; by chance it would be {found.chance:.1g}. A share of "
        f"{found.known} took part in the training of both."
    )
