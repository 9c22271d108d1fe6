"""What a run is worth on each group of its atlas: photos that it looks at in one way.

The groups come from heat maps alone (`train.reports.strategy_atlas`). Here they meet diagnoses and
errors. As every group is held against the rest, intervals of differences are widened (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation.bootstrap import (
    LEVEL,
    Estimate,
    estimate,
    lesion_weights,
    ratio,
    share,
)
from model.evaluation.localisation import WHOLE
from model.evaluation.subgroups import FEW
from model.photo.quality import MEASURES
from model.run import OWN_SOURCE
from model.run.tables import ATLAS_CELL

if TYPE_CHECKING:
    from model.run import Run

NUM_RESAMPLES = 4000  # so that a widened interval rests on more than a few draws
NO_MAP = 0  # the group of photos whose answer nothing raised
ON_LESION = "on_lesion"
PROPERTIES = {
    ON_LESION: "share of the heat on the lesion, less the lesion's share of the photo",
    "dark_corners": "black corners",
    "blur": "blur",
    "light": "brightness",
    "glare": "glare",
    "side": "shorter side in pixels",
    "fill": "share of the photo that the lesion fills",
}
WAYS = 2  # of comparing errors: with all other photos, and with those of the same diagnoses
STANDS_OUT = 0.5  # standard deviations between the means, at least


@dataclass(frozen=True)
class Property:
    """The mean of a measured property in a group and elsewhere.

    `difference` is in standard deviations of all photos, with its widened interval, which is of
    `level`.
    """

    key: str
    here: float
    elsewhere: float
    difference: Estimate
    level: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.difference.direction != 0

    @property
    def stands_out(self) -> bool:
        """Whether a difference is shown, and is no small one."""
        return self.is_shown and abs(self.difference.value) >= STANDS_OUT


@dataclass(frozen=True)
class Cluster:
    """One group of test photos.

    `rows` are predictions, with the columns of `Run.atlas`, `answer`, `is_wrong` and the measured
    `PROPERTIES`. `errors` and `malignant` are shares with 95 % intervals by lesion. `rest` is the
    share of errors on all other photos of the atlas; `difference` is `errors` less `rest`, and
    `matched` the same with the diagnoses of the group: less what the rest would get wrong of these.
    The intervals of both are widened. They are None, and `properties` are empty, where the group or
    the rest has fewer than `FEW` photos; `matched` also where the rest has none of its diagnoses.
    """

    number: int
    rows: pd.DataFrame
    errors: Estimate
    malignant: Estimate
    rest: Estimate | None
    difference: Estimate | None
    matched: Estimate | None
    properties: tuple[Property, ...]

    @property
    def num_photos(self) -> int:
        return len(self.rows)

    @property
    def is_more_often_wrong(self) -> bool:
        """Whether more errors than elsewhere are shown."""
        return self.difference is not None and self.difference.is_above_zero

    @property
    def is_less_often_wrong(self) -> bool:
        """Whether fewer errors than elsewhere are shown."""
        return self.difference is not None and self.difference.direction < 0

    @property
    def leaves_the_lesion(self) -> bool:
        """Whether the heat keeps less to the lesion than elsewhere, by the interval."""
        return any(
            found.key == ON_LESION and found.stands_out and found.difference.value < 0
            for found in self.properties
        )

    @property
    def is_suspect(self) -> bool:
        """Whether it may be right for the wrong reason: the heat leaves the lesion, and more errors
        are not shown."""
        return self.leaves_the_lesion and not self.is_more_often_wrong

    @property
    def standing_out(self) -> list[Property]:
        """Properties that stand out, the strongest first."""
        found = [one for one in self.properties if one.stands_out]
        return sorted(found, key=lambda one: -abs(one.difference.value))

    @cached_property
    def mean_map(self) -> np.ndarray:
        """(side, side) float: the share of the heat in each place, on average."""
        return _mean_map(self.rows)

    @property
    def edge(self) -> float:
        """Share of the heat in the outermost places of the map."""
        inner = self.mean_map[1:-1, 1:-1].sum()
        return float(1 - inner / self.mean_map.sum()) if self.mean_map.sum() else math.nan

    def typical(self, number: int) -> list[str]:
        """Ids of the photos whose maps are nearest to the mean one, each of another lesion."""
        rows = self.rows.sort_values(["distance", "image_id"]).drop_duplicates("lesion_id")
        return rows["image_id"].head(number).tolist()

    def mix(self, column: str) -> dict[str, int]:
        """Photos by `diagnosis` or `answer`, the most frequent first."""
        return {str(code): int(n) for code, n in self.rows[column].value_counts().items()}


@dataclass(frozen=True)
class Atlas:
    """The groups of a run's test photos, the largest first and the one without maps last.

    `num_compared` groups are held against the rest in `WAYS`, so differences have intervals of
    `level` each.
    `num_tested` counts the test photos that the run has.
    """

    clusters: tuple[Cluster, ...]
    num_tested: int
    num_compared: int

    @property
    def num_photos(self) -> int:
        return sum(cluster.num_photos for cluster in self.clusters)

    @property
    def num_groups(self) -> int:
        """Groups of maps, without the photos that have none."""
        return sum(cluster.number != NO_MAP for cluster in self.clusters)

    @property
    def level(self) -> float:
        return corrected(WAYS * self.num_compared)


def corrected(num_comparisons: int) -> float:
    """The level of each of several intervals that hold together with 95 % (Bonferroni)."""
    return 1 - (1 - LEVEL) / max(num_comparisons, 1)


def atlas(run: Run) -> Atlas:
    """Hold each group of a run that has a `Run.atlas` against the rest.

    Args:
        run: `model.run.Run`.
    """
    rows = _rows(run)
    numbers = sorted(set(rows["cluster"]), key=lambda number: (number == NO_MAP, number))
    members = {number: (rows["cluster"] == number).to_numpy() for number in numbers}
    enough = [
        number for number, own in members.items() if min(own.sum(), (~own).sum()) >= FEW
    ]  # enough to be compared
    draws = Draws(rows["lesion_id"].to_numpy())
    return Atlas(
        tuple(
            _cluster(run, number, rows, members[number], len(enough), draws) for number in numbers
        ),
        len(run.test_photos),
        len(enough),
    )


class Draws:
    """Differences between groups of photos over the same resamples of whole lesions.

    Values are summed by lesion first: a page draws some sixty differences.

    Args:
        lesion_ids: (n,) the lesion of each photo.
    """

    def __init__(self, lesion_ids: Sequence[str] | np.ndarray):
        lesions, self._lesion = np.unique(np.asarray(lesion_ids, dtype=str), return_inverse=True)
        self._num_lesions = len(lesions)
        drawn = lesion_weights(lesions, NUM_RESAMPLES, seed=0)
        # The first row is of the photos as they are.
        self._weights = np.vstack([np.ones(len(lesions), drawn.dtype), drawn])

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sum of (n,) values as they are, and in each resample: (1 + resamples,) float."""
        by_lesion = np.bincount(self._lesion, values.astype(float), self._num_lesions)
        # In the draws' own type: NumPy would copy all of them into another.
        return self._weights @ by_lesion.astype(self._weights.dtype)

    def mean(self, values: np.ndarray, members: np.ndarray) -> np.ndarray:
        """The mean of (n,) values over some photos, as `sums`; NaN where none is drawn."""
        return ratio(self.sums(np.where(members, values, 0)), self.sums(members))

    def difference(self, values: np.ndarray, members: np.ndarray, level: float) -> Estimate:
        """The mean of (n,) values over the photos of a group, (n,) bool, less that of the rest."""
        return _estimate(self.mean(values, members) - self.mean(values, ~members), level)

    def matched_difference(
        self, is_wrong: np.ndarray, diagnoses: np.ndarray, members: np.ndarray, level: float
    ) -> Estimate | None:
        """Errors of a group less those that the rest would make of the same diagnoses.

        Photos of a diagnosis that the rest has none of are left out.

        Args:
            is_wrong: (n,) bool.
            diagnoses: (n,) the truth of each photo.
            members: (n,) bool, the photos of the group.
            level: of the interval.
        Returns:
            `Estimate`, or None where the rest has none of the diagnoses.
        """
        num_photos, excess = np.zeros((2, len(self._weights)))
        for code in np.unique(diagnoses[members]):
            own, others = members & (diagnoses == code), ~members & (diagnoses == code)
            if not others.any():
                continue
            num_own = self.sums(own)
            surplus = self.sums(own & is_wrong) - num_own * self.mean(is_wrong, others)
            is_defined = np.isfinite(surplus)
            num_photos += np.where(is_defined, num_own, 0)
            excess += np.where(is_defined, surplus, 0)
        return _estimate(ratio(excess, num_photos), level) if num_photos[0] else None


