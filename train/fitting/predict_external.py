"""Predictions on photos of other data sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from model.lesions import verdict
from model.photo.decode import PhotoError, decode
from model.prediction.classifier import Classifier
from model.prediction.prediction import Prediction
from train.progress import console, track

BATCH = 64  # photos decoded at a time: they may have 50 megapixels each


def predict_external(classifier: Classifier, photos: pd.DataFrame) -> pd.DataFrame | None:
    """Predict every external photo that can be read, as the app would.

    A photo of a kind that the run tells apart is calibrated as one of that kind, whatever the
    network takes it for; any other as the app would, as one of the kind it is taken for.

    Args:
        classifier: of the run.
        photos: of `train.data.external_photos.read`.
    Returns:
        DataFrame as `model.run.Run.external`, with the index of `photos` and without `diagnosis`
        (see `join_diagnoses`); None where no file can be read.
    """
    run = classifier.run
    indices: list[int] = []
    predictions: list[Prediction] = []
    starts = range(0, len(photos), BATCH)
    for start in track(list(starts), "Predicting the external photos"):
        rows = photos.iloc[start : start + BATCH]
        readable = list(_readable(rows["path"]))
        kinds = [rows["kind"].iloc[place] for place, _ in readable]
        known = [kind if kind in run.kinds else None for kind in kinds]
        indices += [start + place for place, _ in readable]
        predictions += classifier.predict([photo for _, photo in readable], known)
    if not predictions:
        return None
    table = photos.iloc[indices].drop(columns=["path", "diagnosis"])
    for code in run.diagnoses:
        table[f"p_{code}"] = [prediction.probabilities[code] for prediction in predictions]
    table["novelty"] = np.array([prediction.novelty for prediction in predictions], dtype=float)
    if run.kinds:
        table["recognised"] = list(map(recognised_kind, predictions))
    return table


def join_diagnoses(
    predicted: pd.DataFrame, photos: pd.DataFrame, diagnoses: Sequence[str]
) -> pd.DataFrame:
    """What the network predicted beside what the photos show.

    Args:
        predicted: of `predict_external`.
        photos: what it was asked about.
        diagnoses: codes of the run.
    Returns:
        DataFrame as `model.run.Run.external`.
    """
    codes = [code_of_run(diagnoses, code) for code in photos.loc[predicted.index, "diagnosis"]]
    table = predicted.reset_index(drop=True)
    table.insert(list(table.columns).index("person_id") + 1, "diagnosis", codes)
    return table


def recognised_kind(prediction: Prediction) -> str:
    """The kind of photo that the network is sure of; empty where it abstains."""
    return prediction.recognised[0] if prediction.recognised and prediction.is_kind_sure else ""


def _readable(paths: Iterable[Path]) -> Iterator[tuple[int, np.ndarray]]:
    """(place, pixels) of each file that can be read; the others are named."""
    for place, path in enumerate(paths):
        try:
            yield place, decode(Path(path).read_bytes())
        except (PhotoError, OSError) as error:
            console.print(f"Left out: {path} ({error})")


def code_of_run(diagnoses: Sequence[str], code: str) -> str:
    """The run's own code for a diagnosis, which may be its verdict; empty where it has none."""
    if code in diagnoses:
        return code
    word = (verdict(code) if code else None) or ""
    return word if word in diagnoses else ""
