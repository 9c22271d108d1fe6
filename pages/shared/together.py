"""What may be said about several runs' predictions for one photo."""

from __future__ import annotations

from dataclasses import dataclass

from pages.shared.familiarity import Familiarity
from pages.shared.statements import Statements


@dataclass(frozen=True)
class Together:
    """What may be said about several runs' predictions for one photo, each text maybe empty.

    `may_be_right` is False where the photo is familiar to none of the runs.
    """

    may_be_right: bool
    novelty: str
    alarms: str
    drawing_warning: str


def together(by_title: dict[str, Statements]) -> Together:
    """What may be said about several predictions for one photo.

    Args:
        by_title: `Statements` of each run, by its title.
    """
    novel = [title for title, statements in by_title.items() if statements.prediction.is_novel]
    strangers = [title for title, statements in by_title.items() if statements.drawing_warning]
    warning = ""
    if strangers:
        is_drawing = any(
            statements.familiarity is Familiarity.DRAWING for statements in by_title.values()
        )
        learned, shown = ("photos", "drawings") if is_drawing else ("drawings", "photos")
        whose = "all of these models" if len(strangers) == len(by_title) else ", ".join(strangers)
        warning = (
            f"Trained on {learned}, not on {shown}: {whose}. None of their answers can be right. "
            "Not every network notices: see Novelty."
        )
    return Together(
        may_be_right=any(
            statements.familiarity is Familiarity.FAMILIAR for statements in by_title.values()
        ),
        novelty=(
            f"**{len(novel)} of {len(by_title)} call the photo unlike their training photos**: "
            f"{', '.join(novel)}. Classify says how often each is right on photos that it flags."
            if novel
            else ""
        ),
        alarms=_alarms(by_title),
        drawing_warning=warning,
    )


def _alarms(by_title: dict[str, Statements]) -> str:
    """Which runs' malignant sum reaches their own threshold, among those for which it holds."""
    judged = {
        title: statements.is_above_threshold
        for title, statements in by_title.items()
        if statements.is_above_threshold is not None
    }
    if not judged:
        return ""
    above = [title for title, is_above in judged.items() if is_above]
    names = f" ({', '.join(above)})" if above else ""
    rest = "" if len(judged) == len(by_title) else "the other "
    return f"Above its own malignancy threshold: {len(above)} of {rest}{len(judged)}{names}."
