"""What was measured about a run on its test photos, in sentences with n and interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from model.evaluation.bootstrap import Estimate
from model.evaluation.covering_rates import is_fooled
from model.evaluation.sign_cost import SignCost
from model.evaluation.subgroups import FEW
from model.photo.kind import plural
from model.run import IMPORTED, Run
from pages.shared import cache

if TYPE_CHECKING:
    from model.heatmaps.covering import Covering


UNMEASURED = (
    "No photos of known diagnosis came with this model, so none of its figures is known. About > "
    "Check-list says how to add them."
)
UNKNOWN_TRAINING = (
    "Nobody recorded which photos it was trained on: if it has seen its test photos, its figures "
    "flatter it."
)
# Keys of `model.heatmaps.covering.Chance`, which needs SciPy.
AREAS = {
    "anywhere": "anywhere",
    "on the lesion": "on the lesion",
    "heat map in disorder": "that the heat map marks with its weights in disorder",
}
COPIES_UNKNOWN = (
    "Copies of its training photos were not looked for among its test photos: its card says what "
    "is known."
)


def familiar(run: Run) -> str:
    """The photos that its novelty score compares with."""
    is_known = run.card["protocol"] != IMPORTED or run.has_training_photos
    return "training photos" if is_known else "validation photos"


def guessing(run: Run) -> str:
    """That an imported run is not shown to be better than guessing, with the figures."""
    test = cache.evaluation_of_test_photos(run)
    return (
        "**This model is not shown to be better than guessing**: its balanced accuracy on "
        f"{test.num_photos:,} test photos is {test.summary['balanced_accuracy']}, guessing gives "
        f"{1 / len(run.diagnoses):.2f}. What it says about a photo means nothing."
    )


def only_if_measured(run: Run, show: Callable[[Run], object]) -> None:
    """Draw a part of a page that is about figures; without any, say why there are none."""
    if run.is_measured:
        show(run)
    else:
        st.info(UNMEASURED)


def of_run(run: Run) -> str:
    """What a run reached on test photos, from elsewhere first, in a few sentences."""
    if not run.is_measured:
        return UNMEASURED
    test = cache.evaluation_of_test_photos(run)
    fold = f", the first of {len(run.folds)} folds" if len(run.folds) > 1 else ""
    figures = [
        f"{part.diagnosed.balanced_accuracy} on {part.num_photos:,} {plural(part.kind)}"
        + (f" ({part.source})" if part.source else "")
        for part in cache.external(run)
        if part.diagnosed and not part.is_own
    ]
    own = "own test photos" if figures else "test photos"
    figures.append(
        f"{test.summary['balanced_accuracy']} on {test.num_photos:,} {own} of "
        f"{test.num_lesions:,} lesions{fold}"
    )
    sentences = [
        f"Balanced accuracy {', '.join(figures)}; guessing gives {1 / len(run.diagnoses):.2f}."
    ]
    if "mel" in test.per_diagnosis.index:
        row = test.per_diagnosis.loc["mel"]
        recall = Estimate(row["recall"], row["recall_low"], row["recall_high"])
        sentences.append(
            f"Among its {own} it recognised {recall} of the {row['num_photos']:.0f} melanomas."
        )
    sentences.append(
        f"On its {own} the probability of its answer is off by {test.summary['ece']} on average "
        "(calibration error). Brackets hold 95 % intervals."
    )
    if run.card["protocol"] == IMPORTED:
        sentences.append(COPIES_UNKNOWN if run.has_training_photos else UNKNOWN_TRAINING)
    return " ".join(sentences)


def covering(result: Covering, name: str) -> str:
    """What covering the marked area of a photo did, and what follows for the heat map.

    Args:
        result: of covering.
        name: the diagnosis in running text.
    """
    moved = (
        f"Covering the marked area moves {name} from {result.probability:.2f} to "
        f"{result.covered:.2f}"
    )
    if result.verdict == "unclear":
        reason = (
            "it was too improbable before"
            if result.is_improbable
            else "covering other areas of the same size takes as little away"
        )
        return f"{moved}: {reason}, so nothing can be said about the heat map."
    if result.verdict == "better":
        return (
            f"{moved}. None of {result.num_areas} areas of chance of the same size does as much "
            f"(lowest: {result.lowest_by_chance:.2f}): the heat map does better than chance."
        )
    as_good = sum(result.as_good.values())
    where = ", ".join(
        f"{count} of {len(result.by_chance[kind])} {AREAS[kind]}"
        for kind, count in result.as_good.items()
    )
    return (
        f"{moved}. Of {result.num_areas} areas of chance of the same size, "
        f"{as_good} {'takes' if as_good == 1 else 'take'} as much away or more ({where}): not "
        "shown to do better than chance."
    )


def covering_rates(run: Run) -> str:
    """How often the covering test passes maps that should pass, and maps that should not; empty
    where nobody measured it."""
    if run.covering_test is None:
        return ""
    counted = cache.covering_rates(run)
    own, random, shuffled = counted.values()
    sentence = (
        f"On {own.num_maps:,} {test_photos(next(iter(run.kinds), None))}, Grad-CAM's own heat maps "
        "do better than chance in "
        f"{own.better} of the {own.num_judged:,} that could be judged, random areas in "
        f"{random.better} of {random.num_judged:,}, and heat maps of a network with shuffled "
        f"weights in {shuffled.better} of {shuffled.num_judged:,}."
    )
    return (
        f"{sentence} That is too often: a pass says little here."
        if is_fooled(counted)
        else sentence
    )


def cost_sentence(cost: SignCost) -> str:
    """What a sign on a photo cost on a run's test photos."""
    if cost.num_marked < FEW:
        return (
            f"Of its {cost.num_marked + cost.num_others:,} test photos {cost.num_marked} were like "
            "that, too few to tell what that costs."
        )
    less = cost.difference
    difference = (
        f"{less} less"
        if less.value >= 0
        else f"{Estimate(-less.value, -less.high, -less.low)} more"
    )
    return (
        f"Of {cost.num_marked:,} such test photos the model got {cost.marked} right, of the "
        f"{cost.num_others:,} others {cost.others}: {difference}"
        f"{'' if cost.is_shown else ', which may be nothing'}."
    )


def test_photos(kind: str | None) -> str:
    """ "phone test photos"; of a run that tells no kinds apart, "test photos"."""
    return f"{(kind or '').removesuffix(' photo')} test photos".lstrip()
