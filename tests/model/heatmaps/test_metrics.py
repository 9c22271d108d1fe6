"""The metrics of heat maps: worked by hand, and equal to those of Quantus on the same maps.

Quantus takes a Keras or PyTorch network and wraps it; here a NumPy one is handed to the inner call
`evaluate_batch`, so that it needs neither.
"""

import numpy as np
import pytest
import quantus
from quantus.functions.similarity_func import correlation_spearman
from quantus.helpers.model.model_interface import ModelInterface

from model.heatmaps.metrics import MAP_METRICS
from model.heatmaps.metrics.infidelity import (
    foretell,
    infidelity,
    relative_infidelity,
    squares,
)
from model.heatmaps.metrics.max_sensitivity import max_sensitivity
from model.heatmaps.metrics.random_logit import random_logit
from model.heatmaps.metrics.relevance_rank_accuracy import relevance_rank_accuracy
from model.heatmaps.metrics.road import impute, road
from model.heatmaps.metrics.sparseness import sparseness

SIDE = 12
CLOSE = 1e-4
QUIET = {"disable_warnings": True, "display_progressbar": False}


def kernel():
    """Weights of three diagnoses by place and colour."""
    return np.random.default_rng(5).normal(size=(3, SIDE, SIDE, 3))


def scores(pictures):
    """(n, height, width, colours) -> (n, 3): not linear, so that maps are no perfect forecast."""
    weights = kernel()[..., : pictures.shape[-1]]
    return np.tanh(np.tensordot(pictures, weights, axes=([1, 2, 3], [1, 2, 3])) / 20)


def explain(picture, class_index=0):
    """A map that depends on the picture and the diagnosis."""
    return np.maximum(np.sum(kernel()[class_index] * picture**2, axis=-1), 0)


class Network(ModelInterface):
    """What Quantus asks a network for, of `scores`; it looks at channels first."""

    def __init__(self):
        super().__init__(model=None, channel_first=True)

    def predict(self, x, **kwargs):
        return scores(np.moveaxis(x, 1, -1))

    def shape_input(self, x, shape, channel_first=None, batched=False):
        return x

    def get_model(self):
        return None

    def get_softmax_arg_model(self):
        raise NotImplementedError

    def state_dict(self):
        raise NotImplementedError

    def get_random_layer_generator(self, order="top_down", seed=42):
        raise NotImplementedError

    def add_mean_shift_to_first_layer(self, input_shift, shape):
        raise NotImplementedError

    def get_hidden_representations(self, x, layer_names=None, layer_indices=None):
        raise NotImplementedError

    @property
    def random_layer_generator_length(self):
        raise NotImplementedError


@pytest.fixture
def photo():
    return np.random.default_rng(1).random((SIDE, SIDE, 3))


@pytest.fixture
def values(photo):
    return explain(photo)


def batch(photo):
    """Channels first, one photo."""
    return np.moveaxis(photo, -1, 0)[None]


def asked(metric, photo, values, class_index=0, **more):
    """What a Quantus metric says of one photo and map."""
    return metric.evaluate_batch(
        model=Network(),
        x_batch=batch(photo),
        y_batch=np.array([class_index]),
        a_batch=values[None, None].copy(),
        **more,
    )


def explain_batch(model, inputs, targets, **kwargs):
    pairs = zip(np.moveaxis(inputs, 1, -1), targets, strict=True)
    return np.stack([explain(picture, target) for picture, target in pairs])[:, None]


# ---- Sparseness


def test_a_map_of_one_place_is_sparse_and_a_flat_one_is_not():
    point = np.zeros((2, 5))
    point[0, 3] = 7
    assert sparseness(point) == pytest.approx(0.9)  # 1 - 1/10
    assert sparseness(np.full((2, 5), 0.3)) == pytest.approx(0)
    assert sparseness(np.array([[1.0, 3.0]])) == pytest.approx(0.25)  # (-1 * 1 + 1 * 3) / (2 * 4)
    assert np.isnan(sparseness(np.zeros((2, 5))))


def test_sparseness_is_that_of_quantus(photo, values):
    (theirs,) = asked(quantus.Sparseness(**QUIET), photo, values)
    assert sparseness(values) == pytest.approx(theirs, abs=CLOSE)


# ---- Relevance Rank Accuracy


