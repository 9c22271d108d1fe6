"""Duplicates: which photos show the same picture, and which of them contradict each other.

An exact duplicate has the same pixels after decoding. A near duplicate has almost the same
perceptual hash (pHash: the low frequencies of the photo's cosine transform): it is a re-encoded,
resized or lightly retouched version of the same photo.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from model.audit.same_lesion import SAME_LESION
from model.photo.decode import PhotoError, decode

# Of HAM10000's 52 pairs within 36 bits, 51 have the same lesion id and the other is the same photo
# with two white balances; of the next 48 pairs (to 50 bits), only 12 have the same lesion id.
NEAR_BITS = 36  # of 256
HASH_SIDE = 16  # 16 x 16 = 256 bits; the usual 64 confuse one centred mole with another.


def fingerprint(
    photos: pd.DataFrame, progress: Callable[[Iterable], Iterable] = lambda rows: rows
) -> pd.DataFrame:
    """Read each photo once and compute what identifies it.

    Args:
        photos: a table of `train.data.readers.read`.
        progress: wraps the loop, for a progress bar.
    Returns:
        `photos` with `pixels` (sha256 of the decoded pixels; empty where the file cannot be
        read), `phash` (32 bytes) and `problem` (why it cannot be read, or empty).
    """
    with ThreadPoolExecutor(2) as pool:
        rows = list(progress(pool.map(_fingerprint, photos["path"])))
    fingerprints = pd.DataFrame(rows, photos.index, ["pixels", "phash", "problem"])
    return photos.join(fingerprints)


def _fingerprint(path: Path) -> tuple[str, bytes, str]:
    try:
        photo = decode(path.read_bytes())
    except (PhotoError, OSError) as error:
        return "", b"", str(error)
    digest = hashlib.sha256(str(photo.shape).encode() + photo.tobytes()).hexdigest()
    bits = imagehash.phash(Image.fromarray(photo), hash_size=HASH_SIDE).hash
    return digest, np.packbits(bits).tobytes(), ""


def near_pairs(hashes: Sequence[bytes], num_bits: int = NEAR_BITS) -> np.ndarray:
    """Pairs of photos whose perceptual hashes differ in at most `num_bits` bits.

    Args:
        hashes: (n,) sequence of 32-byte hashes.
    Returns:
        (pairs, 2) int indices, each with the smaller first.
    """
    if not len(hashes):
        return np.zeros((0, 2), dtype=int)
    words = np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(len(hashes), -1)
    pairs: list[tuple[int, int]] = []
    for index in range(len(words) - 1):
        distance = np.bitwise_count(words[index + 1 :] ^ words[index]).sum(axis=1)  # (n-i-1,)
        others = np.flatnonzero(distance <= num_bits) + index + 1
        pairs += [(index, int(other)) for other in others]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def group(photos: pd.DataFrame) -> pd.DataFrame:
    """Give each photo the group that must stay on one side of a split.

    Photos of one lesion, exact duplicates and near duplicates share a group, also where only a
    third photo connects them. `SAME_LESION` joins the lesions that have two ids.

    Args:
        photos: with fingerprints; unreadable photos are left out already.
    Returns:
        `photos` with `duplicate_group` (int: exact and near duplicates share it) and `group` (int:
        photos of the same lesion share it as well).
    """
    photos = photos.reset_index(drop=True)
    duplicates = [tuple(pair) for pair in near_pairs(list(photos["phash"]))]
    duplicates += _linked(photos["pixels"])
    same_lesion = _of_same_lesion(photos)
    return photos.assign(
        duplicate_group=_components(len(photos), duplicates),
        group=_components(len(photos), duplicates + same_lesion),
    )


def lesions(photos: pd.DataFrame) -> np.ndarray:
    """The lesion of each photo, as a number: its lesion id, joined by `SAME_LESION`.

    Args:
        photos: with `image_id` and `lesion_id`, empty where nobody recorded it.
    Returns:
        (photos,) int.
    """
    return _components(len(photos), _of_same_lesion(photos))


def with_joined_lesions(photos: pd.DataFrame) -> pd.DataFrame:
    """Photos of which a lesion under several ids has the first of them; arguments as `lesions`."""
    joined = pd.Series(lesions(photos), photos.index)
    return photos.assign(lesion_id=photos["lesion_id"].groupby(joined).transform("min"))


def contradictions(photos: pd.DataFrame) -> pd.Series:
    """Photos with a duplicate, exact or near, of another diagnosis.

    Args:
        photos: with `duplicate_group`.
    Returns:
        bool Series: True where the photo's duplicates have more than one diagnosis.
    """
    return photos.groupby("duplicate_group")["diagnosis"].transform("nunique") > 1


def _linked(labels: pd.Series) -> list[tuple[int, ...]]:
    """Pairs of row numbers that connect all rows of one label; missing labels connect nothing."""
    return [pair for rows in labels.groupby(labels).indices.values() for pair in pairwise(rows)]


def _of_same_lesion(photos: pd.DataFrame) -> list[tuple[int, ...]]:
    """Pairs of row numbers that connect all photos of one lesion."""
    recorded = photos["lesion_id"].where(photos["lesion_id"] != "")
    return [*_linked(recorded), *listed_pairs(photos["image_id"])]


def listed(pairs: pd.DataFrame) -> np.ndarray:
    """(pairs,) bool: which rows of `image_a` and `image_b` `SAME_LESION` lists, in either order."""
    known = {frozenset(pair) for pair in pd.read_csv(SAME_LESION).itertuples(index=False)}
    both = zip(pairs["image_a"], pairs["image_b"], strict=True)
    return np.array([frozenset(pair) in known for pair in both], dtype=bool)


def listed_pairs(image_ids: pd.Series) -> list[tuple[int, int]]:
    """Row numbers of the pairs of `SAME_LESION` whose photos are both there."""
    row_of = {image_id: row for row, image_id in enumerate(image_ids)}
    pairs = pd.read_csv(SAME_LESION).itertuples(index=False)
    return [(row_of[a], row_of[b]) for a, b in pairs if a in row_of and b in row_of]


def _components(num_rows: int, pairs: list[tuple[int, ...]]) -> np.ndarray:
    """The number of the connected component of each row."""
    ends = np.array(pairs, dtype=int).reshape(-1, 2)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(num_rows, num_rows))
    return connected_components(links, directed=False)[1]
