"""How often answers survive the stress test, on photos whose diagnosis is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from model.photo.decode import decode
from model.prediction.stress_test import stress_test
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

SEED = 31


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    num_photos: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Put the stress test to test photos of every source.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: of `train.reports.photo_quality.photos_of`; those of other splits are left out.
        num_photos: how many of each source, drawn by a seed; all where there are fewer.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were tested already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.stress` gives it.
    """
    test = photos[photos["split"] == "test"].sample(frac=1, random_state=SEED)
    chosen = test.groupby("source").head(num_photos).sort_values("source", kind="stable")
    kept = {} if kept is None else kept
    measured = []
    for row in track(list(chosen.itertuples(index=False)), "Stress-testing the photos"):
        key = f"{row.source}:{row.image_id}"
        if key not in kept:
            result = stress_test(classifier, decode(Path(row.path).read_bytes()), row.kind)
            kept[key] = [
                {
                    "source": row.source,
                    "image_id": row.image_id,
                    "num_changes": len(result.perturbations),
                    "num_holding": result.num_holding,
                }
            ]
        measured += kept[key]
    return pd.DataFrame(measured)
