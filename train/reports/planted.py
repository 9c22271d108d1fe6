"""What planted shortcuts do to the answers of a run, on test photos whose diagnosis is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation import shortcut_tables
from model.evaluation.planted import effects
from model.evaluation.shortcut_sentences import planted_sentence
from model.photo.decode import decode, within
from model.photo.shortcuts import SHORTCUTS, plant, seed_of
from model.prediction.stress_test import SIDE
from model.run import OWN_SOURCE
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier
    from model.run import Run

SEED = 50


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    num_photos: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Plant every shortcut on test photos of a run, one at a time, and ask its network again.

    Args:
        classifier: `model.prediction.classifier.Classifier` of a run that knows malignant
            diagnoses.
        photos: of `train.reports.photo_quality.photos_of`; only own test photos count.
        num_photos: how many, chosen by a seed; all where there are fewer.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were asked about already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.planted` gives it.
    """
    own = photos[(photos["split"] == "test") & (photos["source"] == OWN_SOURCE)]
    chosen = own.sample(frac=1, random_state=SEED)[:num_photos]
    kept = {} if kept is None else kept
    measured = []
    for row in track(list(chosen.itertuples(index=False)), f"Drawing, {classifier.run.name}"):
        if row.image_id not in kept:
            photo = within(decode(Path(row.path).read_bytes()), SIDE)
            seed = seed_of(row.image_id)
            changed = [plant(photo, name, seed).photo for name in SHORTCUTS]
            kinds = [row.kind] * (1 + len(changed))
            before, *after = classifier.predict([photo, *changed], kinds)
            kept[row.image_id] = [
                {
                    "image_id": row.image_id,
                    "planted": name,
                    "malignant_before": before.malignant_sum,
                    "malignant_after": prediction.malignant_sum,
                    "answer_before": before.diagnosis,
                    "answer_after": prediction.diagnosis,
                }
                for name, prediction in zip(SHORTCUTS, after, strict=True)
            ]
        measured += kept[row.image_id]
    return pd.DataFrame(measured)


def text(run: Run) -> str:
    """What was measured, as lines for a terminal."""
    measured = effects(run)
    table = shortcut_tables.planted(measured).to_string(index=False)
    return "\n".join(
        [f"{run.name}: what drawn shortcuts do", table, planted_sentence(run, measured)]
    )
