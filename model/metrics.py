"""From predictions to tables. Scikit-learn computes the metrics; intervals resample lesions.

Scikit-learn and SciPy are imported where they are used: they take a second, and a page that shows
no figure must not wait for them.

Every function takes rows of a run's predictions and the run's diagnoses in output order, so
whatever the app shows is recomputed from the file that stands beside the weights.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

METRICS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "macro_auc": "Macro AUC",
    "ece": "Calibration error (ECE)",
}
PER_DIAGNOSIS = ("precision", "recall", "f1", "specificity")
NUM_RESAMPLES = 1000
NUM_BINS = 15


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; `value` is NaN where it is not defined."""

    value: float
    low: float
    high: float


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


def evaluate(predictions, diagnoses, split="test", num_resamples=NUM_RESAMPLES, seed=0):
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
    drawn = _Resampled(truth, probabilities, weights)

    values = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "balanced_accuracy": _balanced_accuracy(confusion),
        "macro_f1": metrics.f1_score(
            truth, answers, labels=np.unique(truth), average="macro", zero_division=0
        ),
        "macro_auc": _mean(areas),
        "ece": calibration_error(truth, probabilities),
    }
    summary = {key: _estimate(value, getattr(drawn, key)()) for key, value in values.items()}
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


def arrays(rows, diagnoses):
    """Rows of predictions as (n,) int output numbers and (n, diagnoses) float probabilities."""
    numbers = {code: number for number, code in enumerate(diagnoses)}
    truth = rows["diagnosis"].map(numbers).to_numpy(dtype=int)
    return truth, rows[[f"p_{code}" for code in diagnoses]].to_numpy(dtype=float)


def aucs(truth, probabilities):
    """Area under the ROC curve of each diagnosis against all others; NaN where one side is empty.

    Returns:
        (diagnoses,) float.
    """
    from sklearn import metrics

    found = []
    for number in range(probabilities.shape[1]):
        own = truth == number
        defined = own.any() and not own.all()
        found.append(metrics.roc_auc_score(own, probabilities[:, number]) if defined else np.nan)
    return np.array(found)


def calibration_error(truth, probabilities, num_bins=NUM_BINS):
    """Expected calibration error of the most probable diagnosis, in [0, 1].

    Source:
        Guo et al. 2017, https://arxiv.org/abs/1706.04599; bins of equal width.
    """
    bins, gaps = _calibration_gaps(truth, probabilities, num_bins)
    return float(np.abs(np.bincount(bins, gaps, num_bins)).sum() / len(truth))


def share(hits, lesion_ids, num_resamples=NUM_RESAMPLES, seed=0):
    """A share of photos with its interval by lesion.

    Args:
        hits: (n,) bool, at least one.
        lesion_ids: (n,) the lesion of each photo.
    Returns:
        `Estimate`.
    """
    hits = np.asarray(hits, dtype=float)
    weights = lesion_weights(lesion_ids, num_resamples, seed)
    drawn = _ratio(weights @ hits, weights.sum(axis=1))
    return _estimate(hits.mean(), drawn, len(set(lesion_ids)))


def majority_share(rows):
    """Accuracy of always answering the most frequent diagnosis."""
    return float(rows["diagnosis"].value_counts(normalize=True).iloc[0])


def lesion_weights(lesion_ids, num_resamples, seed):
    """How often each photo counts in each resample, when whole lesions are drawn.

    Returns:
        (resamples, photos) float32 of whole numbers.
    """
    lesions, places = np.unique(np.asarray(lesion_ids, dtype=str), return_inverse=True)
    chance = np.random.default_rng(seed)
    shares = np.full(len(lesions), 1 / len(lesions))
    return chance.multinomial(len(lesions), shares, num_resamples)[:, places].astype(np.float32)


def _calibration_gaps(truth, probabilities, num_bins):
    """The bin of each photo and how far its top probability overshoots its success."""
    top = probabilities.max(axis=1)
    bins = np.minimum((top * num_bins).astype(int), num_bins - 1)
    return bins, top - (probabilities.argmax(axis=1) == truth)


def _per_diagnosis(truth, answers, areas, drawn, diagnoses, lesion_ids):
    from sklearn import metrics

    labels = range(len(diagnoses))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, answers, labels=labels, zero_division=0
    )
    boxes = metrics.multilabel_confusion_matrix(truth, answers, labels=labels)
    negatives = boxes[:, 0].sum(axis=1)  # (diagnoses,) photos of all other diagnoses
    specificity = _ratio(boxes[:, 0, 0], negatives)
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
            _estimate(
                values[number],
                resampled[:, number],
                # Lesions the share is of; F1 and AUC are no shares.
                {
                    "precision": len(set(lesion_ids[answers == number])),
                    "recall": len(set(lesion_ids[truth == number])),
                    "specificity": len(set(lesion_ids[truth != number])),
                }.get(key),
            )
            for number in labels
        ]
        table[key] = [estimate.value for estimate in estimates]
        table[f"{key}_low"] = [estimate.low for estimate in estimates]
        table[f"{key}_high"] = [estimate.high for estimate in estimates]
    return table