def _estimate(values, level):
    """Of values whose first is that of the photos as they are."""
    return estimate(float(values[0]), values[1:], level=level)


def _rows(run):
    table = run.atlas
    rows = run.test_photos.drop(columns="lesion_id").merge(table, on="image_id")
    answers = rows[run.probability_columns].to_numpy().argmax(axis=1)
    rows["answer"] = np.array(run.diagnoses)[answers]
    rows["is_wrong"] = rows["answer"] != rows["diagnosis"]
    if run.quality is not None:
        own = run.quality[run.quality["source"] == OWN_SOURCE]
        rows = rows.merge(own[["image_id", *MEASURES]], on="image_id", how="left")
    if run.localisation is not None and "grad_cam_energy" in run.localisation:
        whole = run.localisation[run.localisation["version"] == WHOLE]
        # Less its area: on a small lesion a map has less heat, wherever it looks.
        excess = (whole["grad_cam_energy"] - whole["area"]).set_axis(whole["image_id"])
        rows[ON_LESION] = rows["image_id"].map(excess)
    return rows


def _cluster(run, number, rows, members, num_compared, draws):
    own, lesions = rows[members], rows["lesion_id"].to_numpy()
    is_wrong = rows["is_wrong"].to_numpy()
    is_malignant = own["diagnosis"].isin(run.malignant).to_numpy()
    rest = difference = matched = None
    properties: tuple[Property, ...] = ()
    if min(members.sum(), (~members).sum()) >= FEW:
        level = corrected(WAYS * num_compared)
        rest = share(is_wrong[~members], lesions[~members])
        difference = draws.difference(is_wrong, members, level)
        diagnoses = rows["diagnosis"].to_numpy()
        matched = draws.matched_difference(is_wrong, diagnoses, members, level)
        properties = _properties(rows, members, num_compared, draws)
    return Cluster(
        number,
        own,
        share(is_wrong[members], lesions[members]),
        share(is_malignant, lesions[members]),
        rest,
        difference,
        matched,
        properties,
    )


def _properties(rows, members, num_compared, draws):
    known = [key for key in PROPERTIES if key in rows and rows[key].std() > 0]
    level = corrected(num_compared * len(known))
    found = []
    for key in known:
        is_known = rows[key].notna().to_numpy()
        own, others = members & is_known, ~members & is_known
        if min(own.sum(), others.sum()) < FEW:
            continue
        values = rows[key].fillna(0).to_numpy(float)
        means = draws.mean(values, own), draws.mean(values, others)
        difference = _estimate((means[0] - means[1]) / rows[key].std(), level)
        found.append(Property(key, float(means[0][0]), float(means[1][0]), difference, level))
    return tuple(found)


def _mean_map(rows):
    cells = rows[[column for column in rows if column.startswith(ATLAS_CELL)]].to_numpy(float)
    side = math.isqrt(cells.shape[1])
    return cells.mean(axis=0).reshape(side, side) / 1000
