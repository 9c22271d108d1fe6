"""Sentences that a page and a report both need, about leaks, heat maps and subgroups.

The only prose in this package: pages/ and train/ cannot import each other, so what both say about
a run is written once, here. Everything else here computes numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple

import pandas as pd

from model.evaluation import localisation, randomisation, skin_tone
from model.evaluation.map_baselines import Comparison
from model.evaluation.protocol_gap import Pair, PairedGap, Side
from model.evaluation.seed_spread import SeedSpread
from model.evaluation.subgroups import RecallGap
from model.evaluation.train_test_overlap import Leakage
from model.heatmaps.baselines import BASELINES
from model.lesions import describe
from model.run import Run, ledger

# By measure: what is said of a method where it is shown to be better than a map without a network,
# where it is shown to be worse, and where neither is.
AGAINST = {
    "pointing": (
        "its maximum lies inside the lesion more often than that of",
        "its maximum lies inside the lesion less often than that of",
        "how often its maximum lies inside the lesion is not shown to differ from that of",
    ),
    "energy": (
        "it has more energy on the lesion than",
        "it has less energy on the lesion than",
        "its energy on the lesion is not shown to differ from that of",
    ),
    "iou": (
        "it overlaps the lesion more than",
        "it overlaps the lesion less than",
        "its overlap with the lesion is not shown to differ from that of",
    ),
}


def leakage_sentence(leakage: Leakage) -> str:
    """How many test photos the training had seen, and in what form."""
    tested = f"{leakage.num_photos:,} test photo{'' if leakage.num_photos == 1 else 's'}"
    if leakage.num_augmented:
        tested += f", {leakage.num_augmented:,} of them augmented copies,"
    if not leakage.num_seen_in_training:
        return f"Training had seen none of {tested.rstrip(',')}."
    kinds = [
        (leakage.num_copies, "as an augmented copy"),
        (leakage.num_near_duplicates, "as an exact or near copy"),
        (leakage.num_same_lesion, "as another photo of the same lesion"),
    ]
    parts = [f"{count:,} {form}" for count, form in kinds if count]
    sentence = (
        f"Of {tested} training had seen {leakage.num_seen_in_training:,} "
        f"({percent(leakage.share)}): {_listed(parts)}"
    )
    if leakage.num_contradictory:
        sentence += f"; {leakage.num_contradictory:,} under another diagnosis"
    return sentence + "."


def gap_explanation(pair: Pair) -> str:
    """What made the gap between the two protocols of a recipe, in counted sentences."""
    if pair.as_published is None:
        return "There is no as-published model here."
    return " ".join(
        [
            *_reproduction(pair, pair.as_published),
            *_difference(pair),
            *_reasons(pair, pair.as_published),
        ]
    )


def _reproduction(pair: Pair, as_published: Side) -> Iterator[str]:
    """How near the same way of splitting comes to the published figure."""
    if pair.published is None or pair.published["accuracy"] is None:
        return
    part = pair.published["compared_with"]
    ours = as_published.validation if part == "validation" else as_published.test
    if ours is None:
        return
    distance = ours.accuracy.value - pair.published["accuracy"]
    away = f"{abs(distance):.2f} {'above' if distance > 0 else 'below'} the published figure"
    yield (
        f"On {part} photos, split as published, it reaches {ours.accuracy}, "
        f"{'as published' if abs(distance) < 0.005 else away}."
    )


def _difference(pair: Pair) -> Iterator[str]:
    if pair.gap is None:
        yield "There is no honest model here to compare it with."
        return
    if pair.paired is None:
        yield (
            "No photo was tested by both models, so the leak's effect cannot be told from the "
            "difference between the test photos."
        )
    else:
        yield paired_sentence(pair.paired)
        if abs(pair.gap - pair.paired.difference.value) < 1e-9:
            return  # both were tested on these photos and no others
    yield (
        f"The test accuracies differ by {pair.gap:+.2f} (as published less honest), but those are "
        "of different test photos."
    )


def paired_sentence(paired: PairedGap) -> str:
    """What the split as published adds on the photos that both runs were tested on."""
    difference = paired.difference
    # An interval that ends just beside 0 must not look as if it ended there.
    digits = 3 if abs(round(difference.low, 2)) == 0 else 2
    value, low, high = (f"{number:+.{digits}f}" for number in astuple(difference))
    photos = "1 photo" if paired.num_photos == 1 else f"{paired.num_photos:,} photos"
    sentence = (
        f"On the {photos} that both networks were tested on, the leaking split adds {value} ({low} "
        f"to {high}) to the accuracy; its training had met {paired.num_seen:,} of them."
    )
    if difference.low > 0 or difference.high < 0:
        return sentence
    return f"{sentence} The interval holds 0: no effect of the leak is shown."


def _reasons(pair: Pair, as_published: Side) -> Iterator[str]:
    yield leakage_sentence(as_published.leakage)
    if as_published.accuracy_seen and as_published.accuracy_unseen:
        yield (
            f"Its accuracy is {as_published.accuracy_seen} on the photos it had seen and "
            f"{as_published.accuracy_unseen} on the others."
        )
    if as_published.accuracy_without_copies:
        yield f"Without the augmented copies it is {as_published.accuracy_without_copies}."
    known = pair.honest.run.diagnoses if pair.honest else as_published.run.diagnoses
    missing = set(as_published.run.diagnoses) - set(known)
    if missing:
        names = " and ".join(sorted(describe(code).in_text for code in missing))
        yield (
            f"The honest model knows {len(known)} diagnoses: too few photos of {names} are left "
            "after cleaning."
        )


def heatmap_faults(
    table: pd.DataFrame, method: str, randomised: pd.DataFrame | None = None
) -> list[str]:
    """The checks that a method's heat maps fail on a run; empty where they pass all.

    Args:
        table: `Run.localisation`.
        method: a key of `METHODS`.
        randomised: `Run.randomisation`. Where there is one, what `table` says of shuffled weights
            (one shuffle, of maps without their signs) does not count.
    """
    failed = localisation.failed_checks(table, method)
    if randomised is None:
        return [_heatmap_fault(one) for one in failed]
    faults = [_heatmap_fault(one) for one in failed if one.check != "shuffling"]
    if method in randomisation.methods_of(randomised):
        left = randomisation.all_shuffled(randomised, method)
        if left.is_kept:
            faults.insert(0, _pattern_kept(left))
    return faults


def _pattern_kept(left: randomisation.PatternKept) -> str:
    return (
        "its maps keep a pattern of their photo, upright or inverted, when every weight of the "
        f"network is shuffled (absolute rank correlation {left.correlation} with the photo's own "
        f"map, {left.others} with those of other photos, {left.difference} more), so they show in "
        "part the photo and not what the network learned"
    )


def _heatmap_fault(failed: localisation.FailedCheck) -> str:
    if failed.check == "shuffling":
        return (
            "its maps keep their pattern, upright or inverted, when the network's weights are "
            f"shuffled (absolute rank correlation {failed.figure}), so they show the photo rather "
            "than what the network learned"
        )
    if failed.check == "chance":
        return (
            "its maps mark the lesion no more than a random map would "
            f"({failed.figure} times as much)"
        )
    return (
        "where the lesion is off the centre, the maximum of its maps lies inside the lesion no "
        f"more often ({failed.figure}) than a random point ({failed.limit:.2f}; difference "
        f"{failed.difference})"
    )


def ledger_sentences(run: Run) -> list[str]:
    """What a run's ledger tells, and what it leaves open."""
    kept = run.ledger
    if kept is None:
        return ["Nobody recorded what was chosen and when the test part was read."]
    if kept.fault:
        return [kept.fault, "It tells nothing from there on."]
    since = f"since {kept.entries[0].time[:10]}"
    number = len(kept.entries)
    sentences = [f"{number:,} line{'s' * (number > 1)} {since}, each chained to the one before."]
    if kept.entries[0].what == ledger.LATE:
        sentences.append(
            "It was begun for a trained run: what was chosen and read before is not recorded."
        )
    told = ledger.summarise(kept)
    if told.num_choices:
        early = told.num_choices - told.num_late
        all_or_some = "all" if not told.num_late else f"{early:,} of them" if early else "none"
        sentences.append(
            f"{told.num_choices:,} choice{'s' * (told.num_choices > 1)}"
            + f", {all_or_some} before the test part was predicted." * (told.num_predictions > 0)
            + "." * (not told.num_predictions)
        )
    if told.num_predictions:
        trainings = f", in {told.num_trainings:,} trainings" if told.num_trainings > 1 else ""
        sentences.append(f"The test part was predicted {_times(told.num_predictions)}{trainings}.")
    if told.num_readings:
        sentences.append(f"Results on test photos were stored {_times(told.num_readings)}.")
    if run.is_measured and not ledger.is_of(kept, run):
        sentences.append(
            "The predictions that are stored for the test part are not those that it saw."
        )
    return sentences


