"""How well the malignant sum finds malignant lesions, by either reference standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.evaluation import operating_points, reference_standard
from model.evaluation.bootstrap import Estimate
from model.evaluation.operating_points import MeasuredThreshold
from model.evaluation.reference_standard import Reference
from model.evaluation.roc import roc_curve

if TYPE_CHECKING:
    from model.run import Run

EXAMPLE_PREVALENCE = 0.05  # for "1,000 people" where nobody chose one: an assumption


@dataclass(frozen=True)
class Malignancy:
    """What the malignant sum reaches on the own test photos that count.

    `area` is the AUC over `num_of` malignant photos and `num_others` others, `threshold` the most
    sensitive one, None where the run has none.
    """

    reference: Reference
    num_of: int
    num_others: int
    area: Estimate
    threshold: MeasuredThreshold | None


def malignancy(run: Run) -> list[Malignancy]:
    """Measure a run on its own test photos: all of them, then those confirmed by histology where
    that is a choice (`reference_standard.counts`); empty where nothing is malignant, or all is."""
    codes = run.malignant
    is_choice = reference_standard.counts(run.test_photos, codes) is not None
    measured = []
    for reference in Reference if is_choice else (Reference.ANY,):
        rows = reference_standard.photos_of(run.test_photos, reference)
        curve = roc_curve(rows, codes) if codes else None
        if curve is None:
            continue
        points = operating_points.thresholds(run, rows)
        measured.append(
            Malignancy(
                reference,
                curve.num_of,
                curve.num_others,
                curve.area,
                operating_points.most_sensitive_malignant(points, codes),
            )
        )
    return measured
