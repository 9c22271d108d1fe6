"""Does covering what a heat map marks take the diagnosis away, more than covering by chance does?

The network itself is asked, on one photo: the marked area is covered with skin, and so are many
areas of chance of the same size. A map is believed only if it does better than all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
NUM_CHANCE = 40  # areas of chance; half of them on the lesion where it is found
TOO_LITTLE = 0.05  # a probability that is as low cannot fall in a way that says something
NOTICEABLE = 0.05  # where no area, marked or of chance, takes as much away, nothing can be told
BORDER = 0.08  # of each side: where the surrounding skin is looked for
DARK = 0.25  # of full brightness: a vignette's corner, not skin
LESION_SHARES = (0.02, 0.6)  # of the photo: what is found by colour and smaller or larger is none


@dataclass(frozen=True)
class Covering:
    """The probability of a diagnosis as shown, and with parts of the photo covered with skin.

    All are calibrated probabilities of the photo seen once, without flips and turns. `covered` has
    the marked `share` of the area covered; `by_chance`, (`NUM_CHANCE`,) float, as much in areas of
    chance, the last `num_on_lesion` of them on the lesion; `alone` everything but the marked area.
    The pictures are (height, width, 3) uint8 at the network's input size.
    """

    probability: float
    covered: float
    by_chance: np.ndarray
    num_on_lesion: int
    alone: float
    share: float
    covered_photo: np.ndarray
    alone_photo: np.ndarray

    @property
    def as_good(self) -> tuple[int, int]:
        """Areas of chance that take at least as much away: (anywhere, on the lesion)."""
        is_as_good = self.by_chance <= self.covered
        num_elsewhere = len(is_as_good) - self.num_on_lesion
        return int(is_as_good[:num_elsewhere].sum()), int(is_as_good[num_elsewhere:].sum())

    @property
    def is_improbable(self) -> bool:
        """Whether the diagnosis is too improbable to fall in a way that says something."""
        return self.probability <= TOO_LITTLE

    @property
    def verdict(self) -> str:
        """`better` or `no better` than chance, or `unclear`.

        `better`: than every area of chance, anywhere and on the lesion. One more area drawn in
        either way has a chance of 1 in 21 at most to be that. `unclear`: the diagnosis is too
        improbable to fall, or no area takes it away.
        """
        largest = self.probability - min(self.covered, *self.by_chance)
        if self.is_improbable or largest < NOTICEABLE:
            return "unclear"
        return "no better" if any(self.as_good) else "better"


def covering(
    explainer: Explainer,
    small: np.ndarray,
    heatmap: Heatmap,
    layer: str | None = None,
    kind: str | None = None,
) -> Covering:
    """Cover the marked area of a photo, and areas of chance.

    Args:
        explainer: `model.heatmaps.explainer.Explainer`.
        small: (height, width, 3) uint8, the photo at the network's input size.
        heatmap: its `model.heatmaps.heatmap.Heatmap`, not empty.
        layer: the layer the map comes from, whose coarseness the areas of chance have; the run's
            own where None.
        kind: of photo that the probabilities are calibrated for; None: the run's own.
    """
    marked = heatmap.values >= MARKED_FROM
    areas, num_on_lesion = chance_areas(small, marked, layer_size(explainer, layer))
    filled = skin(small, marked)
    pictures = [small, *(cover(small, area, filled) for area in (marked, ~marked, *areas))]
    probability, covered, alone, *by_chance = probabilities_of_one_view(
        explainer, pictures, heatmap.diagnosis, kind
    )
    return Covering(
        float(probability),
        float(covered),
        np.array(by_chance),
        num_on_lesion,
        float(alone),
        float(marked.mean()),
        *pictures[1:3],
    )


def chance_areas(
    small: np.ndarray, marked: np.ndarray, size: tuple[int, int]
) -> tuple[list[np.ndarray], int]:
    """Areas of chance as large as the marked one.

    Where the lesion is found, half of them lie on it as far as it reaches: on a lesion, covering
    anything does harm, so an area beside it would be too easy to beat.

    Args:
        small: (height, width, 3) uint8.
        marked: (height, width) bool.
        size: (rows, columns) of the map before it was stretched.
    Returns:
        (`NUM_CHANCE` areas, (height, width) bool; how many of them, the last, lie on the lesion).
    """
    found = lesion(small)
    num_on_lesion = 0 if found is None else NUM_CHANCE // 2
    maps = random_maps(size, marked.shape, NUM_CHANCE)
    if found is not None:
        for values in maps[-num_on_lesion:]:
            values += 2 * found  # any place of the lesion before any other
    return [highest(values, int(marked.sum())) for values in maps], num_on_lesion


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
    return softmax(logits, temperature)[:, run.diagnoses.index(diagnosis)]


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
