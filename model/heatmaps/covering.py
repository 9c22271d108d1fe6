"""Does covering what a heat map marks take the diagnosis away, more than covering by chance does?

The network itself is asked, on one photo: the marked area is covered with skin, and so are many
areas of chance of the same size. A map is believed only if it does better than all of them. Some
of them are what a heat map marks that knows the features and not what they speak for: on 61
validation photos of lentigo_second, maps of a network with shuffled weights beat smooth areas in
7 %, and these, too, in 3 %.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from model.heatmaps.heatmap import Heatmap, stretch
from model.network.softmax import softmax
from model.photo.quality import dark_area

if TYPE_CHECKING:
    from model.heatmaps.explainer import Explainer

# Of a map's maximum: what counts as marked. On 40 validation photos of lentigo, 14 maps did better
# than chance with 0.8, and 7 with 0.5, where the marked area is as large as the whole lesion.
MARKED_FROM = 0.8
NUM_EACH = 20  # areas of chance of each kind
BATCH = 8  # pictures that the network looks at between two calls of `watch`
TOO_LITTLE = 0.05  # a probability that is as low cannot fall in a way that says something
NOTICEABLE = 0.05  # where no area, marked or of chance, takes as much away, nothing can be told
BORDER = 0.08  # of each side: where the surrounding skin is looked for
DARK = 0.25  # of full brightness: a vignette's corner, not skin
LESION_SHARES = (0.02, 0.6)  # of the photo: what is found by colour and smaller or larger is none


class Chance(StrEnum):
    """Where an area of chance lies."""

    ANYWHERE = "anywhere"
    ON_LESION = "on the lesion"
    REORDERED = "heat map in disorder"  # each channel has the weight of another


@dataclass(frozen=True)
class Covering:
    """The probability of a diagnosis as shown, and with parts of the photo covered with skin.

    All are calibrated probabilities of the photo seen once, without flips and turns. `covered` has
    the marked `share` of the area covered; `by_chance`, (areas,) float by kind, as much in areas of
    chance; `alone` everything but the marked area. The pictures are (height, width, 3) uint8 at the
    network's input size.
    """

    probability: float
    covered: float
    by_chance: Mapping[Chance, np.ndarray]
    alone: float
    share: float
    covered_photo: np.ndarray
    alone_photo: np.ndarray

    @property
    def as_good(self) -> dict[Chance, int]:
        """Areas of chance that take at least as much away, by kind."""
        return {
            kind: int((probabilities <= self.covered).sum())
            for kind, probabilities in self.by_chance.items()
        }

    @property
    def num_areas(self) -> int:
        """Of chance, of all kinds."""
        return sum(map(len, self.by_chance.values()))

    @property
    def lowest_by_chance(self) -> float:
        """The probability that the most harmful area of chance leaves."""
        return min((float(left.min()) for left in self.by_chance.values() if len(left)), default=1)

    @property
    def is_improbable(self) -> bool:
        """Whether the diagnosis is too improbable to fall in a way that says something."""
        return self.probability <= TOO_LITTLE

    @property
    def verdict(self) -> str:
        """`better` or `no better` than chance, or `unclear`.

        `better`: than every area of chance of every kind. One more area drawn in one of these ways
        has a chance of 1 in 21 at most to be that, where there are `NUM_EACH` of its kind.
        `unclear`: the diagnosis is too improbable to fall, or no area takes it away.
        """
        largest = self.probability - min(self.covered, self.lowest_by_chance)
        if self.is_improbable or largest < NOTICEABLE:
            return "unclear"
        return "no better" if any(self.as_good.values()) else "better"


def covering(
    explainer: Explainer,
    small: np.ndarray,
    heatmap: Heatmap,
    layer: str | None = None,
    kind: str | None = None,
    watch: Callable[[Covering], None] = lambda covering: None,
) -> Covering:
    """Cover the marked area of a photo, and areas of chance.

    Args:
        explainer: `model.heatmaps.explainer.Explainer`.
        small: (height, width, 3) uint8, the photo at the network's input size.
        heatmap: its `model.heatmaps.heatmap.Heatmap`, not empty.
        layer: the layer the map comes from, whose coarseness the areas of chance have; the run's
            own where None.
        kind: of photo that the probabilities are calibrated for; None: the run's own.
        watch: called with what is known so far, as more and more areas of chance are covered.
    """
    marked = heatmap.values >= MARKED_FROM
    drawn = chance_areas(small, marked, layer_size(explainer, layer))
    reordered = explainer.reordered(small, heatmap.diagnosis, layer, NUM_EACH)
    drawn[Chance.REORDERED] = areas_of(reordered, marked)
    filled = skin(small, marked)
    covered_photo, alone_photo = (cover(small, area, filled) for area in (marked, ~marked))

    def probabilities(pictures: Sequence[np.ndarray]) -> np.ndarray:
        return probabilities_of_one_view(explainer, pictures, heatmap.diagnosis, kind)

    probability, covered, alone = probabilities([small, covered_photo, alone_photo]).tolist()
    by_chance = {of: np.empty(0) for of in drawn}

    def known() -> Covering:
        share = float(marked.mean())
        return Covering(
            probability, covered, dict(by_chance), alone, share, covered_photo, alone_photo
        )

    for of, areas in drawn.items():
        for start in range(0, len(areas), BATCH):
            pictures = [cover(small, area, filled) for area in areas[start : start + BATCH]]
            by_chance[of] = np.append(by_chance[of], probabilities(pictures))
            watch(known())
    return known()


def chance_areas(
    small: np.ndarray, marked: np.ndarray, size: tuple[int, int]
) -> dict[Chance, list[np.ndarray]]:
    """Smooth areas of chance as large as the marked one.

    Where the lesion is found, half of them lie on it as far as it reaches: on a lesion, covering
    anything does harm, so an area beside it would be too easy to beat. Else all lie anywhere.

    Args:
        small: (height, width, 3) uint8.
        marked: (height, width) bool.
        size: (rows, columns) of the map before it was stretched.
    Returns:
        2 `NUM_EACH` areas by kind, (height, width) bool.
    """
    number = int(marked.sum())
    maps = random_maps(size, marked.shape, 2 * NUM_EACH)
    found = lesion(small)
    if found is None:
        return {Chance.ANYWHERE: [highest(values, number) for values in maps]}
    # Any place of the lesion before any other.
    on_lesion = [values + 2 * found for values in maps[NUM_EACH:]]
    return {
        Chance.ANYWHERE: [highest(values, number) for values in maps[:NUM_EACH]],
        Chance.ON_LESION: [highest(values, number) for values in on_lesion],
    }


def areas_of(raw_maps: np.ndarray, marked: np.ndarray) -> list[np.ndarray]:
    """What raw maps mark, each as large as the marked area; without those that mark the very same.

    Args:
        raw_maps: (maps, rows, columns) float32.
        marked: (height, width) bool.
    Returns:
        (height, width) bool each, at most one for each map.
    """
    number = int(marked.sum())
    areas = [highest(stretch(raw, *marked.shape), number) for raw in raw_maps]
    return [area for area in areas if (area != marked).any()]


def highest(values: np.ndarray, number: int) -> np.ndarray:
    """Where the highest values of a map are: (height, width) bool, `number` of them True."""
    area = np.zeros(values.size, bool)
    area[np.argsort(-values, axis=None, kind="stable")[:number]] = True
    return area.reshape(values.shape)


def lesion(small: np.ndarray) -> np.ndarray | None:
    """Where the lesion is, going by colour alone; None where nothing stands out as one.

    Args:
        small: (height, width, 3) uint8.
    Returns:
        (height, width) bool, or None.
    """
    area = dark_area(small[..., 2])
    low, high = LESION_SHARES
    return area if low <= area.mean() <= high else None


def probabilities_of_one_view(
    explainer: Explainer,
    pictures: Sequence[np.ndarray],
    diagnosis: str,
    kind: str | None = None,
) -> np.ndarray:
    """Calibrated probability of a diagnosis in pictures seen once, without flips and turns.

    Args:
        pictures: (height, width, 3) uint8 each, at the network's input size.
        diagnosis: its code.
        kind: of photo that the probabilities are calibrated for; None: the run's own.
    Returns:
        (pictures,) float64.
    """
    run = explainer.classifier.run
    logits = explainer.logits_of_one_view(np.stack(pictures))
    temperature = run.calibration_of(kind)["temperature"]
    probabilities = run.at_its_mix(softmax(logits, temperature), kind)
    return probabilities[:, run.diagnoses.index(diagnosis)]


def layer_size(explainer: Explainer, layer: str | None = None) -> tuple[int, int]:
    """(rows, columns) of a layer's feature maps; of the run's own layer where None."""
    return explainer.layers[layer or explainer.own_layer][:2]


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


def random_maps(
    coarse: tuple[int, int], size: tuple[int, int], number: int, seed: int = 0
) -> list[np.ndarray]:
    """Maps of chance, always the same, of `coarse` places, stretched to `size` (rows, columns)."""
    draw = np.random.default_rng(seed)
    return [np.clip(stretch(draw.random(coarse), *size), 0, 1) for _ in range(number)]
