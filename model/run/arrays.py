"""The NumPy files of a run folder: what each must hold, and one sentence for each way it can be
wrong.

Every reader takes the `Run` whose folder is read, gives its arrays by name, and raises `RunError`
with such a sentence.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np

from model.run.files import CALIBRATION, KINDS, NEIGHBOURS, NOVELTY, RunError

if TYPE_CHECKING:
    from model.run import Run

KIND_ARRAYS = ("names", "weights", "bias", "mean", "whitening", "cut")
ALIKE, BY_FREQUENCY = "alike", "by frequency"  # how the nearest lesions vote
ABOUT_NEIGHBOURS = ("image_ids", "lesion_ids", "diagnoses", "confirmed_by")
NEIGHBOUR_ARRAYS = (
    "mean",
    "components",
    "values",
    "unit",
    "num_voting",
    "weighting",
    *ABOUT_NEIGHBOURS,
)


def read_kinds(run: Run) -> dict[str, np.ndarray]:
    """The arrays of kinds.npz by name, for the kinds of calibration.json in that order."""
    try:
        with np.load(run.path / KINDS, allow_pickle=False) as arrays:
            contents = {key: np.asarray(arrays[key]) for key in KIND_ARRAYS}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"{run.name}: {KINDS} cannot be read ({error}).") from error
    num_features, num_kinds = contents["weights"].shape[:1] + contents["names"].shape
    shapes = {
        "weights": (num_features, num_kinds),
        "bias": (num_kinds,),
        "mean": (num_kinds, num_features),
        "whitening": (num_kinds, num_features, num_features),
        "cut": (num_kinds,),
    }
    if any(contents[key].shape != shape for key, shape in shapes.items()):
        raise RunError(f"{run.name}: {KINDS} holds arrays that do not fit each other.")
    if tuple(map(str, contents["names"])) != run.kinds:
        raise RunError(f"{run.name}: {KINDS} and {CALIBRATION} name different kinds of photo.")
    return contents


def read_neighbours(run: Run) -> dict[str, np.ndarray]:
    """The arrays of neighbours.npz by name, of shapes that fit each other."""
    try:
        with np.load(run.path / NEIGHBOURS, allow_pickle=False) as arrays:
            contents = {key: np.asarray(arrays[key]) for key in NEIGHBOUR_ARRAYS}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"{run.name}: {NEIGHBOURS} cannot be read ({error}).") from error
    num_photos, num_features = contents["image_ids"].size, contents["mean"].size
    num_components = contents["components"].shape[-1] if contents["components"].ndim else 0
    shapes = {
        "mean": (num_features,),
        "components": (num_features, num_components),
        "values": (num_photos, num_components),
        **dict.fromkeys(("unit", "num_voting", "weighting"), ()),
        **dict.fromkeys(ABOUT_NEIGHBOURS, (num_photos,)),
    }
    is_fitting = all(contents[key].shape == shape for key, shape in shapes.items())
    if not (is_fitting and num_photos and contents["unit"] > 0 and contents["num_voting"] >= 1):
        raise RunError(f"{run.name}: {NEIGHBOURS} holds arrays that do not fit each other.")
    if not all(np.isfinite(contents[key]).all() for key in ("mean", "components", "values")):
        raise RunError(f"{run.name}: {NEIGHBOURS} holds something that is no number.")
    if contents["weighting"] not in (ALIKE, BY_FREQUENCY):
        raise RunError(
            f"{run.name}: {NEIGHBOURS} weighs the votes {str(contents['weighting'])!r}, neither "
            f"{ALIKE!r} nor {BY_FREQUENCY!r}."
        )
    unknown = sorted(set(contents["diagnoses"].tolist()) - set(run.diagnoses))
    if unknown:
        raise RunError(
            f"{run.name}: {NEIGHBOURS} names {unknown[0]!r}, not a diagnosis of the run."
        )
    return contents


def read_novelty(run: Run) -> dict[str, np.ndarray]:
    """The arrays of novelty.npz by name, of shapes that fit each other."""
    try:
        with np.load(run.path / NOVELTY, allow_pickle=False) as arrays:
            contents = {
                key: np.asarray(arrays[key], dtype=float) for key in ("mean", "whitening", "cut")
            }
            if "layers" in arrays:
                contents["layers"] = np.atleast_1d(arrays["layers"]).astype(str)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"{run.name}: {NOVELTY} cannot be read ({error}).") from error
    num_features = contents["mean"].size
    shapes = {"mean": (num_features,), "whitening": (num_features, num_features), "cut": ()}
    if (
        any(contents[key].shape != shape for key, shape in shapes.items())
        or not contents["cut"] > 0
    ):
        raise RunError(f"{run.name}: {NOVELTY} holds arrays that do not fit each other.")
    return contents
