"""How well the malignant sum finds malignant lesions, by either reference standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.evaluation import differences, operating_points, reference_standard
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, estimate, lesion_weights
from model.evaluation.differences import Figure
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
    sensitive one, None where the run has none. `differences` are what AUC, sensitivity and
    specificity are more than on all own test photos, with the same draws of lesions for both; empty
    for all of them.
    """

    reference: Reference
    num_of: int
    num_others: int
    area: Estimate
    threshold: MeasuredThreshold | None
    differences: Mapping[Figure, Estimate] = field(default_factory=dict)


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
                {} if reference == Reference.ANY else _less_all(run, reference),
            )
        )
    return measured


def _less_all(run, reference):
    every = run.test_photos
    part = reference_standard.photos_of(every, reference)
    weights = lesion_weights(every["lesion_id"], NUM_RESAMPLES, seed=0)
    of_all = differences.drawn(run, every, None, weights)
    of_part = differences.drawn(run, part, None, weights[:, every.index.isin(part.index)])
    return {
        figure: estimate(
            of_part[figure].value - of_all[figure].value,
            of_part[figure].resampled - of_all[figure].resampled,
        )
        for figure in (Figure.MALIGNANT_AUC, Figure.SENSITIVITY, Figure.SPECIFICITY)
        if figure in of_part and figure in of_all
    }
