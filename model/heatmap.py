"""Where a photo raised one diagnosis. The only module that knows tf-keras-vis."""

import threading
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import zoom
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

from model.network import scale

METHODS = ("grad_cam", "grad_cam_plus_plus")
# A map of logits this weak is rounding noise: float32 sums over the last layer's maps.
EMPTY_BELOW = 1e-6


class UnknownDiagnosisError(ValueError):
    """A code that is not among the run's diagnoses."""


class UnknownMethodError(ValueError):
    """A method that is not in `METHODS`."""


@dataclass(frozen=True)
class Heatmap:
    """One map of one photo.

    `values` is (height, width) float32 in [0, 1] at the network's input size, all zeros when
    nothing raised the diagnosis; `strength` the raw maximum before it was stretched to 1, in
    units of the logit per place, comparable between diagnoses of one run and one method.
    """

    values: np.ndarray
    strength: float
    diagnosis: str
    method: str

    @property
    def is_empty(self):
        return self.strength == 0.0


@dataclass(frozen=True)
class Difference:
    """Where a photo speaks for one diagnosis rather than another.

    `values` is (height, width) float32 in [-1, 1] at the network's input size: above zero speaks
    for `first`, below for `second`; `strength` the largest raw value of either sign, in units of
    the logit per place. All zeros where neither is favoured anywhere.
    """

    values: np.ndarray
    strength: float
    first: str
    second: str

    @property
    def is_empty(self):
        return self.strength == 0.0


class Explainer:
    """Heat maps from a classifier's network; build once, use from any thread.

    Grad-CAM comes with the answer, from the classifier's own graph, and is what tf-keras-vis would
    give (a test holds them against each other); Grad-CAM++ comes from tf-keras-vis, of the photo
    as it is, also where the run looks at several views.

    tf-keras-vis is built on a clone where it changes the network, because its changes would
    otherwise reach every user of the cached one.

    Args:
        classifier: `model.classifier.Classifier`; its network must be flat and functional.
    """

    def __init__(self, classifier):
        self.classifier = classifier
        network = classifier.network.network
        last = network.layers[-1]
        if isinstance(last, keras.layers.Softmax):  # a layer of its own is cut off, not modified
            network = keras.Model(network.inputs, last.input)
        is_linear = getattr(network.layers[-1], "activation", None) in (
            None,
            keras.activations.linear,
        )
        modifier = None if is_linear else ReplaceToLinear()
        self._plus_plus = GradcamPlusPlus(network, model_modifier=modifier, clone=True)
        self._single_output = network.output_shape[-1] == 1
        # tf-keras-vis builds a Keras model in every call, which Keras cannot do from two threads.
        self._lock = threading.Lock()

    def heatmap(self, photo, diagnosis, method="grad_cam"):
        """Mark where the photo raised one diagnosis.

        Args:
            photo: (any, any, 3) uint8, RGB.
            diagnosis: a code of the run.
            method: a key of `METHODS`.
        Returns:
            `Heatmap`.
        Raises:
            UnknownDiagnosisError, UnknownMethodError: with those there are.
        Source:
            Grad-CAM, Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391;
            Grad-CAM++, Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063.
        """
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
        if method == "grad_cam":
            raw = self.classifier.analyze(photo)[1][diagnosis]
            return self.heatmap_of(raw, diagnosis, method)
        number = run.diagnoses.index(diagnosis)
        seed = scale(self.classifier.prepare(photo)[None], *self.classifier.value_range)
        with self._lock:
            raw = self._plus_plus(
                lambda output: self._score(output, number),
                seed,
                penultimate_layer=run.card["heatmap_layer"],
                seek_penultimate_conv_layer=False,
                expand_cam=False,
                normalize_cam=False,
            )[0]
        return self.heatmap_of(np.asarray(raw, dtype=np.float32), diagnosis, method)

    def heatmap_of(self, raw, diagnosis, method="grad_cam"):
        """A raw map as a `Heatmap` at the network's input size.

        Args:
            raw: (rows, columns) float32, such as one of `Classifier.analyze`.
            diagnosis, method: what it is of.
        """
        return _heatmap(self._stretched(np.maximum(raw, 0)), diagnosis, method)

    def difference(self, maps, first, second):
        """Why one diagnosis and not the other: the map of the difference of their logits.

        Args:
            maps: of `Classifier.analyze`.
            first, second: codes.
        Returns:
            `Difference`.
        """
        raw = self._stretched(maps[first] - maps[second])
        strength = float(np.abs(raw).max()) if np.isfinite(raw).all() else 0.0
        if strength < EMPTY_BELOW:
            return Difference(np.zeros_like(raw), 0.0, first, second)
        return Difference(raw / strength, strength, first, second)

    def _stretched(self, raw):
        network = self.classifier.network
        factors = (network.height / raw.shape[0], network.width / raw.shape[1])
        return zoom(raw, factors, order=1)  # between the places as tf-keras-vis does it

    def _score(self, output, number):
        """The logit of one diagnosis, moved to zero without touching its gradient.

        Grad-CAM++ multiplies its map with exp(score); at zero that factor is 1, so strengths
        neither overflow nor vanish and stay comparable between diagnoses.
        """
        if self._single_output:
            logit = output[:, 0] * (1.0 if number else -1.0)
        else:
            logit = output[:, number]
        return logit - tf.stop_gradient(logit)


def _heatmap(raw, diagnosis, method):
    """Divide by the maximum only: stretching minimum to maximum makes an empty map look strong."""
    strength = float(raw.max()) if np.isfinite(raw).all() else 0.0
    if strength < EMPTY_BELOW:
        return Heatmap(np.zeros_like(raw), 0.0, diagnosis, method)
    return Heatmap(np.clip(raw / strength, 0, 1), strength, diagnosis, method)
