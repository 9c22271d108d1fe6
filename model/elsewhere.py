"""What a run's answers are worth on photos from elsewhere, counted from its outside.csv."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model import intervals, metrics
from model.intervals import NUM_RESAMPLES, Estimate


@dataclass(frozen=True)
class Elsewhere:
    """One kind of photos from elsewhere, held against the run's own test photos.

    `area` is the chance that such a photo's novelty score is higher than that of a test photo,
    `flagged` the share of them that is called unlike the training photos. `evaluation` is
    `model.metrics.Evaluation` where their diagnoses are known, else None; a person counts as a
    lesion there.
    """

    kind: str
    num_photos: int
    num_people: int
    area: Estimate
    flagged: Estimate
    evaluation: metrics.Evaluation | None


def kinds(run):
    """Measure a run on each kind of photos that its outside.csv holds.

    Returns:
        List of `Elsewhere`; empty where the run has no such file.
    """
    if run.outside is None:
        return []
    return [_measure(run, kind, rows) for kind, rows in run.outside.groupby("kind", sort=False)]


def flagged_on_test(run):
    """Share of the run's own test photos that its novelty score flags; None without scores."""
    rows = _own(run)
    return intervals.share(rows["novelty"] > 1, rows["lesion_id"]) if len(rows) else None


def as_predictions(rows):
    """Rows of outside.csv in the form of predictions: all test, a person for a lesion."""
    return rows.assign(split="test", lesion_id=rows["person_id"])


def _own(run):
    rows = run.predictions
    rows = rows[(rows["split"] == "test") & (rows["fold"] == run.folds[0])]
    return rows[rows["novelty"].notna()] if "novelty" in rows.columns else rows.iloc[:0]


def _measure(run, kind, rows):
    diagnosed = rows[rows["diagnosis"] != ""]
    return Elsewhere(
        kind,
        len(rows),
        rows["person_id"].nunique(),
        _area(_own(run), rows),
        intervals.share(rows["novelty"] > 1, rows["person_id"]),
        metrics.evaluate(as_predictions(diagnosed), run.diagnoses) if len(diagnosed) else None,
    )


def _area(own, others):
    if own.empty or others["novelty"].isna().any():
        return Estimate(*3 * (float("nan"),))
    from sklearn.metrics import roc_auc_score

    is_other = np.repeat([False, True], [len(own), len(others)])
    scores = np.concatenate([own["novelty"], others["novelty"]])
    drawn = pd.concat([own["lesion_id"], others["person_id"]], ignore_index=True)
    weights = intervals.lesion_weights(drawn, NUM_RESAMPLES, seed=0)
    return intervals.estimate(
        roc_auc_score(is_other, scores), intervals.weighted_auc(is_other, scores, weights)
    )
