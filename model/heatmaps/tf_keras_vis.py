"""The same maps by tf-keras-vis: a second, independent implementation to hold ours against.

The only module that knows tf-keras-vis. It builds the network anew at every call and runs it step
by step, which takes many times as long (`make bench`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.scorecam import Scorecam

from model.heatmaps.methods import METHODS
from model.network.compiled import before_activation, scale

if TYPE_CHECKING:
    from model.heatmaps.explainer import Explainer

GRADIENT_METHODS = {"Gradcam": Gradcam, "GradcamPlusPlus": GradcamPlusPlus, "Layercam": Layercam}
COMPARABLE = tuple(name for name, method in METHODS.items() if method.reference)


def largest_gap(
    explainer: Explainer, photo: np.ndarray, diagnosis: str, method: str, layer: str | None = None
) -> float:
    """How far our map of the photo as it is lies from that of tf-keras-vis, both from 0 to 1.

    Args:
        explainer: `model.heatmaps.explainer.Explainer`.
        photo, diagnosis, layer: as in its `heatmap`.
        method: one of `COMPARABLE`.
    Returns:
        float, the largest difference of any place.
    """
    classifier = explainer.classifier
    class_index = classifier.run.diagnoses.index(diagnosis)
    (ours,) = explainer.by_view(photo, diagnosis, method, layer, num_views=1)
    theirs = TfKerasVis(classifier)(photo, class_index, method, layer)
    pair = [explainer.heatmap_of(raw, diagnosis, method).values for raw in (ours, theirs)]
    return float(np.abs(pair[0] - pair[1]).max())


class TfKerasVis:
    """Maps of a classifier's network by tf-keras-vis; use from any thread.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
    """

    def __init__(self, classifier):
        self._classifier = classifier
        network = classifier.network.network
        self._logits = keras.Model(network.inputs, before_activation(network))
        self._lock = threading.Lock()  # Keras cannot build models in two threads at once

    def __call__(self, photo, class_index, method="grad_cam", layer=None):
        """A map of the photo as it is, once, without flips and turns.

        Args:
            photo: (any, any, 3) uint8, RGB.
            class_index: position of the diagnosis; of two that share one sigmoid the first has
                its negative.
            method: one of `COMPARABLE`, or `saliency`, which is `smooth_grad` without noise.
            layer: the run's own where None.
        Returns:
            (rows, columns) float32 at the layer's size, none below zero, not normalised.
        """

        def score(output):
            if output.shape[-1] == 1:
                return output[:, 0] * (1.0 if class_index else -1.0)
            return output[:, class_index]

        def score_at_zero(output):
            """Grad-CAM++ multiplies its map with exp(score), which is the same everywhere."""
            return score(output) - tf.stop_gradient(score(output))

        classifier = self._classifier
        photos = scale(classifier.prepare(photo)[None], *classifier.value_range)
        at = {
            "penultimate_layer": layer or classifier.run.card["heatmap_layer"],
            "seek_penultimate_conv_layer": False,
            "expand_cam": False,
            "normalize_cam": False,
        }
        with self._lock:
            if method == "saliency":
                raw = Saliency(self._logits)(score, photos, normalize_map=False)
            elif build := GRADIENT_METHODS.get(METHODS[method].reference or ""):
                wanted = score_at_zero if method == "grad_cam_plus_plus" else score
                raw = build(self._logits)(wanted, photos, **at)
            else:
                num_maps = self._logits.get_layer(at["penultimate_layer"]).output.shape[-1]
                limit = METHODS[method].num_channels
                most_varied = None if limit is None else min(limit, num_maps)
                raw = Scorecam(self._logits)(score, photos, max_N=most_varied, **at)
        return np.asarray(raw, dtype=np.float32)[0]
