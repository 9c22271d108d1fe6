"""Photos of one lesion under two lesion ids, found by laying photos over each other.

Each photo gets keypoints (SIFT). Photos whose keypoints are alike on the whole are candidates; a
candidate counts where one similarity transform (turn, scale, shift, after a flip or without) lays
enough keypoints of one photo on like ones of the other, and the photos then look alike.

Sources:
    Keypoints: Lowe 2004, https://doi.org/10.1023/B:VISI.0000029664.99615.94.
    Signatures of photos: VLAD, Jegou et al. 2010, https://doi.org/10.1109/CVPR.2010.5540039.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.feature import SIFT
from skimage.transform import SimilarityTransform, warp
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA

from model.photo.decode import PhotoError, decode

SIDE = 200  # pixels of the longer side: HAM10000 is often kept in this size
CONTRAST = 0.006  # the least of a keypoint, less than half of the usual: skin has few edges
NUM_WORDS, NUM_COMPONENTS = 256, 32  # of the signatures
NUM_SAMPLED = 1500  # photos that the words are made from
NUM_NEIGHBOURS = 10  # candidates of each photo, without a flip and with one
FEWEST = 3  # keypoints, below which nothing can be said
MAX_RATIO = 0.85  # of the distances to the likest and the next keypoint
LOOSE, TIGHT = 12.0, 3.0  # pixels between two keypoints that lie on each other
MAX_SCALE = 4.0  # between two photos of one lesion
# Set on 37 of the listed pairs of HAM10000, of which those among the candidates have 9 points and a
# correlation of 0.61 at least; docs/leaks.md has what the others say.
MIN_POINTS = 8  # keypoints that lie on each other
MIN_CORRELATION = 0.5  # of the details of both photos, where they overlap
BIN = np.pi / 18  # skimage gives angles in steps of this, each half a step too large
COLUMNS = (
    "image_a",
    "image_b",
    "lesion_a",
    "lesion_b",
    "correlation",
    "num_points",
    "is_flipped",
    "turn",
    "scale",
    "shift_x",
    "shift_y",
)


@dataclass(frozen=True)
class Keypoints:
    """Keypoints of a photo of `SIDE` pixels.

    `places` (n,) complex, pixels to the right and (imaginary) down from the top left; `scales` (n,)
    float, pixels; `angles` (n,) float, radians; `descriptors` (n, 128) float32 of length 1.
    """

    places: np.ndarray
    scales: np.ndarray
    angles: np.ndarray
    descriptors: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def flipped(self, width: int) -> Keypoints:
        """Those of the photo with left and right exchanged, without looking at it again."""
        cells = self.descriptors.reshape(-1, 4, 4, 8)  # rows, columns, directions
        cells = cells[:, :, ::-1][..., -np.arange(8) % 8]
        return Keypoints(
            width - 1 - np.conj(self.places),
            self.scales,
            BIN - self.angles,
            cells.reshape(self.descriptors.shape),
        )


@dataclass(frozen=True)
class Registration:
    """The similarity transform that lays one photo over another: place -> factor place + shift.

    `factor` is complex: its length is the scale, its angle the turn, clockwise. `num_points`
    keypoints lie on each other.
    """

    factor: complex
    shift: complex
    num_points: int


def grey(photo: np.ndarray) -> np.ndarray:
    """A photo, (height, width, 3) uint8, as (h, w) float32 in [0, 1], longer side `SIDE`."""
    return np.asarray(_small(Image.fromarray(photo).convert("L")), np.float32) / 255


def coloured(photo: np.ndarray) -> np.ndarray:
    """The same in colour: (h, w, 3) float32 in [0, 1], RGB."""
    return np.asarray(_small(Image.fromarray(photo)), np.float32) / 255


def _small(image):
    ratio = SIDE / max(image.size)
    width, height = (max(1, round(side * ratio)) for side in image.size)
    return image.resize((width, height))


def keypoints(photo: np.ndarray) -> Keypoints:
    """Find the keypoints of a photo of `grey`."""
    sift = SIFT(c_dog=CONTRAST)
    try:
        sift.detect_and_extract(photo)
    except RuntimeError:  # so skimage says that there are none
        nothing = np.zeros(0)
        return Keypoints(nothing.astype(complex), nothing, nothing, np.zeros((0, 128), np.float32))
    rows, columns = sift.positions.T
    # The square roots of shares are compared better than the counts (Arandjelovic 2012).
    counts = sift.descriptors.astype(np.float32)
    descriptors = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    return Keypoints(columns + 1j * rows, sift.scales, sift.orientations, descriptors)


def register(first: Keypoints, second: Keypoints) -> Registration | None:
    """Lay the keypoints of one photo over those of another.

    A keypoint has a place, a scale and an angle, so each pair of like keypoints gives a transform;
    the one that most other pairs agree with is fitted to them by least squares.

    Returns:
        None where fewer than `FEWEST` keypoints lie on each other, or only at a scale that two
        photos of a lesion do not have.
    """
    if min(len(first), len(second)) < FEWEST:
        return None
    ours, theirs = _like(first.descriptors, second.descriptors)
    if len(ours) < FEWEST:
        return None
    places, onto = first.places[ours], second.places[theirs]
    turns = first.angles[ours] - second.angles[theirs]
    factors = second.scales[theirs] / first.scales[ours] * np.exp(1j * turns)
    shifts = onto - factors * places
    # (pairs, pairs): how far each transform leaves each pair apart
    apart = np.abs(factors[:, None] * places + shifts[:, None] - onto)
    agrees = apart[(apart < LOOSE).sum(axis=1).argmax()] < LOOSE
    for allowed in (LOOSE / 2, TIGHT, TIGHT):
        if agrees.sum() < FEWEST:
            return None
        factor, shift = _fitted(places[agrees], onto[agrees])
        agrees = np.abs(factor * places + shift - onto) < allowed
    if not 1 / MAX_SCALE < abs(factor) < MAX_SCALE:
        return None
    return Registration(factor, shift, int(agrees.sum()))


def moved_onto(first: np.ndarray, second: np.ndarray, registration: Registration) -> np.ndarray:
    """The first photo where the registration lays it over the second.

    Args:
        first, second: (h, w) or (h, w, 3) float.
        registration: of their keypoints.
    Returns:
        float of the second's shape; NaN where the first does not reach.
    """
    transform = SimilarityTransform(
        scale=abs(registration.factor),
        rotation=np.angle(registration.factor),
        translation=(registration.shift.real, registration.shift.imag),
    )
    return warp(first, transform.inverse, output_shape=second.shape, cval=np.nan)


def correlation(first: np.ndarray, second: np.ndarray, registration: Registration) -> float:
    """How alike the details of two photos are where they overlap, from -1 to 1.

    Args:
        first, second: of `grey`, the first flipped where its keypoints were.
        registration: of their keypoints.
    Returns:
        Pearson's correlation, without what is larger than a tenth of the photo: light and
        vignettes differ between photos of one lesion. 0 where a twentieth or less overlaps.
    """
    moved = moved_onto(first, second, registration)
    overlap = np.isfinite(moved)
    if overlap.mean() <= 0.05:
        return 0.0
    details = [_details(np.where(overlap, photo, 0.0), overlap) for photo in (moved, second)]
    return float(np.corrcoef(details[0][overlap], details[1][overlap])[0, 1])


def candidates(
    every: Sequence[Keypoints], widths: Sequence[int], num_neighbours: int = NUM_NEIGHBOURS
) -> pd.DataFrame:
    """Photos whose keypoints are alike on the whole.

    Returns:
        DataFrame with `a` and `b` (row numbers, a < b) and `is_flipped`, each pair once.
    """
    usable = [row for row, one in enumerate(every) if len(one) >= FEWEST]
    if len(usable) < 2:
        return pd.DataFrame(columns=["a", "b", "is_flipped"])
    chance = np.random.default_rng(0)
    sampled = chance.choice(usable, min(NUM_SAMPLED, len(usable)), replace=False)
    sample = np.concatenate([every[row].descriptors[:50] for row in sampled])
    # Whitened, or the commonest edges outweigh all others.
    components = PCA(min(NUM_COMPONENTS, *sample.shape), whiten=True, random_state=0).fit(sample)
    words = MiniBatchKMeans(
        min(NUM_WORDS, len(sample)), batch_size=4096, n_init=1, random_state=0
    ).fit(components.transform(sample))
    stored = _signatures([every[row] for row in usable], components, words)
    flipped = _signatures([every[row].flipped(widths[row]) for row in usable], components, words)
    pairs = set()
    for is_flipped, asked in ((False, stored), (True, flipped)):
        for row, near in enumerate(_nearest(asked, stored, num_neighbours)):
            for other in near:
                a, b = sorted((usable[row], usable[int(other)]))
                pairs.add((a, b, is_flipped))
    return pd.DataFrame(sorted(pairs), columns=["a", "b", "is_flipped"])


def same_lesion_pairs(
    photos: pd.DataFrame, track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows
) -> pd.DataFrame:
    """Find pairs of photos that show one lesion and do not share a lesion id.

    Args:
        photos: a table of `train.data.readers.read`; files that cannot be read are left out.
        track: wraps the loops, for a progress bar.
    Returns:
        DataFrame with `COLUMNS`, the likest first: `turn` in degrees, clockwise, `scale` and
        `shift_x`, `shift_y` in pixels of a photo of `SIDE` pixels lay the first photo, flipped from
        left to right where `is_flipped`, over the second. Without lesion ids, all pairs.
    """
    rows: list[Any] = []
    greys: list[np.ndarray] = []
    every: list[Keypoints] = []
    for row in track(list(photos.itertuples(index=False)), "Finding keypoints"):
        try:
            photo = grey(decode(Path(row.path).read_bytes()))
        except (PhotoError, OSError):
            continue
        rows.append(row)
        greys.append(photo)
        every.append(keypoints(photo))
    return registered(rows, greys, every, track)


def registered(
    rows: Sequence[Any],
    greys: Sequence[np.ndarray],
    every: Sequence[Keypoints],
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """`same_lesion_pairs` of photos whose keypoints are known.

    Args:
        rows: each with `image_id` and `lesion_id` (empty where nobody recorded it).
        greys, every: of `grey` and `keypoints`, in the order of the rows.
        track: wraps the loop, for a progress bar.
    """
    widths = [photo.shape[1] for photo in greys]
    pairs = [tuple(pair) for pair in candidates(every, widths).itertuples(index=False)]
    pairs = [pair for pair in pairs if _may_be_found(rows[pair[0]], rows[pair[1]])]
    found = _laid_over(pairs, greys, every, track)
    # Other photos of lesions that turn out to be one may be less alike on the whole.
    of_lesion = defaultdict(set)
    for index, row in enumerate(rows):
        of_lesion[row.lesion_id or row.image_id].add(index)
    more = {
        (*sorted((one, other)), is_flipped)
        for a, b, is_flipped in found
        for one in of_lesion[rows[a].lesion_id or rows[a].image_id]
        for other in of_lesion[rows[b].lesion_id or rows[b].image_id]
    }
    found |= _laid_over(sorted(more - set(pairs)), greys, every, track)
    table = pd.DataFrame(
        [
            {
                "image_a": rows[a].image_id,
                "image_b": rows[b].image_id,
                "lesion_a": rows[a].lesion_id,
                "lesion_b": rows[b].lesion_id,
                "correlation": likeness,
                "num_points": registration.num_points,
                "is_flipped": is_flipped,
                "turn": float(np.degrees(np.angle(registration.factor))),
                "scale": abs(registration.factor),
                "shift_x": registration.shift.real,
                "shift_y": registration.shift.imag,
            }
            for (a, b, is_flipped), (registration, likeness) in found.items()
        ],
        columns=list(COLUMNS),
    )
    table = table.sort_values("correlation", ascending=False, kind="stable")
    # A symmetrical lesion is found flipped, too: the likest way counts.
    return table.drop_duplicates(["image_a", "image_b"], ignore_index=True)


def _may_be_found(one, other):
    return not one.lesion_id or one.lesion_id != other.lesion_id


def _laid_over(pairs, greys, every, track):
    """(registration, correlation) of the pairs of photos that fit, by pair."""
    found = {}
    for a, b, is_flipped in track(pairs, "Laying photos over each other"):
        first = every[a].flipped(greys[a].shape[1]) if is_flipped else every[a]
        registration = register(first, every[b])
        if registration is None or registration.num_points < MIN_POINTS:
            continue
        photo = greys[a][:, ::-1] if is_flipped else greys[a]
        likeness = correlation(photo, greys[b], registration)
        if likeness >= MIN_CORRELATION:
            found[a, b, is_flipped] = registration, likeness
    return found


def _like(first, second):
    """Row numbers of keypoints that are each other's likest, and clearly so."""
    # Of descriptors of length 1, the squared distance is 2 less twice the product.
    apart = np.maximum(2 - 2 * first @ second.T, 0)  # (first, second)
    rows = np.arange(len(first))
    likest = apart.argmin(axis=1)
    next_likest = np.partition(apart, 1, axis=1)[:, 1]
    is_mutual = apart.argmin(axis=0)[likest] == rows
    chosen = is_mutual & (apart[rows, likest] < MAX_RATIO**2 * next_likest)
    return rows[chosen], likest[chosen]


