"""What a run's answers are worth on photos of other data sets, counted from its outside.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, metrics, subgroups
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate
from model.lesions import malignant_codes

if TYPE_CHECKING:
    from model.run import Run


@dataclass(frozen=True)
class ExternalResult:
    """One kind of external photos, compared with the run's own test photos.

    `area` is the chance that such a photo's novelty score is higher than that of a test photo,
    `flagged` the share of them that is called unlike the training photos. Where their diagnoses
    are known, `balanced_accuracy` is the mean recall over those `diagnoses`, a person counting as a
    lesion, and `on_own_test_photos` the same over the same diagnoses of the run's own test photos;
    else both are None. `by_skin_type` are subgroups with the recall of the malignant diagnoses
    together; empty where no skin type is recorded or nothing is malignant.
    """

    kind: str
    num_photos: int
    num_people: int
    area: Estimate
    flagged: Estimate
    diagnoses: tuple[str, ...]
    balanced_accuracy: Estimate | None
    on_own_test_photos: Estimate | None
    by_skin_type: tuple[subgroups.Subgroup, ...]


def kinds(run: Run) -> list[ExternalResult]:
    """Measure a run on each kind of photos that its outside.csv holds.

    Returns:
        List of `ExternalResult`; empty where the run has no such file.
    """
    if run.external is None:
        return []
    return [_measure(run, kind, rows) for kind, rows in run.external.groupby("kind", sort=False)]


def flagged_on_test(run: Run) -> Estimate | None:
    """Share of the run's own test photos that its novelty score flags; None without scores."""
    rows = _scored(run)
    return bootstrap.share(rows["novelty"] > 1, rows["lesion_id"]) if len(rows) else None


def _scored(run):
    rows = run.test_photos
    return rows[rows["novelty"].notna()] if "novelty" in rows.columns else rows.iloc[:0]


def _measure(run, kind, rows):
    diagnosed = rows[rows["diagnosis"] != ""].assign(split="test")
    diagnosed = diagnosed.assign(lesion_id=diagnosed["person_id"])
    shown = tuple(code for code in run.diagnoses if code in set(diagnosed["diagnosis"]))
    own = run.test_photos[run.test_photos["diagnosis"].isin(shown)]
    return ExternalResult(
        kind,
        len(rows),
        rows["person_id"].nunique(),
        _area(_scored(run), rows),
        bootstrap.share(rows["novelty"] > 1, rows["person_id"]),
        shown,
        metrics.headline(diagnosed, run.diagnoses).balanced_accuracy if shown else None,
        metrics.headline(own, run.diagnoses).balanced_accuracy if len(own) else None,
        _by_skin_type(run, diagnosed),
    )


def _by_skin_type(run, diagnosed):
    codes = malignant_codes(run.diagnoses)
    if "skin_type" not in diagnosed.columns or diagnosed["skin_type"].isna().all() or not codes:
        return ()
    # Without the other characteristics, which nobody asked for here.
    rows = diagnosed.drop(
        columns=[*subgroups.CHARACTERISTICS.keys() - {"skin_type"}], errors="ignore"
    )
    return tuple(subgroups.subgroups(rows, run.diagnoses, codes))


def _area(own, others):
    if own.empty:
        return Estimate(*3 * (float("nan"),))
    from sklearn.metrics import roc_auc_score

    is_other = np.repeat([False, True], [len(own), len(others)])
    scores = np.concatenate([own["novelty"], others["novelty"]])
    drawn = pd.concat([own["lesion_id"], others["person_id"]], ignore_index=True)
    weights = bootstrap.lesion_weights(drawn, NUM_RESAMPLES, seed=0)
    return bootstrap.estimate(
        roc_auc_score(is_other, scores), bootstrap.weighted_auc(is_other, scores, weights)
    )
