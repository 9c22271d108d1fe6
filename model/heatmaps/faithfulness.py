"""Does a heat map show what mattered? The network itself is asked, on this one photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.heatmaps.covering import (
    MARKED_FROM,
    Covering,
    cover,
    covering,
    layer_size,
    probabilities_of_one_view,
    random_maps,
    skin,
)
from model.heatmaps.heatmap import Heatmap
from model.network.flips import NUM_VIEWS
from model.photo.quality import from_the_middle

if TYPE_CHECKING:
    from model.heatmaps.explainer import Explainer

STEPS = 8  # between the whole photo and none of it
NUM_RANDOM = 3  # maps of chance that the curves are held against


@dataclass(frozen=True)
class Curves:
    """How the probability of a diagnosis goes as the marked places are taken away, or shown first.

    All are calibrated probabilities of the photo seen once, float, for `shares` of its area:
    `deletion` with that share covered, most marked first; `insertion` with only that share shown.
    `random_deletion` and `random_insertion` are the means for maps of chance, as coarse as the map.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    @property
    def areas(self) -> tuple[float, float, float, float]:
        """Means over the curves: (deletion, random, insertion, random)."""
        deletion, random_deletion, insertion, random_insertion = (
            float(np.trapezoid(curve, self.shares))
            for curve in (
                self.deletion,
                self.random_deletion,
                self.insertion,
                self.random_insertion,
            )
        )
        return deletion, random_deletion, insertion, random_insertion


@dataclass(frozen=True)
class Faithfulness:
    """What speaks for or against one map.

    `agreement` is the mean correlation of the maps of the photo's flips and turns, each turned
    back, with the map of the photo as it is: 1 where turning changes nothing. None where it
    cannot be told: the network takes no squares, the method is too slow, or a map is empty.
    """

    covering: Covering
    curves: Curves
    agreement: float | None


def measure_faithfulness(
    explainer: Explainer,
    photo: np.ndarray,
    heatmap: Heatmap,
    layer: str | None = None,
    under_flips: bool = True,
    kind: str | None = None,
    watch: Callable[[Covering], None] = lambda covering: None,
) -> Faithfulness:
    """Test a map against the network it comes from.

    Args:
        explainer: `model.heatmaps.explainer.Explainer`.
        photo: (any, any, 3) uint8, RGB.
        heatmap: its `model.heatmaps.heatmap.Heatmap`, not empty.
        layer: the layer the map comes from; the run's own where None.
        under_flips: also compare the maps of the flips and turns.
        kind: of photo that the probabilities are calibrated for; None: the run's own.
        watch: of `model.heatmaps.covering.covering`.
    Returns:
        `Faithfulness`.
    """
    small = explainer.classifier.prepare(photo)
    chance = random_maps(layer_size(explainer, layer), small.shape[:2], NUM_RANDOM)
    return Faithfulness(
        covering(explainer, small, heatmap, layer, kind, watch),
        curves(explainer, small, heatmap, chance, kind),
        agreement(explainer, photo, heatmap, layer) if under_flips else None,
    )


def curves(
    explainer: Explainer,
    small: np.ndarray,
    heatmap: Heatmap,
    chance: Sequence[np.ndarray],
    kind: str | None = None,
) -> Curves:
    """`Curves` of a photo at the network's input size; see `measure_faithfulness`."""
    shares = np.linspace(0, 1, STEPS + 1)
    filled = skin(small, heatmap.values >= MARKED_FROM)
    pictures = []
    for order in (heatmap.values, *chance):
        # Ties, such as the zeros of a map, are broken from the outside in.
        rank = np.lexsort((-from_the_middle(*order.shape).ravel(), -order.ravel())).argsort()
        position = rank.reshape(order.shape) / order.size
        for share in shares:
            first = position < share
            pictures += [cover(small, first, filled), cover(small, ~first, filled)]
    probability = probabilities_of_one_view(explainer, pictures, heatmap.diagnosis, kind)
    by_map = probability.reshape(1 + len(chance), len(shares), 2)
    return Curves(
        shares,
        by_map[0, :, 0],
        by_map[0, :, 1],
        by_map[1:, :, 0].mean(axis=0),
        by_map[1:, :, 1].mean(axis=0),
    )


def agreement(
    explainer: Explainer, photo: np.ndarray, heatmap: Heatmap, layer: str | None = None
) -> float | None:
    """Mean correlation of the turned maps with that of the photo as it is; see `Faithfulness`."""
    network = explainer.classifier.network
    if network.height != network.width:
        return None
    maps = np.maximum(
        explainer.by_view(photo, heatmap.diagnosis, heatmap.method, layer, num_views=NUM_VIEWS), 0
    ).reshape(NUM_VIEWS, -1)
    if (np.ptp(maps, axis=1) <= 1e-6 * maps.max(axis=1)).any():  # empty, or alike everywhere
        return None
    return float(np.corrcoef(maps)[0, 1:].mean())
