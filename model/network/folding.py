"""Batch normalisation folded into the convolution before it: the same answers with less work.

For inference, batch normalisation multiplies and shifts each channel by constants. A convolution
can do that itself, with other weights and a bias, so its result needn't be read and written again.
"""

from collections.abc import Collection

import keras
import numpy as np

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def fold_normalisations(network: keras.Model, kept: Collection[str] = ()) -> keras.Model:
    """Build a network for inference whose convolutions do what the normalisations after them did.

    Only rounding differs: the last digits of float32 (docs/performance.md says how much).

    Args:
        network: functional and flat; it is not changed.
        kept: names of layers whose output is read; they stay as they are.
    Returns:
        A network of its own, or the same one where nothing can be folded or a layer can't be
        copied. The layers that are left have the names they had; a normalisation that doesn't
        follow a convolution directly stays.
    """
    folded = {
        convolution.name: normalisation
        for convolution in network.layers
        if (normalisation := _normalisation_after(convolution)) is not None
        and not {convolution.name, normalisation.name} & set(kept)
    }
    if not folded:
        return network
    left_out = {normalisation.name for normalisation in folded.values()}

    def copy(layer):
        config = layer.get_config()
        if layer.name in folded:
            config["use_bias"] = True
        return type(layer).from_config(config)

    def call(layer, *arguments, **options):
        return arguments[0] if layer.name in left_out else layer(*arguments, **options)

    try:
        smaller = keras.models.clone_model(network, clone_function=copy, call_function=call)
    except (NotImplementedError, TypeError, ValueError):
        return network  # an imported one, whose layers don't say how to make them
    for layer in smaller.layers:
        if not layer.weights:  # an unnamed input has another name in a copy
            continue
        original = network.get_layer(layer.name)
        if layer.name in folded:
            layer.set_weights(_folded_weights(original, folded[layer.name]))
        else:
            layer.set_weights(original.get_weights())
    return smaller


def _normalisation_after(layer):
    """The normalisation that is all that follows a convolution; None where there is no such."""
    if type(layer) not in _CONVOLUTIONS or layer.activation is not keras.activations.linear:
        return None
    if layer.data_format != "channels_last":
        return None
    # Keras says in public what a layer's inputs are, not who reads its output.
    readers = [node.operation for node in layer._outbound_nodes]
    if len(readers) != 1 or type(readers[0]) is not keras.layers.BatchNormalization:
        return None
    return readers[0] if readers[0].axis in (-1, 3) else None


def _folded_weights(convolution, normalisation):
    """(kernel, bias) float32, worked out in float64."""
    kernel, *bias = (np.asarray(weight, np.float64) for weight in convolution.get_weights())
    mean, variance = (
        np.asarray(weight, np.float64)
        for weight in (normalisation.moving_mean, normalisation.moving_variance)
    )
    factor = 1 / np.sqrt(variance + normalisation.epsilon)
    if normalisation.scale:
        factor *= np.asarray(normalisation.gamma, np.float64)
    shift = (sum(bias) - mean) * factor
    if normalisation.center:
        shift += np.asarray(normalisation.beta, np.float64)
    # A depthwise kernel ends in (channels, multiplier), any other in its output channels.
    is_depthwise = type(convolution) is keras.layers.DepthwiseConv2D
    factor_of_kernel = factor.reshape(kernel.shape[2:]) if is_depthwise else factor
    return [(kernel * factor_of_kernel).astype(np.float32), shift.astype(np.float32)]
