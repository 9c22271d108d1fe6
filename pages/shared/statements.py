"""What may be said about a prediction; the only module that knows where a measured figure holds.

The prediction set, the malignancy threshold and all figures about them were measured on a run's
test photos. They hold for a photo like those, and of their kind. They do not hold for a photo
unlike the training photos, nor for another kind of picture than the run was trained on. Pages
and the report file draw these sentences and decide nothing.

Sentences are Markdown that uses `**` for emphasis and nothing else; `plain` removes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from model.evaluation.bootstrap import Estimate
from model.evaluation.conformal import Coverage
from model.evaluation.operating_points import MeasuredThreshold
from model.lesions import VERDICTS, describe
from model.photo.kind import plural
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import cache
from pages.shared.measured import cost_sentence, familiar, test_photos

if TYPE_CHECKING:
    pass

AS_PUBLISHED = "This model's split leaks, on purpose: its figures may be far too good."
TURNS = "differs when turned"
# The same on either side of the threshold: the model is not for triage (see its card).
ON_EITHER_SIDE = "Whatever it says, show a spot that worries you to a doctor."
NOT_TESTED = "not tested on such a photo"


class Familiarity(Enum):
    """What the picture is to the run that sees it."""

    FAMILIAR = "like the training photos"
    NOVEL = "unlike the training photos"
    DRAWING = "a drawing shown to a model trained on photos"
    PHOTO = "a photo shown to a model trained on drawings"
    GUESSED = "any picture shown to a model that is not shown to be better than guessing"


@dataclass(frozen=True)
class Statements:
    """What may be said about one prediction. An empty text or tuple: there is nothing to say.

    `novelty_warning` and `drawing_warning` belong before the prediction. `conclusions` say what
    follows from it, `figures` how well that was measured. `novelty` states the score, `stability`
    what flips and turns of the photo change, `doubts` what speaks against the prediction, in a few
    words each, gravest first, `notes` what is unusual without a cost that test photos have shown.
    `prediction_set` and `threshold` are None where they do not hold.
    """

    run: Run
    prediction: Prediction
    familiarity: Familiarity
    novelty_warning: str
    drawing_warning: str
    conclusions: tuple[str, ...]
    figures: tuple[str, ...]
    novelty: str
    stability: tuple[str, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    prediction_set: tuple[str, ...] | None
    threshold: float | None

    @property
    def is_of_own_kind(self) -> bool:
        """Whether figures about photos like the run's own test photos hold for this photo."""
        is_own = self.prediction.kind in (None, *self.run.kinds[:1])
        return is_own and self.familiarity is Familiarity.FAMILIAR

    @property
    def is_judged(self) -> bool:
        """Whether the photo is of a sort that the run's figures are about at all."""
        return self.familiarity is Familiarity.FAMILIAR

    @property
    def headline(self) -> str:
        """The answer, or that there is none to be had."""
        return {
            Familiarity.NOVEL: "Not a photo this model can judge",
            Familiarity.DRAWING: "A drawing, which this model can't judge",
            Familiarity.PHOTO: "A photo, which this model can't judge",
            Familiarity.GUESSED: "A model that can't judge photos",
        }.get(self.familiarity, describe(self.prediction.diagnosis).name)

    @property
    def plain(self) -> str:
        """What the answer is, in plain words."""
        if "imported" in self.run.card and self.prediction.diagnosis in VERDICTS:
            return ""  # nobody knows what somebody else's network was taught to call so
        words = describe(self.prediction.diagnosis).plain
        if self.prediction.diagnosis == "akiec" and self.prediction.kind == "phone photo":
            # `train.data.external_photos` reads PAD-UFES-20's SCC as akiec.
            words += " On phone photos, deeper squamous cell carcinoma counts as this, too."
        return words

    @property
    def unjudged(self) -> tuple[str, ...]:
        """What keeps the run from judging the photo, in a few words; empty where it can."""
        return _unjudged(self.familiarity)

    @property
    def cannot_judge(self) -> str:
        """Why the photo can't be judged; empty where it can."""
        return " ".join(filter(None, (self.novelty_warning, self.drawing_warning)))

    @property
    def kind_of_photo(self) -> str:
        """What kind of photo the network sees and which figures follow; empty without kinds."""
        if self.prediction.recognised is None or self.familiarity in (
            Familiarity.DRAWING,
            Familiarity.PHOTO,
            Familiarity.GUESSED,
        ):
            return ""
        kind, _ = self.prediction.recognised
        if self.prediction.is_kind_sure:
            sees = f"This looks like a **{kind}**"
        else:
            sees = f"The network is not sure what kind of photo this is (**{kind}**?)"
        if self.prediction.kind != kind:
            sees += f", and you say it is a {self.prediction.kind}"
        return f"{sees}: the figures are those of {test_photos(self.prediction.kind)}."

    @property
    def is_above_threshold(self) -> bool | None:
        """Whether the malignant sum reaches the threshold; None where no threshold holds."""
        if self.threshold is None or self.prediction.malignant_sum is None:
            return None
        return self.prediction.malignant_sum >= self.threshold

    @property
    def caveats(self) -> tuple[str, ...]:
        """Everything that belongs before the prediction where the run itself is not shown."""
        leak = AS_PUBLISHED if self.run.as_published else ""
        return tuple(
            filter(None, (self.novelty_warning, leak, self.drawing_warning, self.kind_of_photo))
        )

    @property
    def summary(self) -> str:
        """One sentence on what speaks against the prediction."""
        if not self.is_judged:
            return f"**The model can't judge this photo**: {', '.join(self.doubts)}."
        if self.doubts:
            return (
                f"**Reasons to doubt this answer**: {', '.join(self.doubts)}. On such test photos "
                "the model is right less often."
            )
        if self.notes:
            return f"**Unusual, at an unknown cost**: {', '.join(self.notes)}."
        return (
            "Nothing about this photo is known to make the model wrong more often, which does not "
            "make this answer right."
        )

    def in_prediction_set(self, code: str) -> str:
        """Whether the prediction set holds a diagnosis, in words."""
        if self.prediction_set is None:
            return NOT_TESTED
        if not self.prediction_set:
            return "not measured"
        return "yes" if code in self.prediction_set else "no"


