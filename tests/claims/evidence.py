"""Differences that claims rest on, with intervals: on the same photos, or of two sets."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from model.evaluation import bootstrap, metrics
from model.evaluation.bootstrap import Estimate
from model.run import Run
from train.data.external_photos import ISIC_TEST, PAD_UFES

NUM_RESAMPLES = 1000


def official(run: Run) -> pd.DataFrame:
    """The photos of the official ISIC 2018 test."""
    return of_source(run, ISIC_TEST)


def phones(run: Run) -> pd.DataFrame:
    """The phone photos that took no part in the training."""
    return of_source(run, PAD_UFES)


def of_source(run: Run, source: str) -> pd.DataFrame:
    """External test photos of one source, by image_id, a person as a lesion."""
    assert run.external is not None
    rows = run.external[(run.external["source"] == source) & (run.external["split"] == "test")]
    return rows.assign(lesion_id=rows["person_id"]).set_index("image_id").sort_index()


def on_same_photos(one: pd.DataFrame, other: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of both tables about the photos that both hold, in one order."""
    shared = one.index.intersection(other.index)
    assert len(shared)
    return [one.loc[shared], other.loc[shared]]


def balanced_accuracy(run: Run, rows: pd.DataFrame, seed: int = 0) -> tuple[float, np.ndarray]:
    """Mean recall of the diagnoses shown, and the same over resamples of lesions."""
    rows = rows[rows["diagnosis"].isin(run.diagnoses)]
    truth, probabilities = metrics.arrays(rows, run.diagnoses)
    weights = bootstrap.lesion_weights(rows["lesion_id"], NUM_RESAMPLES, seed)
    right = probabilities.argmax(axis=1) == truth
    value = float(np.mean([right[truth == number].mean() for number in np.unique(truth)]))
    return value, bootstrap.Resampled(truth, probabilities, weights).balanced_accuracy()


def recall_gap(
    one: tuple[Run, pd.DataFrame], other: tuple[Run, pd.DataFrame], is_paired: bool = True
) -> Estimate:
    """Balanced accuracy of `one` less that of `other`; of one set of photos where `is_paired`."""
    (value, drawn), (other_value, other_drawn) = (
        balanced_accuracy(*one),
        balanced_accuracy(*other, seed=0 if is_paired else 1),
    )
    return bootstrap.estimate(value - other_value, drawn - other_drawn)


def area_gap(one: pd.DataFrame, other: pd.DataFrame, codes: list[str]) -> Estimate:
    """AUC of the summed probability of some diagnoses, `one` less `other`, on the same photos."""
    own = one["diagnosis"].isin(codes).to_numpy()
    weights = bootstrap.lesion_weights(one["lesion_id"], NUM_RESAMPLES, 0)
    sums = [rows[[f"p_{code}" for code in codes]].sum(axis=1).to_numpy() for rows in (one, other)]
    areas = [roc_auc_score(own, scores) for scores in sums]
    drawn = [bootstrap.weighted_auc(own, scores, weights) for scores in sums]
    return bootstrap.estimate(areas[0] - areas[1], drawn[0] - drawn[1])


def mean(values: pd.Series | np.ndarray, lesion_ids: pd.Series) -> Estimate:
    """A mean over photos with its interval by lesion."""
    values = np.asarray(values, dtype=float)
    weights = bootstrap.lesion_weights(lesion_ids, NUM_RESAMPLES, 0)
    drawn = bootstrap.ratio(weights @ values, weights.sum(axis=1))
    return bootstrap.estimate(values.mean(), drawn)


def too_likely(run: Run, rows: pd.DataFrame, code: str) -> Estimate:
    """Mean probability of a diagnosis less the share of photos that show it."""
    return mean(rows[f"p_{code}"] - (rows["diagnosis"] == code), rows["lesion_id"])


def is_shown(difference: Estimate) -> bool:
    """Whether the interval lies above 0."""
    return difference.low > 0


def may_be_chance(difference: Estimate) -> bool:
    """Whether the interval holds 0."""
    return difference.low <= 0 <= difference.high
