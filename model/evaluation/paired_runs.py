"""Two runs on the very same test photos: which is better, and is it more than chance?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import sign_flip
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, Resampled, estimate, lesion_weights
from model.lesions import describe

if TYPE_CHECKING:
    from model.run import Run

WATCHED = ("mel", "malignant")  # the diagnosis not to miss, where the runs share it


class ComparisonError(ValueError):
    """Two runs that cannot be compared; the message says why."""


@dataclass(frozen=True)
class Comparison:
    """What two runs say about the photos that both were tested on.

    `diagnoses` are those both know; a run that knows more answers with the most probable of these.
    `balanced_accuracy` and `recall` (of `watched`, the diagnosis not to miss; None where it is not
    shared) hold three `Estimate` each: first run, second run, second minus first. `only_first` and
    `only_second` count the photos that just one of them got right, `p_value` is that of
    `model.evaluation.sign_flip` on them. `disagreements` has one row per photo they answer
    differently: `image_id`, `lesion_id`, `diagnosis` (the truth), `first`, `second` (answers) and
    `p_first`, `p_second` (their probabilities). `num_left_out` counts photos that both were tested
    on, of a diagnosis that one of them does not know or under two different ones.
    """

    diagnoses: list[str]
    num_photos: int
    num_lesions: int
    num_left_out: int
    balanced_accuracy: tuple[Estimate, Estimate, Estimate]
    watched: str | None
    recall: tuple[Estimate, Estimate, Estimate] | None
    only_first: int
    only_second: int
    p_value: float
    disagreements: pd.DataFrame


def compare(
    first: Run, second: Run, num_resamples: int = NUM_RESAMPLES, seed: int = 0
) -> Comparison:
    """Compare two runs photo by photo.

    Lesions are resampled, the same for both runs, so the interval of the difference leaves out
    what both find easy or hard.

    Args:
        first, second: `model.run.Run`.
    Returns:
        `Comparison`.
    Raises:
        ComparisonError: they share fewer than two diagnoses, or no test photos of two diagnoses.
    """
    shared = [code for code in first.diagnoses if code in second.diagnoses]
    if len(shared) < 2:
        raise ComparisonError(
            f"{first.name} knows {_names(first.diagnoses)}; {second.name} knows "
            f"{_names(second.diagnoses)}. They share "
            f"{'only ' + _names(shared) if shared else 'none'}, and at least two are needed."
        )
    rows = tested(first).join(tested(second).add_suffix("_second"), how="inner")
    agreed = rows["diagnosis"] == rows["diagnosis_second"]
    known = rows["diagnosis"].isin(shared) & agreed
    num_common = len(rows)
    rows = rows[known]
    if rows["diagnosis"].nunique() < 2:
        raise ComparisonError(
            f"{first.name} and {second.name} have {num_common:,} test photos in common, "
            f"{len(rows):,} of them of diagnoses that both know; at least two diagnoses must be "
            "among those."
        )
    truth = (
        rows["diagnosis"]
        .map({code: class_index for class_index, code in enumerate(shared)})
        .to_numpy()
    )
    sides = [
        rows[[f"p_{code}{suffix}" for code in shared]].to_numpy(dtype=float)
        for suffix in ("", "_second")
    ]
    answers = [probabilities.argmax(axis=1) for probabilities in sides]
    right = [answer == truth for answer in answers]
    weights = lesion_weights(rows["lesion_id"], num_resamples, seed)
    drawn = [Resampled(truth, probabilities, weights) for probabilities in sides]
    recalls = [
        np.array([side[truth == class_index].mean() for class_index in np.unique(truth)])
        for side in right
    ]
    watched = next(
        (code for code in WATCHED if code in shared and code in set(rows["diagnosis"])), None
    )
    by_lesion = pd.Series(right[1].astype(int) - right[0]).groupby(rows["lesion_id"].to_numpy())
    return Comparison(
        diagnoses=shared,
        num_photos=len(rows),
        num_lesions=rows["lesion_id"].nunique(),
        num_left_out=num_common - len(rows),
        balanced_accuracy=_three(
            [side.mean() for side in recalls],
            [resampled.balanced_accuracy() for resampled in drawn],
        ),
        watched=watched,
        recall=None if watched is None else _recall(shared.index(watched), truth, right, drawn),
        only_first=int((right[0] & ~right[1]).sum()),
        only_second=int((right[1] & ~right[0]).sum()),
        p_value=sign_flip.p_value(by_lesion.sum().to_numpy()),
        disagreements=_disagreements(rows, shared, answers, sides),
    )


def tested(run: Run) -> pd.DataFrame:
    """Test photos of all folds by id; augmented copies of an as-published split are no photos."""
    rows = run.predictions
    return rows[(rows["split"] == "test") & (rows["copy_of"] == "")].set_index("image_id")


def _recall(class_index, truth, right, drawn):
    own = truth == class_index
    return _three(
        [side[own].mean() for side in right],
        [resampled.recall()[:, class_index] for resampled in drawn],
    )


def _three(values, drawn):
    first, second = values
    return (
        estimate(first, drawn[0]),
        estimate(second, drawn[1]),
        estimate(second - first, drawn[1] - drawn[0]),
    )


def _disagreements(rows, shared, answers, sides):
    names = np.array(shared)
    table = pd.DataFrame(
        {
            "image_id": rows.index,
            "lesion_id": rows["lesion_id"].to_numpy(),
            "diagnosis": rows["diagnosis"].to_numpy(),
            "first": names[answers[0]],
            "p_first": sides[0].max(axis=1),
            "second": names[answers[1]],
            "p_second": sides[1].max(axis=1),
        }
    )
    return table[table["first"] != table["second"]].reset_index(drop=True)


def _names(codes):
    return ", ".join(describe(code).in_text for code in codes)
