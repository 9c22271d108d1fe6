"""A Keras network as one compiled function: photos in, logits and features out."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from model.views import NUM_VIEWS, views

BATCH_SIZE = 64  # photos, or views of photos


class Looked(NamedTuple):
    """What a network says about n photos, float32.

    `logits` (n, diagnoses) is the mean over the views; `by_view` (n, views, diagnoses) has each
    alone, the photo as it is first; `features` (n, channels) come from the photo as it is.
    """

    logits: np.ndarray
    features: np.ndarray
    by_view: np.ndarray


class NetworkError(ValueError):
    """A network that does not fit its card; the message says how."""


class CompiledNetwork:
    """One graph for a network, traced once for any batch size; safe to call from many threads.

    Args:
        network: a flat functional Keras network that ends in one output per diagnosis (logits or
            softmax), or in one sigmoid for two diagnoses.
        heatmap_layer: name of the layer that heat maps are cut at.
        value_range: (low, high) that the network expects for 0 and 255.
        num_views: 1, or 8 to average the logits over the flips and turns of each photo.
        feature_layers: names of layers; the mean and the spread over the photo of each channel
            are the features. None: the mean of the heat map layer's channels.
    Raises:
        NetworkError: a layer is not there, or the input or output has another form.
    """

    def __init__(
        self, network, heatmap_layer, value_range=(0, 255), num_views=1, feature_layers=None
    ):
        self.activation = _check_form(network)
        self.network = network
        self.num_outputs = max(2, int(network.output_shape[-1]))
        _, self.height, self.width, _ = network.input_shape
        if num_views not in (1, NUM_VIEWS):
            raise NetworkError(f"{num_views} views of a photo are not possible; 1 or {NUM_VIEWS}.")
        if num_views > 1 and self.height != self.width:
            raise NetworkError(
                f"The network takes {self.height} x {self.width} pixels; photos that are to be "
                "turned must be square."
            )
        self.num_views = num_views
        pooled = [tf.reduce_mean]
        layers = [_maps(network, heatmap_layer)]
        if feature_layers is not None:
            pooled = [tf.reduce_mean, tf.math.reduce_std]
            layers = [_maps(network, name) for name in feature_layers]
        graph = keras.Model(network.inputs, [network.outputs[0], *layers])
        low, high = map(float, value_range)

        @tf.function(input_signature=[tf.TensorSpec((None, self.height, self.width, 3), tf.uint8)])
        def forward(photos):
            scaled = scale(photos, low, high)
            seen = views(scaled) if num_views > 1 else scaled
            output, *maps = graph(seen, training=False)
            every = tf.reshape(logits(output, self.activation), (-1, num_views, self.num_outputs))
            # Of the views only the first, the photo as it is, gives features.
            features = tf.concat(
                [pool(one[::num_views], axis=(1, 2)) for one in maps for pool in pooled], axis=1
            )
            return tf.reduce_mean(every, axis=1), features, every

        self._forward = forward

    def __call__(self, photos, progress=lambda batches: batches):
        """Look at photos in batches.

        Args:
            photos: (n, height, width, 3) uint8, RGB, at the network's input size.
            progress: wraps the loop over batches, for a progress bar.
        Returns:
            `Looked`.
        """
        size = BATCH_SIZE // self.num_views
        starts = progress(range(0, len(photos), size))
        parts = [self._forward(photos[start : start + size]) for start in starts]
        if not parts:
            nothing = np.zeros((0, self.num_views, self.num_outputs), np.float32)
            return Looked(nothing[:, 0], np.zeros((0, 0), np.float32), nothing)
        columns = zip(*parts, strict=True)
        return Looked(*(np.concatenate([np.asarray(part) for part in one]) for one in columns))


def _maps(network, name):
    """The output of a layer that gives maps, (batch, height, width, channels)."""
    names = [layer.name for layer in network.layers]
    if name not in names:
        raise NetworkError(
            f"The card names the layer {name!r}; the network has no such layer. Its layers: "
            f"{', '.join(names)}."
        )
    maps = network.get_layer(name).output
    if len(maps.shape) != 4:
        raise NetworkError(f"The layer {name!r} gives no maps.")
    return maps


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
    """(..., diagnoses) logits -> float64 probabilities of that shape, softened by `temperature`."""
    scaled = np.asarray(values, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def load(path):
    """Load weights that hold no code: Keras refuses any object that would run its own."""
    return keras.saving.load_model(path, compile=False, safe_mode=True)
