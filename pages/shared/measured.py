"""What was measured about a run on its test photos, in sentences with n and interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from model.evaluation import tables
from model.evaluation.bootstrap import Estimate
from model.evaluation.differences import Figure
from model.evaluation.malignancy import EXAMPLE_PREVALENCE, Malignancy
from model.evaluation.operating_points import thousand
from model.evaluation.photo_sources import PhotoSource
from model.evaluation.sign_cost import SignCost, SignCosts
from model.evaluation.subgroups import FEW
from model.photo.kind import plural
from model.prediction.mix import RunAtMix
from model.run import IMPORTED, Run
from pages.shared import cache
from pages.shared.mix_words import phrase

if TYPE_CHECKING:
    from model.heatmaps.covering import Covering


UNMEASURED = (
    "No photos of known diagnosis came with this model, so none of its figures is known. About > "
    "Check-list says how to add them."
)
UNKNOWN_TRAINING = (
    "Nobody recorded which photos it was trained on: if it has seen its test photos, its figures "
    "flatter it."
)
# Keys of `model.heatmaps.covering.Chance`, which needs SciPy.
AREAS = {
    "anywhere": "anywhere",
    "on the lesion": "on the lesion",
    "heat map in disorder": "that the heat map marks with its weights in disorder",
}
UNMEASURED_COST = "What that costs was not measured."
COST_AT_OTHER_MIX = (
    "What that costs was not measured at this mix of diagnoses: of each test photo the run keeps "
    "in how many tries the answer stays, not the probabilities of each try."
)
COPIES_UNKNOWN = (
    "Copies of its training photos were not looked for among its test photos: its card says what "
    "is known."
)


def familiar(run: Run) -> str:
    """The photos that its novelty score compares with."""
    is_known = run.card["protocol"] != IMPORTED or run.has_training_photos
    return "training photos" if is_known else "validation photos"


def guessing(run: Run) -> str:
    """That an imported run is not shown to be better than guessing, with the figures."""
    test = cache.evaluation_of_test_photos(run)
    return (
        "**This model is not shown to be better than guessing**: its balanced accuracy on "
        f"{test.num_photos:,} test photos is {test.summary['balanced_accuracy']}, guessing gives "
        f"{1 / len(run.diagnoses):.2f}."
    )


def only_if_measured(run: Run, show: Callable[[Run], object]) -> None:
    """Draw a part of a page that is about figures; without any, say why there are none."""
    if run.is_measured:
        show(run)
    else:
        st.info(UNMEASURED)


def of_run(run: Run) -> str:
    """What a run reached on test photos, from elsewhere first, in a few sentences."""
    if not run.is_measured:
        return UNMEASURED
    test = cache.evaluation_of_test_photos(run)
    fold = f", the first of {len(run.folds)} folds" if len(run.folds) > 1 else ""
    figures = [
        f"{part.diagnosed.balanced_accuracy} on {part.num_photos:,} {plural(part.kind)}"
        + (f" ({part.source})" if part.source else "")
        + (
            f", {part.difference} against own test photos over the same diagnoses"
            if part.difference
            else ""
        )
        for part in cache.external(run)
        if part.diagnosed and not part.is_own
    ]
    own = "own test photos" if figures else "test photos"
    figures.append(
        f"{test.summary['balanced_accuracy']} on {test.num_photos:,} {own} of "
        f"{test.num_lesions:,} lesions{fold}"
    )
    opening = "Balanced accuracy"
    if isinstance(run, RunAtMix):
        opening = f"Read {phrase(run, run.mix)}: balanced accuracy"
    sentences = [f"{opening} {', '.join(figures)}; guessing gives {1 / len(run.diagnoses):.2f}."]
    if "mel" in test.per_diagnosis.index:
        row = test.per_diagnosis.loc["mel"]
        recall = Estimate(row["recall"], row["recall_low"], row["recall_high"])
        sentences.append(
            f"Among its {own} it recognised {recall} of the {row['num_photos']:.0f} melanomas."
        )
    sentences.append(
        f"On its {own} the probability of its answer is off by {test.summary['ece']} on average "
        "(calibration error). Brackets hold 95 % intervals."
    )
    if run.card["protocol"] == IMPORTED:
        sentences.append(COPIES_UNKNOWN if run.has_training_photos else UNKNOWN_TRAINING)
    return " ".join(sentences)


def by_histology(run: Run) -> str:
    """What the malignant sum is worth on own test photos that histology confirms, beside all of
    them; empty where the data leave no such choice."""
    measured = cache.malignancy(run)
    if len(measured) < 2:
        return ""
    every, confirmed = measured
    sentence = (
        f"**Only those confirmed by histology** ({confirmed.num_of:,} malignant, "
        f"{confirmed.num_others:,} others): the AUC of the malignant sum is {confirmed.area}, "
        f"against {every.area} on all test photos{_difference(confirmed, Figure.MALIGNANT_AUC)}."
    )
    if confirmed.threshold is None or every.threshold is None:
        return sentence
    people, of_all = (
        thousand(point, EXAMPLE_PREVALENCE) for point in (confirmed.threshold, every.threshold)
    )
    return (
        f"{sentence} The threshold finds {confirmed.threshold.sensitivity} and leaves "
        f"{confirmed.threshold.specificity} of the others below it"
        f"{_difference(confirmed, Figure.SPECIFICITY, ' from the share on all test photos')}. "
        f"For 1,000 people, if "
        f"{people.num_ill} of them have a malignant lesion: {people.found} found and "
        f"{people.false_alarms} false alarms by these figures, {of_all.found} and "
        f"{of_all.false_alarms} by those of all test photos."
    )


def _difference(measured: Malignancy, figure: Figure, less: str = "") -> str:
    """ ", a difference of -0.06 (-0.08 to -0.04)", or nothing where none was measured."""
    if figure not in measured.differences:
        return ""
    return f", a difference of {tables.signed(measured.differences[figure])}{less}"


def covering(result: Covering, name: str) -> str:
    """What covering the marked area of a photo did, and what follows for the heat map.

    Args:
        result: of covering.
        name: the diagnosis in running text.
    """
    moved = (
        f"Covering the marked area moves {name} from {result.probability:.2f} to "
        f"{result.covered:.2f}"
    )
    if result.verdict == "unclear":
        # Needs SciPy, which pages without a tested heat map do not wait for.
        from model.heatmaps.covering import NOTICEABLE, TOO_LITTLE

        reason = (
            f"it was too improbable before (at most {TOO_LITTLE}, by our convention)"
            if result.is_improbable
            else "no area of that size, marked or of chance, takes as much away as our convention "
            f"asks for ({NOTICEABLE})"
        )
        return f"{moved}: {reason}, so nothing can be said about the heat map."
    if result.verdict == "better":
        return (
            f"{moved}. None of {result.num_areas} areas of chance of the same size does as much "
            f"(lowest: {result.lowest_by_chance:.2f}): the heat map does better than chance."
        )
    as_good = sum(result.as_good.values())
    where = ", ".join(
        f"{count} of {len(result.by_chance[kind])} {AREAS[kind]}"
        for kind, count in result.as_good.items()
    )
    return (
        f"{moved}. Of {result.num_areas} areas of chance of the same size, "
        f"{as_good} {'takes' if as_good == 1 else 'take'} as much away or more ({where}): not "
        "shown to do better than chance."
    )


def covering_rates(run: Run) -> str:
    """How often the covering test passes maps that should pass, and maps that should not."""
    if run.covering_test is None:
        where = "at this mix of diagnoses" if isinstance(run, RunAtMix) else "for this model"
        return f"How often this test is fooled was not measured {where}."
    counted = cache.covering_rates(run)
    own, random, shuffled = counted.by_map
    sentence = (
        f"On {own.num_maps:,} {test_photos(next(iter(run.kinds), None))}, Grad-CAM's own heat maps "
        "do better than chance in "
        f"{own.better} of the {own.num_judged:,} that could be judged, random areas in "
        f"{random.better} of {random.num_judged:,}, and heat maps of a network with shuffled "
        f"weights in {shuffled.better} of {shuffled.num_judged:,}."
    )
    if counted.is_fooled:
        return f"{sentence} That is too often: a pass says little here."
    if not counted.tells:
        return (
            f"{sentence} Its own are not shown to pass more often (difference {counted.lead}): a "
            "pass says little here."
        )
    return sentence


def is_told_by_covering(run: Run) -> bool:
    """Whether a pass of the covering test is measured to say something about a run's heat maps."""
    return run.covering_test is not None and cache.covering_rates(run).tells


