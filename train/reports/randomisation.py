"""Do heat maps change when the weights of the network are shuffled, from the output down?

A map that stays the same shows the photo and not what the network learned. Model parameter
randomisation test: Adebayo et al. 2018, https://arxiv.org/abs/1810.03292; its weaknesses, and why
signs are kept here: Sixt et al. 2020, https://arxiv.org/abs/1912.09818, Binder et al. 2023,
https://doi.org/10.1109/CVPR52729.2023.01550.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from model.evaluation import randomisation
from model.heatmaps.explainer import Explainer
from model.heatmaps.methods import METHODS
from model.network.compiled import CompiledNetwork, before_activation
from model.photo.decode import decode
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

NUM_DEPTHS = 6  # from the output layer alone to every layer
SEED = 40
# A map's spread, as a share of its largest value, that is rounding noise: sums of float32 over the
# channels of a layer. Maps of a shuffled network can be tiny and still have a pattern.
CONSTANT = 1e-5


class ShuffledNetwork:
    """A copy of a classifier's network whose layers are shuffled one after the other.

    Args:
        classifier: `model.prediction.classifier.Classifier`; it stays as it is.
    """

    def __init__(self, classifier: Classifier):
        network = classifier.network.network
        # Without its last activation: heat maps come from the logits, and a layer that ends in
        # softmax or sigmoid would be copied once more, out of reach of what is shuffled here.
        of_logits = keras.Model(network.inputs, before_activation(network))
        self._weights = of_logits.get_weights()
        self._network = keras.models.clone_model(of_logits)
        self._network.set_weights(self._weights)
        self.layers = [layer for layer in self._network.layers if layer.weights]
        other = copy.copy(classifier)
        other.network = CompiledNetwork(
            self._network,
            classifier.run.card["heatmap_layer"],
            classifier.value_range,
            classifier.network.num_views,
        )
        self.explainer = Explainer(other)

    def cascade(self, seed: int, num_depths: int = NUM_DEPTHS) -> Iterator[tuple[int, str]]:
        """Shuffle ever more layers, first the one at the output, at last every one.

        Every weight of a layer moves to a random place in its own array.

        Args:
            seed: of the places.
            num_depths: stops on the way, spread evenly; fewer where there are fewer layers.
        Yields:
            (number of layers shuffled, name of the last of them); until the next one the network
            is in that state.
        """
        self._network.set_weights(self._weights)
        draw = np.random.default_rng(seed)
        stops = set(np.linspace(1, len(self.layers), num_depths).round().astype(int).tolist())
        for number, layer in enumerate(reversed(self.layers), 1):
            layer.set_weights(
                [
                    draw.permutation(weights.ravel()).reshape(weights.shape)
                    for weights in layer.get_weights()
                ]
            )
            if number in stops:
                yield number, layer.name


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    methods: Sequence[str],
    num_photos: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Compare the maps of a network with those it gives once its weights are shuffled.

    Maps are of the diagnosis that the network answered with before, with their signs, as they are
    before they are stretched.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: a `path` by image_id.
        methods: keys of `model.heatmaps.methods.METHODS`; those too slow to be averaged over eight
            views are left out.
        num_photos: how many test photos, drawn by a seed, each of another lesion.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were measured already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.randomisation` gives it.
    """
    run = classifier.run
    rows = run.test_photos[["image_id", "lesion_id"]]
    rows = rows[rows["image_id"].isin(photos.index)].sample(frac=1, random_state=SEED)
    chosen = list(rows.drop_duplicates("lesion_id")[:num_photos].itertuples(index=False))
    methods = [name for name in methods if METHODS[name].averages_views]
    files = photos["path"].to_dict()
    pictures = {row.image_id: decode(files[row.image_id].read_bytes()) for row in chosen}
    answers = {key: classifier.predict([photo])[0].diagnosis for key, photo in pictures.items()}
    explainer = Explainer(classifier)
    own = {
        key: _ranks_by_method(explainer, photo, answers[key], methods)
        for key, photo in pictures.items()
    }
    shuffled = ShuffledNetwork(classifier)
    kept = {} if kept is None else kept
    measured = []
    # Each photo has a shuffled network of its own, so that an interval over photos is one over
    # networks, too: of so many maps none tells more.
    for seed, row in enumerate(track(chosen, run.name)):
        key = row.image_id
        if key not in kept:
            kept[key] = [
                {**row._asdict(), "seed": seed, "num_layers": number, "layer": layer}
                | _compared(
                    _ranks_by_method(shuffled.explainer, pictures[key], answers[key], methods),
                    own[key],
                    [ranks for other, ranks in own.items() if other != key],
                )
                for number, layer in shuffled.cascade(seed)
            ]
        measured += kept[key]
    return pd.DataFrame(measured)


def standard_ranks(values: np.ndarray) -> np.ndarray | None:
    """Ranks of a map's places, so that the dot product of two is Spearman's correlation.

    Args:
        values: (rows, columns) float.
    Returns:
        (places,) float with mean 0 and length 1; None where the map is empty, constant or not
        finite, and so has no ranks.
    """
    if not np.isfinite(values).all() or np.ptp(values) <= CONSTANT * np.abs(values).max():
        return None
    ranks = rankdata(values, axis=None)
    ranks -= ranks.mean()
    return ranks / np.linalg.norm(ranks)


def _ranks_by_method(explainer, photo, diagnosis, methods):
    return {
        name: standard_ranks(explainer.by_view(photo, diagnosis, name).mean(axis=0))
        for name in methods
    }


def _compared(shuffled, own, others):
    """Correlations of shuffled maps with the photo's own, and with those of other photos.

    The second is the mean of absolute values. Both are NaN where there is nothing to compare.
    """
    figures = {}
    for name, ranks in shuffled.items():
        with_others = [other[name] for other in others if other[name] is not None]
        is_defined = ranks is not None and own[name] is not None
        figures[name] = float(ranks @ own[name]) if is_defined else np.nan
        figures[f"{name}_others"] = (
            float(np.abs(np.stack(with_others) @ ranks).mean())
            if is_defined and with_others
            else np.nan
        )
    return figures


def text(table: pd.DataFrame) -> str:
    """What was measured, as lines for a terminal."""
    lines = ["Weights shuffled from the output down: absolute rank correlation of the maps"]
    for name in randomisation.methods_of(table):
        lines += [
            f"  {METHODS[name].title:22s} {left.num_layers:3} layers  n = {left.num_photos:3}  "
            f"{left.correlation}, with other photos' maps {left.others}, difference "
            f"{left.difference}  undefined {left.num_undefined} of {left.num_maps}"
            for left in randomisation.by_depth(table, name)
        ]
    return "\n".join(lines)
