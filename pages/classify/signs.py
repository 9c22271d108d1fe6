"""What is known about one photo and its answer: five signs, each in three words, figures behind.

A sign speaks of doubt only where test photos have shown what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from model.evaluation.signs import TURNS
from model.lesions import describe
from pages.classify import photo_quality
from pages.shared import crop_picker, session
from pages.shared.measured import covering, covering_rates, familiar, is_told_by_covering
from pages.shared.statements import Familiarity, Statements

if TYPE_CHECKING:
    from model.heatmaps.covering import Covering

FRAMING = "maybe cut off"  # the one fault that is about the crop


class Level(Enum):
    """How much a sign weighs; the value is its icon."""

    FINE = ":material/check_circle:"
    NOTE = ":material/info:"
    UNKNOWN = ":material/help:"
    DOUBT = ":material/warning:"
    CANNOT_JUDGE = ":material/block:"


@dataclass(frozen=True)
class Sign:
    """One row: a few words, how much they weigh, and the sentences behind them, as Markdown."""

    words: str
    level: Level
    sentences: tuple[str, ...]


def known_at_once(statements: Statements, photo: session.Photo) -> list[Sign]:
    """The signs that come with the prediction: kind of picture, sharpness, crop, steadiness."""
    signs = [
        _familiarity(statements),
        _sharpness(statements, photo),
        _framing(statements, photo),
        _steadiness(statements),
    ]
    if statements.is_judged:
        return signs
    # A tick would speak for an answer that means nothing.
    return [replace(sign, level=Level.NOTE) if sign.level is Level.FINE else sign for sign in signs]


def of_heatmap(statements: Statements, result: Covering | None, is_tested: bool) -> Sign:
    """What the covering test says of the heat map.

    Args:
        result: of the test; None where it was not done, or the heat map is empty.
        is_tested: whether it was asked for.
    """
    rates = (covering_rates(statements.run),)
    if result is None:
        words = "Heat map empty" if is_tested else "Heat map not tested"
        asks = "The stress test covers what the heat map marks, and random areas of the same size."
        return Sign(words, Level.UNKNOWN, (asks, *rates))
    words, level = {
        "better": ("Heat map beats chance", Level.FINE),
        "no better": ("Heat map like chance", Level.NOTE),
        "unclear": ("Heat map unclear", Level.UNKNOWN),
    }[result.verdict]
    run = statements.run
    if level is Level.FINE and not is_told_by_covering(run):
        # Maps of no worth pass as well, or nobody knows whether they do.
        words, level = "Passes a weak test", Level.NOTE
    name = describe(statements.prediction.diagnosis).in_text
    return Sign(words, level, (covering(result, name), *rates))


def _familiarity(statements: Statements) -> Sign:
    sentences = tuple(filter(None, [statements.cannot_judge, statements.novelty]))
    if statements.familiarity is Familiarity.DRAWING:
        return Sign("A drawing", Level.CANNOT_JUDGE, sentences)
    if statements.familiarity is Familiarity.PHOTO:
        return Sign("Not a drawing", Level.CANNOT_JUDGE, sentences)
    if statements.familiarity is Familiarity.GUESSED:
        return Sign("A model that guesses", Level.CANNOT_JUDGE, sentences)
    if statements.familiarity is Familiarity.NOVEL:
        return Sign(f"Unlike {familiar(statements.run)}", Level.CANNOT_JUDGE, sentences)
    if not sentences:
        return Sign(
            "Novelty not checked", Level.UNKNOWN, ("This model can't tell whether a photo is new.",)
        )
    return Sign("Not flagged unusual", Level.FINE, sentences)


def _sharpness(statements: Statements, photo: session.Photo) -> Sign:
    unchecked = photo_quality.unchecked(statements.run, statements.prediction.kind)
    if unchecked:
        return Sign("Sharpness not checked", Level.UNKNOWN, (unchecked,))
    faults = [fault for fault in _faults(statements, photo) if fault != FRAMING]
    if not faults:
        return Sign("Sharp, well lit", Level.FINE, (photo_quality.WITHIN_LIMITS,))
    return _faulty(statements, photo, faults)


def _framing(statements: Statements, photo: session.Photo) -> Sign:
    if crop_picker.is_squashed(photo):
        return Sign("Squashed to square", Level.NOTE, (crop_picker.SQUASHED,))
    unchecked = photo_quality.unchecked(statements.run, statements.prediction.kind)
    if unchecked:
        return Sign("Crop not checked", Level.UNKNOWN, (unchecked,))
    if FRAMING not in _faults(statements, photo):
        return Sign("Well framed", Level.FINE, (photo_quality.WITHIN_FRAME,))
    return _faulty(statements, photo, [FRAMING])


def _faulty(statements: Statements, photo: session.Photo, faults: list[str]) -> Sign:
    costs = any(fault in statements.doubts for fault in faults)
    return Sign(
        ", ".join(faults).capitalize(),
        Level.DOUBT if costs else Level.NOTE,
        tuple(photo_quality.sentence(statements, photo, fault) for fault in faults),
    )


def _faults(statements: Statements, photo: session.Photo) -> list[str]:
    return session.faults(statements.run, photo, statements.prediction.kind)


def _steadiness(statements: Statements) -> Sign:
    stability = statements.prediction.stability
    if stability is None:
        return Sign(
            "One view only", Level.UNKNOWN, ("This model looks at the photo once, as it is.",)
        )
    if stability.is_stable:
        return Sign("Same when turned", Level.FINE, statements.stability)
    costs = TURNS in statements.doubts
    words = "Unsteady when turned"
    if stability.num_agreeing < stability.num_views:
        words = f"{stability.num_agreeing} of {stability.num_views} turns agree"
    return Sign(words, Level.DOUBT if costs else Level.NOTE, statements.stability)
