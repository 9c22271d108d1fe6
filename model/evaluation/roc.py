"""How well a sum of probabilities ranks photos: every threshold at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate


@dataclass(frozen=True)
class RocCurve:
    """One sum of probabilities as a test for the codes `of`.

    `false_alarms`, `sensitivity` (the ROC curve, from strict to lenient) and `recall`, `precision`
    are arrays in [0, 1]; `area` is the area under the ROC curve with its interval by lesion,
    `average_precision` that
    under the other curve with its own.
    """

    of: tuple[str, ...]
    false_alarms: np.ndarray
    sensitivity: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    area: Estimate
    average_precision: Estimate
    num_of: int
    num_others: int


def roc_curve(
    rows: pd.DataFrame, codes: Sequence[str], num_resamples: int = NUM_RESAMPLES, seed: int = 0
) -> RocCurve | None:
    """Rank photos by the summed probability of some diagnoses.

    Args:
        rows: predictions of one split.
        codes: of the diagnoses summed.
    Returns:
        `RocCurve`, or None where all photos or none are of these diagnoses.
    """
    from sklearn import metrics

    own = rows["diagnosis"].isin(codes).to_numpy()
    if own.all() or not own.any():
        return None
    scores = rows[[f"p_{code}" for code in codes]].sum(axis=1).to_numpy()
    false_alarms, sensitivity, _ = metrics.roc_curve(own, scores)
    precision, recall, _ = metrics.precision_recall_curve(own, scores, drop_intermediate=True)
    weights = bootstrap.lesion_weights(rows["lesion_id"], num_resamples, seed)
    return RocCurve(
        tuple(codes),
        false_alarms,
        sensitivity,
        recall[::-1],
        precision[::-1],
        bootstrap.area(
            metrics.roc_auc_score(own, scores),
            bootstrap.weighted_auc(own, scores, weights),
            own,
            rows["lesion_id"].to_numpy(),
        ),
        bootstrap.estimate(
            metrics.average_precision_score(own, scores),
            bootstrap.weighted_average_precision(own, scores, weights),
        ),
        int(own.sum()),
        int((~own).sum()),
    )
