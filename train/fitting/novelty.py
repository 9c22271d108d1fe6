"""Fitting the novelty score, and trying it on photos from elsewhere."""

from pathlib import Path

import numpy as np

from model.lesions import verdict
from model.network.compiled import CompiledNetwork
from model.network.softmax import softmax
from model.photo.decode import PhotoError, decode, resize
from model.prediction.novelty import Novelty
from train.fitting import calibrate
from train.progress import console, track


def fit_novelty(network, recipe, fold, pixels, looked):
    """Fit the score on the first fold's training photos, its cut on the validation photos.

    With `recipe.novelty_layers` every photo counts in up to three degrees of sharpness: as it is,
    its sharper file where there is one, and reduced to half of the network's side. Otherwise a
    score of fine texture would take a sharper camera for another kind of picture.

    Args:
        network: the Keras network.
        recipe: `train.recipe.Recipe`.
        fold: the photos with their `split` and `high_res_path`.
        pixels: (photos, height, width, 3) uint8, as the network sees them.
        looked: `model.network.compiled.NetworkOutput` at them.
    Returns:
        Arrays for novelty.npz.
    """
    split = fold["split"].to_numpy()
    features, parts = looked.features, split
    if recipe.novelty_layers:
        rows = np.flatnonzero(split != "test")
        once = CompiledNetwork(network, recipe.heatmap_layer, feature_layers=recipe.novelty_layers)
        paths = fold["high_res_path"].to_numpy()
        sharper = rows[paths[rows] != ""]
        reduced = [_reduced(pixels[row]) for row in track(rows, "Reducing the photos")]
        read, sharp = _read_all(paths[sharper], recipe, "Sharper files")
        for chosen, photos in ((rows, reduced), (sharper[read], sharp)):
            if photos:
                parts = np.concatenate([parts, split[chosen]])
                features = np.concatenate([features, once(np.stack(photos)).features])
    return calibrate.novelty(
        features[parts == "train"], features[parts == "validation"], recipe.novelty_layers
    )


def predict_external(compiled, recipe, photos, diagnoses, temperature, novelty):
    """What a network says about photos from elsewhere.

    Args:
        compiled: `CompiledNetwork`, with the features that `novelty` needs.
        photos: of `train.data.external.read`.
        temperature: of the run's calibration.
        novelty: arrays of novelty.npz.
    Returns:
        DataFrame as `model.run.Run.external`; a file that cannot be read is told and left out.
        None where no file can be read.
    """
    rows, pixels = _read_all(photos["path"], recipe, "Photos from elsewhere")
    if not rows:
        return None
    looked = compiled(np.stack(pixels), lambda batches: track(batches, "Looking at them"))
    probabilities = softmax(looked.logits, temperature)
    table = photos.iloc[rows].drop(columns="path").reset_index(drop=True)
    table["diagnosis"] = [_in_terms_of(diagnoses, code) for code in table["diagnosis"]]
    for place, code in enumerate(diagnoses):
        table[f"p_{code}"] = probabilities[:, place]
    return table.assign(novelty=Novelty.from_arrays(novelty).score(looked.features))


def _in_terms_of(diagnoses, code):
    """The run's own code for a diagnosis; empty where it has none."""
    if code in diagnoses:
        return code
    word = verdict(code) if code else ""
    return word if word in diagnoses else ""


def _read_all(paths, recipe, title):
    """(places, photos) of the files that can be read; the others are told."""
    places, photos = [], []
    for place, path in enumerate(track(paths, title)):
        try:
            photo = decode(Path(path).read_bytes())
        except (PhotoError, OSError) as error:
            console.print(f"Left out: {path} ({error})")
            continue
        places.append(place)
        photos.append(resize(photo, recipe.height, recipe.width))
    return places, photos


def _reduced(photo):
    height, width = photo.shape[:2]
    return resize(resize(photo, height // 2, width // 2), height, width)
