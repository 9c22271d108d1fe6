"""What an imported network takes for a photo: tried on photos whose diagnosis is known.

A file does not say whether its network was trained on 0 to 255 or 0 to 1, on RGB or BGR. With the
wrong one it answers the same whatever it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from model.network.flatten import flatten

# Mean and standard deviation of ImageNet's photos, as Keras's preprocessing states them.
_IMAGENET = (np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255)
_CAFFE = np.array([123.68, 116.779, 103.939])  # RGB; subtracted, not divided


LAYER = "lentigo_pixels"  # no other layer is called so


@dataclass(frozen=True)
class Pixels:
    """One way to feed a network: pixels from 0 to 255 times `scale` plus `offset`.

    `scale` and `offset` are for red, green and blue; `is_bgr` turns their order around afterwards.
    """

    name: str
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    is_bgr: bool = False

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) uint8 RGB -> float32 as the network takes them."""
        fed = photos * np.array(self.scale, np.float32) + np.array(self.offset, np.float32)
        return fed[..., ::-1] if self.is_bgr else fed

    def before(self, photo: keras.KerasTensor) -> keras.KerasTensor:
        """The same as layers, on a symbolic photo."""
        if {*self.scale, 1.0} != {1.0} or any(self.offset):
            layer = keras.layers.Rescaling(list(self.scale), list(self.offset), name=LAYER)
            photo = layer(photo)
        return keras.ops.flip(photo, axis=-1) if self.is_bgr else photo

    def into(self, network: keras.Model, size: tuple[int, int] | None = None) -> keras.Model:
        """The network flat, with this way built in: it takes RGB from 0 to 255.

        Raises:
            FlattenError: see `model.network.flatten.flatten`.
        """
        return flatten(network, size, self.before)


def _uniform(name, scale, offset, is_bgr=False):
    return Pixels(name, (scale, scale, scale), (offset, offset, offset), is_bgr)


def _standardised(name, mean, deviation, is_bgr=False):
    scale, offset = 1 / deviation, -mean / deviation
    return Pixels(name, tuple(scale.tolist()), tuple(offset.tolist()), is_bgr)


# The commonest first: where two do equally well, the first counts.
WAYS = {
    way.name: way
    for way in (
        _uniform("0-255", 1, 0),
        _uniform("0-1", 1 / 255, 0),
        _uniform("-1-1", 2 / 255, -1),
        _standardised("imagenet", *_IMAGENET),
        _standardised("caffe", _CAFFE, np.ones(3), is_bgr=True),
        _uniform("0-255-bgr", 1, 0, is_bgr=True),
        _uniform("0-1-bgr", 1 / 255, 0, is_bgr=True),
        _uniform("-1-1-bgr", 2 / 255, -1, is_bgr=True),
        _standardised("imagenet-bgr", *_IMAGENET, is_bgr=True),
    )
}


def rescaling_layers(network: keras.Model) -> list[str]:
    """Names of the layers of a flat network that expect 0 to 255: they divide by far more than 2,
    by which a layer may still bring 0 to 1 to -1 to 1."""
    return [
        layer.name
        for layer in network.layers
        if isinstance(layer, keras.layers.Rescaling) and np.max(np.abs(layer.scale)) < 0.1
    ]
