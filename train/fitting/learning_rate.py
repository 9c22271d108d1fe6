"""The learning rate of every step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from train.recipe import Recipe


class ByStep(keras.optimizers.schedules.LearningRateSchedule):
    """The rates of a recipe, one for each step; after the last step, that of the last.

    Args:
        recipe: `train.recipe.Recipe`.
        steps: in an epoch.
    """

    def __init__(self, recipe: Recipe, steps: int):
        numbers = range(recipe.epochs * steps)
        self.rates = np.array([rate(recipe, step / steps) for step in numbers], np.float32)

    def __call__(self, step: Any) -> Any:
        """(): the rate of a step, counted from 0."""
        last = len(self.rates) - 1
        return keras.ops.take(self.rates, keras.ops.minimum(keras.ops.cast(step, "int32"), last))


def rate(recipe: Recipe, epoch: float) -> float:
    """Learning rate at a point of the training.

    Args:
        epoch: from 0; a part of it says how far the epoch has come.
    Returns:
        With the schedule `constant` always the same; with `cosine` a cosine that ends near zero,
        one value for each epoch; with `warm_cosine` the same step by step, after a first epoch
        that rises from zero. After `recipe.restart_after` epochs the cosine begins again.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "cosine":
        epoch = int(epoch)
    elif epoch < 1:
        return recipe.learning_rate * epoch
    if recipe.is_restarted(epoch):
        left = recipe.epochs - recipe.restart_after
        return _cosine(recipe.restart_rate, (epoch - recipe.restart_after) / left)
    return _cosine(recipe.learning_rate, epoch / (recipe.cosine_epochs or recipe.epochs))


def _cosine(highest, share):
    return highest * 0.5 * (1 + math.cos(math.pi * share))
