"""What an interrupted build must match to be gone on with."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from train.data.augment import STRENGTHS

if TYPE_CHECKING:
    from train.recipe import Recipe

# Settings that may change without training again.
AFTER_TRAINING = ("command", "views", "heatmap_layer", "novelty_layers")


def state(
    recipe: Recipe,
    protocol: str,
    photos: str,
    folds: Sequence[pd.DataFrame],
    diagnoses: Sequence[str],
) -> dict[str, Any]:
    """Everything that decides what a training gives, as plain values.

    Args:
        recipe: `train.recipe.Recipe`.
        protocol: `honest` or `as-published`.
        photos: their `fingerprint`.
        folds: tables with `image_id` and `split`.
        diagnoses: codes in output order.
    """
    settings = recipe.settings(protocol, len(folds))
    return {
        "settings": {key: settings[key] for key in settings if key not in AFTER_TRAINING},
        "seed": recipe.seed,
        "photos": photos,
        "splits": splits_fingerprint(folds),
        "augmentation": [
            STRENGTHS[name] for name in (recipe.augment, recipe.restart_augment) if name
        ],
        "network": _layers(recipe, len(diagnoses)),
    }


def fingerprint(photos: pd.DataFrame) -> str:
    """sha256 of which photos there are, pixel by pixel, and what they are called."""
    lines = photos["image_id"] + photos["pixels"] + photos["diagnosis"]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def splits_fingerprint(folds: Sequence[pd.DataFrame]) -> str:
    """Who stands where: weights that saw another training part must never be resumed."""
    digest = hashlib.sha256()
    for fold in folds:
        digest.update("\n".join(fold["image_id"] + " " + fold["split"]).encode())
    return digest.hexdigest()


def _layers(recipe, num_diagnoses):
    """The layers: a recipe may change them and keep the name of the function that builds them."""
    network = recipe.network(recipe.height, recipe.width, num_diagnoses)
    return [
        [type(layer).__name__, str(layer.output.shape), getattr(layer, "rate", None)]
        for layer in network.layers
    ]


def start_or_resume(workspace: Path, state: Mapping[str, Any]) -> None:
    """Keep the folds of an interrupted build only if it was the same build."""
    workspace.mkdir(parents=True, exist_ok=True)
    file = workspace / "state.json"
    text = json.dumps(state, indent=1, sort_keys=True)
    if file.exists() and file.read_text("utf-8") == text:
        return
    for folder in workspace.glob("fold_*"):
        shutil.rmtree(folder)
    file.write_text(text, "utf-8")
