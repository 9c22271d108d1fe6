"""How unlike its training photos a photo looks to a run's own network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Novelty:
    """Mahalanobis distance of a photo's features to the training photos.

    The features are the channels of `layers`, each by its mean and its spread over the photo;
    without layers, the means of the heat map layer's channels. The distance is divided by the
    threshold that keeps 95 % of the validation photos, so a score above 1 is novel.

    Source: Lee et al. 2018, https://arxiv.org/abs/1807.03888, with one covariance for all
    diagnoses, because an upload's diagnosis is not known.
    """

    mean: np.ndarray  # (features,)
    whitening: np.ndarray  # (features, features)
    threshold: float
    layers: tuple[str, ...] | None = None

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take the arrays of novelty.npz (`mean`, `whitening`, `cut`, and `layers` or not)."""
        layers = tuple(map(str, arrays["layers"])) if "layers" in arrays else None
        return cls(arrays["mean"], arrays["whitening"], float(arrays["cut"]), layers)

    def distances(self, features: np.ndarray) -> np.ndarray:
        """(photos, features) -> (photos,) float64, not yet divided by the threshold."""
        centred = np.asarray(features, dtype=np.float64) - self.mean
        return np.sqrt(np.square(centred @ self.whitening).sum(axis=1))

    def score(self, features: np.ndarray) -> np.ndarray:
        """(photos, features) -> (photos,) float64 from 0; above 1 is unlike the training photos."""
        return self.distances(features) / self.threshold
