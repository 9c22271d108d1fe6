"""Scores of what is unlike the training photos, and kinds of photo, on clusters known before."""

import numpy as np
import pytest

from model.prediction.kind_classifier import KindClassifier
from model.prediction.novelty import Novelty
from train.fitting.kinds import fit_kinds
from train.fitting.novelty import fit_novelty


def test_novelty_keeps_95_percent_and_finds_what_lies_elsewhere():
    chance = np.random.default_rng(0)
    mixing = chance.normal(0, 1, (5, 5))
    inside = chance.normal(0, 1, (3000, 5)) @ mixing + 3
    novelty = Novelty.from_arrays(fit_novelty(inside[:2000], inside[2000:]))
    assert (novelty.score(inside[2000:]) <= 1).mean() == pytest.approx(0.95, abs=0.005)
    assert (novelty.score(inside[:100] + 20) > 1).all()
    assert novelty.score(np.full((1, 5), 3.0))[0] == pytest.approx(0, abs=0.2)


def test_kinds_are_told_apart_and_each_has_a_score_of_its_own():
    chance = np.random.default_rng(0)
    parts = np.repeat(["train", "validation"], 100)
    clusters = [chance.normal(centre, 1.0, (200, 3)) for centre in ([0, 0, 5.0], [0, 0, -5.0])]
    arrays = fit_kinds(("near", "far"), clusters, [parts, parts])
    classifier = KindClassifier.from_arrays(arrays)
    middles = np.array([[0, 0, 5.0], [0, 0, -5.0]])
    ((first, sure), (second, _)) = classifier.recognised(middles)
    assert (first, second) == ("near", "far")
    assert sure > 0.8
    # Each score keeps 95 % of the validation rows of its kind and none of the other's.
    assert (classifier.novelty(clusters[0][100:], 100 * ["near"]) <= 1).mean() == 0.95
    assert (classifier.novelty(clusters[1], 200 * ["near"]) > 1).all()


def test_three_kinds_can_be_told_apart_too():
    chance = np.random.default_rng(1)
    parts = np.repeat(["train", "validation"], 50)
    centres = 8 * np.eye(3)
    clusters = [chance.normal(centre, 1.0, (100, 3)) for centre in centres]
    arrays = fit_kinds(("a", "b", "c"), clusters, 3 * [parts])
    names = [name for name, _ in KindClassifier.from_arrays(arrays).recognised(centres)]
    assert names == ["a", "b", "c"]
