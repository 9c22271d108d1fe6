"""What may be said about a prediction; the only module that knows where a measured figure holds.

The prediction set, the malignancy threshold and all figures about them were measured on a run's
test photos, and hold for photos of their kind. They are withheld where the novelty score flags a
photo, on which alone nobody measured them, and for another kind of picture than the run was
trained on. Pages and the report file draw these sentences and decide nothing.

Sentences are Markdown that uses `**` for emphasis and nothing else; `plain` removes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.evaluation.conformal import Coverage
from model.evaluation.operating_points import MeasuredThreshold
from model.lesions import VERDICTS, describe
from model.prediction.prediction import Prediction
from model.run import Run
from pages.shared import cache, familiarity, sign_costs
from pages.shared.familiarity import Familiarity
from pages.shared.measured import several_sentences, test_photos

AS_PUBLISHED = "This model's split leaks, on purpose: its figures may be far too good."
# The same on either side of the threshold: the model is not for triage (see its card).
ON_EITHER_SIDE = "Whatever it says, show a spot that worries you to a doctor."
NOT_TESTED = "not tested on such a photo"


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
        return self.is_judged and sign_costs.is_own_kind(self.run, self.prediction)

    @property
    def is_judged(self) -> bool:
        """Whether the photo is of a sort that the run's figures are about at all."""
        return self.familiarity is Familiarity.FAMILIAR

    @property
    def headline(self) -> str:
        """The answer, or that there is none to be had."""
        return {
            Familiarity.NOVEL: "Flagged as unusual: no answer",
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
        return familiarity.unjudged(self.familiarity)

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
            sees = f"The network sees a **{kind}**{familiarity.recognised(self.run, kind)}"
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
            return f"**No answer**: {', '.join(self.doubts)}."
        if self.doubts:
            reasons = (sign_costs.in_brief(self.run, self.prediction, sign) for sign in self.doubts)
            return f"**Reasons to doubt this answer**: {'; '.join(reasons)}."
        if self.notes:
            return f"**Noticed, at no cost that was shown**: {', '.join(self.notes)}."
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
    seen_as = familiarity.of(run, prediction, is_rendered)
    noun = test_photos(prediction.kind)
    coverage, threshold = cache.reached_on_test(run, prediction.kind)
    holds = seen_as is Familiarity.FAMILIAR
    doubts = sign_costs.doubts(run, prediction, seen_as, faults)
    turns = sign_costs.turning(prediction)
    return Statements(
        run=run,
        prediction=prediction,
        familiarity=seen_as,
        novelty_warning=familiarity.novelty_warning(run, prediction),
        drawing_warning=familiarity.drawing_warning(run, seen_as),
        conclusions=(
            _conclusions(run, prediction, threshold)
            if holds
            else _would_say(run, prediction, is_rendered, threshold)
            if seen_as is not Familiarity.GUESSED
            else ()
        ),
        figures=(
            _figures(run, coverage, threshold, noun)
            if holds
            else _not_tested(seen_as, prediction, threshold)
        ),
        novelty=familiarity.novelty(run, prediction, seen_as),
        stability=sign_costs.stability(
            run if holds else None,
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
    return (
        *familiarity.unjudged(familiarity.of(run, prediction, is_rendered)),
        *faults,
    )


def plain(sentence: str) -> str:
    """A sentence without its Markdown emphasis."""
    return sentence.replace("**", "")


def amounts(total: float, threshold: float) -> tuple[str, str]:
    """A sum of probabilities and its threshold, in three digits, or as many as tell on which side
    of it the sum is; never rounds a small sum to zero."""
    for digits in range(3, 8):
        least = 10**-digits
        sides = round(total, digits) > round(threshold, digits), total >= threshold
        differ = round(total, digits) != round(threshold, digits) >= least
        is_told = differ and sides[0] == sides[1] and (total >= least or not sides[1])
        if is_told or total == threshold:
            break
    written = f"{total:.{digits}f}" if total >= least else f"under {least:.{digits}f}"
    return written, f"{threshold:.{digits}f}"


def _conclusions(
    run: Run, prediction: Prediction, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    sentences = []
    others = _others(prediction)
    if others:
        sentences.append(f"The network **can't rule out**: {others}.")
    elif prediction.prediction_set:
        sentences.append("There is no other diagnosis in its prediction set.")
        sentences += several_sentences(*cache.several_costs(run, prediction.kind))
    if threshold:
        is_above = prediction.malignant_sum >= threshold.value
        total, limit = amounts(prediction.malignant_sum, threshold.value)
        sentences.append(
            f"Malignant diagnoses together: **{total}**, "
            f"{'above' if is_above else 'below'} the threshold of {limit}. "
            + ("" if is_above else "Below it does not mean harmless: the network misses some. ")
            + ON_EITHER_SIDE
        )
    return tuple(sentences)


def _would_say(
    run: Run, prediction: Prediction, is_rendered: bool, threshold: MeasuredThreshold | None
) -> tuple[str, ...]:
    """What was tested on other photos than this one, and marked so."""
    others = _others(prediction)
    claims = [f"can't rule out {others}"] if others else []
    if threshold:
        total, limit = amounts(prediction.malignant_sum, threshold.value)
        claims.append(f"malignant diagnoses together {total}, threshold {limit}")
    if not claims:
        return ()
    familiar = "drawing" if run.is_rendered else "photo"
    this = "drawing" if is_rendered else "photo"
    return (
        f"On a {familiar} that is not flagged, it would also say: {'; '.join(claims)}. "
        f"**For this {this}, that was not tested.** Show a spot that worries you to a doctor.",
    )


def _figures(
    run: Run, coverage: Coverage | None, threshold: MeasuredThreshold | None, noun: str
) -> tuple[str, ...]:
    sentences = []
    if coverage:
        sentences.append(
            f"On {coverage.num_photos:,} {noun}, the prediction set held the truth in "
            f"{coverage.share} of the cases, with {coverage.mean_size} diagnoses on average."
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
    if familiarity is Familiarity.GUESSED:
        return ()
    photos = {Familiarity.DRAWING: "drawings", Familiarity.PHOTO: "photos"}.get(
        familiarity, "flagged photos alone"
    )
    if prediction.prediction_set and threshold:
        return (f"The prediction set and the malignancy threshold were not tested on {photos}.",)
    if prediction.prediction_set:
        return (f"The prediction set was not tested on {photos}.",)
    return (f"The malignancy threshold was not tested on {photos}.",) if threshold else ()


def _others(prediction: Prediction) -> str:
    return ", ".join(describe(code).in_text for code in prediction.prediction_set[1:])
