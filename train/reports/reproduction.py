"""docs/reproduction.md: every published figure beside ours, written from the run folders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.evaluation import protocol_gap
from model.evaluation.run_sentences import gap_explanation, percent
from train.recipes import RECIPES

if TYPE_CHECKING:
    from model.run import Run

OPENING = """# Reproduction

What published systems report, what the same recipe reaches here when photos are split as they did
(as published), and what it reaches when no lesion id and no copy that the audit finds is on two
sides (honest). Where lesion ids are missing, leaks among those photos cannot be ruled out.

Written by `python -m train report` from the run folders; every figure is recomputed from their
`predictions.csv`. In brackets: 95 % intervals, from resampling lesions. Accuracy is what the
publications report. Balanced accuracy, the mean recall of the diagnoses, says more where some
diagnoses are far more frequent than others. Validation figures are those of the epoch that the
validation photos themselves chose, so they are optimistic under either protocol; for a run with
folds they pool all folds. A published figure was measured on the part named beside it. The two test
parts of a recipe differ: the honest one holds no augmented and no contradictory copies. Test photos
seen in training also differ from the others in other ways: lesions photographed more than once are
more often malignant, and a copy under another diagnosis in training misleads instead of helping.
"""

TRAINING = """## Training accuracy

A test accuracy below the published one may only mean that the training stopped too early. So this
is how far each training got, on its own training photos and averaged over the epoch, and what the
validation accuracy was in the first epoch that reached the published figure. `isic_binary_long` is
`isic_binary_cnn` with more epochs, to get there. For the recipes that are not listed, no training
accuracy is published; the 0.9791 of `ham7_cnn` is of test photos, and `ham7_levelled`, with copies
before the split, is the nearest to it that was tried.
"""
_TRAINING_HEAD = (
    ("recipe", "published", "as published", "honest"),
    ("---", "---", "---", "---"),
)


def report(runs: Iterable[Run]) -> str:
    """The whole page as Markdown.

    Args:
        runs: `model.run.Run`s.
    """
    pairs = protocol_gap.pairs(runs)
    lines = [
        OPENING,
        "| recipe | published accuracy | as published, validation | as published, test | "
        "honest, test | what explains the difference |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for pair in pairs:
        cells = [
            f"`{pair.recipe}`",
            _published(pair),
            _accuracy(pair.as_published, "validation"),
            _accuracy(pair.as_published, "test"),
            _accuracy(pair.honest, "test"),
            gap_explanation(pair),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_training(pairs)]
    for pair in pairs:
        lines += _chapter(pair)
    return "\n".join(lines)


def _training(pairs):
    """How far each training got, beside that of the publication."""
    recipes = [(pair, RECIPES[pair.recipe].published) for pair in pairs if pair.recipe in RECIPES]
    stated = [
        (pair, published.training_accuracy)
        for pair, published in recipes
        if published and published.training_accuracy
    ]
    if not stated:
        return []
    lines = [TRAINING, *("| " + " | ".join(cells) + " |" for cells in _TRAINING_HEAD)]
    for pair, accuracy in stated:
        reached = [_reached(side, accuracy) for side in (pair.as_published, pair.honest)]
        lines.append(f"| `{pair.recipe}` | {accuracy} | {reached[0]} | {reached[1]} |")
    return [*lines, ""]


def _reached(side, accuracy):
    """The training accuracy of the last epoch, and the first epoch with the published one."""
    if side is None:
        return "-"
    history = side.run.history
    history = history[history["fold"] == history["fold"].min()]
    last = f"{history['accuracy'].iloc[-1]:.3f} after {len(history)} epochs"
    there = history[history["accuracy"] >= accuracy]
    if there.empty:
        return f"{last}; never reached"
    first = there.iloc[0]
    return f"{last}; reached in epoch {first['epoch']:.0f}, validation {first['val_accuracy']:.2f}"


def _chapter(pair):
    lines = [f"## {pair.title} (`{pair.recipe}`)", ""]
    if pair.published:
        lines += [f"Published: {pair.published['said']}.", ""]
    lines += [
        "| | as published | honest |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {cell(pair.as_published)} | {cell(pair.honest)} |"
            for name, cell in _ROWS.items()
        ),
        "",
    ]
    for side in (pair.as_published, pair.honest):
        if side is not None:
            lines.append(f"    {side.run.command}")
    return [*lines, ""]


def _known(cell):
    return lambda side: "-" if side is None else cell(side)


def _epochs(side):
    run = side.run
    kept = [str(run.kept_epoch(fold)) for fold in run.folds]
    last = [str(int((run.history["fold"] == fold).sum())) for fold in run.folds]
    return f"{', '.join(kept)} of {', '.join(last)}"


_ROWS = {
    "diagnoses": _known(lambda side: f"{len(side.run.diagnoses)}"),
    "photos without lesion id, all parts": _known(
        lambda side: (
            f"{side.run.num_without_lesion_id:,} of {side.run.card['data']['num_photos']:,}"
        )
    ),
    "test photos": _known(lambda side: f"{side.test.num_photos:,}"),
    "of them augmented copies": _known(lambda side: f"{side.leakage.num_augmented:,}"),
    "test lesions": _known(lambda side: f"{side.test.num_lesions:,}"),
    "test accuracy": _known(lambda side: str(side.test.accuracy)),
    "test balanced accuracy": _known(lambda side: str(side.test.balanced_accuracy)),
    "test accuracy without the copies": _known(
        lambda side: str(side.accuracy_without_copies or "-")
    ),
    "validation photos": _known(
        lambda side: f"{side.validation.num_photos:,}" if side.validation else "-"
    ),
    "validation accuracy": _known(
        lambda side: str(side.validation.accuracy) if side.validation else "-"
    ),
    "test photos met in training": _known(lambda side: percent(side.leakage.share)),
    "test accuracy on those": _known(lambda side: str(side.accuracy_seen or "-")),
    "test accuracy on the others": _known(lambda side: str(side.accuracy_unseen or "-")),
    "folds": _known(lambda side: f"{len(side.run.folds)}"),
    "kept epoch": _known(_epochs),
}


def _accuracy(side, split):
    headline = None if side is None else getattr(side, split)
    return "-" if headline is None else f"{headline.accuracy}, n = {headline.num_photos:,}"


def _published(pair):
    if not pair.published or pair.published["accuracy"] is None:
        return "-"
    return f"{pair.published['accuracy']} ({pair.published['compared_with']})"
