"""Photos of one lesion under two lesion ids, found by laying photos over each other.

Photos whose keypoints are alike on the whole are candidates; a candidate counts where
`model.photo.registration` lays one photo over the other.

Source:
    Signatures of photos: VLAD, Jegou et al. 2010, https://doi.org/10.1109/CVPR.2010.5540039.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA

from model.photo.decode import PhotoError, decode
from model.photo.registration import (
    FEWEST,
    MIN_CORRELATION,
    MIN_POINTS,
    Keypoints,
    correlation,
    grey,
    keypoints,
    register,
)

NUM_WORDS, NUM_COMPONENTS = 256, 32  # of the signatures
NUM_SAMPLED = 1500  # photos that the words are made from
NUM_NEIGHBOURS = 10  # candidates of each photo, without a flip and with one
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