def test_as_many_places_as_the_lesion_has_are_looked_at():
    lesion = np.array([[True, True, True], [False, False, False]])
    assert relevance_rank_accuracy(np.array([[9, 8, 7], [1, 2, 3]]), lesion) == 1
    assert relevance_rank_accuracy(np.array([[9, 8, 1], [7, 2, 3]]), lesion) == pytest.approx(2 / 3)
    assert relevance_rank_accuracy(np.array([[1, 2, 3], [9, 8, 7]]), lesion) == 0
    # Only the order counts.
    assert relevance_rank_accuracy(np.array([[99, 8, 1], [7, 2, 3]]) ** 2, lesion) == (
        pytest.approx(2 / 3)
    )
    assert np.isnan(relevance_rank_accuracy(np.zeros((2, 3)), lesion))


def test_relevance_rank_accuracy_is_that_of_quantus(photo, values):
    values = values + np.arange(values.size).reshape(values.shape) * 1e-9  # no ties
    lesion = np.zeros((SIDE, SIDE), bool)
    lesion[2:9, 3:8] = True
    metric = quantus.RelevanceRankAccuracy(**QUIET)
    (theirs,) = asked(metric, photo, values, s_batch=lesion[None, None])
    assert 0 < theirs < 1
    assert relevance_rank_accuracy(values, lesion) == pytest.approx(theirs, abs=CLOSE)


# ---- ROAD


def test_a_place_is_filled_in_from_its_neighbours():
    photo = np.zeros((3, 3, 1))
    photo[..., 0] = [[12, 6, 0], [6, 99, 0], [0, 0, 24]]
    removed = np.zeros((3, 3), bool)
    removed[1, 1] = True
    draw = np.random.default_rng(0)
    filled = impute(photo, removed, 0.0, draw)
    # Corners 12 and 24 count a twelfth, sides 6 and 6 a sixth.
    assert filled[1, 1, 0] == pytest.approx(36 / 12 + 12 / 6)
    assert (filled[~removed] == photo[~removed]).all()
    assert photo[1, 1, 0] == 99
    # A corner has three neighbours: two sides of 1/6 and one corner of 1/12.
    removed = np.zeros((3, 3), bool)
    removed[0, 0] = True
    filled = impute(photo, removed, 0.0, draw)
    assert filled[0, 0, 0] == pytest.approx((6 / 6 + 6 / 6 + 99 / 12) / (5 / 12))
    assert impute(photo, removed, 1.0, draw)[0, 0, 0] != pytest.approx(filled[0, 0, 0])


def test_filling_in_is_that_of_quantus(photo):
    removed = np.zeros((SIDE, SIDE), bool)
    removed[:7, 2:9] = True
    removed[10, 11] = True
    theirs = quantus.perturb_func.noisy_linear_imputation(
        np.moveaxis(photo, -1, 0), np.flatnonzero(removed), noise=0
    )
    ours = impute(photo, removed, 0.0, np.random.default_rng(0))
    assert ours == pytest.approx(np.moveaxis(theirs, 0, -1), abs=CLOSE)


def test_road_is_that_of_quantus(photo):
    # In one colour: Quantus stops with an IndexError where a map has fewer colours than the photo.
    photo = photo[..., :1]
    first, second = np.argsort(-scores(photo[None])[0])[:2]
    answer, values = int(first), ((kernel()[first] - kernel()[second])[..., 0] * photo[..., 0])
    percentages = list(range(1, 100, 2))
    metric = quantus.ROAD(percentages=percentages, noise=0.0, **QUIET)
    metric.custom_batch_preprocess(a_batch=values[None, None])
    ((theirs,),) = asked(metric, photo, values, answer)
    ours = road(scores, photo, values, answer, percentages, noise=0.0)
    assert ours.dtype == bool
    assert ours.tolist() == theirs.astype(bool).tolist()
    assert 0 < ours.mean() < 1  # the answer changes on the way


def test_a_map_that_finds_what_the_answer_rests_on_loses_it_first():
    photo = np.full((SIDE, SIDE, 3), 0.5)
    photo[3:6, 3:6, 0] = 1.0

    def is_red(pictures):
        red = pictures[..., 0].max(axis=(1, 2))
        return np.stack([red, np.full_like(red, 0.75)], axis=1)

    marked = photo[..., 0] - 0.5
    assert road(is_red, photo, marked, 0).tolist() == [False] * 4
    assert road(is_red, photo, -marked, 0).tolist() == [True] * 4
    assert (road(is_red, photo, marked, 0) == road(is_red, photo, marked, 0)).all()


# ---- Infidelity


def test_infidelity_is_the_mean_square_of_what_was_foretold_wrong():
    changes = np.array([1.0, 2.0, 0.0])
    assert infidelity(changes, np.array([1.0, 0.0, 3.0])) == pytest.approx(13 / 3)
    assert relative_infidelity(changes, 5 * changes) == pytest.approx(0)
    # The best scale of (1, 0, 0) is 1: what is left is 4 of 5.
    assert relative_infidelity(changes, np.array([1.0, 0.0, 0.0])) == pytest.approx(0.8)
    assert relative_infidelity(changes, -changes) == 1  # never scaled below zero
    assert np.isnan(relative_infidelity(changes, np.zeros(3)))
    assert np.isnan(relative_infidelity(np.zeros(3), changes))


