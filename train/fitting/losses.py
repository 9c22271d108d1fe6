"""What a network is trained to lower, and the accuracy reported beside it.

A code says what a photo shows: the number of its diagnosis, plus the number of diagnoses for a
phone photo. `drawn` is (kinds, diagnoses) int, how many photos of each an epoch draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from train.data import balance

if TYPE_CHECKING:
    from train.recipe import Recipe


def accuracy(drawn: np.ndarray) -> str | Callable[[Any, Any], Any]:
    """Keras's accuracy, or that of the diagnosis in a code."""
    if len(drawn) == 1:
        return "accuracy"

    def accuracy(codes, logits):
        truth = ops.cast(ops.reshape(codes, (-1,)), "int32") % drawn.shape[1]
        answer = ops.cast(ops.argmax(logits, axis=-1), "int32")
        return ops.cast(truth == answer, "float32")

    return accuracy


def loss(recipe: Recipe, drawn: np.ndarray, num_outputs: int) -> Callable[[Any, Any], Any]:
    """The cross-entropy of a recipe; with the prior of each kind of photo where it asks for it."""
    if num_outputs == 1:
        return keras.losses.BinaryCrossentropy()  # of one sigmoid
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not balance.KINDS[recipe.balance].prior_in_loss:
        return plain
    log_priors = np.stack([balance.log_prior(of_kind) for of_kind in drawn])

    def balanced_softmax(codes, logits):
        if len(drawn) == 1:
            return plain(codes, ops.add(logits, log_priors[0]))
        codes = ops.cast(ops.reshape(codes, (-1,)), "int32")
        prior = ops.take(log_priors, codes // num_outputs, axis=0)
        return plain(codes % num_outputs, ops.add(logits, prior))

    return balanced_softmax


def distillation(codes: Any, answers: Any) -> Any:
    """(batch,): the cross-entropy of a learner's answers with its teachers'.

    Args:
        codes: not looked at.
        answers: of `train.fitting.batches.with_changes`.
    Source:
        Hinton et al. 2015, https://arxiv.org/abs/1503.02531.
    """
    return -ops.sum(ops.exp(answers[:, 1]) * ops.log_softmax(answers[:, 0]), axis=-1)


def of_learner(metric: str | Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A metric of `accuracy`, for the answers that `distillation` takes."""
    measure = keras.metrics.sparse_categorical_accuracy if isinstance(metric, str) else metric

    def accuracy(codes, answers):
        return measure(codes, answers[:, 0])

    return accuracy
