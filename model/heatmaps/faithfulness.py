"""Does a heat map show what mattered? The network itself is asked, on this one photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from model.heatmaps.heatmap import Heatmap, stretch
from model.network.flips import NUM_VIEWS
from model.network.softmax import softmax

if TYPE_CHECKING:
    from model.heatmaps.explainer import Explainer
    from model.prediction.classifier import Classifier

MARKED_FROM = 0.5  # of a map's maximum: the places that count as marked
STEPS = 8  # between the whole photo and none of it
NUM_RANDOM = 3  # maps of chance that the curves are held against
MATTERED = 1 / 3  # of its probability that a diagnosis must lose for the map to be believed
TOO_LITTLE = 0.05  # a probability that is as low cannot fall in a way that says something
BORDER = 0.08  # of each side: where the surrounding skin is looked for
DARK = 0.25  # of full brightness: a vignette's corner, not skin


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
class Covering:
    """The probability of a diagnosis as shown, and with parts of the photo covered with skin.

    `covered` has the marked `share` of the area covered, `random_cover` as much in places of
    chance (the mean of several), `alone` everything but the marked area. The pictures are
    (height, width, 3) uint8 at the network's input size.
    """

    probability: float
    covered: float
    random_cover: float
    alone: float
    share: float
    covered_photo: np.ndarray
    alone_photo: np.ndarray

    @property
    def verdict(self) -> str:
        """`mattered`, `not`, or `unclear` where the diagnosis is too improbable to be tested."""
        if self.probability <= TOO_LITTLE:
            return "unclear"
        lost, by_chance = self.probability - self.covered, self.probability - self.random_cover
        return "mattered" if lost >= MATTERED * self.probability and lost > by_chance else "not"


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
) -> Faithfulness:
    """Test a map against the network it comes from.

    Args:
        explainer: `model.heatmaps.explainer.Explainer`.
        photo: (any, any, 3) uint8, RGB.
        heatmap: its `model.heatmaps.heatmap.Heatmap`, not empty.
        layer: the layer the map comes from; the run's own where None.
        under_flips: also compare the maps of the flips and turns.
        kind: of photo that the probabilities are calibrated for; None: the run's own.
    Returns:
        `Faithfulness`.
    """
    classifier = explainer.classifier
    small = classifier.prepare(photo)
    coarse = explainer.layers[layer or explainer.own_layer][:2]
    chance = random_maps(*coarse, *small.shape[:2])
    return Faithfulness(
        covering(classifier, small, heatmap, chance, kind),
        curves(explainer, small, heatmap, chance, kind),
        agreement(explainer, photo, heatmap, layer) if under_flips else None,
    )


def covering(
    classifier: Classifier,
    small: np.ndarray,
    heatmap: Heatmap,
    chance: Sequence[np.ndarray],
    kind: str | None = None,
) -> Covering:
    """`Covering` of a photo at the network's input size; see `measure_faithfulness`."""
    marked = heatmap.values >= MARKED_FROM
    share = float(marked.mean())
    random_marks = [values >= np.quantile(values, 1 - share) for values in chance]
    filled = skin(small, marked)
    pictures = [
        cover(small, marked, filled),
        cover(small, ~marked, filled),
        *(cover(small, random_mark, filled) for random_mark in random_marks),
    ]
    photos = [small, *pictures]
    own = kind or next(iter(classifier.run.kinds), None)
    predictions = classifier.predict(photos, [own] * len(photos))
    probability, covered, alone, *random_cover = (
        prediction.probabilities[heatmap.diagnosis] for prediction in predictions
    )
    return Covering(
        probability, covered, float(np.mean(random_cover)), alone, share, pictures[0], pictures[1]
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
        rank = np.lexsort((_from_the_edge(*order.shape).ravel(), -order.ravel())).argsort()
        position = rank.reshape(order.shape) / order.size
        for share in shares:
            first = position < share
            pictures += [cover(small, first, filled), cover(small, ~first, filled)]
    logits = explainer.logits_of_one_view(np.stack(pictures))
    run = explainer.classifier.run
    class_index = run.diagnoses.index(heatmap.diagnosis)
    probability = softmax(logits, run.calibration_of(kind)["temperature"])[:, class_index]
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


def skin(photo: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """What the photo would look like with skin everywhere, going by its edge.

    The colours of the border, without marked places and dark corners, spread smoothly over the
    photo; of the whole photo where the border holds no such place.

    Args:
        photo: (height, width, 3) uint8.
        marked: (height, width) bool, not to be taken for skin.
    Returns:
        (height, width, 3) float32 in [0, 255].
    """
    height, width = marked.shape
    rows, columns = max(1, round(BORDER * height)), max(1, round(BORDER * width))
    border = np.ones_like(marked)
    border[rows:-rows, columns:-columns] = False
    bright = photo.mean(axis=-1) > DARK * 255
    sources = next(
        (area for area in (border & ~marked & bright, ~marked & bright, ~marked) if area.any()),
        np.ones_like(marked),
    )
    weights = sources.astype(np.float32)
    spread = (height / 4, width / 4)
    # A touch of the mean keeps places that no source reaches from dividing by nothing.
    mean = photo[sources].mean(axis=0)
    smooth = gaussian_filter(photo * weights[..., None], (*spread, 0), mode="constant")
    weight = gaussian_filter(weights, spread, mode="constant")[..., None]
    return ((smooth + 1e-3 * mean) / (weight + 1e-3)).astype(np.float32)


def cover(photo: np.ndarray, marked: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """The photo with `filled` over what is marked, its edge a little softened; uint8."""
    soft = gaussian_filter(marked.astype(np.float32), min(marked.shape) / 100)[..., None]
    return np.rint(photo + soft * (filled - photo)).astype(np.uint8)


def random_maps(rows: int, columns: int, height: int, width: int) -> list[np.ndarray]:
    """`NUM_RANDOM` maps of chance of (rows, columns) places, stretched to (height, width)."""
    draw = np.random.default_rng(0)
    drawn = [draw.random((rows, columns)) for _ in range(NUM_RANDOM)]
    return [np.clip(stretch(values, height, width), 0, 1) for values in drawn]


def _from_the_edge(height, width):
    """Distance from the middle, largest first when sorted: (height, width) float."""
    row, column = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return -np.hypot(row, column)
