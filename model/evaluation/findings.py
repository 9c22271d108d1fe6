"""What a chart of a run shows, in one sentence to stand above it."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from model.evaluation.bootstrap import Estimate
from model.evaluation.calibration_errors import CalibrationErrors, Reading
from model.evaluation.conformal import Coverage
from model.evaluation.net_benefit import NetBenefit
from model.evaluation.roc import RocCurve
from model.evaluation.run_sentences import percent
from model.lesions import describe

NUM_WORST = 3  # diagnoses that are named


def most_mistaken(confusion: pd.DataFrame) -> str:
    """The most frequent mistake.

    Args:
        confusion: photos by true diagnosis (rows) and answer (columns).
    """
    counts = {
        (true, answered): int(confusion.loc[true, answered])
        for true in confusion.index
        for answered in confusion.columns
        if true != answered
    }
    (true, answered), most = max(counts.items(), key=lambda cell: cell[1])
    if not most:
        return "No photo is mistaken"
    total = int(confusion.loc[true].sum())
    return (
        f"Most often mistaken: {describe(true).in_text} for {describe(answered).in_text}, {most:,} "
        f"of {total:,} photos"
    )


def least_recognised(per_diagnosis: pd.DataFrame) -> str:
    """The diagnoses with the lowest recall, worst first.

    Args:
        per_diagnosis: of `model.evaluation.metrics.Evaluation`, with num_photos and recall.
    """
    shown = per_diagnosis[per_diagnosis["num_photos"] > 0].sort_values("recall", kind="stable")
    parts = [
        f"{describe(str(code)).in_text} ({round(row['recall'] * row['num_photos']):,} of "
        f"{row['num_photos']:,.0f})"
        for code, row in shown.head(NUM_WORST).iterrows()
    ]
    return f"Recognised least often: {', '.join(parts)}"


def confidence(bins: pd.DataFrame) -> str:
    """Whether the answers are right as often as they say.

    Args:
        bins: of `model.evaluation.reliability.reliability`.
    """
    weights = bins["num_photos"] / bins["num_photos"].sum()
    said = percent(float((bins["probability"] * weights).sum()))
    right = percent(float((bins["right"] * weights).sum()))
    return f"Its answers say {said} on average, and {right} of them are right"


def calibrated(title: str, readings: Mapping[Reading, CalibrationErrors]) -> str:
    """Whether probabilities on some photos are calibrated, as far as these photos can tell.

    Args:
        title: the photos.
        readings: of `model.evaluation.calibration_errors.readings`.
    """
    sentences = []
    for reading in (Reading.AS_GIVEN, Reading.OWN_MIX):
        errors = readings.get(reading)
        if errors is None:
            continue
        how = "As given" if reading is Reading.AS_GIVEN else "At the photos' mix of diagnoses"
        if not errors.is_off:
            what = "no error is shown that chance would not explain"
        else:
            what = "the probabilities are off by more than chance would explain"
        words = malignant_sum_is_off(errors)
        aside = f"; the malignant sum is {words}" if words else ""
        sentences.append(f"{how}, {what}{aside}")
    return f"{title[:1].upper()}{title[1:]}. {'. '.join(sentences)}."


def malignant_sum_is_off(errors: CalibrationErrors) -> str:
    """In which direction the malignant sum is off, where the intervals say so; else empty."""
    words = []
    if errors.intercept is not None and (errors.intercept.high < 0 or errors.intercept.low > 0):
        words.append("too high" if errors.intercept.high < 0 else "too low")
    if errors.slope is not None and (errors.slope.high < 1 or errors.slope.low > 1):
        words.append("too extreme" if errors.slope.high < 1 else "not extreme enough")
    return " and ".join(words)


def covered(coverage: Coverage) -> str:
    """How often prediction sets hold the true diagnosis, beside the target."""
    return (
        f"The sets held the true diagnosis for {percent(coverage.share.value)} of the photos; the "
        f"target was {percent(coverage.target)}"
    )


def ranked(curve: RocCurve) -> str:
    """What the area under a ROC curve means."""
    of_one = len(curve.of) == 1
    name = describe(curve.of[0]).in_text
    what = f"probability of {name}" if of_one else "malignant sum"
    return (
        f"The {what} is higher for a photo of {name if of_one else 'a malignant lesion'} than for "
        f"one of something else in {percent(curve.area.value)} of all such pairs"
    )


def learned(history: pd.DataFrame, kept: int) -> str:
    """What a training had reached where its weights were kept.

    Args:
        history: of one fold, a row per epoch, with accuracy and val_accuracy.
        kept: that epoch.
    """
    row = history[history["epoch"] == kept]
    training, validation = (percent(row[name].item()) for name in ("accuracy", "val_accuracy"))
    return (
        f"At epoch {kept}, which was kept, it is right on {training} of the training photos and on "
        f"{validation} of the validation photos"
    )


def worth_acting(curve: Sequence[NetBenefit]) -> str:
    """For whom a threshold is shown to do better, or worse, than acting on all or on none.

    Args:
        curve: of `model.evaluation.net_benefit.net_benefit`, at least one.
    """
    better, worse, unclear = (
        [percent(point.act_from) for point in points]
        for points in (
            [point for point in curve if point.is_better],
            [point for point in curve if point.is_worse],
            [point for point in curve if not point.is_better and not point.is_worse],
        )
    )
    said = [
        f"{does} for those who act from {_either(levels)}"
        for levels, does in (
            (better, "does better"),
            (worse, "does worse"),
            (unclear, "is not shown to differ"),
        )
        if levels
    ]
    return f"Beside the better of acting on all and on none, the threshold {', and '.join(said)}"


def _either(words):
    """ "2 %", "2 % or 5 %", "2 %, 5 % or 10 %"."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def compared(difference: Estimate) -> str:
    """A difference in words, after "it is"; says so where its interval holds no difference."""
    if difference.low <= 0 <= difference.high or math.isnan(difference.low):
        return f"not shown to differ ({difference})"
    if difference.value < 0:
        return f"lower by {-difference.value:.2f} ({-difference.high:.2f}-{-difference.low:.2f})"
    return f"higher by {difference}"