def _times(number):
    return "once" if number == 1 else f"{number:,} times"


def against_baselines(comparisons: Sequence[Comparison]) -> str:
    """Where a method's map is shown to find the lesion better or worse than maps that need no
    network, and where neither is shown.

    Args:
        comparisons: of one method and one subset of the photos.
    """
    parts = []
    for measure, said in AGAINST.items():
        for verdict, words in zip(("better", "worse", "not shown"), said, strict=True):
            named = [
                f"{BASELINES[comparison.baseline].lower()} ({_signed(comparison.difference)})"
                for comparison in comparisons
                if (comparison.measure, comparison.verdict) == (measure, verdict)
            ]
            if named:
                parts.append(f"{words} {_listed(named)}")
    return "; ".join(parts)


def _signed(difference):
    """+0.05, +0.03 to +0.07; an interval that ends just beside 0 gets a digit more."""
    digits = 3 if 0 in (round(difference.low, 2), round(difference.high, 2)) else 2
    # Adding 0 makes -0.0 a 0.
    value, low, high = (
        f"{round(number, digits) + 0:+.{digits}f}" for number in astuple(difference)
    )
    return value if math.isnan(difference.low) else f"{value}, {low} to {high}"


def _listed(parts):
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def recall_gaps(gaps: Sequence[RecallGap], target: str) -> str:
    """The groups in which a diagnosis is recognised less often, in words; empty without groups.

    Args:
        gaps: every group that was looked at.
        target: the diagnosis, in running text.
    """
    if not gaps:
        return ""
    number = "one comparison" if len(gaps) == 1 else f"{len(gaps)} comparisons"
    looked = (
        f"Exploratory: {number} of a group with all others, not planned beforehand; of twenty "
        "such, about one shows a difference by chance alone."
    )
    shown = [gap for gap in gaps if gap.is_shown]
    if not shown:
        return (
            f"No group is shown to have its photos of {target} recognised less often than the "
            f"others. {looked}"
        )
    sentences = [
        f"{gap.characteristic} {gap.name}: {gap.recall:.2f} of {gap.num_of:,} against "
        f"{gap.recall_of_others:.2f} of {gap.num_others:,}, {gap.difference} less"
        for gap in shown
    ]
    return (
        f"Photos of {target} are recognised less often in these groups than in the others. "
        f"{'; '.join(sentences)}. {looked}"
    )