@dataclass(frozen=True)
class Together:
    """What may be said about several runs' predictions for one photo, each text maybe empty.

    `may_be_right` is False where the photo is familiar to none of the runs.
    """

    may_be_right: bool
    novelty: str
    alarms: str
    drawing_warning: str


def about(
    run: Run, prediction: Prediction, is_rendered: bool, faults: Sequence[str] = ()
) -> Statements:
    """What may be said about one prediction.

    Args:
        run: which made it.
        prediction: of one photo.
        is_rendered: whether the photo is a drawing.
        faults: of the photo, keys of `model.evaluation.photo_faults.FAULTS`.
    """
    familiarity = _familiarity(run, prediction, is_rendered)
    noun = test_photos(prediction.kind)
    coverage, threshold = cache.reached_on_test(run, prediction.kind)
    holds = familiarity is Familiarity.FAMILIAR
    doubts = _doubts(run, prediction, familiarity, faults)
    turns = [TURNS] if prediction.stability and not prediction.stability.is_stable else []
    return Statements(
        run=run,
        prediction=prediction,
        familiarity=familiarity,
        novelty_warning=_novelty_warning(run, prediction),
        drawing_warning=_drawing_warning(familiarity),
        conclusions=(
            _conclusions(prediction, coverage, threshold, noun)
            if holds
            else _would_say(run, prediction, is_rendered, threshold)
            if familiarity is not Familiarity.GUESSED
            else ()
        ),
        figures=(
            _figures(run, coverage, threshold, noun)
            if holds
            else _not_tested(familiarity, prediction, threshold)
        ),
        novelty=_novelty(run, prediction, familiarity),
        stability=_stability(
            run if holds and is_own_kind(run, prediction) else None,
            prediction,
            threshold if holds else None,
        ),
        doubts=doubts,
        notes=tuple(unusual for unusual in (*faults, *turns) if unusual not in doubts),
        prediction_set=prediction.prediction_set if holds else None,
        threshold=threshold.value if holds and threshold else None,
    )


def photo_warnings(
    run: Run, prediction: Prediction, is_rendered: bool, faults: Sequence[str]
) -> tuple[str, ...]:
    """What is unusual about the photo, in a few words each, gravest first.

    Args: as `about`.
    """
    return (*_unjudged(_familiarity(run, prediction, is_rendered)), *faults)


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
            f"**{len(novel)} of {len(by_title)} call the photo unlike their training photos** "
            f"({', '.join(novel)}): their answers mean little."
            if novel
            else ""
        ),
        alarms=_alarms(by_title),
        drawing_warning=warning,
    )


def plain(sentence: str) -> str:
    """A sentence without its Markdown emphasis."""
    return sentence.replace("**", "")


def amount(probability: float) -> str:
    """A sum of probabilities in three digits; never rounds a small probability to zero."""
    return f"{probability:.3f}" if probability >= 0.001 else "under 0.001"


def _familiarity(run: Run, prediction: Prediction, is_rendered: bool) -> Familiarity:
    if cache.is_guessing(run):
        return Familiarity.GUESSED
    if is_rendered != run.is_rendered:
        return Familiarity.DRAWING if is_rendered else Familiarity.PHOTO
    return Familiarity.NOVEL if prediction.is_novel else Familiarity.FAMILIAR


def _unjudged(familiarity: Familiarity) -> tuple[str, ...]:
    """What keeps the run from judging the photo, in a few words."""
    words = {
        Familiarity.NOVEL: "unlike the training photos",
        Familiarity.DRAWING: "a drawing",
        Familiarity.PHOTO: "the model was trained on drawings only",
        Familiarity.GUESSED: "the model is not shown to be better than guessing",
    }
    return (words[familiarity],) if familiarity in words else ()


