"""Each published recipe twice: what its own way of splitting shows, and what is left without it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, estimate, lesion_weights, share
from model.evaluation.metrics import Headline, arrays, headline
from model.evaluation.paired_runs import tested
from model.evaluation.train_test_overlap import SEEN, Leakage, leakage, training_matches
from model.run import AS_PUBLISHED, HONEST, Run
from model.run.schema import PublishedFigure


@dataclass(frozen=True)
class Side:
    """One run of a pair: its test and validation figures, and what its test part has in common with
    its training.

    `validation` is None where the run lists no validation photos. `accuracy_seen` and
    `accuracy_unseen` are the accuracies on the test photos that training had seen in some form and
    on the others, `accuracy_without_copies` that on the test photos that are no augmented copies;
    each None where there are no such photos, the last also where there are no others.
    """

    run: Run
    test: Headline
    validation: Headline | None
    leakage: Leakage
    accuracy_seen: Estimate | None
    accuracy_unseen: Estimate | None
    accuracy_without_copies: Estimate | None


@dataclass(frozen=True)
class PairedGap:
    """Accuracy under both protocols on the very same test photos, which no two test parts are.

    `num_seen` of the `num_photos` are met in the training as published; the honest training met
    none of them by the same count. `difference` is as published minus honest, its interval from
    resampling lesions, the same for both.
    """

    num_photos: int
    num_lesions: int
    num_seen: int
    as_published: Estimate
    honest: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Pair:
    """A recipe under both protocols; a side is None where that run is not there.

    `published` is the card's (`accuracy`, `compared_with`, `said`), or None. `paired` is None where
    a side is missing or no photo was tested by both.
    """

    recipe: str
    title: str
    published: PublishedFigure | None
    as_published: Side | None
    honest: Side | None
    paired: PairedGap | None = None

    @property
    def gap(self) -> float | None:
        """Test accuracy as published minus honest; None where a side is missing."""
        if self.as_published is None or self.honest is None:
            return None
        return self.as_published.test.accuracy.value - self.honest.test.accuracy.value


def side(run: Run) -> Side:
    """Measure one run of a pair."""
    rows = run.predictions
    parts = set(rows["split"])
    matches = training_matches(rows)
    is_seen = matches[list(SEEN)].any(axis=1)
    test_rows = rows.loc[matches.index]
    truth, probabilities = arrays(test_rows, run.diagnoses)
    is_right = probabilities.argmax(axis=1) == truth
    is_photo = test_rows["copy_of"] == ""

    def accuracy_of(chosen):
        chosen = chosen.to_numpy()
        return share(is_right[chosen], test_rows["lesion_id"][chosen]) if chosen.any() else None

    return Side(
        run,
        headline(rows, run.diagnoses, "test"),
        headline(rows, run.diagnoses, "validation") if "validation" in parts else None,
        leakage(rows, matches),
        accuracy_of(is_seen),
        accuracy_of(~is_seen),
        None if is_photo.all() else accuracy_of(is_photo),
    )


def paired_gap(as_published: Run, honest: Run) -> PairedGap | None:
    """What the split as published adds on the photos that both runs were tested on.

    Augmented copies are no photos, and a photo must have the same diagnosis in both runs.

    Args:
        as_published, honest: `Run`s of one recipe.
    Returns:
        `PairedGap`, or None where no such photo was tested by both.
    """
    rows = tested(as_published).join(tested(honest).add_suffix("_honest"), how="inner")
    rows = rows[rows["diagnosis"] == rows["diagnosis_honest"]]
    if rows.empty:
        return None
    rights = [
        _answers(rows, run, suffix) == rows["diagnosis"].to_numpy()
        for run, suffix in ((as_published, ""), (honest, "_honest"))
    ]
    weights = lesion_weights(rows["lesion_id_honest"], NUM_RESAMPLES, 0)
    drawn = [weights @ right / weights.sum(axis=1) for right in rights]
    means = [float(right.mean()) for right in rights]
    matches = training_matches(as_published.predictions)[list(SEEN)].any(axis=1)
    seen = as_published.predictions.loc[matches[matches].index, "image_id"]
    return PairedGap(
        len(rows),
        rows["lesion_id_honest"].nunique(),
        int(rows.index.isin(seen).sum()),
        estimate(means[0], drawn[0]),
        estimate(means[1], drawn[1]),
        estimate(means[0] - means[1], drawn[0] - drawn[1]),
    )


def _answers(rows, run, suffix):
    columns = [f"{column}{suffix}" for column in run.probability_columns]
    return np.array(run.diagnoses)[rows[columns].to_numpy(dtype=float).argmax(axis=1)]


def pairs(
    runs: Iterable[Run],
    measure: Callable[[Run], Side] = side,
    measure_paired: Callable[[Run, Run], PairedGap | None] = paired_gap,
) -> list[Pair]:
    """Pair the runs of each recipe that has an as-published run or a published figure.

    Args:
        runs: `Run`s; quick trials are left aside.
        measure, measure_paired: give the `Side` of a run and the `PairedGap` of two; for a cache.
    Returns:
        `Pair` per recipe, the widest paired gap first, incomplete pairs last.
    """
    full = [run for run in runs if not run.card["settings"].get("quick")]
    by_recipe: dict[str, dict[str, Run]] = {}
    for run in full:
        own = by_recipe.setdefault(run.card["recipe"], {})
        own.setdefault(run.card["protocol"], run)
    made = [
        Pair(
            recipe,
            next(iter(own.values())).title,
            next((run.card["published"] for run in own.values() if "published" in run.card), None),
            measure(own[AS_PUBLISHED]) if AS_PUBLISHED in own else None,
            measure(own[HONEST]) if HONEST in own else None,
            measure_paired(own[AS_PUBLISHED], own[HONEST])
            if {AS_PUBLISHED, HONEST} <= own.keys()
            else None,
        )
        for recipe, own in by_recipe.items()
        if AS_PUBLISHED in own or any("published" in run.card for run in own.values())
    ]
    return sorted(made, key=_order)


def _order(pair):
    if pair.paired is None:
        return (1, pair.gap is None, -(pair.gap or 0))
    return (0, False, -pair.paired.difference.value)
