"""Heat maps as they are shown: stretched to the network's input size, with their raw strength."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import zoom

# A map of logits this weak is rounding noise: float32 sums over the last layer's maps.
EMPTY_BELOW = 1e-6


@dataclass(frozen=True)
class Heatmap:
    """One map of one photo.

    `values` is (height, width) float32 in [0, 1] at the network's input size, all zeros when
    nothing raised the diagnosis; `strength` the raw maximum before it was stretched to 1, in the
    method's own unit (of Grad-CAM the logit per place), comparable between diagnoses of one run,
    one method and one layer.
    """

    values: np.ndarray
    strength: float
    diagnosis: str
    method: str

    @property
    def is_empty(self):
        return self.strength == 0.0


@dataclass(frozen=True)
class Difference:
    """Where a photo speaks for one diagnosis rather than another.

    `values` is (height, width) float32 in [-1, 1] at the network's input size: above zero speaks
    for `first`, below for `second`; `strength` the largest raw value of either sign, in units of
    the logit per place. All zeros where neither is favoured anywhere.
    """

    values: np.ndarray
    strength: float
    first: str
    second: str

    @property
    def is_empty(self):
        return self.strength == 0.0


def heatmap(raw, height, width, diagnosis, method):
    """A raw map as a `Heatmap`.

    It is divided by its maximum only: stretching minimum to maximum makes an empty map look
    strong.

    Args:
        raw: (rows, columns) float32; what is below zero is cut off.
        height, width: of the network's input.
        diagnosis, method: what it is of.
    """
    values = _between(np.maximum(raw, 0), height, width)
    strength = float(values.max()) if np.isfinite(values).all() else 0.0
    if strength < EMPTY_BELOW:
        return Heatmap(np.zeros_like(values), 0.0, diagnosis, method)
    return Heatmap(np.clip(values / strength, 0, 1), strength, diagnosis, method)


def difference(raw, height, width, first, second):
    """The raw map of one diagnosis less that of another, as a `Difference`; see `heatmap`."""
    values = _between(raw, height, width)
    strength = float(np.abs(values).max()) if np.isfinite(values).all() else 0.0
    if strength < EMPTY_BELOW:
        return Difference(np.zeros_like(values), 0.0, first, second)
    return Difference(values / strength, strength, first, second)


def _between(raw, height, width):
    """Stretched between the places as tf-keras-vis does it."""
    factors = (height / raw.shape[0], width / raw.shape[1])
    return zoom(raw, factors, order=1)
