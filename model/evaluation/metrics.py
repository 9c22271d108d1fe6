"""From predictions to metrics with intervals: scikit-learn computes, `bootstrap` resamples.

Scikit-learn is imported where it is used: it takes a second that a page without figures must not
wait for.

Every function takes rows of a run's predictions and the run's diagnoses in output order, so
whatever the app shows is recomputed from the file that stands beside the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import (
    FEW_LESIONS,
    NUM_BINS,
    NUM_RESAMPLES,
    Estimate,
    Resampled,
    calibration_gaps,
    estimate,
    lesion_weights,
    mean,
    ratio,
)

METRICS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "macro_auc": "Macro AUC",
    "ece": "Calibration error (ECE)",
}
PER_DIAGNOSIS = ("precision", "recall", "f1", "specificity")


@dataclass(frozen=True)
class Evaluation:
    """What a run reached on one split.

    `summary` maps the keys of `METRICS` to estimates; `per_diagnosis` has one row per code with
    `num_photos` and, for each of `PER_DIAGNOSIS` and `auc`, the figure and its `_low` and `_high`;
    `confusion` counts photos, true diagnoses in rows, answers in columns.
    """

    split: str
    num_photos: int
    num_lesions: int
    summary: dict[str, Estimate]
    per_diagnosis: pd.DataFrame
    confusion: pd.DataFrame


@dataclass(frozen=True)
class Headline:
    """The first figures of a run on one split."""

    num_photos: int
    num_lesions: int
    accuracy: Estimate
    balanced_accuracy: Estimate


def evaluate(
    predictions: pd.DataFrame,
    diagnoses: Sequence[str],
    split: str = "test",
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Evaluation:
    """Measure a run on one split, with intervals.

    Args:
        predictions: a run's predictions; of several folds the rows are pooled.
        diagnoses: codes in output order.
        split: which rows count.
        num_resamples: of lesions, for the percentile intervals.
        seed: of the resampling.
    Returns:
        `Evaluation`.
    Raises:
        ValueError: the split has no rows.
    """
    from sklearn import metrics

    rows = predictions[predictions["split"] == split]
    if rows.empty:
        raise ValueError(f"The predictions hold no {split} photos.")
    truth, probabilities = arrays(rows, diagnoses)
    answers = probabilities.argmax(axis=1)
    confusion = metrics.confusion_matrix(truth, answers, labels=range(len(diagnoses)))
    areas = aucs(truth, probabilities)
    weights = lesion_weights(rows["lesion_id"], num_resamples, seed)
    drawn = Resampled(truth, probabilities, weights)

    values = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "balanced_accuracy": _balanced_accuracy(confusion),
        "macro_f1": metrics.f1_score(
            truth, answers, labels=np.unique(truth), average="macro", zero_division=0
        ),
        "macro_auc": mean(areas),
        "ece": calibration_error(truth, probabilities),
    }
    summary = {key: estimate(value, getattr(drawn, key)()) for key, value in values.items()}
    return Evaluation(
        split,
        len(rows),
        rows["lesion_id"].nunique(),
        summary,
        _per_diagnosis(truth, answers, areas, drawn, diagnoses, rows["lesion_id"].to_numpy()),
        pd.DataFrame(
            confusion,
            index=pd.Index(diagnoses, name="true"),
            columns=pd.Index(diagnoses, name="answered"),
        ),
    )


def headline(
    predictions: pd.DataFrame,
    diagnoses: Sequence[str],
    split: str = "test",
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Headline:
    """Accuracy and balanced accuracy alone: for a list of many runs, in a fraction of the time.

    Args and raises as `evaluate`.
    Returns:
        `Headline`, the same figures as `Evaluation.summary`.
    """
    rows = predictions[predictions["split"] == split]
    if rows.empty:
        raise ValueError(f"The predictions hold no {split} photos.")
    truth, probabilities = arrays(rows, diagnoses)
    right = probabilities.argmax(axis=1) == truth
    drawn = Resampled(truth, probabilities, lesion_weights(rows["lesion_id"], num_resamples, seed))
    recalls = [right[truth == class_index].mean() for class_index in np.unique(truth)]
    return Headline(
        len(rows),
        rows["lesion_id"].nunique(),
        estimate(right.mean(), drawn.accuracy()),
        estimate(np.mean(recalls), drawn.balanced_accuracy()),
    )


def arrays(rows: pd.DataFrame, diagnoses: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of predictions as (n,) int output numbers and (n, diagnoses) float probabilities."""
    index_of = {code: class_index for class_index, code in enumerate(diagnoses)}
    truth = rows["diagnosis"].map(index_of).to_numpy(dtype=int)
    return truth, rows[[f"p_{code}" for code in diagnoses]].to_numpy(dtype=float)


