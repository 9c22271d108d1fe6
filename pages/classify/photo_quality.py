"""Photo quality in words: what is wrong with a photo, what that cost so far, how to retake it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from model.evaluation.photo_faults import FAULTS, share_beyond
from model.photo.kind import plural
from pages.shared import cache, session
from pages.shared.measured import cost_sentences
from pages.shared.statements import Statements

if TYPE_CHECKING:
    from model.run import Run

# What the photo is more of than the photos the network was validated on, and what helps.
WORDS = {
    "blurred": ("blurrier", "Hold still, tap the lesion on the screen to focus, and go no nearer."),
    "dark": ("darker", "Take it in daylight at a window, without your shadow on it."),
    "pale": ("paler", "Take it without flash, out of the sun."),
    "glaring": (
        "more glaring",
        "Take it without flash and slightly from the side, to avoid the shine.",
    ),
    "small": ("smaller", "Go nearer, or choose the original file instead of its preview."),
    "maybe cut off": (
        "filled more by the dark area in its middle",
        "Show all of the lesion with skin around it.",
    ),
}
FORMATS = {
    "blur": "{:.2f}",
    "light": "{:.2f}",
    "glare": "{:.2%} of it nearly white",
    "side": "{:.0f} pixels",
    "fill": "{:.2f} of the picture",
}


WITHIN_LIMITS = (
    "Blur, light, glare and size are within the limits of the photos the model was validated on."
)
WITHIN_FRAME = "The dark area in the middle leaves as much skin around it as in those photos."


def unchecked(run: Run, kind: str | None) -> str:
    """Why the quality of a photo of a kind was not checked; empty where it was."""
    if not session.has_quality_limits(run, kind):
        return f"This model's limits of photo quality were set on {plural(run.kinds[0])}."
    if run.quality is None:
        return "This model does not record the quality of its own photos."
    return ""


def sentence(statements: Statements, photo: session.Photo, key: str) -> str:
    """What a fault of a photo is, what it cost so far and how to retake the photo, as Markdown.

    What a fault cost on test photos is left out where that does not hold for the photo.
    """
    run = statements.run
    more, advice = WORDS[key]
    effect = cache.fault_effect(run, key)
    costs = cost_sentences(effect.costs) if statements.is_of_own_kind else []
    if photo.sample:
        advice = ""  # nobody retakes a sample
    elif photo.crop:
        advice = f"Your crop may have caused this; if not: {advice}"
    elif not statements.is_judged:
        advice += " A better photo of the same kind may be flagged, too."
    measure = FAULTS[key].measure
    value = session.quality(run, photo)[measure]
    share = math.floor(100 * share_beyond(run.quality, key, value))
    than = "all" if share == 100 else f"{share} %"
    written = FORMATS[measure].format
    comparison = (
        f"**{key.capitalize()}**: {more} than {than} of the photos the model was validated "
        f"on ({written(value)}, the limit is {written(effect.threshold)})."
    )
    return " ".join(filter(None, (comparison, *costs, advice)))
