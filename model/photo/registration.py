"""Laying two photos of one lesion over each other.

Each photo gets keypoints (SIFT). One similarity transform (turn, scale, shift, after a flip or
without) lays enough keypoints of one photo on like ones of the other, and the photos then look
alike; otherwise they are not laid over each other at all.

Source:
    Lowe 2004, https://doi.org/10.1023/B:VISI.0000029664.99615.94.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.feature import SIFT
from skimage.transform import SimilarityTransform, warp

SIDE = 200  # pixels of the longer side: HAM10000 is often kept in this size
CONTRAST = 0.006  # the least of a keypoint, less than half of the usual: skin has few edges
FEWEST = 3  # keypoints, below which nothing can be said
MAX_RATIO = 0.85  # of the distances to the likest and the next keypoint
LOOSE, TIGHT = 12.0, 3.0  # pixels between two keypoints that lie on each other
MAX_SCALE = 4.0  # between two photos of one lesion
# Set on 37 of the listed pairs of HAM10000, of which those among the candidates have 9 points and a
# correlation of 0.61 at least; docs/leaks.md has what the others say.
MIN_POINTS = 8  # keypoints that lie on each other
MIN_CORRELATION = 0.5  # of the details of both photos, where they overlap
BIN = np.pi / 18  # skimage gives angles in steps of this, each half a step too large


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


@dataclass(frozen=True)
class LaidOver:
    """A photo laid over another.

    `registration` is of the first photo, `is_flipped` from left to right before; `correlation` is
    that of `correlation`.
    """

    registration: Registration
    is_flipped: bool
    correlation: float

    def drawn(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The first photo where it lies over the second.

        Args:
            first, second: (any, any, 3) uint8, RGB, in any size.
        Returns:
            (height, width, 4) uint8, RGBA, of the second's size; clear where the first does not
            reach.
        """
        first = first[:, ::-1] if self.is_flipped else first
        ours, theirs = (SIDE / max(photo.shape[:2]) for photo in (first, second))
        registration = Registration(
            self.registration.factor * ours / theirs,
            self.registration.shift / theirs,
            self.registration.num_points,
        )
        moved = moved_onto(first / 255, second / 255, registration)
        reached = np.isfinite(moved).all(axis=2)
        colours = np.rint(255 * np.where(reached[..., None], moved, 0)).clip(0, 255)
        return np.dstack([colours, 255 * reached]).astype(np.uint8)


def lay_over(first: np.ndarray, second: np.ndarray, may_flip: bool = True) -> LaidOver | None:
    """Lay a photo over another of the same lesion.

    Args:
        first, second: (any, any, 3) uint8, RGB.
        may_flip: whether the first may be a mirror image.
    Returns:
        The likest way, or None where the photos can't be laid over each other.
    """
    onto = grey(second)
    own = keypoints(onto)
    best: LaidOver | None = None
    for is_flipped in (False, True) if may_flip else (False,):
        photo = grey(first[:, ::-1] if is_flipped else first)
        registration = register(keypoints(photo), own)
        if registration is None or registration.num_points < MIN_POINTS:
            continue
        likeness = correlation(photo, onto, registration)
        if likeness >= MIN_CORRELATION and (best is None or likeness > best.correlation):
            best = LaidOver(registration, is_flipped, likeness)
    return best


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
