"""Heat maps as they are shown: stretched to the network's input size, with their peak."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import zoom

# A map of logits this weak is rounding noise: float32 sums over the last layer's maps.
EMPTY_BELOW = 1e-6


@dataclass(frozen=True)
class Heatmap:
    """One map of one photo.

    `values` is (height, width) float32 in [0, 1] at the network's input size, all zeros when
    nothing raised the diagnosis; `peak` the raw maximum before it was stretched to 1, in the
    method's own unit (of Grad-CAM the logit per place), comparable between diagnoses of one run,
    one method and one layer.
    """

    values: np.ndarray
    peak: float
    diagnosis: str
    method: str

    @property
    def is_empty(self) -> bool:
        return self.peak == 0.0


@dataclass(frozen=True)
class Difference:
    """Where a photo speaks for one diagnosis rather than another.

    `values` is (height, width) float32 in [-1, 1] at the network's input size: above zero speaks
    for `first`, below for `second`; `peak` the largest raw value of either sign, in units of
    the logit per place. All zeros where neither is favoured anywhere.
    """

    values: np.ndarray
    peak: float
    first: str
    second: str

    @property
    def is_empty(self) -> bool:
        return self.peak == 0.0


def heatmap(raw: np.ndarray, height: int, width: int, diagnosis: str, method: str) -> Heatmap:
    """A raw map as a `Heatmap`.

    It is divided by its maximum only: stretching minimum to maximum makes an empty map look
    strong.

    Args:
        raw: (rows, columns) float32; what is below zero is cut off.
        height, width: of the network's input.
        diagnosis, method: what it is of.
    """
    raw = np.maximum(raw, 0)
    peak = float(raw.max()) if np.isfinite(raw).all() else 0.0
    if peak < EMPTY_BELOW:
        return Heatmap(np.zeros((height, width), np.float32), 0.0, diagnosis, method)
    values = np.maximum(stretch(raw, height, width), 0)
    return Heatmap(values / values.max(), peak, diagnosis, method)


def density(heatmap: Heatmap, rows: int, columns: int) -> np.ndarray:
    """How many times as strong each place of a map is as the average place.

    Unlike raw peaks this can be compared between networks, and between maps of one number of
    places: a finer map reaches higher peaks, so bring all to the coarsest.

    Args:
        heatmap: `Heatmap`.
        rows, columns: places of the result, at most as many as the map was made of.
    Returns:
        (rows, columns) float32, mean 1; zeros of an empty map.
    """
    if heatmap.is_empty:
        return np.zeros((rows, columns), np.float32)
    small = Image.fromarray(heatmap.values).resize((columns, rows), Image.Resampling.BOX)
    values = np.asarray(small)
    return values / values.mean()


def difference(raw: np.ndarray, height: int, width: int, first: str, second: str) -> Difference:
    """The raw map of one diagnosis less that of another, as a `Difference`; see `heatmap`."""
    peak = float(np.abs(raw).max()) if np.isfinite(raw).all() else 0.0
    if peak < EMPTY_BELOW:
        return Difference(np.zeros((height, width), np.float32), 0.0, first, second)
    values = stretch(raw, height, width)
    return Difference(values / np.abs(values).max(), peak, first, second)


def stretch(raw: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bring a map to the network's input size, each place over the middle of what it looks at.

    tf-keras-vis stretches from corner to corner (SciPy's default), which draws the outer places of
    a 6 x 6 map over the edge of the photo, a twelfth of its side too far out. docs/heat_maps.md has
    what that costs.

    Args:
        raw: (rows, columns) float.
        height, width: pixels.
    Returns:
        (height, width) float32: a cubic spline through the places, which may dip below zero between
        them and draws a strongest place at the very edge a little outwards.
    """
    factors = (height / raw.shape[0], width / raw.shape[1])
    values = np.asarray(raw, dtype=np.float32)
    return zoom(values, factors, order=3, mode="nearest", grid_mode=True)
