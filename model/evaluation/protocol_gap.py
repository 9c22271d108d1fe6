"""Each published recipe twice: what its own way of splitting shows, and what is left without it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from model.evaluation.bootstrap import Estimate, share
from model.evaluation.metrics import Headline, arrays, headline
from model.evaluation.train_test_overlap import Leakage, leakage, training_matches
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
class Pair:
    """A recipe under both protocols; a side is None where that run is not there.

    `published` is the card's (`accuracy`, `compared_with`, `said`), or None.
    """

    recipe: str
    title: str
    published: PublishedFigure | None
    as_published: Side | None
    honest: Side | None

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
    is_seen = matches[["copies", "near_duplicates", "same_lesion"]].any(axis=1)
    tested = rows.loc[matches.index]
    truth, probabilities = arrays(tested, run.diagnoses)
    is_right = probabilities.argmax(axis=1) == truth
    is_photo = tested["copy_of"] == ""

    def accuracy_of(chosen):
        chosen = chosen.to_numpy()
        return share(is_right[chosen], tested["lesion_id"][chosen]) if chosen.any() else None

    return Side(
        run,
        headline(rows, run.diagnoses, "test"),
        headline(rows, run.diagnoses, "validation") if "validation" in parts else None,
        leakage(rows, matches),
        accuracy_of(is_seen),
        accuracy_of(~is_seen),
        None if is_photo.all() else accuracy_of(is_photo),
    )


def pairs(runs: Iterable[Run], measure: Callable[[Run], Side] = side) -> list[Pair]:
    """Pair the runs of each recipe that has an as-published run or a published figure.

    Args:
        runs: `Run`s; quick trials are left aside.
        measure: gives the `Side` of a run; for a cache.
    Returns:
        `Pair` per recipe, the widest gap first, incomplete pairs last.
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
        )
        for recipe, own in by_recipe.items()
        if AS_PUBLISHED in own or any("published" in run.card for run in own.values())
    ]
    return sorted(made, key=lambda pair: (pair.gap is None, -(pair.gap or 0)))
