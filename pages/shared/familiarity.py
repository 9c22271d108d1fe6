"""What a picture is to the run that sees it: familiar, or why the run can't judge it."""

from __future__ import annotations

from enum import Enum

from model.photo.kind import NO_LESION, plural
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import cache
from pages.shared.measured import cost_sentences, familiar, guessing, photos_of, test_photos


class Familiarity(Enum):
    """What the picture is to the run that sees it."""

    FAMILIAR = "a picture of the sort it was trained on"
    NOVEL = "unlike the training photos"
    DRAWING = "a drawing shown to a model trained on photos"
    PHOTO = "a photo shown to a model trained on drawings"
    GUESSED = "any picture shown to a model that is not shown to be better than guessing"


def of(run: Run, prediction: Prediction, is_rendered: bool) -> Familiarity:
    """What a picture is to the run that made a prediction for it."""
    if cache.is_guessing(run):
        return Familiarity.GUESSED
    if is_rendered != run.is_rendered:
        return Familiarity.DRAWING if is_rendered else Familiarity.PHOTO
    return Familiarity.NOVEL if prediction.is_novel else Familiarity.FAMILIAR


def unjudged(familiarity: Familiarity) -> tuple[str, ...]:
    """What keeps the run from judging the photo, in a few words."""
    words = {
        Familiarity.NOVEL: "unlike the training photos",
        Familiarity.DRAWING: "a drawing",
        Familiarity.PHOTO: "the model was trained on drawings only",
        Familiarity.GUESSED: "the model is not shown to be better than guessing",
    }
    return (words[familiarity],) if familiarity in words else ()


def novelty_warning(run: Run, prediction: Prediction) -> str:
    """That the novelty score flags a photo, with what such a flag is worth; empty where not."""
    if not prediction.is_novel:
        return ""
    return " ".join(
        [
            f"**Unlike this model's {familiar(run)}** (novelty score "
            f"{_score(prediction.novelty)}, flagged above 1), so it may not show a lesion at all."
            f"{_flagged_without_lesion(run)}",
            *cost_sentences(cache.novelty_costs(run, prediction.kind), "flagged {photos}"),
        ]
    )


def drawing_warning(run: Run, familiarity: Familiarity) -> str:
    """Why no answer of the run to this picture can be right, or none is shown to be."""
    if familiarity is Familiarity.GUESSED:
        return guessing(run)
    return {
        Familiarity.DRAWING: "This is a drawing, not a lesion, and the model was trained on "
        "photos: the result only shows how the app works.",
        Familiarity.PHOTO: "This model was trained on drawings only: nothing is known about what "
        "it says of a photo.",
    }.get(familiarity, "")


def novelty(run: Run, prediction: Prediction, familiarity: Familiarity) -> str:
    """What the novelty score says of a photo, and of how many test photos it says so."""
    if prediction.novelty is None:
        return ""
    score = (
        f"novelty score {_score(prediction.novelty)}; above 1, a photo counts as unlike the "
        f"{familiar(run)}, {_as_many(run, prediction.kind)}."
    )
    if prediction.is_novel:
        return f"**Unlike the {familiar(run)}**: {score}"
    if familiarity is Familiarity.FAMILIAR:
        return f"**Not flagged as unusual**: {score}{_slipping_through(run)}"
    this = "a drawing" if familiarity is Familiarity.DRAWING else "a photo"
    return f"**Not recognised as unlike the training data**, although it is {this}: {score}"


def _score(novelty: float) -> str:
    """A novelty score in two digits, which never round it to the other side of 1."""
    if f"{novelty:.2f}" != "1.00":
        return f"{novelty:.2f}"
    return "just above 1" if novelty > 1 else "just below 1"


def _as_many(run: Run, kind: str | None) -> str:
    """How many test photos of a kind the novelty score flags."""
    counts = [
        f"{cost.num_marked:,} of {cost.num_marked + cost.num_others:,} {photos_of(source)}"
        for source, cost in cache.novelty_costs(run, kind).by_source.items()
    ]
    return f"as do {' and '.join(counts)}" if counts else "which was not measured on test photos"


def _flagged_without_lesion(run: Run) -> str:
    """How many pictures without a lesion the run flags, where that was measured."""
    counts = [
        f"{part.num_photos * part.flagged.value:.0f} of {part.num_photos:,} {plural(part.kind)}"
        for part in cache.external(run)
        if part.flagged is not None and part.kind == NO_LESION
    ]
    return f" It flags {' and '.join(counts)}." if counts else ""


def recognised(run: Run, kind: str) -> str:
    """How often the run is sure of photos of a kind, in brackets."""
    for part in cache.external(run):
        is_of_kind = part.is_own if kind == run.kinds[0] else part.kind == kind
        if is_of_kind and part.recognised is not None:
            return f" (sure of {part.recognised} of {part.num_photos:,} {test_photos(kind)})"
    return ""


def _slipping_through(run: Run) -> str:
    """How many photos of other kinds the run does not flag, where that was measured."""
    shares = [
        f"{part.num_photos * (1 - part.flagged.value):.0f} of {part.num_photos:,} "
        f"{plural(part.kind)}"
        for part in cache.external(run)
        if part.flagged is not None and not part.is_own and part.kind not in run.kinds
    ]
    return f" Not flagged either: {' and '.join(shares)}." if shares else ""
