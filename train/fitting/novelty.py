"""Fitting the novelty score and its threshold: how unlike the training photos a photo is."""

from collections.abc import Sequence

import numpy as np
from sklearn.covariance import LedoitWolf

from model.prediction.novelty import Novelty

KEPT = 0.95  # of the validation photos


def fit_novelty(
    training_features: np.ndarray, validation_features: np.ndarray, layers: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Fit the novelty score on training photos and its threshold on validation photos.

    Args:
        training_features, validation_features: (photos, features) float.
        layers: names of the layers they come from; none: the heat map layer.
    Returns:
        Arrays for novelty.npz.
    """
    # Features of several layers differ in scale, and shrinking treats all of them alike.
    scale = np.maximum(training_features.std(axis=0), 1e-6)
    covariance = LedoitWolf().fit(training_features / scale)
    values, vectors = np.linalg.eigh(covariance.precision_)
    mean = (covariance.location_ * scale).astype(np.float32)
    whitening = (vectors * np.sqrt(np.maximum(values, 0)) / scale[:, None]).astype(np.float32)
    distances = Novelty(mean, whitening, threshold=1.0).distances(validation_features)
    cut = np.quantile(distances, KEPT, method="inverted_cdf")
    arrays = {"mean": mean, "whitening": whitening, "cut": cut}
    return arrays | {"layers": np.array(layers)} if layers else arrays
