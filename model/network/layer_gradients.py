"""A layer's feature maps and their gradients: what heat maps are made from."""

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from model.network.compiled import before_activation, class_scores, feature_maps_of, logits
from model.network.running import Runner, run_directly


class TruncatedNetwork:
    """A network opened at one of its layers, as compiled functions; safe from any thread.

    Photos are (n, height, width, 3) float32 at the network's size and in its range. `class_index`
    is the position of a diagnosis among the outputs. The score of a diagnosis is its logit; of two
    that share one logit z, the scores are -z and z.

    Args:
        network: a flat functional Keras network.
        layer: name of a layer that gives feature maps.
        runner: runs its graphs.
    Raises:
        NetworkError: there is no such layer, or it gives no feature maps.
    """

    def __init__(self, network: keras.Model, layer: str, runner: Runner = run_directly):
        layer_output = feature_maps_of(network, layer)
        graph = keras.Model(network.inputs, [before_activation(network), layer_output])
        photos_spec = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
        index_spec = tf.TensorSpec((), tf.int32)
        shares_spec = tf.TensorSpec((None, None), tf.float32)

        @tf.function(input_signature=[photos_spec])
        def feature_maps(photos):
            return (graph(photos, training=False)[1],)

        @tf.function(input_signature=[photos_spec])
        def scores(photos):
            return (logits(graph(photos, training=False)[0]),)

        @tf.function(input_signature=[photos_spec, shares_spec])
        def feature_maps_and_gradients(photos, shares):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(photos)
                output, maps = graph(photos, training=False)
                score = class_scores(output) * shares
            return maps, tape.gradient(score, maps)

        @tf.function(input_signature=[photos_spec, index_spec])
        def photo_gradients(photos, class_index):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(photos)
                output = graph(photos, training=False)[0]
                score = tf.gather(class_scores(output), class_index, axis=1)
            return (tape.gradient(score, photos),)

        self._run = runner
        self._num_scores = max(2, int(network.output_shape[-1]))
        self._feature_maps = feature_maps
        self._logits = scores
        self._feature_maps_and_gradients = feature_maps_and_gradients
        self._photo_gradients = photo_gradients

    def feature_maps(self, photos: np.ndarray) -> np.ndarray:
        """The layer's feature maps, (n, rows, columns, channels) float32."""
        return self._run(self._feature_maps, photos)[0]

    def logits(self, photos: np.ndarray) -> np.ndarray:
        """(n, diagnoses) float32."""
        return self._run(self._logits, photos)[0]

    def feature_maps_and_gradients(
        self, photos: np.ndarray, class_index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The feature maps, and the gradient of one score by each value of them."""
        shares = np.zeros((len(photos), self._num_scores), np.float32)
        shares[:, class_index] = 1
        return self.feature_maps_and_gradients_of(photos, shares)

    def feature_maps_and_gradients_of(
        self, photos: np.ndarray, shares: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same, of a weighted sum of the scores.

        Args:
            shares: (n, diagnoses) float32, the weight of each score for each photo.
        """
        maps, gradients = self._run(self._feature_maps_and_gradients, photos, shares)
        return maps, gradients

    def photo_gradients(self, photos: np.ndarray, class_index: int) -> np.ndarray:
        """The gradient of one score by every value of the photos, in their shape."""
        of_class = partial(self._photo_gradients, class_index=class_index)
        return self._run(of_class, photos)[0]


def layers_with_feature_maps(network: keras.Model) -> dict[str, tuple[int, int, int]]:
    """The layers worth truncating at: convolutions and sums of blocks, first to last.

    Returns:
        dict: name -> (rows, columns, channels).
    """
    layers = {}
    for layer in network.layers:
        kind = type(layer).__name__
        if ("Conv" in kind or kind == "Add") and len(layer.output.shape) == 4:
            layers[layer.name] = tuple(layer.output.shape[1:])
    return layers


# They have feature maps, but those of the layer before them, coarser or with gaps.
_NO_MAPS_OF_THEIR_OWN = ("Pool", "Dropout", "Padding", "Cropping", "Reshape", "Permute", "Sampling")


def last_feature_maps(network: keras.Model) -> str | None:
    """The name of the last layer whose maps lead to the output; None where there is none.

    Args:
        network: a flat functional Keras network.
    """
    names = [
        layer.name
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer)
        and not any(part in type(layer).__name__ for part in _NO_MAPS_OF_THEIR_OWN)
        and isinstance(layer.output, keras.KerasTensor)
        and len(layer.output.shape) == 4
        and min(layer.output.shape[1] or 0, layer.output.shape[2] or 0) > 1
        and type(layer).__name__ != "Rescaling"
    ]
    return names[-1] if names else None