def unmeasured_cost(run: Run, as_given: Callable[[Run], SignCosts]) -> str:
    """Why nobody knows what a sign costs: at another mix of diagnoses, or at all.

    Args:
        as_given: what the sign costs a run, from a file that holds counts alone.
    """
    is_known = isinstance(run, RunAtMix) and as_given(run.base).by_source
    return COST_AT_OTHER_MIX if is_known else UNMEASURED_COST


def cost_sentences(
    costs: SignCosts, such: str = "such {photos}", unmeasured: str = UNMEASURED_COST
) -> list[str]:
    """What a sign on a photo cost on test photos, a sentence for each source.

    Args:
        costs: of `model.evaluation.signs`.
        such: test photos that have the sign, in running text.
        unmeasured: what to say where no source is known.
    """
    if not costs.by_source:
        return [unmeasured]
    sentences = [_cost_sentence(source, cost, such) for source, cost in costs.by_source.items()]
    if costs.do_disagree:
        sentences.append(
            "These sources disagree: photos from elsewhere decide, and all of them must show it."
        )
    return sentences


def _cost_sentence(source: PhotoSource, cost: SignCost, such: str) -> str:
    photos = photos_of(source)
    if cost.num_marked < FEW:
        were = "was" if cost.num_marked == 1 else "were"
        return (
            f"Of {cost.num_marked + cost.num_others:,} {photos} {cost.num_marked} {were} "
            "like that, too few to tell what that costs."
        )
    found = f"Of {cost.num_marked:,} {such.format(photos=photos)} the model got {cost.marked} right"
    if cost.difference is None:
        return f"{found}; there are no others to compare with."
    if not cost.is_enough:
        return f"{found}; the {cost.num_others:,} others are too few to compare with."
    difference = cost.difference
    is_told = difference.direction != 0
    chance = "" if is_told else ", which may be nothing"
    return (
        f"{found}, of the {cost.num_others:,} others {cost.others}: "
        f"{more_or_less(difference)}{chance}."
    )


