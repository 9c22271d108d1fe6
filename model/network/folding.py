"""Batch normalisation worked into the convolutions before it, for a network that learns no more.

A convolution and the normalisation after it are one linear map. As two, every feature map is read
and written twice more, which took a third of the time of an EfficientNet.
"""

import inspect
from collections import Counter
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def folded(graph: keras.Model) -> Callable[[tf.Tensor], list[tf.Tensor]]:
    """A network for inference only, with its weights as they are now.

    The answers are those of `graph(photos, training=False)` but for the last digits of float32.
    What the network gives out is never folded away.

    Args:
        graph: a flat functional network of several outputs; it stays as it is.
    Returns:
        A function of (n, height, width, channels) float32, for use in a `tf.function`: the list of
        the graph's outputs.
    """
    found = _foldable(graph)
    if not found:
        return lambda photos: graph(photos, training=False)
    merged = {conv.name: _merged(conv, norm) for norm, conv in found}
    gone = {norm.name for norm, _ in found}

    def call(step, *args, **kwargs):
        if step.name in gone:
            return args[0]
        if step.name in merged:
            return merged[step.name](args[0])
        if isinstance(step, keras.layers.Layer):
            kwargs.pop("training", None)
            if "training" in inspect.signature(step.call).parameters:
                kwargs["training"] = False
        return step(*args, **kwargs)

    # As in `model.network.flatten`: Keras opens no graph in public but to copy it whole.
    return lambda photos: graph._run_through_graph([photos], call_fn=call)


def _foldable(graph):
    """(normalisation, convolution) of which nothing else sees what is between them."""
    nodes = [node for step in graph.operations for node in step._inbound_nodes]
    taken = [id(tensor) for node in nodes for tensor in node.input_tensors]
    uses = Counter([*taken, *(id(output) for output in graph.outputs)])
    norms = [step for step in graph.operations if type(step) is keras.layers.BatchNormalization]
    pairs = [(norm, norm.input._keras_history.operation) for norm in norms]
    return [
        (norm, conv)
        for norm, conv in pairs
        if type(conv) in CONVOLUTIONS
        and len(norm._inbound_nodes) == len(conv._inbound_nodes) == 1
        and uses[id(norm.input)] == 1
        and conv.activation is keras.activations.linear
        and conv.data_format == "channels_last"
        and norm.axis in (-1, 3)
        and {conv.compute_dtype, norm.compute_dtype, conv.variable_dtype} == {"float32"}
    ]


def _merged(conv, norm):
    """One layer that does what both do, its weights worked out in float64."""
    merged = type(conv).from_config(conv.get_config() | {"use_bias": True})
    merged.build(conv.input.shape)
    kernel, *bias = (np.asarray(weights, np.float64) for weights in conv.get_weights())
    mean, variance = (
        np.asarray(weights, np.float64) for weights in (norm.moving_mean, norm.moving_variance)
    )
    factor = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        factor = factor * np.asarray(norm.gamma, np.float64)
    offset = ((bias[0] if bias else 0) - mean) * factor
    if norm.center:
        offset = offset + np.asarray(norm.beta, np.float64)
    # The channels that come out are the kernel's last axis, or its last two where each channel is
    # convolved alone.
    is_depthwise = isinstance(conv, keras.layers.DepthwiseConv2D)
    spread = factor.reshape(kernel.shape[2:]) if is_depthwise else factor
    merged.set_weights([(kernel * spread).astype(np.float32), offset.astype(np.float32)])
    return merged