def not_recorded(run: Run) -> str:
    """What no figure of a run can show, because its data does not record it."""
    if run.is_rendered:
        return "Its pictures are drawings, not photos of patients."
    if "HAM10000" in run.card["data"]["name"]:
        # Tschandl et al. 2018: Medical University of Vienna, and a practice in Queensland.
        return (
            "HAM10000 shows almost only light skin, from Austria and Australia, and does not "
            "record skin type. Its photos cannot show how a model trained on it performs on dark "
            "skin."
        )
    return (
        "No figure covers what its data does not record about patients and photos, above all skin "
        "type."
    )


def skin_tone_sentences(run: Run) -> list[str]:
    """How little is known of a run's worth on darker skin: how far to believe the estimate, a
    sentence for each source, and a conclusion; empty where nobody measured the tone."""
    results = skin_tone.by_source(run)
    if not results:
        return []
    sentences = [
        f"{result.title[:1].upper()}{result.title[1:]}: {result.num_measured:,} of "
        f"{result.num_photos:,} could be measured, and {result.num_darker:,} of these show "
        f"{' or '.join(skin_tone.DARKER)} skin. "
        + (
            " ".join(map(_tone_gap, result.gaps))
            or "No two groups hold enough malignant lesions to compare."
        )
        for result in results
    ]
    sentences.append(
        "The groups of darker skin are small, and are those of this estimate alone."
        if any(result.tells_of_darker_skin for result in results)
        else "So next to nothing is known about how this model does on darker skin."
    )
    return [_how_far_to_believe(skin_tone.agreement(run)), *sentences]


