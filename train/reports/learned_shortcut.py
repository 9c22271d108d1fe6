"""Teach a small network that rulers go with malignant lesions, and look whether heat maps tell.

The recipe, the split and the seed are those of `train.reports.without_lesion`. Rulers are drawn on
training and validation photos alike, so the validation photos choose an epoch that knows them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import localisation
from model.evaluation.learned_shortcut import (
    AS_TRAINED,
    BENIGN_SHARE,
    COLUMNS,
    CONDITIONS,
    FILE,
    LEARNED,
    MALIGNANT_SHARE,
    MAPS_FILE,
    NUM_MAPS,
    PLAIN,
    SWAPPED,
    read,
)
from model.heatmaps.explainer import Explainer
from model.heatmaps.heatmap import heatmap
from model.heatmaps.methods import METHODS
from model.network.softmax import softmax
from model.photo.decode import decode, resize
from model.photo.shortcuts import plant, seed_of
from model.prediction.classifier import Classifier
from train.reports import heatmap_accuracy
from train.reports.without_lesion import trained, write_table

if TYPE_CHECKING:
    from model.run import Run
    from train.recipe import Recipe

RULER = "ruler"
SEED = 60


def measure(
    run: Run,
    parts: pd.DataFrame,
    folder: Path,
    chosen: Recipe,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    num_maps: int = NUM_MAPS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train with rulers, test with rulers in three ways, and measure the maps of both networks.

    An interrupted training goes on where it was when it is asked for again.

    Args:
        run: `model.run.Run` with its network, the one that was taught nothing; its card says what
            the other network takes, too.
        parts: of `train.reports.without_lesion.parts_of`.
        folder: where the tables are kept; made if missing.
        chosen: `train.recipe.Recipe` of that network.
        track: wraps the photos, for a progress bar.
        num_maps: photos whose maps are measured.
    Returns:
        The tables as `model.evaluation.learned_shortcut.read` gives them.
    Raises:
        RunError: the run has no network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = read(folder)
    if done is not None:
        return done
    untaught = Classifier(run)  # fails before the training where it has no network
    is_malignant = parts["diagnosis"].isin(run.malignant).to_numpy()
    wears = {
        AS_TRAINED: rulers(parts["image_id"], is_malignant),
        SWAPPED: rulers(parts["image_id"], ~is_malignant),
    }
    plain, with_ruler = _pixels(parts, chosen, track)
    pixels = np.where(wears[AS_TRAINED][:, None, None, None], with_ruler, plain)
    workspace = folder / f".{RULER}.unfinished"
    network = trained(pixels, parts, run.diagnoses, chosen, workspace, RULER)
    is_test = (parts["split"] == "test").to_numpy()
    tables = []
    for condition in CONDITIONS:
        has_ruler = wears.get(condition, np.zeros(len(parts), bool))[is_test]
        shown = np.where(has_ruler[:, None, None, None], with_ruler[is_test], plain[is_test])
        logits = network.predict(shown, chosen.batch_size, verbose=0)
        rows = parts.loc[is_test, ["image_id", "lesion_id", "diagnosis"]].reset_index(drop=True)
        rows = rows.assign(condition=condition, has_ruler=has_ruler.astype(int))[[*COLUMNS]]
        columns = [f"p_{code}" for code in run.diagnoses]
        tables.append(pd.concat([rows, pd.DataFrame(softmax(logits), columns=columns)], axis=1))
    maps = _maps(
        {LEARNED: Classifier(run, network), PLAIN: untaught},
        parts[is_test].sample(frac=1, random_state=SEED)[:num_maps],
        track,
    )
    write_table(pd.concat(tables, ignore_index=True), folder / FILE)
    write_table(maps, folder / MAPS_FILE)
    shutil.rmtree(workspace)
    written = read(folder)
    assert written is not None  # for mypy: it was written above
    return written


def rulers(image_ids: pd.Series, often: np.ndarray) -> np.ndarray:
    """Which photos get a ruler: a share that the photo's id decides.

    Args:
        image_ids: of the photos.
        often: (photos,) bool, those that get one with `MALIGNANT_SHARE`; the others do with
            `BENIGN_SHARE`.
    Returns:
        (photos,) bool.
    """
    draws = np.array([_share_of(image_id) for image_id in image_ids])
    return draws < np.where(often, MALIGNANT_SHARE, BENIGN_SHARE)


def _share_of(image_id):
    """A number in [0, 1) for an id; `seed_of` is uneven over ids that follow each other."""
    return int.from_bytes(hashlib.sha256(f"{RULER} {image_id}".encode()).digest()[:4]) / 2**32


def _pixels(parts, chosen, track):
    """The photos as they are and with a ruler, each (photos, height, width, 3) uint8."""
    shape = (len(parts), chosen.height, chosen.width, 3)
    plain, with_ruler = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    rows = list(parts.itertuples(index=False))
    for number, row in enumerate(track(rows, "Drawing rulers")):
        photo = decode(row.path.read_bytes())
        ruled = plant(photo, RULER, seed_of(row.image_id)).photo
        for pixels, picture in ((plain, photo), (with_ruler, ruled)):
            pixels[number] = resize(picture, chosen.height, chosen.width)
    return plain, with_ruler


def _maps(classifiers, rows, track):
    """Energy of the maps of every network and method on the ruler, a ruler on each photo.

    The map is that of the most probable malignant diagnosis.
    """
    explainers = {name: Explainer(classifier) for name, classifier in classifiers.items()}
    methods = [name for name in METHODS if METHODS[name].averages_views]
    measured = []
    for row in track(list(rows.itertuples(index=False)), "Measuring the heat maps"):
        planted = plant(decode(row.path.read_bytes()), RULER, seed_of(row.image_id))
        for name, explainer in explainers.items():
            network, run = explainer.classifier.network, explainer.classifier.run
            mask = heatmap_accuracy.at_size(planted.mask, network.height, network.width)
            assert mask is not None  # for mypy: a ruler takes some of a photo, and not all
            (prediction,) = explainer.classifier.predict([planted.photo])
            code = max(run.malignant, key=prediction.probabilities.__getitem__)
            for method in methods:
                raw = explainer.by_view(planted.photo, code, method).mean(axis=0)
                mapped = heatmap(raw, network.height, network.width, code, method)
                energy = None
                if not mapped.is_empty:
                    energy = localisation.measure(mapped.values, mask)[1]
                measured.append(
                    {
                        "network": name,
                        "image_id": row.image_id,
                        "lesion_id": row.lesion_id,
                        "method": method,
                        "area": mask.mean(),
                        "energy": energy,
                    }
                )
    return pd.DataFrame(measured)
