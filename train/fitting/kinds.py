"""Fitting what tells the kinds of photo apart."""

from collections.abc import Sequence

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from train.fitting.novelty import fit_novelty


def fit_kinds(
    names: Sequence[str],
    features: Sequence[np.ndarray],
    parts: Sequence[np.ndarray],
) -> dict[str, np.ndarray]:
    """Fit what tells the kinds of photo apart, and a novelty score for each kind.

    Args:
        names: of the kinds.
        features: of each kind, (rows, features) float.
        parts: of each kind, the split of each row; training rows fit, validation rows give the
            threshold of the novelty score.
    Returns:
        Arrays for kinds.npz.
    """
    scores = [
        fit_novelty(rows[part == "train"], rows[part == "validation"])
        for rows, part in zip(features, parts, strict=True)
    ]
    stacked = {key: np.stack([score[key] for score in scores]) for key in scores[0]}
    return tell_apart(names, features, parts) | stacked


def tell_apart(
    names: Sequence[str],
    features: Sequence[np.ndarray],
    parts: Sequence[np.ndarray],
) -> dict[str, np.ndarray]:
    """Fit what tells the kinds of photo apart: a linear discriminant analysis, its covariance
    shrunk by Ledoit and Wolf's method. A few hundred photos of a kind are few for as many features.

    Every kind has the same weight, however many photos it has.

    Args:
        as `fit_kinds`.
    Returns:
        `names`, `weights` and `bias` of kinds.npz.
    """
    training = [rows[part == "train"] for rows, part in zip(features, parts, strict=True)]
    labels = np.repeat(np.arange(len(names)), [len(rows) for rows in training])
    fit = make_pipeline(
        StandardScaler(),
        LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage="auto", priors=np.full(len(names), 1 / len(names))
        ),
    )
    fit.fit(np.concatenate(training), labels)
    scaler, analysis = fit[0], fit[1]
    weights = analysis.coef_ / scaler.scale_
    bias = analysis.intercept_ - weights @ scaler.mean_
    if len(names) == 2:  # one logit, for the second kind
        weights, bias = np.vstack([0 * weights, weights]), np.array([0.0, bias[0]])
    return {
        "names": np.array(names),
        "weights": weights.T.astype(np.float32),
        "bias": bias.astype(np.float32),
    }
