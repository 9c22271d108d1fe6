"""Which photos are the same picture, and which of them contradict each other.

An exact copy has the same pixels after decoding. A near copy has almost the same perceptual hash
(pHash: the low frequencies of the picture's cosine transform): re-encoded, resized or lightly
retouched versions of one photo.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import imagehash
import numpy as np
import pandas as pd
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from model.photo.decode import PhotoError, decode

# Of HAM10000's pairs within 36 bits 51 of 52 carry one lesion id and the other is one picture with
# two white balances; of the next 48 pairs (to 50 bits) only 12 do.
NEAR_BITS = 36  # of 256
HASH_SIDE = 16  # 16 x 16 = 256 bits; the usual 64 confuse one centred mole with another.


def fingerprint(table, progress=lambda photos: photos):
    """Read every photo once and note what identifies it.

    Args:
        table: photos as `train.data.readers` gives them.
        progress: wraps the loop, for a progress bar.
    Returns:
        `table` with `pixels` (sha256 of the decoded pixels; empty where the file cannot be
        read), `phash` (32 bytes) and `problem` (why it cannot be read, or empty).
    """
    with ThreadPoolExecutor(2) as pool:
        rows = list(progress(pool.map(_fingerprint_one, table["path"])))
    found = pd.DataFrame(rows, columns=["pixels", "phash", "problem"], index=table.index)
    return table.assign(**found)


def _fingerprint_one(path):
    try:
        photo = decode(path.read_bytes())
    except (PhotoError, OSError) as error:
        return "", b"", str(error)
    digest = hashlib.sha256(str(photo.shape).encode() + photo.tobytes()).hexdigest()
    bits = imagehash.phash(Image.fromarray(photo), hash_size=HASH_SIDE).hash
    return digest, np.packbits(bits).tobytes(), ""


def near_pairs(hashes, num_bits=NEAR_BITS):
    """Pairs of photos whose perceptual hashes differ in at most `num_bits` bits.

    Args:
        hashes: (n,) sequence of 32-byte hashes.
    Returns:
        (pairs, 2) int indices, each with the smaller first.
    """
    if not len(hashes):
        return np.zeros((0, 2), dtype=int)
    words = np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(len(hashes), -1)
    pairs = []
    for index in range(len(words) - 1):
        distance = np.bitwise_count(words[index + 1 :] ^ words[index]).sum(axis=1)  # (n-i-1,)
        others = np.flatnonzero(distance <= num_bits) + index + 1
        pairs += [(index, other) for other in others]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def group(table):
    """Give every photo the group that must stay on one side of a split.

    Photos of one lesion, exact copies and near copies share a group, also through a third photo.

    Args:
        table: photos with fingerprints; unreadable ones must be gone.
    Returns:
        `table` with `picture` (int: copies, exact or near, of one picture) and `group` (int: the
        picture's lesion as well).
    """
    table = table.reset_index(drop=True)
    copies = [tuple(pair) for pair in near_pairs(list(table["phash"]))]
    copies += _chain(table["pixels"])
    mates = _chain(table["lesion_id"].where(table["lesion_id"] != ""))
    return table.assign(
        picture=_components(len(table), copies),
        group=_components(len(table), copies + mates),
    )


def contradictions(table):
    """Photos whose copies, exact or near, carry another diagnosis.

    Args:
        table: photos with `picture`.
    Returns:
        bool Series: True where the photo's picture stands under more than one diagnosis.
    """
    return table.groupby("picture")["diagnosis"].transform("nunique") > 1


def _chain(labels):
    """Pairs that connect all rows of one label; rows without a label stay alone."""
    return [
        (first, second)
        for rows in labels.groupby(labels).indices.values()
        for first, second in pairwise(rows)
    ]


def _components(size, pairs):
    pairs = np.array(pairs, dtype=int).reshape(-1, 2)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return connected_components(links, directed=False)[1]
