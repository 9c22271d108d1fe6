"""The training photos that are most like a photo to a run's own network, and what they vote for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from model.run.arrays import ALIKE, BY_FREQUENCY

if TYPE_CHECKING:
    from model.run import Run

WEIGHTINGS = {
    ALIKE: "each lesion has one vote",
    BY_FREQUENCY: "the vote of a lesion is divided by the number of training lesions of its "
    "diagnosis, so that rare diagnoses count as much as frequent ones",
}


@dataclass(frozen=True)
class Case:
    """A training photo beside a photo that was asked about.

    `distance` is in units of the distance from a typical validation photo to its nearest training
    lesion. `confirmed_by` is empty where nobody recorded it.
    """

    image_id: str
    diagnosis: str
    confirmed_by: str
    distance: float


@dataclass(frozen=True)
class SimilarCases:
    """The training lesions that are most like one photo.

    `nearest` has a case for each lesion, nearest first; `of_diagnosis` the nearest of each
    diagnosis; `vote` the share of each in the vote. `own_lesion` is the lesion that was left out
    because the photo shows it, empty where that is not known.
    """

    nearest: tuple[Case, ...]
    of_diagnosis: dict[str, Case]
    vote: dict[str, float]
    own_lesion: str

    @property
    def diagnosis(self) -> str:
        """What the vote says; of equal shares, the first in the run's order."""
        return max(self.vote, key=self.vote.__getitem__)


@dataclass(frozen=True)
class Neighbours:
    """Training photos as a network sees them, reduced to a few principal components.

    The features are the channels of the heat map layer, averaged over the photo as it is. The
    search compares a photo with every training photo, so it misses none.
    """

    mean: np.ndarray  # (features,) float32
    components: np.ndarray  # (features, components) float32
    values: np.ndarray  # (photos, components) float32
    unit: float  # the distance that counts as 1
    image_ids: np.ndarray  # (photos,) str, as the next three
    lesion_ids: np.ndarray  # one id for all photos of a lesion
    diagnoses: np.ndarray  # codes
    confirmed_by: np.ndarray
    num_voting: int  # lesions
    weighting: str  # a key of `WEIGHTINGS`

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take the arrays of neighbours.npz."""
        return cls(
            mean=np.asarray(arrays["mean"], np.float32),
            components=np.asarray(arrays["components"], np.float32),
            values=np.asarray(arrays["values"], np.float32),
            unit=float(arrays["unit"]),
            image_ids=arrays["image_ids"],
            lesion_ids=arrays["lesion_ids"],
            diagnoses=arrays["diagnoses"],
            confirmed_by=arrays["confirmed_by"],
            num_voting=int(arrays["num_voting"]),
            weighting=str(arrays["weighting"]),
        )

    @cached_property
    def _lesions(self) -> tuple[np.ndarray, np.ndarray]:
        """The lesion ids, and the number of each photo's."""
        return np.unique(self.lesion_ids, return_inverse=True)

    @property
    def num_lesions(self) -> int:
        """Training lesions to compare with."""
        return len(self._lesions[0])

    def has_lesion(self, lesion_id: str) -> bool:
        """Whether a lesion took part in the training."""
        names, _ = self._lesions
        place = np.searchsorted(names, lesion_id)
        return bool(place < len(names) and names[place] == lesion_id)

    def lesion_of(self, image_id: str) -> str:
        """The lesion of a training photo."""
        return str(self.lesion_ids[self.image_ids == image_id][0])

    def projected(self, features: np.ndarray) -> np.ndarray:
        """(photos, features) -> (photos, components) float32."""
        return (np.asarray(features, np.float32) - self.mean) @ self.components

    def nearest(self, point: np.ndarray, own_lesion: str = "") -> tuple[np.ndarray, np.ndarray]:
        """The nearest photo of every training lesion, nearest lesion first.

        Args:
            point: (components,), of `projected`.
            own_lesion: of the photo itself, which is left out; empty where it is not known.
        Returns:
            (rows, distances), each (lesions,): the number of the photo, and its distance in
            `unit`s.
        """
        distances = np.sqrt(np.square(self.values - point).sum(axis=1)) / self.unit
        names, lesions = self._lesions
        if self.has_lesion(own_lesion):
            distances[lesions == np.searchsorted(names, own_lesion)] = np.inf
        order = np.argsort(distances, kind="stable")
        _, firsts = np.unique(lesions[order], return_index=True)
        rows = order[np.sort(firsts)]
        rows = rows[np.isfinite(distances[rows])]
        return rows, distances[rows]

    def case(self, row: int, distance: float) -> Case:
        """One result of `nearest`."""
        return Case(
            str(self.image_ids[row]),
            str(self.diagnoses[row]),
            str(self.confirmed_by[row]),
            float(distance),
        )

    def similar(
        self, features: np.ndarray, codes: Sequence[str], number: int, own_lesion: str = ""
    ) -> SimilarCases:
        """The cases that are most like one photo.

        Args:
            features: (features,) of the photo.
            codes: the run's diagnoses.
            number: of nearest cases to return.
            own_lesion: as `nearest` takes it.
        """
        rows, distances = self.nearest(self.projected(features[None])[0], own_lesion)
        of_diagnosis = {}
        for code in codes:
            own = np.flatnonzero(self.diagnoses[rows] == code)
            if own.size:
                of_diagnosis[code] = self.case(rows[own[0]], distances[own[0]])
        return SimilarCases(
            tuple(map(self.case, rows[:number], distances[:number])),
            of_diagnosis,
            dict(zip(codes, map(float, self.vote(rows, codes)), strict=True)),
            own_lesion if self.has_lesion(own_lesion) else "",
        )

    def vote(self, rows: np.ndarray, codes: Sequence[str]) -> np.ndarray:
        """What the first `num_voting` rows of `nearest` vote for: (codes,) shares that sum to 1."""
        numbers = numbered(self.diagnoses[rows[: self.num_voting]], codes)
        return votes(numbers[None], self.num_voting, self.weighting, self.lesion_counts(codes))[0]

    def lesion_counts(self, codes: Sequence[str]) -> np.ndarray:
        """(codes,) how many training lesions have each diagnosis, by their first photo."""
        _, firsts = np.unique(self.lesion_ids, return_index=True)
        return np.bincount(numbered(self.diagnoses[firsts], codes), minlength=len(codes))