def test_squares_tile_the_photo():
    tiles = squares(10, 13, 4)
    assert tiles.shape == (16, 10, 13)
    assert (tiles.sum(axis=0) == 1).all()
    assert foretell(np.ones((10, 13)), tiles).sum() == 130
    assert set(foretell(np.ones((10, 13)), tiles)) <= {2 * 3, 2 * 4, 3 * 3, 3 * 4}


def test_infidelity_is_that_of_quantus(photo, values):
    """With squares of 4 pixels, each made black alone; Quantus blackens one after another."""

    def blacken(arr, indices, **kwargs):
        changed = batch(photo).reshape(1, -1).copy()
        changed[0, indices[0]] = 0
        return changed

    metric = quantus.Infidelity(
        perturb_patch_sizes=[4], n_perturb_samples=1, perturb_func=blacken, **QUIET
    )
    (theirs,) = asked(metric, photo, values)
    tiles = squares(SIDE, SIDE, SIDE // 4)
    pictures = np.where(tiles[..., None], 0, photo)
    moved = (photo - pictures).sum(axis=-1)
    changes = scores(photo[None])[0, 0] - scores(pictures)[:, 0]
    assert infidelity(changes, foretell(values, moved)) == pytest.approx(theirs, abs=CLOSE)


def test_the_best_scale_gives_the_least_infidelity_of_quantus(photo, values):
    tiles = squares(SIDE, SIDE, SIDE // 4)
    changes = scores(photo[None])[0, 0] - scores(np.where(tiles[..., None], 0, photo))[:, 0]
    foretold = foretell(values, tiles)
    ours = relative_infidelity(changes, foretold)
    tried = [infidelity(changes, scale * foretold) for scale in np.linspace(0, 0.01, 2001)]
    assert ours == pytest.approx(min(tried) / np.mean(changes**2), abs=CLOSE)


# ---- Max-Sensitivity


def test_max_sensitivity_is_that_of_quantus(photo, values):
    draw = np.random.default_rng(3)

    def noise(arr, indices, **kwargs):
        # As many numbers in the same order: channels come last here.
        drawn = draw.uniform(-0.02, 0.02, photo.shape)
        return arr + batch(drawn).reshape(1, -1)

    metric = quantus.MaxSensitivity(nr_samples=7, perturb_func=noise, **QUIET)
    metric.explain_func, metric.explain_func_kwargs = explain_batch, {}
    (theirs,) = asked(metric, photo, values)
    ours = max_sensitivity(explain, photo, values, radius=0.02, num_samples=7, seed=3)
    assert ours > 0.001
    assert ours == pytest.approx(theirs, abs=CLOSE)


def test_a_map_that_never_changes_is_not_sensitive(photo, values):
    assert max_sensitivity(lambda picture: values, photo, values) == 0
    assert max_sensitivity(lambda picture: 0 * values, photo, values) == 1
    assert np.isnan(max_sensitivity(explain, photo, 0 * values))


# ---- Random Logit


def test_random_logit_is_that_of_quantus(photo, values):
    metric = quantus.RandomLogit(num_classes=2, similarity_func=correlation_spearman, **QUIET)
    metric.explain_func, metric.explain_func_kwargs = explain_batch, {}
    metric.normalise = False
    (theirs,) = asked(metric, photo, values)
    assert random_logit(values, explain(photo, 1)) == pytest.approx(theirs, abs=CLOSE)


def test_the_same_map_for_every_diagnosis_is_told():
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert random_logit(values, values**2) == pytest.approx(1)
    assert random_logit(values, -values) == pytest.approx(-1)
    assert np.isnan(random_logit(values, np.zeros((2, 2))))
    assert np.isnan(random_logit(np.ones((2, 2)), values))


def test_every_metric_says_which_way_is_good():
    directions = {
        "road": quantus.ROAD,
        "infidelity": quantus.Infidelity,
        "relevance_rank_accuracy": quantus.RelevanceRankAccuracy,
        "sparseness": quantus.Sparseness,
        "max_sensitivity": quantus.MaxSensitivity,
        "random_logit": quantus.RandomLogit,
    }
    assert directions.keys() == MAP_METRICS.keys()
    for key, theirs in directions.items():
        assert theirs.score_direction.value == (
            "lower" if MAP_METRICS[key].lower_is_better else "higher"
        )