def _doubts(
    run: Run, prediction: Prediction, familiarity: Familiarity, faults: Sequence[str]
) -> tuple[str, ...]:
    """What keeps the run from judging the photo, and the faults that have cost it right answers."""
    costly = [fault for fault in faults if has_known_cost(run, prediction, fault)]
    costly += [TURNS] if has_turning_cost(run, prediction) else []
    return (*_unjudged(familiarity), *(costly if familiarity is Familiarity.FAMILIAR else ()))


def _novelty_warning(run: Run, prediction: Prediction) -> str:
    if not prediction.is_novel:
        return ""
    return (
        f"**Unlike this model's {familiar(run)}** (novelty score {_score(prediction.novelty)}; "
        "photos like them score up to 1): the answer means little."
    )


def _drawing_warning(familiarity: Familiarity) -> str:
    return {
        Familiarity.DRAWING: "This is a drawing, not a lesion, and the model was trained on "
        "photos: the result only shows how the app works.",
        Familiarity.PHOTO: "This model was trained on drawings only: what it says about a photo "
        "means nothing.",
        Familiarity.GUESSED: "This model is not shown to be better than guessing: what it says "
        "about a photo means nothing.",
    }.get(familiarity, "")


def _conclusions(
    prediction: Prediction,
    coverage: Coverage | None,
    threshold: MeasuredThreshold | None,
    noun: str,
) -> tuple[str, ...]:
    sentences = []
    others = _others(prediction)
    if others:
        sentences.append(f"The network **can't rule out**: {others}.")
    elif coverage and coverage.single:
        sentences.append(
            f"There is no other diagnosis in its prediction set. Of the {noun} with such a set "
            f"of one, {coverage.num_single:,}, the set held the truth in {coverage.single}."
        )
    if threshold:
        is_above = prediction.malignant_sum >= threshold.value
        sentences.append(
            f"Malignant diagnoses together: **{amount(prediction.malignant_sum)}**, "
            f"{'above' if is_above else 'below'} the threshold of {threshold.value:.3f}. "
            + ("" if is_above else "Below it does not mean harmless: the network misses some. ")
            + ON_EITHER_SIDE
        )
    return tuple(sentences)


def _would_say(
    run: Run, prediction: Prediction, is_rendered: bool, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    """What was tested on other photos than this one, marked as not holding for it."""
    others = _others(prediction)
    claims = [f"can't rule out {others}"] if others else []
    if threshold:
        claims.append(
            f"malignant diagnoses together {amount(prediction.malignant_sum)}, threshold "
            f"{threshold.value:.3f}"
        )
    if not claims:
        return ()
    familiar = "drawing" if run.is_rendered else "photo"
    this = "drawing" if is_rendered else "photo"
    return (
        f"On a {familiar} like the training {familiar}s, it would also say: {'; '.join(claims)}. "
        f"**For this {this}, that does not hold.** Show a spot that worries you to a doctor.",
    )


def _figures(
    run: Run, coverage: Coverage | None, threshold: MeasuredThreshold | None, noun: str
) -> tuple[str, ...]:
    sentences = []
    if coverage:
        sentences.append(
            f"On {coverage.num_photos:,} {noun}, the prediction set held the truth in "
            f"{coverage.share} of the cases, with {coverage.mean_size:.1f} diagnoses on average."
        )
    if threshold:
        names = ", ".join(describe(code).in_text for code in run.malignant)
        convention = (
            " Actinic keratosis counts as malignant by convention: it can turn into a cancer and "
            "is treated."
            if {"ak", "akiec"} & set(run.diagnoses)
            else ""
        )
        sentences.append(
            f"{_summed(run.malignant, names)} On the {noun}, its threshold found "
            f"{threshold.sensitivity} of {threshold.num_of:,} malignant ones and left "
            f"{threshold.specificity} of {threshold.num_others:,} others below it.{convention}"
        )
    return tuple(sentences)


def _summed(malignant: Sequence[str], names: str) -> str:
    if len(malignant) == 1:
        return f"The malignant sum is the probability of {names}."
    return f"The malignant sum adds up {names}."


def _not_tested(
    familiarity: Familiarity, prediction: Prediction, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    photos = {Familiarity.DRAWING: "drawings", Familiarity.PHOTO: "photos"}.get(
        familiarity, "photos like this one"
    )
    if prediction.prediction_set and threshold:
        return (f"The prediction set and the malignancy threshold were not tested on {photos}.",)
    if prediction.prediction_set:
        return (f"The prediction set was not tested on {photos}.",)
    return (f"The malignancy threshold was not tested on {photos}.",) if threshold else ()


def _novelty(run: Run, prediction: Prediction, familiarity: Familiarity) -> str:
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


def _stability(
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


def _others(prediction: Prediction) -> str:
    return ", ".join(describe(code).in_text for code in prediction.prediction_set[1:])
