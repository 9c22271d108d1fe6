"""The classifier: a run's network, from photos to predictions."""

from collections.abc import Sequence
from copy import copy
from typing import Self

import keras
import numpy as np

from model.network import compiled, network_file
from model.network.softmax import softmax
from model.photo.decode import resize
from model.prediction.kind_classifier import KindClassifier
from model.prediction.novelty import Novelty
from model.prediction.prediction import Prediction, make_prediction
from model.run import NETWORK, Run, RunError


class Classifier:
    """Looks at photos with the network of one run; load once, use from any thread.

    Args:
        run: `model.run.Run` with a network.
        keras_network: the network where it is at hand already; None: that of the run folder.
    Raises:
        RunError: the run is results-only, its weights cannot be loaded, or the network does not
            fit its card.
    """

    def __init__(self, run: Run, keras_network: keras.Model | None = None):
        if keras_network is None:
            run.require_network()
        self.run = run
        low, high = run.card["input"]["range"]
        self.value_range = (low, high)
        self.resizing = run.card["input"].get("resizing", "bicubic")
        self.novelty = Novelty.from_arrays(run.novelty) if run.novelty is not None else None
        self.kinds = None
        if run.kind_arrays is not None:
            layers = self.novelty.layers if self.novelty else None
            self.kinds = KindClassifier.from_arrays(run.kind_arrays, layers)
        try:
            keras_network = keras_network or network_file.load(run.path / NETWORK)
            self.network = compiled.CompiledNetwork(
                keras_network,
                run.card["heatmap_layer"],
                self.value_range,
                run.num_views,
                self.novelty.layers if self.novelty else None,
                is_final=True,
            )
        except (compiled.NetworkError, ValueError, TypeError, OSError, KeyError) as error:
            raise RunError(f"{run.name}: the network cannot be used. {error}") from error
        self._check_card()

    def read_as(self, run: Run) -> Self:
        """The same network, its answers read as another reading of its run, such as at a mix.

        Args:
            run: with the `card_digest` of this one.
        """
        other = copy(self)
        other.run = run
        return other

    def prepare(self, photo: np.ndarray) -> np.ndarray:
        """(any, any, 3) uint8 RGB -> (height, width, 3) uint8 at the network's input size."""
        return resize(photo, self.network.height, self.network.width, self.resizing)

    def predict(
        self, photos: Sequence[np.ndarray], kinds: Sequence[str | None] | None = None
    ) -> list[Prediction]:
        """Look at photos of any size.

        Args:
            photos: list of (any, any, 3) uint8, RGB.
            kinds: what kind of photo each is; None, for one or all: what the network takes it for.
        Returns:
            List of `model.prediction.prediction.Prediction`, one per photo, calibrated.
        Raises:
            RunError: the network's weights are broken and give no numbers.
        """
        if not photos:
            return []
        return self.calibrated(self.network(self._prepared(photos)), kinds)

    def analyze(
        self, photo: np.ndarray, kind: str | None = None
    ) -> tuple[Prediction, dict[str, np.ndarray]]:
        """Look at one photo and mark what raised each diagnosis.

        Args:
            photo: (any, any, 3) uint8, RGB.
            kind: as `predict`.
        Returns:
            (`model.prediction.prediction.Prediction`, maps by code): each map (rows, columns)
            float32, see `model.network.compiled.CompiledNetwork.with_heatmaps`.
        Raises:
            RunError: as `predict`.
        """
        output, maps = self.examine(photo)
        return self.calibrated(output, [kind])[0], maps

    def examine(self, photo: np.ndarray) -> tuple[compiled.NetworkOutput, dict[str, np.ndarray]]:
        """The network's output for one photo and the maps of `analyze`, before any calibration.

        Args:
            photo: (any, any, 3) uint8, RGB.
        """
        output, maps = self.network.with_heatmaps(self._prepared([photo]))
        return output, dict(zip(self.run.diagnoses, maps[0], strict=True))

    def _prepared(self, photos):
        return np.stack([self.prepare(photo) for photo in photos])

    def calibrated(
        self, output: compiled.NetworkOutput, kinds: Sequence[str | None] | None = None
    ) -> list[Prediction]:
        """The predictions that follow from the network's output, one per photo.

        Args:
            output: of `self.network`.
            kinds: as `predict`.
        Raises:
            RunError: as `predict`.
        """
        logits, features, by_view = output
        if not np.isfinite(logits).all():
            raise RunError(
                f"{self.run.name}: the network answered with something that is no number, so it "
                "cannot be used. Train the run again."
            )
        recognised: list = [None] * len(logits)
        novelty = self.novelty.score(features) if self.novelty else [None] * len(logits)
        wanted = kinds or [None] * len(logits)
        if self.kinds is not None:
            recognised = self.kinds.recognised(features)
            named = [kind or first for kind, (first, _) in zip(wanted, recognised, strict=True)]
            novelty, wanted = self.kinds.novelty(features, named), named
        temperatures = np.array([self.run.calibration_of(kind)["temperature"] for kind in wanted])
        return [
            make_prediction(
                self.run,
                self.run.at_its_mix(probabilities, kind),
                score,
                self.run.at_its_mix(of_views, kind),
                kind,
                seen,
            )
            for probabilities, score, of_views, kind, seen in zip(
                softmax(logits / temperatures[:, None]),
                novelty,
                softmax(by_view / temperatures[:, None, None]),
                wanted,
                recognised,
                strict=True,
            )
        ]

    def _check_card(self):
        size = self.run.card["input"]
        if (self.network.height, self.network.width) != (size["height"], size["width"]):
            raise RunError(
                f"{self.run.name}: the card says {size['height']} x {size['width']} pixels, the "
                f"network takes {self.network.height} x {self.network.width}."
            )
        if self.novelty and len(self.novelty.mean) != self.network.num_features:
            raise RunError(
                f"{self.run.name}: the novelty score was fitted on {len(self.novelty.mean)} "
                f"features, the network gives {self.network.num_features}. Train the run again."
            )
        if self.network.num_outputs != len(self.run.diagnoses):
            raise RunError(
                f"{self.run.name}: the card names {len(self.run.diagnoses)} diagnoses, the "
                f"network answers with {self.network.num_outputs}."
            )


def feature_network(classifier: Classifier) -> compiled.CompiledNetwork:
    """A classifier's network, seen once, with the channels of its heat map layer as features: those
    that `model.prediction.neighbours` compares. Compiled anew at each call."""
    network = compiled.CompiledNetwork(
        classifier.network.network,
        classifier.run.card["heatmap_layer"],
        classifier.value_range,
        is_final=True,
    )
    network.runner = classifier.network.runner
    return network