def _tone_gap(gap: RecallGap) -> str:
    holds_zero = gap.difference.low <= 0 <= gap.difference.high
    return (
        f"Malignant lesions on {gap.name} skin are recognised in {gap.recall:.2f} of "
        f"{gap.num_of:,} photos, on other skin in {gap.recall_of_others:.2f} of "
        f"{gap.num_others:,}: {gap.difference} less"
        + (", which may be chance." if holds_zero else " (exploratory).")
    )


def _how_far_to_believe(agreement: skin_tone.Agreement | None) -> str:
    estimated = (
        "The tone is estimated from the colour of the skin around the lesion, in photos of "
        "cameras, lights and filters that nobody calibrated."
    )
    if agreement is None:
        return f"{estimated} It was not held against recorded skin types."
    return (
        f"{estimated} On {agreement.num_photos:,} photos of {agreement.num_people:,} people whose "
        f"Fitzpatrick type is recorded, its rank correlation with that type is "
        f"{agreement.correlation}, where -1 would be perfect. " + _VERDICTS[agreement.verdict]
    )


_VERDICTS = {
    skin_tone.Verdict.NONE: (
        "The interval holds 0: the estimate is not shown to say anything about skin type. The "
        "groups are photos by their colour, not people by their skin."
    ),
    skin_tone.Verdict.WEAK: (
        "So the estimate is weak: the groups are photos by their colour, not people by their skin."
    ),
    skin_tone.Verdict.FAIR: "So it orders photos by skin type, with errors for single ones.",
    skin_tone.Verdict.WRONG: (
        "So it orders photos the wrong way: darker skin is taken for lighter skin."
    ),
}


def seed_sentences(run: Run, spreads: Sequence[SeedSpread]) -> list[str]:
    """What another training of the same recipe would have said; empty where nobody tried."""
    if not spreads:
        return []
    trainings = "; ".join(
        f"seed {repeat.seed}, code {repeat.revision}" for repeat in spreads[0].repeats
    )
    sentences = [
        f"The same recipe was trained again on the same split ({trainings}); this run has seed "
        f"{run.card['seed']}, code {run.card['revision']}."
    ]
    for number, repeat in enumerate(spreads[0].repeats):
        shares = [
            f"{spread.repeats[number].answered_differently} of {spread.num_photos:,} {spread.title}"
            for spread in spreads
        ]
        sentences.append(f"Seed {repeat.seed} gives another diagnosis to {'; '.join(shares)}.")
    return sentences


def percent(share: float) -> str:
    """A share in whole percent; never 0 % or 100 % of what is a little more or less."""
    if 0 < share <= 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
