"""Which signs on a photo have cost a run right answers, and what turning the photo changes."""

from __future__ import annotations

from collections.abc import Sequence

from model.evaluation.operating_points import MeasuredThreshold
from model.lesions import describe
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import cache
from pages.shared.familiarity import Familiarity, unjudged
from pages.shared.measured import cost_sentence

TURNS = "differs when turned"


def is_own_kind(run: Run, prediction: Prediction) -> bool:
    """Whether a photo is of the kind of the run's own test photos."""
    return prediction.kind in (None, *run.kinds[:1])


def has_known_cost(run: Run, prediction: Prediction, fault: str) -> bool:
    """Whether the run is shown to be right less often on test photos with a fault, and the photo is
    of their kind."""
    return (
        is_own_kind(run, prediction)
        and run.quality is not None
        and cache.fault_effects(run)[fault].cost.is_shown
    )


def has_turning_cost(run: Run, prediction: Prediction) -> bool:
    """The same of answers that depend on how the photo is turned, where this one does."""
    return (
        is_own_kind(run, prediction)
        and prediction.stability is not None
        and not prediction.stability.is_stable
        and run.turning is not None
        and cache.turning_cost(run).is_shown
    )


def doubts(
    run: Run, prediction: Prediction, familiarity: Familiarity, faults: Sequence[str]
) -> tuple[str, ...]:
    """What keeps the run from judging the photo, and the faults that have cost it right answers."""
    costly = [fault for fault in faults if has_known_cost(run, prediction, fault)]
    costly += [TURNS] if has_turning_cost(run, prediction) else []
    return (*unjudged(familiarity), *(costly if familiarity is Familiarity.FAMILIAR else ()))


def stability(
    run: Run | None, prediction: Prediction, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    """What flips and turns of the photo change.

    Args:
        run: whose test photos tell what that costs; None where they are of another kind.
    """
    stability = prediction.stability
    if stability is None:
        return ()
    name = describe(prediction.diagnosis).in_text
    span = f"with a probability between {stability.low:.2f} and {stability.high:.2f}"
    if stability.is_stable:
        sentences = [
            f"**Same answer under flips and turns**: {name} in all {stability.num_views}, {span}."
        ]
    else:
        sentences = [
            f"**Answer depends on how the photo is turned**: {name} in {stability.num_agreeing} of "
            f"{stability.num_views} flips and turns, {span}."
        ]
    if run is not None:
        sentences.append(
            "What that costs was not measured."
            if run.turning is None
            else cost_sentence(cache.turning_cost(run)).replace(
                "such test photos", "test photos whose answer depends on how they are turned"
            )
        )
    if threshold and stability.malignant:
        lowest, highest = stability.malignant
        if lowest < threshold.value <= highest:
            sentences.append("Some of them are above the malignancy threshold, others below it.")
    return tuple(sentences)
