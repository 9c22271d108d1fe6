"""How often the covering test of heat maps is fooled, and how often it sees what is there.

On test photos of a run, the test is put to the run's own maps, to areas of chance and to maps of a
network whose weights are shuffled. The last two know nothing, so what they pass is false.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd

from model.evaluation.covering_rates import MAPS, OWN, RANDOM, SHUFFLED, rates
from model.heatmaps.covering import (
    MARKED_FROM,
    Chance,
    covering,
    highest,
    layer_size,
    random_maps,
)
from model.heatmaps.explainer import Explainer
from model.heatmaps.heatmap import Heatmap, heatmap
from model.network.compiled import CompiledNetwork
from model.photo.decode import decode
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

METHOD = "grad_cam"
SEED = 30
SHUFFLING_SEED = 20


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    num_photos: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Put the covering test to maps that know the network and to maps that know nothing.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: a `path` by image_id.
        num_photos: how many test photos, drawn by a seed; all where there are fewer.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were tested already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.covering_test` gives it; a map that is empty has no row.
    """
    run = classifier.run
    rows = run.test_photos[["image_id", "lesion_id"]]
    rows = rows[rows["image_id"].isin(photos.index)].sample(frac=1, random_state=SEED)
    explainer, stranger = Explainer(classifier), Explainer(shuffled(classifier))
    size = layer_size(explainer)
    draws = random_maps(size, size, len(rows[:num_photos]), SEED)
    kept = {} if kept is None else kept
    measured = []
    chosen = list(rows[:num_photos].itertuples(index=False))
    for row, drawn in zip(track(chosen, run.name), draws, strict=True):
        if row.image_id not in kept:
            photo = decode(photos["path"][row.image_id].read_bytes())
            kept[row.image_id] = [
                {**row._asdict(), "map": of, **_figures(result)}
                for of, result in _of_photo(explainer, stranger, photo, drawn).items()
            ]
        measured += kept[row.image_id]
    return pd.DataFrame(measured)


def _of_photo(explainer, stranger, photo, drawn):
    """`Covering` by kind of map, of the diagnosis that the network answers with."""
    classifier = explainer.classifier
    small = classifier.prepare(photo)
    prediction, maps = classifier.analyze(photo)
    diagnosis = prediction.diagnosis
    own = _mapped(maps[diagnosis], small, diagnosis)
    if own.is_empty:
        return {}
    number = int((own.values >= MARKED_FROM).sum())
    area = highest(_mapped(drawn, small, diagnosis).values, number).astype(np.float32)
    tested = {OWN: own, RANDOM: Heatmap(area, 1.0, diagnosis, METHOD)}
    _, of_stranger = stranger.classifier.examine(photo)
    strongest = max(of_stranger.values(), key=np.max)
    # Maps of a shuffled network are mostly below zero everywhere; its least low places still rank.
    raised = strongest if strongest.max() > 0 else strongest - strongest.min()
    shuffled_map = _mapped(raised, small, diagnosis)
    if not shuffled_map.is_empty:
        tested[SHUFFLED] = shuffled_map
    return {of: covering(explainer, small, one) for of, one in tested.items()}


def _mapped(raw, small, diagnosis):
    return heatmap(raw, small.shape[0], small.shape[1], diagnosis, METHOD)


def _figures(result):
    return {
        "verdict": result.verdict,
        "share": result.share,
        "probability": result.probability,
        "covered": result.covered,
        "lowest_by_chance": result.lowest_by_chance,
        "num_as_good_elsewhere": result.as_good.get(Chance.ANYWHERE, 0),
        "num_as_good_on_lesion": result.as_good.get(Chance.ON_LESION, 0),
        "num_as_good_reordered": result.as_good[Chance.REORDERED],
    }


def text(table: pd.DataFrame) -> str:
    """What was measured, as lines for a terminal."""
    lines = ["Covering test: better than chance"]
    lines += [
        f"  {MAPS[rate.map]:42s} n = {rate.num_maps:4,}  judged {rate.num_judged:4,}  {rate.better}"
        for rate in rates(table).by_map
    ]
    return "\n".join(lines)


def shuffled(classifier: Classifier, seed: int = SHUFFLING_SEED) -> Classifier:
    """The classifier with every weight of its network moved to a random place of its layer."""
    network = classifier.network.network
    stranger = keras.models.clone_model(network)
    draw = np.random.default_rng(seed)
    stranger.set_weights(
        [
            draw.permutation(weights.ravel()).reshape(weights.shape)
            for weights in network.get_weights()
        ]
    )
    other = copy.copy(classifier)
    other.network = CompiledNetwork(
        stranger,
        classifier.run.card["heatmap_layer"],
        classifier.value_range,
        classifier.network.num_views,
    )
    return other
