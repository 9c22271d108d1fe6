"""Sentences about shortcuts that a page and a report both need; each follows from intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.evaluation.learned_shortcut import (
    AS_TRAINED,
    CONDITIONS,
    SWAPPED,
    ConditionResult,
    RulerFound,
)
from model.evaluation.planted import BENIGN, PlantedEffect
from model.evaluation.without_lesion import PHOTO, VARIANTS, VariantResult
from model.heatmaps.methods import METHODS
from model.photo.shortcuts import SHORTCUTS

if TYPE_CHECKING:
    from model.run import Run

VERBS = {1: "raise", -1: "lower"}  # what is shown, by `PlantedEffect.direction`


def planted_sentence(run: Run, effects: Sequence[PlantedEffect]) -> str:
    """What drawing does to the malignant sum of benign photos.

    Args:
        effects: of `model.evaluation.planted.effects`.
    """
    benign = [effect for effect in effects if effect.verdict == BENIGN]
    if not benign:
        return f"**{run.title}**: no benign photo was measured."
    parts = []
    for direction, verb in VERBS.items():
        named = [
            f"{SHORTCUTS[effect.planted].in_text} ({effect.change.value:+.2f})"
            for effect in sorted(benign, key=lambda effect: -abs(effect.change.value))
            if effect.direction == direction
        ]
        if named:
            ending = "s" if len(named) == 1 else ""
            parts.append(f"{listed(named)} {verb}{ending} the malignant sum")
    still = [SHORTCUTS[effect.planted].in_text for effect in benign if effect.direction == 0]
    if still:
        parts.append(f"no change is shown for {listed(still)}")
    return f"**{run.title}**, {benign[0].num_photos:,} benign photos: {'; '.join(parts)}."


def largest(measured: Sequence[tuple[Run, Sequence[PlantedEffect]]]) -> str:
    """The largest change of benign photos that is shown.

    Args:
        measured: (run, its `PlantedEffect`s) of each run.
    """
    shown = [
        (abs(effect.change.value), run, effect)
        for run, effects in measured
        for effect in effects
        if effect.verdict == BENIGN and effect.direction
    ]
    if not shown:
        return "No change is shown"
    _, run, effect = max(shown, key=lambda one: one[0])
    verb = VERBS[effect.direction]
    return (
        f"The largest change: {SHORTCUTS[effect.planted].in_text} {verb}s the malignant sum of "
        f"{run.title} from {effect.before:.2f} to {effect.before + effect.change.value:.2f}"
    )


def without_lesion_finding(results: Sequence[VariantResult]) -> str:
    """Which variants leave a network enough to be above chance."""
    changed = [result for result in results if result.variant != PHOTO]
    if not changed:
        return ""
    above = [VARIANTS[result.variant].lower() for result in changed if result.is_above_chance]
    return f"Above chance: {listed(above) if above else 'none but the photo itself'}"


def without_lesion_sentences(results: Sequence[VariantResult]) -> list[str]:
    """What each variant of the photos leaves a network to tell.

    Args:
        results: of `model.evaluation.without_lesion.results`.
    """
    sentences = []
    for result in results:
        if result.variant == PHOTO:
            continue
        against = "is above chance" if result.is_above_chance else "is not shown to be above chance"
        sentence = (
            f"**{VARIANTS[result.variant]}**: balanced accuracy {result.balanced_accuracy}, which "
            f"{against} ({result.chance:.2f})"
        )
        if result.difference is not None:
            sentence += f"; less that of the photo: {result.difference}"
        sentences.append(f"{sentence}.")
    return sentences


def learned_sentence(results: Sequence[ConditionResult]) -> str:
    """What the network that was taught a ruler does where rulers stand on other photos.

    Args:
        results: of `model.evaluation.learned_shortcut.results`.
    """
    by_condition = {result.condition: result for result in results}
    trained, swapped = by_condition[AS_TRAINED], by_condition[SWAPPED]
    parts = []
    for result in (trained, swapped):
        if result.difference is None:
            continue
        ways = {1: "rises by", -1: "falls by", 0: "is not shown to change, by"}
        what = ways[result.difference.direction]
        parts.append(
            f"with {CONDITIONS[result.condition]}, balanced accuracy {what} "
            f"{abs(result.difference.value):.2f}"
        )
    return (
        f"{'; '.join(parts).capitalize()}. Of the benign photos, it calls "
        f"{trained.false_alarms} malignant with {CONDITIONS[AS_TRAINED]} and "
        f"{swapped.false_alarms} with {CONDITIONS[SWAPPED]}."
    )


def ruler_sentence(found: Sequence[RulerFound]) -> str:
    """Which methods find the ruler that the network was taught.

    Args:
        found: of `model.evaluation.learned_shortcut.ruler_found`.
    """
    finding = [METHODS[one.method].title for one in found if one.is_found]
    others = [METHODS[one.method].title for one in found if not one.is_found]
    parts = [f"Shown to find the ruler: {listed(finding) if finding else 'none'}"]
    if others:
        parts.append(f"not shown: {listed(others)}")
    return f"{'; '.join(parts)}."


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