def cost_in_brief(costs: SignCosts) -> str:
    """What a sign costs on the test photos that decide, in a few words."""
    return "; ".join(
        f"{cost.marked} of {cost.num_marked:,} such {photos_of(source)} right, {cost.others} of "
        f"{cost.num_others:,} others"
        for source, cost in costs.deciding.items()
    )


def more_or_less(less: Estimate) -> str:
    """A difference in words: "0.12 (0.05-0.20) less"."""
    if less.value >= 0:
        return f"{less} less"
    return f"{Estimate(-less.value, -less.high, -less.low)} more"


def several_sentences(answers: SignCosts, coverage: SignCosts) -> list[str]:
    """What a prediction set of one diagnosis is worth beside larger ones, a sentence for each
    source.

    Args:
        answers, coverage: of `model.evaluation.signs.several_costs`.
    """
    sentences = []
    for source, cost in answers.by_source.items():
        if cost.others is None:
            sentences.append(f"None of {cost.num_marked:,} {photos_of(source)} has such a set.")
            continue
        larger = (
            f"Of the {cost.num_marked:,} with a larger set, the set held the truth in "
            f"{coverage.by_source[source].marked} and the answer was right in {cost.marked}, "
            f"{more_or_less(cost.difference)}."
            if cost.is_enough and cost.difference
            else f"{cost.num_marked:,} have a larger set, too few to compare."
        )
        sentences.append(
            f"Of the {photos_of(source)} with such a set of one, {cost.num_others:,}, the set held "
            f"the truth in {cost.others}. {larger}"
        )
    return sentences


def photos_of(source: PhotoSource) -> str:
    """ "dermatoscopic test photos", "phone photos from elsewhere (PAD-UFES-20)"."""
    if source.is_own or source.kind is None:
        return test_photos(source.kind)
    return f"{plural(source.kind)} from elsewhere" + (f" ({source.name})" if source.name else "")


def test_photos(kind: str | None) -> str:
    """ "phone test photos"; of a run that tells no kinds apart, "test photos"."""
    return f"{(kind or '').removesuffix(' photo')} test photos".lstrip()
