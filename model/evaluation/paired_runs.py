"""Two runs on the very same test photos: which is better, and is it more than chance?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import differences, sign_flip
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, Resampled, estimate, lesion_weights
from model.evaluation.differences import Figure
from model.lesions import describe
from model.photo.kind import plural

if TYPE_CHECKING:
    from model.run import Run

WATCHED = ("mel", "malignant")  # the diagnosis not to miss, where the runs share it


class ComparisonError(ValueError):
    """Two runs that cannot be compared; the message says why."""


@dataclass(frozen=True)
class Comparison:
    """What two runs say about the photos that both were tested on.

    `diagnoses` are those both know; a run that knows more answers with the most probable of these.
    `figures`, those that both runs have, and `recall` (of `watched`, the diagnosis not to miss;
    None where it is not shared) hold three `Estimate` each: first run, second run, second minus
    first. `only_first` and `only_second` count the photos that just one of them got right,
    `p_value` is that of `model.evaluation.sign_flip` on them. `disagreements` has one row per photo
    they answer differently: `image_id`, `lesion_id`, `diagnosis` (the truth), `first`, `second`
    (answers) and `p_first`, `p_second` (their probabilities). `num_left_out` counts photos that
    both were tested on, of a diagnosis that one of them does not know or under two different ones.
    """

    diagnoses: list[str]
    num_photos: int
    num_lesions: int
    num_left_out: int
    figures: dict[Figure, tuple[Estimate, Estimate, Estimate]]
    watched: str | None
    recall: tuple[Estimate, Estimate, Estimate] | None
    only_first: int
    only_second: int
    p_value: float
    disagreements: pd.DataFrame

    @property
    def balanced_accuracy(self) -> tuple[Estimate, Estimate, Estimate]:
        return self.figures[Figure.BALANCED_ACCURACY]


def compare(
    first: Run,
    second: Run,
    kind: str | None = None,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare two runs photo by photo, on the test photos of a kind.

    Lesions are resampled, the same for both runs, so the interval of the difference leaves out
    what both find easy or hard.

    Args:
        first, second: `model.run.Run`.
        kind: of photo, which both tell apart; None: that of their own photos.
    Returns:
        `Comparison`.
    Raises:
        ComparisonError: they share fewer than two diagnoses, or no test photos of two diagnoses.
    """
    of_first, of_second = (
        tested(run) if kind in (None, *run.kinds[:1]) else _tested_of(run, kind)
        for run in (first, second)
    )
    return _compare(first, second, of_first, of_second, kind, num_resamples, seed)


def compare_elsewhere(first: Run, second: Run) -> dict[str, Comparison]:
    """Compare two runs photo by photo on test photos of other data sets; people are resampled.

    Args:
        first, second: `model.run.Run`.
    Returns:
        `Comparison` by the title of the photos, without those that they have too little of in
        common.
    """
    parts = [_tested_elsewhere(run) for run in (first, second)]
    compared = {}
    for (kind, source), rows in parts[0].items():
        others = parts[1].get((kind, source))
        if others is None:
            continue
        title = ", ".join(filter(None, (plural(kind), source)))
        try:
            compared[title] = _compare(first, second, rows, others, kind)
        except ComparisonError:
            continue
    return compared


def _compare(
    first: Run,
    second: Run,
    first_rows: pd.DataFrame,
    second_rows: pd.DataFrame,
    kind: str | None,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare two runs on photos of a kind; both tables are by photo."""
    shared = [code for code in first.diagnoses if code in second.diagnoses]
    if len(shared) < 2:
        raise ComparisonError(
            f"{first.name} knows {_names(first.diagnoses)}; {second.name} knows "
            f"{_names(second.diagnoses)}. They share "
            f"{'only ' + _names(shared) if shared else 'none'}, and at least two are needed."
        )
    rows = first_rows.join(second_rows.add_suffix("_second"), how="inner")
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
    measured = [
        differences.drawn(run, of.loc[rows.index], kind, weights, shared)
        for run, of in ((first, first_rows), (second, second_rows))
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
        figures={
            figure: _three(
                [side[figure].value for side in measured],
                [side[figure].resampled for side in measured],
            )
            for figure in Figure
            if all(figure in side for side in measured)
        },
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


def _tested_of(run, kind):
    """Test photos of known diagnosis of a kind that is not that of its own photos, by id."""
    rows = run.test_photos_of(kind)
    return rows[rows["diagnosis"] != ""].set_index("image_id")


def _tested_elsewhere(run):
    """Test photos of known diagnosis of each (kind, source) of other data sets, by id."""
    if run.external is None:
        return {}
    rows = run.external
    rows = rows[(rows["split"] == "test") & (rows["diagnosis"] != "")]
    rows = rows.assign(lesion_id=rows["person_id"]).set_index("image_id")
    return dict(iter(rows.groupby(["kind", "source"], sort=False)))


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
