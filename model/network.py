"""A Keras network as one compiled function: photos in, logits and features out."""

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 64


class NetworkError(ValueError):
    """A network that does not fit its card; the message says how."""


class CompiledNetwork:
    """One graph for a network, traced once for any batch size; safe to call from many threads.

    Args:
        network: a flat functional Keras network that ends in one output per diagnosis (logits or
            softmax), or in one sigmoid for two diagnoses.
        heatmap_layer: name of the layer whose channels, averaged over the photo, are the features.
        value_range: (low, high) that the network expects for 0 and 255.
    Raises:
        NetworkError: the layer is not there, or the output has another form.
    """

    def __init__(self, network, heatmap_layer, value_range=(0, 255)):
        self.activation = _check_form(network)
        names = [layer.name for layer in network.layers]
        if heatmap_layer not in names:
            raise NetworkError(
                f"The card names the heat map layer {heatmap_layer!r}; the network has no such "
                f"layer. Its layers: {', '.join(names)}."
            )
        self.network = network
        self.num_outputs = max(2, int(network.output_shape[-1]))
        _, self.height, self.width, _ = network.input_shape
        maps = network.get_layer(heatmap_layer).output
        if len(maps.shape) != 4:
            raise NetworkError(f"The heat map layer {heatmap_layer!r} gives no maps.")
        graph = keras.Model(network.inputs, [network.outputs[0], maps])
        low, high = map(float, value_range)

        @tf.function(input_signature=[tf.TensorSpec((None, self.height, self.width, 3), tf.uint8)])
        def forward(photos):
            scaled = scale(photos, low, high)
            output, maps = graph(scaled, training=False)
            return logits(output, self.activation), tf.reduce_mean(maps, axis=(1, 2))

        self._forward = forward

    def __call__(self, photos, progress=lambda batches: batches):
        """Look at photos in batches.

        Args:
            photos: (n, height, width, 3) uint8, RGB, at the network's input size.
            progress: wraps the loop over batches, for a progress bar.
        Returns:
            (logits, features): (n, diagnoses) and (n, channels), float32.
        """
        starts = progress(range(0, len(photos), BATCH_SIZE))
        parts = [self._forward(photos[start : start + BATCH_SIZE]) for start in starts]
        if not parts:
            return np.zeros((0, self.num_outputs), np.float32), np.zeros((0, 0), np.float32)
        return tuple(
            np.concatenate([np.asarray(part) for part in column])
            for column in zip(*parts, strict=True)
        )


def _check_form(network):
    """The last activation of a network that can be used here; NetworkError for any other."""
    if not isinstance(network, keras.Model) or isinstance(network, keras.Sequential):
        raise NetworkError(
            f"The network is a {type(network).__name__}; a flat functional keras.Model is needed."
        )
    nested = [layer.name for layer in network.layers if isinstance(layer, keras.Model)]
    if nested:
        raise NetworkError(
            f"The network holds another network ({nested[0]}); a flat functional one is needed."
        )
    taken, given = network.input_shape, network.output_shape
    if not (isinstance(taken, tuple) and len(taken) == 4 and taken[-1] == 3 and all(taken[1:])):
        raise NetworkError(f"The network takes {taken}; one photo of fixed size in RGB is needed.")
    if not (isinstance(given, tuple) and len(given) == 2):
        raise NetworkError(f"The network gives {given}; one value per diagnosis is needed.")
    last = network.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        activation = "softmax"
    else:
        activation = getattr(getattr(last, "activation", None), "__name__", "linear")
    if activation not in ("linear", "softmax") and not (activation == "sigmoid" and given[-1] == 1):
        raise NetworkError(
            f"The network ends in {activation} with {given[-1]} outputs; logits, softmax or one "
            "sigmoid are needed."
        )
    return activation


def scale(photos, low, high):
    """Pixels from 0..255 to the range a network expects, float32."""
    return tf.cast(photos, tf.float32) * ((high - low) / 255.0) + low


def logits(output, activation):
    """A network's output as logits, one per diagnosis, whatever its last activation.

    Softmax is undone by the logarithm (up to a constant that softmax ignores); one sigmoid becomes
    the two logits (0, z).
    """
    if activation == "softmax":
        return tf.math.log(tf.maximum(output, 1e-12))
    if output.shape[-1] == 1:
        if activation == "sigmoid":
            output = tf.clip_by_value(output, 1e-7, 1 - 1e-7)
            output = tf.math.log(output) - tf.math.log1p(-output)
        return tf.concat([tf.zeros_like(output), output], axis=-1)
    return output


def softmax(values, temperature=1.0):
    """(n, diagnoses) logits -> (n, diagnoses) float64 probabilities, softened by `temperature`."""
    scaled = np.asarray(values, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def load(path):
    """Load weights that hold no code: Keras refuses any object that would run its own."""
    return keras.saving.load_model(path, compile=False, safe_mode=True)
