"""Nested networks rebuilt as one flat graph, so that every layer can be reached by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


class FlattenError(ValueError):
    """A network that has no flat graph; the message names the layer."""


def is_flat(network: keras.Model) -> bool:
    """True for a functional network of fixed size without another network inside."""
    return (
        _is_functional(network)
        and None not in network.inputs[0].shape[1:]
        and not any(isinstance(layer, keras.Model) for layer in network.layers)
    )


def flatten(
    network: keras.Model,
    size: tuple[int, int] | None = None,
    before: Callable[[keras.KerasTensor], keras.KerasTensor] = lambda photo: photo,
) -> keras.Model:
    """Build a network anew with every layer on one level.

    Layers are copied with their weights: a layer that already stands in a graph would belong to
    two of them. One that is called several times stays one layer. Names that come twice get the
    name of their network in front.

    Args:
        network: functional or `Sequential`, with others inside to any depth.
        size: (height, width) of the photos, where the network takes any.
        before: calls what is put before it on the photo, (batch, height, width, 3).
    Returns:
        A functional network for inference: what only acts in training stays off.
    Raises:
        FlattenError: it takes no single photo of known size, or holds a part with code of its own.
    """
    shape = _photo_shape(network, size)
    photo = keras.Input(shape, name="photo")
    tensor = before(photo)
    copies = _Copies({step.name for step in keras.Model(photo, tensor).operations})
    flat = keras.Model(photo, copies.call(network, tensor), name=network.name)
    copies.take_weights()
    return flat


class _Copies:
    """The layers of one flat graph: one copy for each original, with a name of its own."""

    def __init__(self, taken_names: set[str]):
        self._taken = taken_names
        self._copies: dict[int, tuple[Any, Any]] = {}

    def call(self, network: keras.Model, *inputs: Any) -> Any:
        """Call every layer of a network, and of those inside, on symbolic tensors."""
        if isinstance(network, keras.Sequential):
            (tensor,) = inputs
            for layer in network.layers:
                tensor = self._apply(network, layer, tensor)
            return tensor
        if not _is_functional(network):
            raise FlattenError(
                f"{network.name!r} is a {type(network).__name__}, a model with code of its own; "
                "only functional and Sequential networks can be opened. Build it from Keras's own "
                "layers and save it again."
            )

        def apply(operation, *args, **kwargs):
            return self._apply(network, operation, *args, **kwargs)

        # Keras opens no graph in public but to copy it whole, which keeps the inner networks.
        return network._run_through_graph(list(inputs), call_fn=apply)

    def _apply(self, network, operation, *args, **kwargs):
        if isinstance(operation, keras.Model):
            return self.call(operation, *args)
        kwargs.pop("training", None)  # the flat graph is for inference
        return self._copy(network, operation)(*args, **kwargs)

    def _copy(self, network, operation):
        if id(operation) not in self._copies:
            name = self._free_name(network.name, operation.name)
            try:
                copy = type(operation).from_config(operation.get_config() | {"name": name})
            except (TypeError, ValueError, NotImplementedError) as error:
                raise FlattenError(
                    f"The layer {operation.name!r} ({type(operation).__name__}) cannot be copied: "
                    f"{error}"
                ) from error
            self._copies[id(operation)] = operation, copy
        return self._copies[id(operation)][1]

    def _free_name(self, network_name, name):
        candidates = [name, f"{network_name}_{name}"]
        number = 2
        while candidates[0] in self._taken:
            candidates = candidates[1:] or [f"{network_name}_{name}_{number}"]
            number += 1
        self._taken.add(candidates[0])
        return candidates[0]

    def take_weights(self):
        """Give every copy the weights of its original."""
        for original, copy in self._copies.values():
            if isinstance(original, keras.layers.Layer) and original.weights:
                copy.set_weights(original.get_weights())
            if isinstance(copy, keras.layers.Normalization):
                copy.finalize_state()  # it works with a mean that it derives from its weights


def _is_functional(network):
    return hasattr(network, "_run_through_graph") and not isinstance(network, keras.Sequential)


def _photo_shape(network, size):
    """(height, width, 3) of the one photo that a network takes."""
    if isinstance(network, keras.Sequential) and not network.built:
        raise FlattenError(
            "The Sequential network does not say what it takes. Start it with "
            "keras.Input((height, width, 3)) and save it again."
        )
    if not isinstance(network, keras.Sequential) and not _is_functional(network):
        raise FlattenError(
            f"The network is a {type(network).__name__}, a model with code of its own; only "
            "functional and Sequential networks can be opened. Build it from Keras's own layers "
            "and save it again."
        )
    shapes = [tuple(tensor.shape[1:]) for tensor in network.inputs]
    if len(shapes) != 1:
        raise FlattenError(
            f"The network takes {len(shapes)} inputs {shapes}; the app has one photo to give and "
            "nothing else. Train a network on the photo alone."
        )
    shape = shapes[0]
    if len(shape) != 3 or shape[-1] not in (3, None):
        raise FlattenError(
            f"The network takes {shape}; one photo in RGB, (height, width, 3), fits."
        )
    if size is None and None in shape[:2]:
        raise FlattenError(
            "The network takes photos of any size. Say which it was trained on, such as --size 224."
        )
    height, width = size or shape[:2]
    if shape[:2] != (None, None) and shape[:2] != (height, width):
        raise FlattenError(
            f"The network takes {shape[0]} x {shape[1]} pixels, not {height} x {width}."
        )
    return height, width, 3
