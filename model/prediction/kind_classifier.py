"""Which kind of photo a network sees, such as dermatoscopic or phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from model.network.softmax import softmax
from model.prediction.novelty import Novelty

# Below this probability the network abstains. A convention; what it gives is measured per run.
SURE = 0.9


@dataclass(frozen=True)
class KindClassifier:
    """Tells the kinds of photo that a run was trained on apart, by its network's own features.

    A linear discriminant analysis of the features of the novelty score. Each kind has a novelty
    score of its own, which says whether a photo is like the training photos of that kind.
    """

    names: tuple[str, ...]
    weights: np.ndarray  # (features, kinds)
    bias: np.ndarray  # (kinds,)
    novelties: tuple[Novelty, ...]

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], layers: tuple[str, ...] | None = None
    ) -> Self:
        """Take the arrays of kinds.npz.

        Args:
            arrays: `names` (kinds,), `weights`, `bias`, and per kind, stacked, `mean`, `whitening`
                and `cut`.
            layers: that the features come from.
        """
        return cls(
            tuple(map(str, arrays["names"])),
            arrays["weights"],
            arrays["bias"],
            tuple(
                Novelty(mean, whitening, float(cut), layers)
                for mean, whitening, cut in zip(
                    arrays["mean"], arrays["whitening"], arrays["cut"], strict=True
                )
            ),
        )

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """(photos, features) -> (photos, kinds) float, rows that add up to 1."""
        return softmax(np.asarray(features, np.float64) @ self.weights + self.bias)

    def novelty(self, features: np.ndarray, kinds: Sequence[str]) -> np.ndarray:
        """The novelty score of each photo as one of its kind.

        Args:
            features: (photos, features).
            kinds: of each photo, from `names`.
        Returns:
            (photos,) float64 from 0.
        """
        by_kind = np.stack([novelty.score(features) for novelty in self.novelties])
        return by_kind[[self.names.index(kind) for kind in kinds], np.arange(len(features))]

    def recognised(self, features: np.ndarray) -> list[tuple[str, float]]:
        """The most probable kind of each photo, with its probability."""
        return [
            (self.names[int(row.argmax())], float(row.max()))
            for row in self.probabilities(features)
        ]
