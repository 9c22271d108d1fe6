"""Which signs on a photo have cost a run right answers, in words, each with its figures."""

from __future__ import annotations

from collections.abc import Sequence

from model.evaluation.operating_points import MeasuredThreshold
from model.evaluation.sign_cost import SignCosts
from model.evaluation.signs import TURNS
from model.lesions import describe
from model.prediction.prediction import STABLE_WITHIN, Prediction
from model.run import Run
from pages.shared import cache
from pages.shared.familiarity import Familiarity, unjudged
from pages.shared.measured import cost_in_brief, cost_sentences, unmeasured_cost


def is_own_kind(run: Run, prediction: Prediction) -> bool:
    """Whether a photo is of the kind of the run's own test photos."""
    return prediction.kind in (None, *run.kinds[:1])


def costs_of(run: Run, prediction: Prediction, sign: str) -> SignCosts:
    """What a sign costs on test photos of a photo's kind; empty where nobody measured it.

    Args:
        sign: `TURNS`, or a key of `model.evaluation.photo_faults.FAULTS`.
    """
    if sign == TURNS:
        return cache.turning_costs(run, prediction.kind)
    if run.quality is None or not is_own_kind(run, prediction):
        return SignCosts({})
    return cache.fault_effect(run, sign).costs


def doubts(
    run: Run, prediction: Prediction, familiarity: Familiarity, faults: Sequence[str]
) -> tuple[str, ...]:
    """What keeps the run from judging the photo; where it can, the signs that are shown to cost it
    right answers."""
    if familiarity is not Familiarity.FAMILIAR:
        return unjudged(familiarity)
    return tuple(
        sign for sign in (*faults, *turning(prediction)) if costs_of(run, prediction, sign).is_shown
    )


def turning(prediction: Prediction) -> tuple[str, ...]:
    """`TURNS`, where the flips and turns of the photo do not agree."""
    return (TURNS,) if prediction.stability and not prediction.stability.is_stable else ()


def in_brief(run: Run, prediction: Prediction, sign: str) -> str:
    """A sign that is shown to cost right answers, with the figures."""
    return f"{sign} ({cost_in_brief(costs_of(run, prediction, sign))})"


def stability(
    run: Run | None, prediction: Prediction, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    """What flips and turns of the photo change.

    Args:
        run: whose test photos tell what that costs; None where the photo is not of their sort.
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
            f"{stability.num_views} flips and turns, {span}. We call it so where they do not all "
            f"name one diagnosis or its probability spans more than {STABLE_WITHIN}."
        ]
    if run is not None:
        sentences += cost_sentences(
            cache.turning_costs(run, prediction.kind),
            "{photos} whose answer depends on how they are turned",
            unmeasured_cost(run, lambda base: cache.turning_costs(base, prediction.kind)),
        )
    if threshold and stability.malignant:
        lowest, highest = stability.malignant
        if lowest < threshold.value <= highest:
            sentences.append("Some of them are above the malignancy threshold, others below it.")
    return tuple(sentences)
