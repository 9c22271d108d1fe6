"""What a run's answers are worth, on its own test photos and on photos of other data sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.evaluation import (
    bootstrap,
    conformal,
    differences,
    metrics,
    operating_points,
    roc,
    subgroups,
)
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate
from model.evaluation.calibration_errors import CalibrationErrors, Reading, readings
from model.evaluation.differences import Figure
from model.photo.kind import plural

if TYPE_CHECKING:
    from model.evaluation.conformal import Coverage
    from model.evaluation.operating_points import MeasuredThreshold
    from model.run import Run

OWN = "own test photos"


@dataclass(frozen=True)
class DiagnosedResult:
    """What was measured on `num_photos` photos of known diagnosis; a person counts as a lesion.

    `diagnoses` are those that the photos show; balanced accuracy and macro AUC are means over
    them. `malignant_area` is the AUC of the malignant sum. `coverage`, `threshold` (the most
    sensitive one on the malignant sum) and `calibration` are those of the kind of photo. None where
    the run or the photos lack what a figure needs.
    """

    num_photos: int
    diagnoses: tuple[str, ...]
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_auc: Estimate
    ece: Estimate
    malignant_area: Estimate | None
    coverage: Coverage | None
    threshold: MeasuredThreshold | None
    calibration: dict[Reading, CalibrationErrors]


@dataclass(frozen=True)
class ExternalResult:
    """One source of photos of one kind, or the run's own test photos.

    `area` is the chance that such a photo's novelty score is higher than that of an own test
    photo, `flagged` the share of them that is called unlike the training photos, `recognised` the
    share that the network took for what they are; None where that is not known.
    `on_own_test_photos` is the balanced accuracy over the same diagnoses of the run's own test
    photos. It and `diagnosed` are None where nobody knows their diagnoses. `differences` are
    figures on these photos less those on such own test photos, empty for the own ones and where no
    diagnosis is known. `by_skin_type` are subgroups with the recall of the malignant diagnoses
    together, `skin_type_gaps` how far each is from the others; empty where no skin type is recorded
    or nothing is malignant.
    """

    kind: str
    source: str
    num_photos: int
    num_people: int
    area: Estimate | None
    flagged: Estimate | None
    recognised: Estimate | None
    diagnosed: DiagnosedResult | None
    on_own_test_photos: Estimate | None
    by_skin_type: tuple[subgroups.Subgroup, ...]
    skin_type_gaps: tuple[subgroups.RecallGap, ...] = ()
    differences: Mapping[Figure, Estimate] = field(default_factory=dict)

    @property
    def difference(self) -> Estimate | None:
        """Of balanced accuracy."""
        return self.differences.get(Figure.BALANCED_ACCURACY)

    @property
    def is_own(self) -> bool:
        return self.source == OWN

    @property
    def title(self) -> str:
        """The kind, and the source where it is named: "phone photos, PAD-UFES-20"."""
        return OWN if self.is_own else ", ".join(filter(None, (plural(self.kind), self.source)))


def by_source(run: Run) -> list[ExternalResult]:
    """Measure a run on its external test photos, by kind and source.

    Returns:
        List of `ExternalResult`; empty where the run has no such photos.
    """
    if run.external is None:
        return []
    rows = run.external[run.external["split"] == "test"]
    rows = rows.assign(lesion_id=rows["person_id"])
    return [
        _measure(run, str(kind), str(source), of_source)
        for (kind, source), of_source in rows.groupby(["kind", "source"], sort=False)
    ]


def own(run: Run) -> ExternalResult:
    """Measure a run on its own test photos in the same way."""
    rows = run.test_photos
    kind = run.kinds[0] if run.kinds else ""
    flagged = flagged_on_test(run)
    diagnosed = _diagnosed(run, kind, rows)
    return ExternalResult(
        kind,
        OWN,
        len(rows),
        rows["lesion_id"].nunique(),
        None,
        flagged,
        _recognised(kind, rows),
        diagnosed,
        diagnosed.balanced_accuracy if diagnosed else None,
        (),
    )


def flagged_on_test(run: Run) -> Estimate | None:
    """Share of the run's own test photos that its novelty score flags; None without scores."""
    rows = _scored(run)
    return bootstrap.share(rows["novelty"] > 1, rows["lesion_id"]) if len(rows) else None


def _scored(run):
    rows = run.test_photos
    return rows[rows["novelty"].notna()] if "novelty" in rows.columns else rows.iloc[:0]


def _measure(run, kind, source, rows):
    with_diagnosis = rows[rows["diagnosis"] != ""]
    diagnosed = _diagnosed(run, kind, with_diagnosis)
    shown = diagnosed.diagnoses if diagnosed else ()
    own_rows = run.test_photos[run.test_photos["diagnosis"].isin(shown)]
    by_skin_type, gaps = _by_skin_type(run, with_diagnosis)
    return ExternalResult(
        kind,
        source,
        len(rows),
        rows["lesion_id"].nunique(),
        _area(_scored(run), rows),
        bootstrap.share(rows["novelty"] > 1, rows["lesion_id"]),
        _recognised(kind, rows) if kind in run.kinds else None,
        diagnosed,
        metrics.headline(own_rows, run.diagnoses).balanced_accuracy if len(own_rows) else None,
        by_skin_type,
        gaps,
        differences.between_sources(run, own_rows, None, with_diagnosis, kind)
        if len(own_rows)
        else {},
    )


def _recognised(kind, rows):
    if "recognised" not in rows.columns or rows.empty:
        return None
    return bootstrap.share(rows["recognised"] == kind, rows["lesion_id"])


def _diagnosed(run, kind, rows):
    if rows.empty:
        return None
    evaluation = metrics.evaluate(rows, run.diagnoses)
    codes = run.malignant
    malignant = roc.roc_curve(rows, codes) if codes else None
    points = operating_points.thresholds(run, rows, kind)
    return DiagnosedResult(
        len(rows),
        tuple(code for code in run.diagnoses if code in set(rows["diagnosis"])),
        evaluation.summary["accuracy"],
        evaluation.summary["balanced_accuracy"],
        evaluation.summary["macro_auc"],
        evaluation.summary["ece"],
        malignant.area if malignant else None,
        conformal.coverage(run, rows, kind),
        operating_points.most_sensitive_malignant(points, run.malignant),
        readings(run, rows, kind),
    )


def _by_skin_type(run, diagnosed):
    codes = run.malignant
    if "skin_type" not in diagnosed.columns or diagnosed["skin_type"].isna().all() or not codes:
        return (), ()
    # Without the other characteristics, which nobody asked for here.
    rows = diagnosed.drop(
        columns=[*subgroups.CHARACTERISTICS.keys() - {"skin_type"}], errors="ignore"
    )
    return (
        tuple(subgroups.subgroups(rows, run.diagnoses, codes)),
        tuple(subgroups.recall_gaps(rows, run.diagnoses, codes)),
    )


def _area(own_rows, others):
    if own_rows.empty:
        return None
    from sklearn.metrics import roc_auc_score

    is_other = np.repeat([False, True], [len(own_rows), len(others)])
    scores = np.concatenate([own_rows["novelty"], others["novelty"]])
    drawn = pd.concat([own_rows["lesion_id"], others["lesion_id"]], ignore_index=True)
    weights = bootstrap.lesion_weights(drawn, NUM_RESAMPLES, seed=0)
    return bootstrap.area(
        roc_auc_score(is_other, scores),
        bootstrap.weighted_auc(is_other, scores, weights),
        is_other,
        drawn.to_numpy(),
    )