def _nearest(asked, stored, number):
    """(photos, number) int: the nearest others of each photo, the nearest in any order.

    Signatures have length 1, so products do; scikit-learn would compute in float64, twice as long.
    """
    number = min(number, len(stored) - 1)
    near = []
    for start in range(0, len(asked), 1000):
        likeness = asked[start : start + 1000] @ stored.T
        rows = np.arange(len(likeness))
        likeness[rows, start + rows] = -np.inf  # itself
        near.append(np.argpartition(-likeness, number - 1, axis=1)[:, :number])
    return np.concatenate(near)


def _fitted(places, onto):
    """(factor, shift) of the similarity transform with the least squared distances."""
    centre, target = places.mean(), onto.mean()
    spread = places - centre
    # A keypoint may have several angles: where all lie in one place, nothing tells the scale.
    factor = np.vdot(spread, onto - target) / max(np.vdot(spread, spread).real, 1e-9)
    return factor, target - factor * centre


def _details(photo, overlap):
    """A photo less its large shades; what lies beyond the overlap counts for nothing."""
    sigma = SIDE / 20
    weight = gaussian_filter(overlap.astype(float), sigma)
    shades = gaussian_filter(photo.astype(float), sigma) / np.maximum(weight, 1e-6)
    return gaussian_filter(photo.astype(float), 1.0) - shades


def _signatures(every, components, words):
    """(photos, words x components) float32: where the keypoints lie around each word."""
    centres = words.cluster_centers_
    signatures = np.zeros((len(every), *centres.shape), np.float32)
    for signature, one in zip(signatures, every, strict=True):
        descriptors = components.transform(one.descriptors).astype(centres.dtype)
        nearest = words.predict(descriptors)
        aside = descriptors - centres[nearest]
        aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-9)
        np.add.at(signature, nearest, aside)
    flat = signatures.reshape(len(every), -1)
    flat = np.sign(flat) * np.sqrt(np.abs(flat))  # so that one word does not outweigh all others
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
