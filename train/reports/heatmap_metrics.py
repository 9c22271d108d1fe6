"""The metrics of `model.heatmaps.metrics`, for every method and for maps that know no network.

The photo is seen once, without flips and turns: maps, answers and covered pictures alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from model.evaluation import localisation
from model.evaluation.heatmap_metrics import RANDOM, TITLES, means
from model.heatmaps.baselines import dark_blob
from model.heatmaps.covering import cover, layer_size, random_maps, skin
from model.heatmaps.explainer import Explainer
from model.heatmaps.metrics import MAP_METRICS
from model.heatmaps.metrics.infidelity import foretell, relative_infidelity, squares
from model.heatmaps.metrics.max_sensitivity import max_sensitivity
from model.heatmaps.metrics.random_logit import random_logit
from model.heatmaps.metrics.relevance_rank_accuracy import relevance_rank_accuracy
from model.heatmaps.metrics.road import road
from model.heatmaps.metrics.sparseness import sparseness
from train.reports import heatmap_accuracy
from train.reports.kept_rows import Rows
from train.reports.map_baselines import training_maps

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

NUM_PHOTOS = 40
SEED = 40


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    methods: Sequence[str],
    num_photos: int = NUM_PHOTOS,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Measure every metric of every method's maps of the answer, and of the baselines.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: of `train.reports.heatmap_accuracy.lesions_of`.
        methods: keys of `model.heatmaps.methods.METHODS`.
        num_photos: how many test photos, drawn by a seed; all where there are fewer.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were measured already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.heatmap_metrics` gives it; NaN where a map is empty, and where a
        metric asks the network about a map that does not come from it.
    Raises:
        ReportError: none of the test photos has a mask.
    """
    run = classifier.run
    rows = heatmap_accuracy.test_photos_of(run, photos)[:num_photos]
    explainer = Explainer(classifier)
    size = layer_size(explainer)
    height, width = classifier.network.height, classifier.network.width
    by_chance = random_maps(size, (height, width), len(rows), SEED)
    of_training = training_maps(run, photos)
    middle = {name: values for name, values in of_training.items() if name == "centre"}
    kept = {} if kept is None else kept
    measured = []
    pairs = heatmap_accuracy.versions_of(track(rows, run.name), photos)
    for index, (row, versions) in enumerate(pairs):
        if row.image_id not in kept:
            photo, lesion = versions[localisation.WHOLE]
            mask = heatmap_accuracy.at_size(lesion, height, width)
            if mask is None:
                kept[row.image_id] = []
                continue
            one = _Photo(explainer, classifier.prepare(photo), mask, seed=SEED + index)
            made = {name: one.mapped(name) for name in methods}
            without_network = middle | {"dark_blob": dark_blob(one.small), RANDOM: by_chance[index]}
            kept[row.image_id] = [
                {**row._asdict(), "method": name, **one.figures(values)}
                | (one.figures_of_network(values, name) if name in made else {})
                for name, values in (made | without_network).items()
            ]
        measured += kept[row.image_id]
    table = pd.DataFrame(measured).sort_values(["image_id", "method"], ignore_index=True)
    return table.reindex(columns=["image_id", "lesion_id", "method", *MAP_METRICS])


class _Photo:
    """One photo at the network's size, and what the network says about it seen once."""

    def __init__(self, explainer: Explainer, small: np.ndarray, mask: np.ndarray, seed: int):
        self.explainer = explainer
        self.small = small
        self.mask = mask
        self.seed = seed
        self.answer = int(explainer.logits_of_one_view(small[None])[0].argmax())
        self.squares = squares(*small.shape[:2])
        filled = skin(small, np.zeros_like(mask))
        pictures = [small, *(cover(small, square, filled) for square in self.squares)]
        logits = explainer.logits_of_one_view(np.stack(pictures)).astype(float)
        scores = logits[:, self.answer]
        if logits.shape[1] == 2:  # they may share one logit, and the other is then always 0
            scores = scores - logits[:, 1 - self.answer]
        self.changes = scores[0] - scores[1:]

    def mapped(
        self, method: str, picture: np.ndarray | None = None, class_index: int | None = None
    ) -> np.ndarray:
        """The map of the answer, or of another diagnosis, as it is shown: (height, width)."""
        picture = self.small if picture is None else picture
        codes = self.explainer.classifier.run.diagnoses
        diagnosis = codes[self.answer if class_index is None else class_index]
        raw = self.explainer.by_view(picture, diagnosis, method, num_views=1)[0]
        return self.explainer.heatmap_of(raw, diagnosis, method).values

    def figures(self, values: np.ndarray) -> dict[str, Any]:
        """The metrics that any map has; none of an empty one."""
        if not values.any():
            return {}
        kept = road(self._logits, self.small / 255, values, self.answer, seed=self.seed)
        return {
            "road": kept.mean(),
            "infidelity": relative_infidelity(self.changes, foretell(values, self.squares)),
            "relevance_rank_accuracy": relevance_rank_accuracy(values, self.mask),
            "sparseness": sparseness(values),
        }

    def figures_of_network(self, values: np.ndarray, method: str) -> dict[str, Any]:
        """The metrics that need the method itself; none of an empty map."""
        if not values.any():
            return {}
        draw = np.random.default_rng(self.seed)
        others = np.delete(np.arange(len(self.explainer.classifier.run.diagnoses)), self.answer)
        other = self.mapped(method, class_index=int(draw.choice(others)))
        return {
            "max_sensitivity": max_sensitivity(
                lambda picture: self.mapped(method, _pixels(picture)),
                self.small / 255,
                values,
                seed=self.seed,
            ),
            "random_logit": random_logit(values, other),
        }

    def _logits(self, pictures):
        return self.explainer.logits_of_one_view(_pixels(pictures))


def _pixels(pictures):
    """Float from 0 to 1, or a little beyond, as uint8."""
    return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)


def text(table: pd.DataFrame) -> str:
    """What was measured, as lines for a terminal."""
    lines = ["Metrics of the heat maps: mean over the photos; and less random maps"]
    for mean in means(table):
        name = f"{TITLES[mean.method]}, {MAP_METRICS[mean.metric].title}"
        difference = "" if mean.against_random is None else f"; {mean.against_random}"
        lines.append(f"  {name:48s} n = {mean.num_photos:3d}  {mean.mean}{difference}")
    return "\n".join(lines)
