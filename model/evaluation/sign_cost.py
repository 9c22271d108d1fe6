"""What a sign on a photo costs: how often a network is right on test photos with it and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation.bootstrap import Estimate, share, share_difference
from model.evaluation.subgroups import FEW
from model.prediction.prediction import is_stable

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class SignCost:
    """The share of right answers on `num_marked` test photos with a sign and on `num_others`
    without, and the difference, others less marked, with its interval by lesion.

    A share is None where there are no such photos, and the difference where a share is.
    """

    marked: Estimate | None
    others: Estimate | None
    num_marked: int
    num_others: int
    difference: Estimate | None

    @property
    def is_shown(self) -> bool:
        """Whether enough such photos show that the network is right on them less often."""
        return self.num_marked >= FEW and self.difference is not None and self.difference.low > 0


def sign_cost(run: Run, is_marked: pd.Series) -> SignCost:
    """Measure what a sign costs on a run's test photos.

    Args:
        run: `model.run.Run`.
        is_marked: bool by image_id; photos that it does not name are left out.
    """
    rows = run.test_photos.set_index("image_id")
    rows = rows[rows.index.isin(is_marked.index)]
    answers = np.array(run.diagnoses)[rows[run.probability_columns].to_numpy().argmax(axis=1)]
    right = (answers == rows["diagnosis"].to_numpy()).astype(float)
    lesions = rows["lesion_id"].to_numpy()
    marked = is_marked[rows.index].to_numpy(bool)
    having, without = (
        share(right[part], lesions[part]) if part.any() else None for part in (marked, ~marked)
    )
    difference = None
    if marked.any() and not marked.all():
        difference = share_difference(right, lesions, marked)
    return SignCost(having, without, int(marked.sum()), int((~marked).sum()), difference)


def turning_cost(run: Run) -> SignCost:
    """What it costs where the flips and turns of a photo do not agree.

    Args:
        run: with `turning`.
    Raises:
        ValueError: without it.
    """
    if run.turning is None:
        raise ValueError(f"{run.name} does not record what turning its photos changes.")
    table = run.turning.set_index("image_id")
    figures = table[["num_views", "num_agreeing", "low", "high"]].to_numpy()
    stable = [is_stable(int(views), int(same), low, high) for views, same, low, high in figures]
    return sign_cost(run, ~pd.Series(stable, index=table.index))
