"""Where a photo raised one diagnosis, by any method, at any layer."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Self

import numpy as np

from model.heatmaps import heatmap as heatmaps
from model.heatmaps.heatmap import Difference, Heatmap
from model.heatmaps.methods import METHODS
from model.heatmaps.methods.grad_cam import reordered
from model.network.compiled import scale
from model.network.flips import NUM_VIEWS, turn_back, views
from model.network.layer_gradients import TruncatedNetwork, layers_with_feature_maps
from model.run import Run

BATCH_SIZE = 32
MAX_TRUNCATED = 4  # compiled graphs in memory; each is some megabytes and some seconds of tracing


class UnknownDiagnosisError(ValueError):
    """A code that is not among the run's diagnoses."""


class UnknownMethodError(ValueError):
    """A method that is not in `METHODS`."""


class UnknownLayerError(ValueError):
    """A layer that gives no heat map."""


class Explainer:
    """Heat maps from a classifier's network; build once, use from any thread.

    Grad-CAM at the run's own layer comes with the prediction, from the classifier's graph, and
    costs nothing more. Where the run averages eight views of a photo, a map is the mean of theirs,
    each turned back, because that is what the prediction comes from. Only Score-CAM over every
    channel is too slow for that and explains the photo as it is.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
    """

    def __init__(self, classifier):
        self.classifier = classifier
        self.own_layer = classifier.run.card["heatmap_layer"]
        network = classifier.network.network
        own = tuple(network.get_layer(self.own_layer).output.shape[1:])
        self.layers = layers_with_feature_maps(network) | {self.own_layer: own}
        self._truncated_networks = OrderedDict()
        self._lock = threading.Lock()

    def read_as(self, run: Run) -> Self:
        """The same explainer, for another reading of its run: see `Classifier.read_as`."""
        other = copy(self)
        other.classifier = self.classifier.read_as(run)
        return other

    def heatmap(
        self,
        photo: np.ndarray,
        diagnosis: str,
        method: str = "grad_cam",
        layer: str | None = None,
        track: Callable[[Sequence], Iterable] = iter,
    ) -> Heatmap:
        """Mark where the photo raised one diagnosis.

        Args:
            photo: (any, any, 3) uint8, RGB.
            diagnosis: a code of the run.
            method: a key of `METHODS`.
            layer: a key of `layers`; the run's own where None.
            track: wraps the loop of a slow method, for a progress bar; it may raise to stop.
        Returns:
            `model.heatmaps.heatmap.Heatmap`.
        Raises:
            UnknownDiagnosisError, UnknownMethodError, UnknownLayerError: with those there are.
        """
        self.check(diagnosis, method, layer)
        if method == "grad_cam" and layer in (None, self.own_layer):
            raw = self.classifier.analyze(photo)[1][diagnosis]
        else:
            raw = self.by_view(photo, diagnosis, method, layer, track).mean(axis=0)
        return self.heatmap_of(raw, diagnosis, method)

    def heatmap_of(self, raw: np.ndarray, diagnosis: str, method: str = "grad_cam") -> Heatmap:
        """A raw map, such as one of `Classifier.analyze`, as a `model.heatmaps.heatmap.Heatmap`."""
        size = self.classifier.network.height, self.classifier.network.width
        return heatmaps.heatmap(raw, *size, diagnosis, method)

    def difference(self, maps: dict[str, np.ndarray], first: str, second: str) -> Difference:
        """Why one diagnosis and not the other: the map of the difference of their logits.

        Args:
            maps: of `Classifier.analyze`.
            first, second: codes.
        Returns:
            `model.heatmaps.heatmap.Difference`.
        """
        size = self.classifier.network.height, self.classifier.network.width
        return heatmaps.difference(maps[first] - maps[second], *size, first, second)

    def by_view(
        self,
        photo: np.ndarray,
        diagnosis: str,
        method: str,
        layer: str | None = None,
        track: Callable[[Sequence], Iterable] = iter,
        num_views: int | None = None,
    ) -> np.ndarray:
        """The raw maps that a map is the mean of, each turned back over the photo as it is.

        Args:
            photo, diagnosis, method, layer, track: as in `heatmap`.
            num_views: 1, or 8 where the network takes squares; None is what the run looks at.
        Returns:
            (views, rows, columns) float32, not normalised.
        """
        class_index = self.classifier.run.diagnoses.index(diagnosis)
        if num_views is None:
            num_views = self.classifier.network.num_views if METHODS[method].averages_views else 1
        seen = self._seen(self.classifier.prepare(photo), num_views)
        network = self._truncated(layer or self.own_layer)
        maps = METHODS[method].make(network, seen, class_index, track)
        if num_views == NUM_VIEWS:
            return turn_back(maps[..., None]).numpy()[0, ..., 0]
        return maps

    def reordered(
        self, prepared: np.ndarray, diagnosis: str, layer: str | None, number: int, seed: int = 0
    ) -> np.ndarray:
        """Raw Grad-CAM maps whose channels have each other's weights, always the same ones.

        Args:
            prepared: (height, width, 3) uint8, the photo at the network's input size.
            diagnosis, layer: as in `heatmap`.
            number: of maps.
            seed: of their orders.
        Returns:
            (number, rows, columns) float32, each the mean over the views of the photo.
        """
        num_views = self.classifier.network.num_views
        class_index = self.classifier.run.diagnoses.index(diagnosis)
        network = self._truncated(layer or self.own_layer)
        num_channels = self.layers[layer or self.own_layer][-1]
        draw = np.random.default_rng(seed)
        orders = np.array([draw.permutation(num_channels) for _ in range(number)])
        maps = reordered(network, self._seen(prepared, num_views), class_index, orders)
        if num_views == NUM_VIEWS:
            maps = np.moveaxis(turn_back(np.moveaxis(maps, 0, -1)).numpy()[0], -1, 0)
        return maps.mean(axis=1)

    def logits_of_one_view(self, prepared: np.ndarray) -> np.ndarray:
        """Logits of photos as they are, without flips and turns.

        Args:
            prepared: (n, height, width, 3) uint8 at the network's input size.
        Returns:
            (n, diagnoses) float32.
        """
        network = self._truncated(self.own_layer)
        starts = range(0, len(prepared), BATCH_SIZE)
        parts = [prepared[start : start + BATCH_SIZE] for start in starts]
        return np.concatenate(
            [network.logits(scale(part, *self.classifier.value_range)) for part in parts]
        )

    def check(self, diagnosis: str, method: str, layer: str | None = None) -> None:
        """Raise the error of `heatmap` for what does not exist."""
        run = self.classifier.run
        if diagnosis not in run.diagnoses:
            raise UnknownDiagnosisError(
                f"{run.name} does not know {diagnosis!r}. Its diagnoses: "
                f"{', '.join(run.diagnoses)}."
            )
        if method not in METHODS:
            raise UnknownMethodError(
                f"There is no method {method!r}. Methods: {', '.join(METHODS)}."
            )
        if layer is not None and layer not in self.layers:
            raise UnknownLayerError(
                f"{run.name} gives no heat map at {layer!r}. Its layers: {', '.join(self.layers)}."
            )

    def _seen(self, prepared, num_views):
        """A photo as the network gets it, in so many flips and turns: (views, ...) float32."""
        seen = scale(prepared[None], *self.classifier.value_range)
        return np.asarray(views(seen) if num_views == NUM_VIEWS else seen)

    def _truncated(self, layer):
        with self._lock:
            if layer not in self._truncated_networks:
                compiled = self.classifier.network
                self._truncated_networks[layer] = TruncatedNetwork(
                    compiled.network, layer, compiled.runner
                )
                while len(self._truncated_networks) > MAX_TRUNCATED:
                    self._truncated_networks.popitem(last=False)
            self._truncated_networks.move_to_end(layer)
            return self._truncated_networks[layer]
