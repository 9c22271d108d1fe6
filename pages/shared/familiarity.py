"""What a picture is to the run that sees it: familiar, or why the run can't judge it."""

from __future__ import annotations

from enum import Enum

from model.evaluation.bootstrap import Estimate
from model.photo.kind import plural
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import cache
from pages.shared.measured import familiar, test_photos


class Familiarity(Enum):
    """What the picture is to the run that sees it."""

    FAMILIAR = "like the training photos"
    NOVEL = "unlike the training photos"
    DRAWING = "a drawing shown to a model trained on photos"
    PHOTO = "a photo shown to a model trained on drawings"
    GUESSED = "any picture shown to a model that is not shown to be better than guessing"


def of(run: Run, prediction: Prediction, is_rendered: bool) -> Familiarity:
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
    if not prediction.is_novel:
        return ""
    return (
        f"**Unlike this model's {familiar(run)}** (novelty score {_score(prediction.novelty)}; "
        "photos like them score up to 1): the answer means little."
    )


def drawing_warning(familiarity: Familiarity) -> str:
    return {
        Familiarity.DRAWING: "This is a drawing, not a lesion, and the model was trained on "
        "photos: the result only shows how the app works.",
        Familiarity.PHOTO: "This model was trained on drawings only: what it says about a photo "
        "means nothing.",
        Familiarity.GUESSED: "This model is not shown to be better than guessing: what it says "
        "about a photo means nothing.",
    }.get(familiarity, "")


def novelty(run: Run, prediction: Prediction, familiarity: Familiarity) -> str:
    if prediction.novelty is None:
        return ""
    flagged = _flagged(run, prediction.kind)
    score = (
        f"novelty score {_score(prediction.novelty)}; above 1, a photo counts as unlike the "
        f"{familiar(run)}"
        + (f", as {flagged} of the {test_photos(prediction.kind)} do" if flagged else "")
        + "."
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


def _flagged(run: Run, kind: str | None) -> Estimate | None:
    """The share of the test photos of a kind that the novelty score flags, where it is known."""
    if kind is None or kind == run.kinds[0]:
        return cache.flagged_on_test(run)
    return next((part.flagged for part in cache.external(run) if part.kind == kind), None)


def _slipping_through(run: Run) -> str:
    """How many photos of other kinds the run does not flag, where that was measured."""
    shares = [
        f"{part.num_photos * (1 - part.flagged.value):.0f} of {part.num_photos:,} "
        f"{plural(part.kind)}"
        for part in cache.external(run)
        if part.flagged is not None and not part.is_own and part.kind not in run.kinds
    ]
    return f" Not flagged either: {' and '.join(shares)}." if shares else ""