def numbered(diagnoses: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    """The place of each diagnosis in `codes`, int."""
    order = np.argsort(codes)
    return order[np.searchsorted(np.asarray(codes)[order], diagnoses)]


def votes(
    nearest: np.ndarray, num_voting: int, weighting: str, lesion_counts: np.ndarray
) -> np.ndarray:
    """What the nearest lesions of photos vote for.

    Args:
        nearest: (photos, lesions) int, the number of each lesion's diagnosis, nearest first.
        num_voting: how many of them vote.
        weighting: a key of `WEIGHTINGS`.
        lesion_counts: (diagnoses,) training lesions of each.
    Returns:
        (photos, diagnoses) float, shares that sum to 1.
    """
    voting = nearest[:, :num_voting]
    counts = np.stack([(voting == number).sum(axis=1) for number in range(len(lesion_counts))], 1)
    if weighting == BY_FREQUENCY:
        counts = counts / np.maximum(lesion_counts, 1)
    return counts / counts.sum(axis=1, keepdims=True)


def lesion_of(run: Run, image_id: str) -> str:
    """The lesion of a photo that took part in a run's training or test, as neighbours.npz names it;
    empty where the id is unknown.

    Args:
        run: `model.run.Run` with neighbours.
        image_id: such as the name of a file without its ending.
    """
    arrays, table = run.neighbour_arrays, run.neighbour_votes
    known: pd.Series = pd.Series(dtype=object)
    if arrays is not None:
        known = pd.Series(arrays["lesion_ids"], arrays["image_ids"])
    if table is not None:
        known = pd.concat([known, table.set_index("image_id")["lesion_id"]])
    return str(known.get(image_id, ""))