def aucs(truth: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each diagnosis against all others; NaN where one side is empty.

    Returns:
        (diagnoses,) float.
    """
    from sklearn import metrics

    areas = []
    for class_index in range(probabilities.shape[1]):
        own = truth == class_index
        defined = own.any() and not own.all()
        areas.append(
            metrics.roc_auc_score(own, probabilities[:, class_index]) if defined else np.nan
        )
    return np.array(areas)


def calibration_error(
    truth: np.ndarray, probabilities: np.ndarray, num_bins: int = NUM_BINS
) -> float:
    """Expected calibration error of the most probable diagnosis, in [0, 1].

    Source:
        Guo et al. 2017, https://arxiv.org/abs/1706.04599; bins of equal width.
    """
    bins, gaps = calibration_gaps(truth, probabilities, num_bins)
    return float(np.abs(np.bincount(bins, gaps, num_bins)).sum() / len(truth))


def majority_share(rows: pd.DataFrame) -> float:
    """Accuracy of always answering the most frequent diagnosis."""
    return float(rows["diagnosis"].value_counts(normalize=True).iloc[0])


def _per_diagnosis(truth, answers, areas, drawn, diagnoses, lesion_ids):
    from sklearn import metrics

    labels = range(len(diagnoses))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, answers, labels=labels, zero_division=0
    )
    boxes = metrics.multilabel_confusion_matrix(truth, answers, labels=labels)
    negatives = boxes[:, 0].sum(axis=1)  # (diagnoses,) photos of all other diagnoses
    specificity = ratio(boxes[:, 0, 0], negatives)
    # A diagnosis without photos has no recall and no F1: NaN is shown as a dash, 0 would accuse.
    absent = support == 0
    figures = {
        "precision": np.where(boxes[:, :, 1].sum(axis=1) == 0, np.nan, precision),
        "recall": np.where(absent, np.nan, recall),
        "f1": np.where(absent, np.nan, f1),
        "specificity": specificity,
        "auc": areas,
    }
    table = pd.DataFrame({"num_photos": support}, index=pd.Index(diagnoses, name="diagnosis"))
    for key, values in figures.items():
        resampled = getattr(drawn, key)()  # (resamples, diagnoses)
        estimates = [
            _estimate(key, class_index, values, resampled, truth, answers, lesion_ids)
            for class_index in labels
        ]
        table[key] = [estimate.value for estimate in estimates]
        table[f"{key}_low"] = [estimate.low for estimate in estimates]
        table[f"{key}_high"] = [estimate.high for estimate in estimates]
    return table


def _estimate(key, class_index, values, resampled, truth, answers, lesion_ids):
    """One figure of one diagnosis; what kind of figure it is decides about its interval."""
    value, drawn = values[class_index], resampled[:, class_index]
    own, answered = truth == class_index, answers == class_index
    if key == "auc":
        return bootstrap.area(value, drawn, own, lesion_ids)
    of, hits = {
        "precision": (answered, own),
        "recall": (own, answered),
        "specificity": (~own, ~answered),
    }.get(key, (None, None))
    if of is None:  # F1 is no share
        return estimate(value, drawn)
    num_lesions = len(set(lesion_ids[of]))
    if num_lesions < FEW_LESIONS:
        return bootstrap.share_of_few(hits[of], lesion_ids[of])
    return estimate(value, drawn, num_lesions)


def _balanced_accuracy(confusion):
    """Mean recall over the diagnoses that have photos.

    `sklearn.metrics.balanced_accuracy_score` is the same but warns when a diagnosis that is
    answered has no photos.
    """
    return mean(ratio(np.diag(confusion), confusion.sum(axis=1)))
