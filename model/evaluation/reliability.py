"""Does a probability of 0.8 mean eight of ten? The reliability diagram's numbers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model.evaluation import bootstrap, metrics
from model.evaluation.bootstrap import NUM_BINS


def reliability(
    rows: pd.DataFrame, diagnoses: Sequence[str], num_bins: int = NUM_BINS
) -> pd.DataFrame:
    """Group photos by the probability of their answer and count how often it is right.

    Args:
        rows: predictions of one split.
        diagnoses: codes in output order.
        num_bins: of equal width.
    Returns:
        DataFrame, one row per bin that holds photos: `num_photos`, `probability` (its mean),
        `right` (share), and the ends `low`, `high` of its 95 % interval by lesion.
    """
    truth, probabilities = metrics.arrays(rows, diagnoses)
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins, _ = bootstrap.calibration_gaps(truth, probabilities, num_bins)
    lesion_ids = rows["lesion_id"].to_numpy()
    rows_of_bins = []
    for bin_index in np.unique(bins):
        own = bins == bin_index
        share = bootstrap.share_of_few(right[own], lesion_ids[own])
        rows_of_bins.append(
            (int(own.sum()), float(top[own].mean()), share.value, share.low, share.high)
        )
    return pd.DataFrame(rows_of_bins, columns=["num_photos", "probability", "right", "low", "high"])
