"""Each published recipe twice: what its own way of splitting shows, and what is left without it."""

from dataclasses import dataclass

from model.intervals import Estimate, share
from model.leaks import Leaks, leaks, meetings
from model.metrics import Headline, arrays, headline
from model.run import AS_PUBLISHED, HONEST, Run


@dataclass(frozen=True)
class Side:
    """One run of a pair: its test and validation figures, and what its test part has in common with
    its training.

    `met` and `new` are the accuracies on the test photos that training had met in some form and on
    the others; None where there are no such photos.
    """

    run: Run
    test: Headline
    validation: Headline
    leaks: Leaks
    met: Estimate | None
    new: Estimate | None


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
        if self.gap is None:
            return "The other half of this pair is not here."
        direction = "higher" if self.gap >= 0 else "lower"
        sentence = (
            f"Test accuracy is {abs(self.gap):.2f} {direction} as published. "
            f"{self.as_published.leaks.sentence()}"
        )
        if self.as_published.met and self.as_published.new:
            sentence += (
                f" Its accuracy is {self.as_published.met} on photos it had met and "
                f"{self.as_published.new} on the others."
            )
        missing = sorted(set(self.as_published.run.diagnoses) - set(self.honest.run.diagnoses))
        if missing:
            sentence += (
                f" The honest run knows {len(self.honest.run.diagnoses)} diagnoses: "
                f"{', '.join(missing)} did not survive the cleaning."
            )
        return sentence


def side(run):
    """Measure one run of a pair."""
    rows = run.predictions
    found = meetings(rows)
    is_met = found[["copies", "twins", "mates"]].any(axis=1)
    tested = rows.loc[found.index]
    truth, probabilities = arrays(tested, run.diagnoses)
    is_right = probabilities.argmax(axis=1) == truth
    return Side(
        run,
        headline(rows, run.diagnoses, "test"),
        headline(rows, run.diagnoses, "validation"),
        leaks(rows),
        *(
            share(is_right[chosen], tested["lesion_id"][chosen]) if chosen.any() else None
            for chosen in (is_met.to_numpy(), ~is_met.to_numpy())
        ),
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
