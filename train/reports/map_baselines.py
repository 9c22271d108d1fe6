"""How well maps that need no network find the lesion: what heat maps must be held against.

Two of them are fitted on the masks of the run's own training photos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import localisation
from model.heatmaps.baselines import BASELINES, centre, dark_blob, fitted_spread
from model.photo.decode import resize
from train.reports import heatmap_accuracy

if TYPE_CHECKING:
    from model.run import Run

DIGITS = 3  # after the point; there are thousands of photos


def measure(
    run: Run,
    photos: pd.DataFrame,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """Measure every baseline on the test photos and crops that heat maps are measured on.

    Args:
        run: with predictions; its network is not asked.
        photos: of `train.reports.heatmap_accuracy.lesions_of`.
        track: wraps the photos, for a progress bar.
    Returns:
        DataFrame as `model.run.Run.map_baselines` gives it. Where no training photo has a mask,
        only the dark blob has figures.
    Raises:
        ReportError: none of the test photos has a mask.
    """
    size = run.card["input"]
    height, width = size["height"], size["width"]
    rows = heatmap_accuracy.test_photos_of(run, photos)
    fixed = training_maps(run, photos)
    spread = fitted_spread(fixed["mean_mask"]) if fixed else np.nan
    measured = []
    for row, versions in heatmap_accuracy.versions_of(track(rows, run.name), photos):
        for version, (photo, lesion) in versions.items():
            mask = heatmap_accuracy.at_size(lesion, height, width)
            if mask is None:
                continue
            small = resize(photo, height, width, size.get("resizing", "bicubic"))
            figures = {"version": version, "centre_spread": spread}
            for name, values in (fixed | {"dark_blob": dark_blob(small)}).items():
                if values.any():
                    hit, energy, iou = localisation.measure(values, mask)
                    figures |= {
                        f"{name}_hit": int(hit),
                        f"{name}_energy": energy,
                        f"{name}_iou": iou,
                    }
            measured.append({"image_id": row.image_id, **figures})
    columns = [f"{name}_{column}" for name in BASELINES for column in ("hit", "energy", "iou")]
    table = pd.DataFrame(measured).sort_values(["image_id", "version"], ignore_index=True)
    table[columns] = table.reindex(columns=columns).round(DIGITS)
    return table[["image_id", "version", "centre_spread", *columns]]


def training_maps(run: Run, photos: pd.DataFrame) -> dict[str, np.ndarray]:
    """The baselines that are the same for every photo, from the masks of the training photos.

    Args:
        run, photos: as `measure`.
    Returns:
        (height, width) float by key of `BASELINES`; empty where no training photo has a mask.
    """
    height, width = run.card["input"]["height"], run.card["input"]["width"]
    rows = run.predictions
    own = rows[(rows["split"] == "train") & (rows["fold"] == run.folds[0])]["image_id"]
    total, number = np.zeros((height, width)), 0
    for path in photos["mask"][photos.index.isin(own)]:
        mask = heatmap_accuracy.at_size(heatmap_accuracy.read_mask(path), height, width)
        if mask is not None:
            total, number = total + mask, number + 1
    if not number:
        return {}
    mean_mask = total / number
    return {"mean_mask": mean_mask, "centre": centre(height, width, fitted_spread(mean_mask))}


def text(table: pd.DataFrame) -> str:
    """What was measured, as a line for a terminal."""
    line = f"Maps that need no network: {len(table):,} photos and crops."
    spread = table["centre_spread"].iloc[0]
    if np.isnan(spread):
        return f"{line} None of the training photos has a mask here: the dark blob alone."
    return f"{line} The centre's spot has a standard deviation of {spread:.3f} of each side."
