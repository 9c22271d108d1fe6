"""Grad-CAM as tf-keras-vis makes it, for our own to be held against."""

import numpy as np
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

from model.network import scale


def grad_cam(classifier, photo, number):
    """The map of one output, (height, width) float, before it is stretched.

    Args:
        classifier: `model.classifier.Classifier`.
        photo: (any, any, 3) uint8.
        number: of the diagnosis; of two that share one sigmoid the first has its negative.
    """
    network = classifier.network.network

    def score(output):
        if output.shape[-1] == 1:
            return output[:, 0] * (1 if number else -1)
        return output[:, number]

    raw = Gradcam(network, model_modifier=ReplaceToLinear(), clone=True)(
        score,
        scale(classifier.prepare(photo)[None], *classifier.value_range),
        penultimate_layer=classifier.run.card["heatmap_layer"],
        seek_penultimate_conv_layer=False,
        normalize_cam=False,
    )
    return np.asarray(raw[0])
