"""How much the answers to two photos of one lesion differ: the yardstick for what is called change.

Nobody recorded when the photos of a lesion were taken, so the spread may hold some true change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.run.tables import UNKNOWN_LESION

if TYPE_CHECKING:
    from model.run import Run

ROUNDING = 1e-9  # two differences that are equal on paper
FEWEST = 10  # lesions with several photos, below which no share is told


@dataclass(frozen=True)
class SameLesionSpread:
    """Two test photos of each lesion that has several.

    `differences` (lesions,) float, ascending: of the malignant sums, without their sign.
    `other_answer` is the share whose two photos get different diagnoses. `malignant` is the share
    of these lesions that is malignant, `malignant_of_all` that of all test lesions.
    """

    differences: np.ndarray
    other_answer: Estimate
    malignant: float
    malignant_of_all: float

    @property
    def num_lesions(self) -> int:
        return len(self.differences)

    @property
    def median(self) -> float:
        return float(np.median(self.differences))

    @property
    def ninth_decile(self) -> float:
        """Nine of ten lesions differ by no more."""
        return float(np.quantile(self.differences, 0.9, method="inverted_cdf"))

    def share_at_least(self, difference: float) -> Estimate:
        """The share of lesions whose photos differ by that or more."""
        hits = int((self.differences >= abs(difference) - ROUNDING).sum())
        return bootstrap.wilson(hits, self.num_lesions)


def same_lesion_spread(run: Run) -> SameLesionSpread | None:
    """Hold two photos of every lesion with several against each other: the first two by their id,
    so that each lesion counts once.

    Args:
        run: `model.run.Run`, read at any mix.
    Returns:
        `SameLesionSpread` on the run's own test photos, or None where fewer than `FEWEST` lesions
        have several, or no diagnosis counts as malignant.
    """
    if not run.malignant:
        return None
    rows = run.test_photos.sort_values("image_id")
    # Of an unknown lesion only copies are known.
    rows = rows[~rows["lesion_id"].str.startswith(UNKNOWN_LESION)]
    rows = rows[rows.groupby("lesion_id")["image_id"].transform("size") > 1]
    pairs = rows.groupby("lesion_id", sort=True).head(2).sort_values(["lesion_id", "image_id"])
    if len(pairs) < 2 * FEWEST:
        return None
    probabilities = pairs[run.probability_columns].to_numpy(dtype=float)
    sums = probabilities[:, np.isin(run.diagnoses, run.malignant)].sum(axis=1).reshape(-1, 2)
    answers = probabilities.argmax(axis=1).reshape(-1, 2)
    is_other = answers[:, 0] != answers[:, 1]
    return SameLesionSpread(
        differences=np.sort(np.abs(sums[:, 0] - sums[:, 1])),
        other_answer=bootstrap.wilson(int(is_other.sum()), len(is_other)),
        malignant=_share_malignant(run, pairs),
        malignant_of_all=_share_malignant(run, run.test_photos),
    )


def _share_malignant(run, rows):
    return float(rows.drop_duplicates("lesion_id")["diagnosis"].isin(run.malignant).mean())


def spread_sentences(found: SameLesionSpread) -> list[str]:
    """The spread in words, without any photo at hand."""
    return [
        f"Two test photos of one lesion differ in their malignant sum by a median of "
        f"{found.median:.2f}; one lesion in ten by more than {found.ninth_decile:.2f} "
        f"({found.num_lesions:,} lesions with several photos).",
        f"They get different diagnoses in a share of {found.other_answer}. Of lesions with several "
        f"photos, {found.malignant:.2f} are malignant; of all test lesions, "
        f"{found.malignant_of_all:.2f}.",
    ]


def change_sentence(found: SameLesionSpread, before: float, after: float) -> str:
    """How unusual a change of the malignant sum would be for two photos of one lesion.

    Args:
        before, after: malignant sums in [0, 1].
    """
    share = found.share_at_least(after - before)
    return (
        f"The malignant sum differs by {abs(after - before):.2f}. Of {found.num_lesions:,} lesions "
        f"with several test photos, a share of {share} differs by that or more."
    )
