"""A network cut open at one of its layers: what heat maps are made from."""

import keras
import tensorflow as tf

from model.network.compiled import before_activation, class_scores, feature_maps_of, logits


class TruncatedNetwork:
    """Compiled functions of a network and the maps of one of its layers; safe from any thread.

    Photos are (n, height, width, 3) float32 at the network's size and in its range; `number` is
    the place of a diagnosis; its score is its logit, or of two that share one logit z, -z and z.

    Args:
        network: a flat functional Keras network.
        layer: name of a layer that gives maps.
    Raises:
        NetworkError: there is no such layer, or it gives no maps.
    """

    def __init__(self, network, layer):
        hot = feature_maps_of(network, layer)
        graph = keras.Model(network.inputs, [before_activation(network), hot])
        photos = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
        number = tf.TensorSpec((), tf.int32)

        @tf.function(input_signature=[photos])
        def maps(seen):
            return graph(seen, training=False)[1]

        @tf.function(input_signature=[photos])
        def scores(seen):
            return logits(graph(seen, training=False)[0])

        @tf.function(input_signature=[photos, number])
        def maps_and_gradients(seen, wanted):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(seen)
                output, found = graph(seen, training=False)
                score = tf.gather(class_scores(output), wanted, axis=1)
            return found, tape.gradient(score, found)

        @tf.function(input_signature=[photos, number])
        def photo_gradients(seen, wanted):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(seen)
                score = tf.gather(class_scores(graph(seen, training=False)[0]), wanted, axis=1)
            return tape.gradient(score, seen)

        self._maps = maps
        self._logits = scores
        self._maps_and_gradients = maps_and_gradients
        self._photo_gradients = photo_gradients

    def maps(self, photos):
        """The layer's maps, (n, rows, columns, channels) float32."""
        return self._maps(photos).numpy()

    def logits(self, photos):
        """(n, diagnoses) float32."""
        return self._logits(photos).numpy()

    def maps_and_gradients(self, photos, number):
        """The layer's maps and how one score rises with them, each as `maps`."""
        return tuple(one.numpy() for one in self._maps_and_gradients(photos, number))

    def photo_gradients(self, photos, number):
        """How one score rises with every value of the photos, in their shape."""
        return self._photo_gradients(photos, number).numpy()


def layers_with_feature_maps(network):
    """The layers worth cutting at: convolutions and sums of blocks, first to last.

    Returns:
        dict: name -> (rows, columns, channels).
    """
    found = {}
    for layer in network.layers:
        kind = type(layer).__name__
        if ("Conv" in kind or kind == "Add") and len(layer.output.shape) == 4:
            found[layer.name] = tuple(layer.output.shape[1:])
    return found
