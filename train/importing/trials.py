"""Trying ways to feed an imported network, and orders of its labels, on validation photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import log_softmax, softmax

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from train.fitting import calibrate

NUM_SHUFFLES = 200
CHANCE = (
    0.05  # a network that shuffled labels suit as well in more of the draws has learned nothing
)
NUM_ERRORS = 3.0  # standard errors between two ways that differ


class Way(NamedTuple):
    """How photos are brought to size, and what becomes of their pixels."""

    resizing: str
    pixels: str


@dataclass(frozen=True)
class Trial:
    """What came of one way and one order of the labels on validation photos.

    `order` has the diagnosis of each output, `is_right` (photos,) bool, `loss` (photos,) float is
    the negative logarithm of the truth's probability after a fitted temperature.
    """

    way: Way
    order: tuple[str, ...]
    balanced_accuracy: float
    is_right: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True)
class Chosen:
    """The way and the order that were chosen, and the trials that led there.

    `given` has the chosen way with the order that was given; `best` is the same trial where that
    order stays. `suits` has the order that suits the network better, or is None; `gain` is the loss
    in the given order less that in the best one.
    `chance` is the share of shuffled labels that suit the network as well as the true ones.
    """

    best: Trial
    given: Trial
    suits: Trial | None
    by_way: Mapping[Way, Trial]
    gain: Estimate
    chance: float

    @property
    def is_untrained(self) -> bool:
        """True where the network tells the diagnoses apart no better than chance."""
        return self.chance > CHANCE


def choose(
    logits: Mapping[Way, np.ndarray],
    truth: Sequence[str],
    order: Sequence[str],
    lesion_ids: Sequence[str],
    is_order_fixed: bool = False,
    fixed: Way | None = None,
    seed: int = 0,
) -> Chosen:
    """Choose how to feed a network and what its outputs stand for.

    The way with the lowest loss counts, each with the order of labels that suits it best: the right
    way with the wrong labels has the highest loss of all. Where an earlier one is within
    `NUM_ERRORS` standard errors, the earlier one counts. Another order than the given one counts
    only where the interval of what it takes off the loss, by lesion, lies above 0. A network that
    is no better than chance keeps the first way and the given order: nothing speaks for another.

    Args:
        logits: (photos, outputs) by way, in the order in which ways are preferred.
        truth: (photos,) the code of each photo; every code is in `order`.
        order: codes as the outputs are thought to stand for them.
        lesion_ids: (photos,) the lesion of each photo.
        is_order_fixed: keep the order whatever comes of it.
        fixed: the way to take whatever comes of it.
        seed: of the shuffling.
    """
    labels = np.array([list(order).index(code) for code in truth])
    given = {way: _trial(way, values, labels, order) for way, values in logits.items()}
    suited = {way: _reordered(way, values, labels, order) for way, values in logits.items()}
    chance = _chance(logits, labels, seed)
    way = fixed or (next(iter(logits)) if chance > CHANCE else _least_loss(suited))
    gain = _mean(given[way].loss - suited[way].loss, lesion_ids)
    suits = suited[way] if chance <= CHANCE and gain.low > 0 else None
    best = suits if suits is not None and not is_order_fixed else given[way]
    return Chosen(best, given[way], suits, suited, gain, chance)


def _mean(values, lesion_ids):
    """The mean over photos with its interval by lesion."""
    weights = bootstrap.lesion_weights(lesion_ids, bootstrap.NUM_RESAMPLES, seed=0)
    drawn = bootstrap.ratio(weights @ values, weights.sum(axis=1))
    return bootstrap.estimate(values.mean(), drawn, len(set(lesion_ids)))


def _trial(way, logits, labels, order):
    fitted = calibrate.temperature(logits, labels)
    loss = -log_softmax(logits / fitted, axis=1)[np.arange(len(labels)), labels]
    is_right = logits.argmax(axis=1) == labels
    recalls = [is_right[labels == label].mean() for label in np.unique(labels)]
    return Trial(way, tuple(order), float(np.mean(recalls)), is_right, loss)


def _reordered(way, logits, labels, order):
    """The trial of the order of labels that the confusion matrix suggests."""
    columns = _assignment(softmax(logits, axis=1), labels)
    # Output `columns[label]` answers for the label.
    suits = [""] * len(order)
    for label, column in enumerate(columns):
        suits[column] = order[label]
    trial = _trial(way, logits[:, columns], labels, order)
    return Trial(way, tuple(suits), trial.balanced_accuracy, trial.is_right, trial.loss)


def _assignment(probabilities, labels):
    """For each label the output that answers for it: the permutation with the largest trace of the
    matrix of mean probabilities, whose rows are the true labels."""
    num_outputs = probabilities.shape[1]
    confusion = 1e-9 * np.eye(num_outputs)  # a label without photos keeps its output
    for label in np.unique(labels):
        confusion[label] += probabilities[labels == label].mean(axis=0)
    return linear_sum_assignment(confusion, maximize=True)[1]


def _least_loss(trials):
    """The first way whose loss is no more than noise above the lowest."""
    lowest = min(trials.values(), key=lambda trial: trial.loss.mean())
    for way, trial in trials.items():
        more = trial.loss - lowest.loss
        error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else 0.0
        if more.mean() <= NUM_ERRORS * error:
            return way
    raise AssertionError("the lowest is no more than itself")


def _chance(logits, labels, seed):
    """Share of shuffled labels that suit some way and order as well as the true ones do."""
    draw = np.random.default_rng(seed)
    by_way = [softmax(values, axis=1) for values in logits.values()]

    def highest(shuffled):
        recalls = []
        for probabilities in by_way:
            columns = _assignment(probabilities, shuffled)
            is_right = probabilities[:, columns].argmax(axis=1) == shuffled
            recalls.append(np.mean([is_right[shuffled == one].mean() for one in np.unique(labels)]))
        return max(recalls)

    own = highest(labels)
    draws = [highest(draw.permutation(labels)) >= own for _ in range(NUM_SHUFFLES)]
    return float(np.mean(draws))
