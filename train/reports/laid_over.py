"""Measure how often two photos can be laid over each other: of one lesion, and of two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from model.audit.same_lesion import SAME_LESION
from model.evaluation.laid_over import COLUMNS
from model.photo.decode import PhotoError, decode
from model.photo.registration import lay_over

NUM_PAIRS = 400  # of one lesion, and as many of two
SEED = 0


def pairs_of(photos: pd.DataFrame, num_pairs: int = NUM_PAIRS) -> pd.DataFrame:
    """Draw pairs of photos: the first two of lesions that have several, and first photos of two
    lesions.

    The listed pairs that `model.photo.registration` was set on are left out.

    Args:
        photos: a table of `train.data.readers.read`.
        num_pairs: of each, or as many as there are.
    Returns:
        DataFrame with `path_a`, `path_b` and the first three of `COLUMNS`.
    """
    listed = pd.read_csv(SAME_LESION)
    seen = {*listed["image_a"], *listed["image_b"]}
    photos = photos[(photos["lesion_id"] != "") & ~photos["image_id"].isin(seen)]
    photos = photos.sort_values("image_id").groupby("lesion_id").head(2)
    chance = np.random.default_rng(SEED)
    several = [rows for _, rows in photos.groupby("lesion_id") if len(rows) == 2]
    drawn = chance.permutation(len(several))[:num_pairs]
    firsts = photos.drop_duplicates("lesion_id")
    order = chance.permutation(len(firsts))[: 2 * num_pairs]
    order = order[: len(order) // 2 * 2]
    pairs = [(*several[number].itertuples(), True) for number in drawn]
    others = list(firsts.iloc[order].itertuples())
    pairs += [(*pair, False) for pair in zip(others[::2], others[1::2], strict=True)]
    return pd.DataFrame(
        {
            "image_a": first.image_id,
            "image_b": second.image_id,
            "is_same_lesion": is_same,
            "path_a": first.path,
            "path_b": second.path,
        }
        for first, second, is_same in pairs
    )


def measure(
    pairs: pd.DataFrame,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """Try to lay every pair over each other.

    Args:
        pairs: of `pairs_of`; one whose files cannot be read is left out.
        track: wraps the pairs, for a progress bar.
    Returns:
        DataFrame with `COLUMNS`; a pair that cannot be laid over has 0 points and no correlation.
    """
    rows = []
    for pair in track(list(pairs.itertuples(index=False)), "Laying photos over each other"):
        try:
            first, second = (decode(Path(path).read_bytes()) for path in (pair.path_a, pair.path_b))
        except (PhotoError, OSError):
            continue
        laid = lay_over(first, second)
        rows.append(
            (
                pair.image_a,
                pair.image_b,
                pair.is_same_lesion,
                laid is not None,
                0 if laid is None else laid.registration.num_points,
                np.nan if laid is None else laid.correlation,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))
