"""What a sign on a photo costs: how often a network is right on test photos with it and without.

Photos of other data sets decide, where enough of them have the sign: a test part of one's own
source flatters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation.bootstrap import Estimate, share, share_difference
from model.evaluation.photo_sources import PhotoSource, photo_sources
from model.evaluation.subgroups import FEW

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class SignCost:
    """The share of right answers on `num_marked` test photos of one source with a sign and on
    `num_others` without, and the difference, others less marked, with its interval by lesion.

    A share is None where there are no such photos, and the difference where a share is.
    """

    marked: Estimate | None
    others: Estimate | None
    num_marked: int
    num_others: int
    difference: Estimate | None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough such photos, and others, to tell."""
        return min(self.num_marked, self.num_others) >= FEW and self.difference is not None

    @property
    def is_shown(self) -> bool:
        """Whether enough such photos show that the network is right on them less often."""
        return self.is_enough and self.difference is not None and self.difference.is_above_zero


@dataclass(frozen=True)
class SignCosts:
    """What a sign costs, by source of test photos."""

    by_source: dict[PhotoSource, SignCost]

    @property
    def own(self) -> SignCost:
        """On the photos of the run's own sources; raises StopIteration where none was measured."""
        return next(cost for source, cost in self.by_source.items() if source.is_own)

    @property
    def deciding(self) -> dict[PhotoSource, SignCost]:
        """The sources that decide: others than the run's own where they have enough such photos."""
        enough = {source: cost for source, cost in self.by_source.items() if cost.is_enough}
        return {source: cost for source, cost in enough.items() if not source.is_own} or enough

    @property
    def is_shown(self) -> bool:
        """Whether every deciding source shows that the network is right on such photos less
        often, and there is one."""
        deciding = self.deciding.values()
        return bool(deciding) and all(cost.is_shown for cost in deciding)

    @property
    def do_disagree(self) -> bool:
        """Whether some sources with enough such photos show a cost and others do not."""
        return len({cost.is_shown for cost in self.by_source.values() if cost.is_enough}) > 1


def sign_costs(
    run: Run,
    kind: str | None,
    has_sign: Callable[[pd.DataFrame], pd.Series],
    is_hit: Callable[[pd.DataFrame], np.ndarray] | None = None,
) -> SignCosts:
    """Measure what a sign costs on the test photos of each source.

    Args:
        run: `model.run.Run`.
        kind: as of `photo_sources`.
        has_sign: of the rows of one source, nullable boolean; photos where it is not known are left
            out.
        is_hit: (photos,) bool of such rows, what is counted; None: right answers.
    Returns:
        `SignCosts`, without the sources of which nothing is known.
    """
    costs = {}
    for source, rows in photo_sources(run, kind).items():
        marks = has_sign(rows)
        known = rows[marks.notna().to_numpy()]
        if len(known):
            hits = is_hit(known) if is_hit else is_right(run, known)
            costs[source] = sign_cost(
                hits, known["lesion_id"].to_numpy(), marks.dropna().to_numpy(bool)
            )
    return SignCosts(costs)


def by_photo(is_marked: pd.Series) -> Callable[[pd.DataFrame], pd.Series]:
    """`has_sign` for `sign_costs` from what a table says.

    Args:
        is_marked: bool by (source, image_id).
    """

    def has_sign(rows):
        photos = pd.MultiIndex.from_frame(rows[["source", "image_id"]])
        return is_marked.astype("boolean").reindex(photos)

    return has_sign


def is_right(run: Run, rows: pd.DataFrame) -> np.ndarray:
    """(photos,) bool: whether the most probable diagnosis is the true one."""
    answers = np.array(run.diagnoses)[rows[run.probability_columns].to_numpy().argmax(axis=1)]
    return answers == rows["diagnosis"].to_numpy()


def sign_cost(hits: np.ndarray, lesions: np.ndarray, marked: np.ndarray) -> SignCost:
    """Measure what a sign costs on photos of one source.

    Args:
        hits: (photos,) bool, what is counted, such as right answers.
        lesions: (photos,) the lesion or the person of each.
        marked: (photos,) bool, whether it has the sign.
    """
    having, without = (
        share(hits[part], lesions[part]) if part.any() else None for part in (marked, ~marked)
    )
    difference = None
    if marked.any() and not marked.all():
        difference = share_difference(hits, lesions, marked)
    return SignCost(having, without, int(marked.sum()), int((~marked).sum()), difference)
