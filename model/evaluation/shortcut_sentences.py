"""Sentences about shortcuts that a page and a report both need; each follows from intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.evaluation.planted import BENIGN, PlantedEffect
from model.evaluation.without_lesion import PHOTO, VARIANTS, VariantResult
from model.photo.shortcuts import SHORTCUTS

if TYPE_CHECKING:
    from model.run import Run

VERBS = {1: "raise", -1: "lower"}  # what is shown, by `PlantedEffect.direction`


def planted_sentence(run: Run, effects: Sequence[PlantedEffect]) -> str:
    """What planting does to the malignant sum of benign photos.

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


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
