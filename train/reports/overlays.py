"""Test photos laid over the training photos of their lesion, for everybody to see.

A pair that `model.photo.registration` cannot lay over each other may show one lesion all the same:
smooth skin has few keypoints.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from model.audit.certificate import Overlay, Overlays
from model.audit.list_audit import ListAudit
from model.photo.decode import PhotoError, decode
from model.photo.registration import Registration, coloured, lay_over, moved_onto

MOST = 20  # pairs in a certificate
MOST_TRIED = 60
TILES = 6  # of the chequered picture along its longer side
QUALITY = 80  # of a JPEG


def overlays(
    audit: ListAudit,
    files: Mapping[str, Path],
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> Overlays:
    """Lay test photos over the training photos of their lesion.

    Args:
        audit: of the lists.
        files: of the photos at hand, by id.
        track: wraps the pairs, for a progress bar.
    Returns:
        `Overlays`, the likest pair first, `MOST` at most.
    """
    pairs = pairs_of(audit.met, files)
    found, num_tried = [], 0
    for row in track(pairs[:MOST_TRIED], "Laying photos over each other"):
        num_tried += 1
        overlay = _overlay(row, files)
        if overlay is not None:
            found.append(overlay)
        if len(found) == MOST:
            break
    found.sort(key=lambda one: -one.correlation)
    return Overlays(tuple(found), num_tried, len(pairs))


def pairs_of(met: pd.DataFrame, files: Mapping[str, Path]) -> list[tuple[str, str, str]]:
    """(test photo, training photo, lesion): each test photo with its first mate at hand.

    Args:
        met: of `ListAudit`.
        files: by id.
    """
    pairs = []
    for image_id, lesion, mates in met.itertuples(index=False):
        others = [mate for mate in mates if mate in files and mate != image_id]
        if image_id in files and others:
            pairs.append((image_id, others[0], lesion))
    return pairs


def _overlay(pair, files):
    tested, trained, lesion = pair
    try:
        first, second = (decode(Path(files[name]).read_bytes()) for name in (trained, tested))
    except (PhotoError, OSError):
        return None
    laid = lay_over(first, second)
    if laid is None:
        return None
    return Overlay(
        tested,
        trained,
        lesion,
        laid.correlation,
        laid.registration.num_points,
        strip(
            coloured(first[:, ::-1] if laid.is_flipped else first),
            coloured(second),
            laid.registration,
        ),
    )


def strip(first: np.ndarray, second: np.ndarray, registration: Registration) -> bytes:
    """Three pictures in a row, as a JPEG: the second photo, the first laid over it, and both in
    turns, tile by tile, where they overlap.

    Args:
        first, second: (h, w, 3) float in [0, 1], RGB.
        registration: of the first onto the second.
    """
    moved = moved_onto(first, second, registration)
    overlap = np.isfinite(moved).all(axis=2)
    moved = np.where(overlap[..., None], moved, 1.0)
    both = np.where((chequers(*overlap.shape) & overlap)[..., None], moved, second)
    row = np.concatenate([second, moved, both], axis=1)
    buffer = io.BytesIO()
    pixels = np.rint(255 * np.clip(row, 0, 1)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def chequers(height: int, width: int) -> np.ndarray:
    """(height, width) bool: squares in turns, the first of them False."""
    side = max(1, max(height, width) // TILES)
    rows, columns = np.indices((height, width)) // side
    return (rows + columns) % 2 == 1