class _Resampled:
    """The same metrics over many resamples at once, from weighted counts.

    Scikit-learn takes the weights too, but one resample at a time: a thousand of them would take
    a quarter of a minute per run. tests/model/test_metrics.py holds both against each other.
    """

    def __init__(self, truth, probabilities, weights):
        self.truth = truth
        self.probabilities = probabilities
        self.weights = weights  # (resamples, photos)
        self.size = probabilities.shape[1]
        cells = truth * self.size + probabilities.argmax(axis=1)
        counts = np.stack([np.bincount(cells, row, self.size**2) for row in weights])
        counts = counts.reshape(-1, self.size, self.size)
        self.total = counts.sum(axis=(1, 2))  # (resamples,)
        self.hits = np.diagonal(counts, axis1=1, axis2=2)  # (resamples, diagnoses)
        self.true = counts.sum(axis=2)
        self.answered = counts.sum(axis=1)
        self._areas = None

    def accuracy(self):
        return self.hits.sum(axis=1) / self.total

    def balanced_accuracy(self):
        return _mean(self.recall(), axis=1)

    def macro_f1(self):
        return _mean(self.f1(), axis=1)

    def macro_auc(self):
        return _mean(self.auc(), axis=1)

    def ece(self):
        bins, gaps = _calibration_gaps(self.truth, self.probabilities, NUM_BINS)
        sums = np.stack([np.bincount(bins, gaps * row, NUM_BINS) for row in self.weights])
        found = np.abs(sums).sum(axis=1) / self.total
        # Drawing again adds noise of its own, which can only raise this error: without taking that
        # bias back, a well calibrated run's figure would lie below its own interval.
        bias = found.mean() - calibration_error(self.truth, self.probabilities)
        return np.clip(found - bias, 0, 1)

    def precision(self):
        return _ratio(self.hits, self.answered)

    def recall(self):
        return _ratio(self.hits, self.true)

    def f1(self):
        found = 2 * self.hits / np.maximum(self.true + self.answered, 1)
        return np.where(self.true > 0, found, np.nan)

    def specificity(self):
        others = self.total[:, None] - self.true
        return _ratio(others - (self.answered - self.hits), others)

    def auc(self):
        if self._areas is None:
            columns = [
                _weighted_auc(self.truth == number, self.probabilities[:, number], self.weights)
                for number in range(self.size)
            ]
            self._areas = np.stack(columns, axis=1)
        return self._areas


def _weighted_auc(own, scores, weights):
    """AUC of every resample: the share of pairs in order, ties counting half.

    Args:
        own: (photos,) bool.
        scores: (photos,) float.
        weights: (resamples, photos) float.
    Returns:
        (resamples,) float, NaN where one side is empty.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))  # first of each tied group
    drawn = weights[:, order].astype(np.float64)
    positive = np.add.reduceat(drawn * own[order], starts, axis=1)
    negative = np.add.reduceat(drawn * ~own[order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    return _ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


def _balanced_accuracy(confusion):
    """Mean recall over the diagnoses that have photos.

    `sklearn.metrics.balanced_accuracy_score` is the same but warns when a diagnosis that is
    answered has no photos.
    """
    return _mean(_ratio(np.diag(confusion), confusion.sum(axis=1)))


def _ratio(part, whole):
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _mean(values, axis=None):
    """Mean of the defined values; NaN where there is none."""
    defined = np.isfinite(values)
    return _ratio(np.where(defined, values, 0).sum(axis=axis), defined.sum(axis=axis))


def _estimate(value, resampled, num_lesions=None):
    """A figure with its percentile interval.

    Where every resample gives the same (none of eleven found, say), resampling knows nothing. A
    share of `num_lesions` lesions then gets the exact binomial interval, anything else none.
    """
    nan = float("nan")
    defined = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or defined.size == 0:
        return Estimate(nan, nan, nan)
    low, high = np.quantile(defined, [0.025, 0.975])
    if low == high:
        if not num_lesions:
            return Estimate(float(value), nan, nan)
        from scipy import stats

        hits = round(float(value) * num_lesions)
        exact = stats.binomtest(hits, num_lesions).proportion_ci(method="exact")
        low, high = exact.low, exact.high
    return Estimate(float(value), float(low), float(high))
