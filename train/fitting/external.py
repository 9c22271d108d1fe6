"""Predictions on photos of other data sets, which take no part in any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.lesions import verdict
from model.network.compiled import CompiledNetwork
from model.network.softmax import softmax
from model.prediction.novelty import Novelty
from train.fitting.novelty import read_photos
from train.progress import track

if TYPE_CHECKING:
    from train.recipe import Recipe


def predict_external(
    compiled: CompiledNetwork,
    recipe: Recipe,
    photos: pd.DataFrame,
    diagnoses: Sequence[str],
    temperature: float,
    novelty: Mapping[str, np.ndarray],
) -> pd.DataFrame | None:
    """Predict every external photo that can be read.

    Args:
        compiled: the network, with the features that `novelty` needs.
        recipe: what it was trained by.
        photos: of `train.data.external.read`.
        diagnoses: codes in the order of the network's outputs.
        temperature: of the run's calibration.
        novelty: arrays of novelty.npz.
    Returns:
        DataFrame as `model.run.Run.external`; None where no file can be read.
    """
    rows, pixels = read_photos(photos["path"], recipe, "Reading the external photos")
    if not rows:
        return None
    output = compiled(np.stack(pixels), lambda batches: track(batches, "Predicting them"))
    probabilities = softmax(output.logits, temperature)
    table = photos.iloc[rows].drop(columns="path").reset_index(drop=True)
    table["diagnosis"] = [code_of_run(diagnoses, code) for code in table["diagnosis"]]
    for class_index, code in enumerate(diagnoses):
        table[f"p_{code}"] = probabilities[:, class_index]
    return table.assign(novelty=Novelty.from_arrays(novelty).score(output.features))


def code_of_run(diagnoses: Sequence[str], code: str) -> str:
    """The run's own code for a diagnosis, which may be its verdict; empty where it has none."""
    if code in diagnoses:
        return code
    word = (verdict(code) if code else None) or ""
    return word if word in diagnoses else ""
