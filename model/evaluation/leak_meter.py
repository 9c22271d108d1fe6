"""Each published recipe twice: what its own way of splitting shows, and what is left without it."""

from dataclasses import dataclass

from model.evaluation.bootstrap import Estimate, share
from model.evaluation.leakage import Leakage, leaks, training_matches
from model.evaluation.metrics import Headline, arrays, headline
from model.lesions import describe
from model.run import AS_PUBLISHED, HONEST, Run


@dataclass(frozen=True)
class Side:
    """One run of a pair: its test and validation figures, and what its test part has in common with
    its training.

    `validation` is None where the run lists no validation photos. `met` and `new` are the
    accuracies on the test photos that training had met in some form and on the others,
    `accuracy_without_copies` that on the test photos that are no augmented copies; each None where there are
    no such photos, the last also where there are no others.
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
    published: dict | None
    as_published: Side | None
    honest: Side | None

    @property
    def gap(self):
        """Test accuracy as published minus honest; None where a side is missing."""
        if self.as_published is None or self.honest is None:
            return None
        return self.as_published.test.accuracy.value - self.honest.test.accuracy.value

    def explanation(self):
        """What made the gap, in counted sentences."""
        if self.as_published is None:
            return "The as-published run is not here."
        return " ".join([*self._reproduction(), self._difference(), *self._reasons()])

    def _reproduction(self):
        """How near the same way of splitting comes to the published figure."""
        figure = (self.published or {}).get("accuracy")
        if figure is None:
            return
        part = self.published["compared_with"]
        ours = getattr(self.as_published, part)
        if ours is None:
            return
        distance = ours.accuracy.value - figure
        away = f"{abs(distance):.2f} {'above' if distance > 0 else 'below'} the published figure"
        yield (
            f"On {part} photos, split as published, it reaches {ours.accuracy}, "
            f"{'as published' if abs(distance) < 0.005 else away}."
        )

    def _difference(self):
        if self.gap is None:
            return "The honest run is not here."
        if abs(self.gap) < 0.005:
            return "Test accuracy is the same either way."
        if self.gap > 0:
            return f"Test accuracy is {self.gap:.2f} higher as published."
        return (
            f"Test accuracy is {-self.gap:.2f} lower as published: the leak does not lift it here, "
            "and the two test parts differ."
        )

    def _reasons(self):
        side = self.as_published
        yield side.leakage.sentence()
        if side.accuracy_seen and side.accuracy_unseen:
            yield f"Its accuracy is {side.accuracy_seen} on those it had met and {side.accuracy_unseen} on the others."
        if side.accuracy_without_copies:
            yield f"Without the augmented copies it is {side.accuracy_without_copies}."
        kept = self.honest.run.diagnoses if self.honest else side.run.diagnoses
        missing = set(side.run.diagnoses) - set(kept)
        if missing:
            names = " and ".join(sorted(describe(code).in_text for code in missing))
            yield (
                f"The honest run knows {len(kept)} diagnoses: too little of "
                f"{names} is left after cleaning."
            )


def side(run):
    """Measure one run of a pair."""
    rows = run.predictions
    parts = set(rows["split"])
    found = training_matches(rows)
    is_met = found[["copies", "twins", "mates"]].any(axis=1)
    tested = rows.loc[found.index]
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
        leaks(rows, found),
        accuracy_of(is_met),
        accuracy_of(~is_met),
        None if is_photo.all() else accuracy_of(is_photo),
    )


def pairs(runs, measure=side):
    """Pair the runs of each recipe that has an as-published run or a published figure.

    Args:
        runs: `Run`s; quick trials are left aside.
        measure: gives the `Side` of a run; for a cache.
    Returns:
        `Pair` per recipe, the widest gap first, incomplete pairs last.
    """
    full = [run for run in runs if not run.card["settings"].get("quick")]
    found = {}
    for run in full:
        own = found.setdefault(run.card["recipe"], {})
        own.setdefault(run.card["protocol"], run)
    made = [
        Pair(
            recipe,
            next(iter(own.values())).title,
            next((run.card["published"] for run in own.values() if "published" in run.card), None),
            measure(own[AS_PUBLISHED]) if AS_PUBLISHED in own else None,
            measure(own[HONEST]) if HONEST in own else None,
        )
        for recipe, own in found.items()
        if AS_PUBLISHED in own or any("published" in run.card for run in own.values())
    ]
    return sorted(made, key=lambda pair: (pair.gap is None, -(pair.gap or 0)))
