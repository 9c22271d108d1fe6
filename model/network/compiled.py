"""A Keras network as one compiled function: photos in, logits and features out."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from model.network.flatten import FlattenError, flatten, is_flat
from model.network.flips import NUM_VIEWS, turn_back, views
from model.network.folding import fold_normalisations
from model.network.running import Runner, run_directly

BATCH_SIZE = 64  # photos, or views of photos


class NetworkOutput(NamedTuple):
    """A network's output for n photos, float32.

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
        network: a functional or `Sequential` Keras network that ends in one output per diagnosis
            (logits or softmax), or in one sigmoid for two diagnoses. Networks inside are opened, so
            `self.network` is flat.
        heatmap_layer: name of the layer that heat maps come from.
        value_range: (low, high) that the network expects for 0 and 255.
        num_views: 1, or 8 to average the logits over the flips and turns of each photo.
        feature_layers: names of layers; the mean and the spread over the photo of each channel
            are the features. None: the mean of the heat map layer's channels.
        is_final: the weights never change again, which makes it faster; see
            `model.network.folding`.
    Raises:
        NetworkError: a layer is not there, or the input or output has another form.

    `runner` runs its graphs; the app, whose visitors share the cores, puts its queue there.
    """

    def __init__(
        self,
        network: keras.Model,
        heatmap_layer: str,
        value_range: tuple[float, float] = (0, 255),
        num_views: int = 1,
        feature_layers: Sequence[str] | None = None,
        is_final: bool = False,
    ):
        try:
            network = network if is_flat(network) else flatten(network)
        except FlattenError as error:
            raise NetworkError(str(error)) from error
        _check_form(network)
        self.network = network
        self.num_outputs = max(2, int(network.output_shape[-1]))
        _, self.height, self.width, _ = network.input_shape
        if num_views not in (1, NUM_VIEWS):
            raise NetworkError(f"{num_views} views of a photo are not possible; 1 or {NUM_VIEWS}.")
        if num_views > 1 and self.height != self.width:
            raise NetworkError(
                f"The network takes {self.height} x {self.width} pixels; photos must be "
                "square to be turned."
            )
        self.num_views = num_views
        if is_final:
            network = fold_normalisations(network, {heatmap_layer, *(feature_layers or ())})
        pooled = [tf.reduce_mean]
        heatmap_maps = feature_maps_of(network, heatmap_layer)
        layers = [heatmap_maps]
        if feature_layers is not None:
            pooled = [tf.reduce_mean, tf.math.reduce_std]
            layers = [feature_maps_of(network, name) for name in feature_layers]
        self.num_features = len(pooled) * sum(int(layer.shape[-1]) for layer in layers)
        graph = keras.Model(network.inputs, [before_activation(network), heatmap_maps, *layers])
        low, high = map(float, value_range)

        def as_views(photos):
            # Turned as bytes: a quarter of the memory to move.
            return scale(views(photos) if num_views > 1 else photos, low, high)

        def summary(output, maps):
            by_view = tf.reshape(logits(output), (-1, num_views, self.num_outputs))
            # Of the views only the first, the photo as it is, gives features. A slice would copy
            # value by value.
            firsts = tf.range(0, tf.shape(output)[0], num_views)
            seen = [tf.gather(layer, firsts) for layer in maps]
            features = tf.concat(
                [pool(layer, axis=(1, 2)) for layer in seen for pool in pooled], axis=1
            )
            return tf.reduce_mean(by_view, axis=1), features, by_view

        @tf.function(input_signature=[tf.TensorSpec((None, self.height, self.width, 3), tf.uint8)])
        def forward(photos):
            output, _, *maps = graph(as_views(photos), training=False)
            return summary(output, maps)

        @tf.function(input_signature=[tf.TensorSpec((None, self.height, self.width, 3), tf.uint8)])
        def forward_with_heatmaps(photos):
            batch = as_views(photos)
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(batch)
                output, heatmap_maps, *maps = graph(batch, training=False)
                scores = tf.unstack(class_scores(output), axis=1)
            gradients = [tape.gradient(score, heatmap_maps) for score in scores]
            heatmaps = _grad_cam(heatmap_maps, gradients)
            if num_views > 1:
                heatmaps = tf.reduce_mean(turn_back(heatmaps), axis=1)
            return *summary(output, maps), tf.transpose(heatmaps, (0, 3, 1, 2))

        self.runner: Runner = run_directly
        self._forward = forward
        self._forward_with_heatmaps = forward_with_heatmaps

    def __call__(
        self, photos: np.ndarray, progress: Callable[[Sequence], Iterable] = iter
    ) -> NetworkOutput:
        """Run the network on photos, in batches.

        Args:
            photos: (n, height, width, 3) uint8, RGB, at the network's input size.
            progress: wraps the loop over batches, for a progress bar.
        Returns:
            `NetworkOutput`.
        """
        if len(photos) == 0:
            no_logits = np.zeros((0, self.num_views, self.num_outputs), np.float32)
            return NetworkOutput(no_logits[:, 0], np.zeros((0, 0), np.float32), no_logits)
        return NetworkOutput(*self._in_batches(self._forward, photos, progress))

    def with_heatmaps(self, photos: np.ndarray) -> tuple[NetworkOutput, np.ndarray]:
        """Run the network and mark what raised each diagnosis, in one graph.

        Args:
            photos: (n, height, width, 3) uint8, n at least 1.
        Returns:
            (`NetworkOutput`, maps): Grad-CAM of every diagnosis, negative values kept,
            (n, diagnoses, rows, columns) float32 at the heat map layer's own size, in units of
            the logit per place; of several views the mean of their maps, each turned back. The
            difference of two maps is the map of the difference of their logits.
        """
        *output, maps = self._in_batches(self._forward_with_heatmaps, photos, iter)
        return NetworkOutput(*output), maps

    def _in_batches(self, graph, photos, progress):
        size = BATCH_SIZE // self.num_views
        starts = progress(range(0, len(photos), size))
        is_bulky = len(photos) > 1
        parts = [
            self.runner(
                graph, photos[start : start + size], num_views=self.num_views, is_bulky=is_bulky
            )
            for start in starts
        ]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]


def feature_maps_of(network: keras.Model, name: str) -> keras.KerasTensor:
    """The output of a layer that gives feature maps, (batch, height, width, channels)."""
    names = [layer.name for layer in network.layers]
    if name not in names:
        raise NetworkError(f"The network has no layer {name!r}. Its layers: {', '.join(names)}.")
    maps = network.get_layer(name).output
    if len(maps.shape) != 4:
        raise NetworkError(f"The layer {name!r} gives no feature maps.")
    return maps


def _check_form(network):
    """NetworkError for a network that cannot be used here."""
    taken, given = network.inputs[0].shape, network.outputs[0].shape
    if not (len(taken) == 4 and taken[-1] == 3):
        raise NetworkError(f"The network takes {taken}; one photo of fixed size in RGB is needed.")
    if len(network.outputs) != 1 or len(given) != 2:
        raise NetworkError(
            f"The network gives {', '.join(str(part.shape) for part in network.outputs)}; one row "
            "of one value per diagnosis is needed."
        )
    name = output_activation(network)
    is_one_sigmoid = name == "sigmoid" and given[-1] == 1
    if not (name == "linear" or (name == "softmax" and given[-1] > 1) or is_one_sigmoid):
        raise NetworkError(
            f"The network ends in {name} with {given[-1]} outputs; logits, softmax or one "
            "sigmoid are needed."
        )


def output_activation(network: keras.Model) -> str:
    """What a network does to its output last: `linear`, `softmax`, `sigmoid` or another."""
    last = network.operations[-1]
    if not isinstance(last, keras.layers.Layer) or isinstance(last, keras.layers.Softmax):
        name = type(last).__name__.lower()
        return name if name in ("softmax", "sigmoid") else "linear"
    return getattr(getattr(last, "activation", None), "__name__", "linear")


def scale(photos: np.ndarray | tf.Tensor, low: float, high: float) -> tf.Tensor:
    """Pixels from 0..255 to the range a network expects, float32."""
    return tf.cast(photos, tf.float32) * ((high - low) / 255.0) + low


def logits(output: tf.Tensor) -> tf.Tensor:
    """A network's output before its activation, as logits: one column becomes (0, z)."""
    if output.shape[-1] == 1:
        return tf.concat([tf.zeros_like(output), output], axis=-1)
    return output


def class_scores(output: tf.Tensor) -> tf.Tensor:
    """The score of each diagnosis; of two that share one logit z, -z and z."""
    return tf.concat([-output, output], axis=-1) if output.shape[-1] == 1 else output


def before_activation(network: keras.Model) -> keras.KerasTensor:
    """The network's output as it is before softmax or sigmoid."""
    last = network.operations[-1]
    if output_activation(network) == "linear":
        return network.outputs[0]
    if isinstance(last, (keras.layers.Softmax, keras.layers.Activation)) or not isinstance(
        last, keras.layers.Layer
    ):
        return last.input
    linear = type(last).from_config(last.get_config() | {"activation": "linear"})
    output = linear(last.input)
    linear.set_weights(last.get_weights())
    return output


def _grad_cam(maps, gradients):
    """Channels weighed by the mean of their gradient, positive where they speak for the score.

    Args:
        maps: (n, rows, columns, channels).
        gradients: of each score by them, in their shape.
    Returns:
        (n, rows, columns, scores).
    Source:
        Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391.
    """
    weights = tf.stack([tf.reduce_mean(gradient, axis=(1, 2)) for gradient in gradients], axis=1)
    return tf.einsum("nrcw,nsw->nrcs", maps, weights)
