"""What trying out an imported network has shown, in sentences with their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model.evaluation.run_sentences import percent
from train.importing.trials import NUM_SHUFFLES, Chosen, Trial

if TYPE_CHECKING:
    from train.importing.feeding import AboutNetwork

NOTHING_TRIED = (
    "No photos of known diagnosis came with it, so nothing was tried: pixels and the order of the "
    "labels are as given, and no figure of it is known."
)


def sentences(
    chosen: Chosen, best: Trial, rescaling: Sequence[str], about: AboutNetwork
) -> list[str]:
    """What the trials show.

    Args:
        chosen: of `train.importing.trials.choose` over the ways to feed pixels.
        best: the trial that counts, with the resizing that was chosen after it.
        rescaling: names of the network's own layers that rescale pixels.
        about: what was set by hand.
    """
    lines = []
    if chosen.is_untrained:
        lines.append(
            f"On {len(best.is_right)} validation photos it tells the diagnoses apart no better "
            f"than chance: in {percent(chosen.chance)} of {NUM_SHUFFLES} draws, shuffled labels "
            "fit it as well as the true ones. Its head may be untrained, or its weights were not "
            "saved. So its pixels and the order of its labels could not be found out: "
            f"{best.way.pixels} is {'as set by hand' if about.pixels else 'assumed'}."
        )
    else:
        lines.append(_pixels(chosen, about))
    lines += _order(chosen, about)
    lines += _rescaled(chosen, rescaling, about)
    if best.way.resizing != chosen.best.way.resizing:
        lines.append(
            f"Resizing: {best.way.resizing}. With it the loss is {best.loss.mean():.3f} on "
            f"{len(best.loss)} validation photos, with {chosen.best.way.resizing} "
            f"{chosen.best.loss.mean():.3f}."
        )
    return lines


def table(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Trials as `model.run.schema.Trial` asks for, each once."""
    rows = [
        {
            "pixels": trial.way.pixels,
            "resizing": trial.way.resizing,
            "order": ", ".join(trial.order),
            "balanced_accuracy": round(trial.balanced_accuracy, 4),
            "log_loss": round(float(np.mean(trial.loss)), 4),
        }
        for trial in trials
    ]
    return [row for index, row in enumerate(rows) if row not in rows[:index]]


def _pixels(chosen, about):
    way = chosen.best.way
    others = [trial for other, trial in chosen.by_way.items() if other != way]
    if not others:
        return f"Pixels: {way.pixels}. With all others its answers are no numbers."
    # What most would have tried instead says most; for that itself, the best of the others.
    common = next((trial for trial in others if trial.way.pixels == "0-255"), None)
    other = common or min(others, key=lambda trial: trial.loss.mean())
    by_hand = " They were set by hand." if about.pixels else ""
    better = min(others, key=lambda trial: trial.loss.mean())
    if about.pixels and better.loss.mean() < chosen.best.loss.mean():
        other = better
    return (
        f"Pixels: {way.pixels}.{by_hand} Balanced accuracy is "
        f"{chosen.by_way[way].balanced_accuracy:.2f} with them and "
        f"{other.balanced_accuracy:.2f} with {other.way.pixels} ({len(chosen.best.is_right)} "
        "validation photos, each in the order of labels that suits it best)."
    )


def _order(chosen, about):
    if chosen.suits is None:
        return []
    given = percent(chosen.given.is_right.mean())
    suited = (
        f"in the order {', '.join(chosen.suits.order)} on {percent(chosen.suits.is_right.mean())}"
    )
    figures = f"{len(chosen.given.is_right)} validation photos; log loss falls by {chosen.gain}"
    if about.labels:
        return [
            f"The labels were set by hand. In that order it is right on {given}, {suited} of "
            f"{figures}. Check the order."
        ]
    return [
        "The outputs are not in alphabetical order, in which Keras reads folders. In that order it "
        f"is right on {given}, {suited} of {figures}."
    ]


def _rescaled(chosen, rescaling, about):
    name = chosen.best.way.pixels
    if not rescaling or name.startswith(("0-255", "caffe")) or chosen.is_untrained:
        return []
    layer = rescaling[0]
    if about.pixels:
        return [
            f"Pixels are rescaled twice: to {name}, as set by hand, and by its own layer {layer!r}."
        ]
    return [
        f"Pixels are rescaled twice: to {name}, and by its own layer {layer!r}. It was trained "
        "like that, so it is fed like that; train it again with one of the two."
    ]
