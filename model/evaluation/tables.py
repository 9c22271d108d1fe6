"""Figures as tables of text, each figure with its interval.

The one place that formats them: pages show these tables, and reports write them as Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple

import pandas as pd

from model.evaluation.bootstrap import Estimate
from model.evaluation.conformal import Coverage
from model.evaluation.differences import Figure
from model.evaluation.external_results import ExternalResult
from model.evaluation.heatmap_metrics import TITLES, MetricMean
from model.evaluation.localisation import SUBSETS, MethodAccuracy
from model.evaluation.malignancy import EXAMPLE_PREVALENCE, Malignancy
from model.evaluation.map_baselines import Comparison
from model.evaluation.metrics import METRICS, PER_DIAGNOSIS, Evaluation
from model.evaluation.net_benefit import NetBenefit
from model.evaluation.operating_points import MeasuredThreshold, thousand
from model.evaluation.paired_runs import Comparison as PairedRuns
from model.evaluation.protocol_gap import Pair
from model.evaluation.randomisation import PatternKept
from model.evaluation.reference_standard import Reference
from model.evaluation.seed_spread import SeedSpread
from model.evaluation.sign_cost import SignCosts
from model.evaluation.subgroups import Subgroup
from model.heatmaps.baselines import BASELINES
from model.heatmaps.methods import METHODS
from model.heatmaps.metrics import MAP_METRICS
from model.lesions import describe
from model.run.schema import Trial

NOT_MEASURED = "-"
REFERENCES = {Reference.ANY: "All", Reference.HISTOLOGY: "Confirmed by histology"}
HEADINGS = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "specificity": "Specificity",
    "auc": "AUC",
}
FEW = "too few to tell"
FIGURES = {
    Figure.ACCURACY: "Accuracy",
    Figure.BALANCED_ACCURACY: "Balanced accuracy",
    Figure.MACRO_F1: "Macro F1",
    Figure.MACRO_AUC: "Macro AUC",
    Figure.MALIGNANT_AUC: "Malignant AUC",
    Figure.ECE: "Calibration error",
    Figure.COVERAGE: "Prediction sets hold the truth",
    Figure.SET_SIZE: "Diagnoses in a set",
    Figure.SENSITIVITY: "Sensitivity at the threshold",
    Figure.SPECIFICITY: "Specificity at the threshold",
}


def figure(estimate: Estimate | None) -> str:
    """A figure with its interval, or a dash where nothing was measured."""
    return NOT_MEASURED if estimate is None else str(estimate)


def diagnosis(code: str) -> str:
    """ "Melanoma (mel)"."""
    return f"{describe(code).name} ({code})"


def summary(evaluations: dict[str, Evaluation]) -> pd.DataFrame:
    """One column per run: split, photos, lesions and every metric.

    Args:
        evaluations: by the title of the run.
    """
    columns = {
        title: {
            "Split": evaluation.split,
            "Photos": f"{evaluation.num_photos:,}",
            "Lesions": f"{evaluation.num_lesions:,}",
        }
        | {heading: figure(evaluation.summary[key]) for key, heading in METRICS.items()}
        for title, evaluation in evaluations.items()
    }
    return pd.DataFrame(columns).rename_axis("Figure")


def trials(rows: Sequence[Trial]) -> pd.DataFrame:
    """The ways to feed an imported network that were tried, one row each."""
    return pd.DataFrame(
        {
            "Pixels": row["pixels"],
            "Resizing": row["resizing"],
            "Outputs stand for": row["order"],
            "Balanced accuracy": f"{row['balanced_accuracy']:.2f}",
            "Log loss": f"{row['log_loss']:.3f}",
        }
        for row in rows
    )


def per_diagnosis(evaluation: Evaluation) -> pd.DataFrame:
    """One row per diagnosis: its photos and every figure."""
    rows = evaluation.per_diagnosis
    table = pd.DataFrame({"Photos": rows["num_photos"]})
    for key in (*PER_DIAGNOSIS, "auc"):
        ends = zip(rows[key], rows[f"{key}_low"], rows[f"{key}_high"], strict=True)
        table[HEADINGS[key]] = [figure(Estimate(*row)) for row in ends]
    table.index = pd.Index(map(diagnosis, rows.index))
    return table.rename_axis("Diagnosis")


def coverage(measured: Coverage) -> pd.DataFrame:
    """One row per diagnosis: its photos, and how often their prediction sets hold it."""
    return pd.DataFrame(
        {"Diagnosis": diagnosis(code), "Photos": num_photos, "Coverage": figure(share)}
        for code, (num_photos, share) in measured.by_diagnosis.items()
    )


def operating_points(points: Sequence[MeasuredThreshold]) -> pd.DataFrame:
    """One row per operating point: what it was fitted for, and what it reaches."""
    return pd.DataFrame(
        {
            "Threshold on": sought(point),
            "Target sensitivity": f"{100 * point.target_sensitivity:.0f} %",
            "Threshold": f"{point.value:.4f}",
            "Sensitivity reached": f"{point.sensitivity} of {point.num_of:,}",
            "Specificity reached": f"{point.specificity} of {point.num_others:,}",
        }
        for point in points
    )


def malignancy(measured: Sequence[Malignancy]) -> pd.DataFrame:
    """One row per reference standard: the malignant sum, and what its most sensitive threshold
    means for 1,000 people, `EXAMPLE_PREVALENCE` of whom have a malignant lesion."""
    return pd.DataFrame(
        {
            "Test photos": REFERENCES[of.reference],
            "Malignant": of.num_of,
            "Others": of.num_others,
            "AUC of the malignant sum": figure(of.area),
        }
        | (_threshold_figures(of.threshold) if of.threshold else {})
        | {
            f"{name}, less that of all": signed(of.differences.get(figure))
            for figure, name in {
                Figure.MALIGNANT_AUC: "AUC",
                Figure.SENSITIVITY: "Sensitivity",
                Figure.SPECIFICITY: "Specificity",
            }.items()
            if any(figure in other.differences for other in measured)
        }
        for of in measured
    )


def _threshold_figures(point: MeasuredThreshold) -> dict[str, str]:
    people = thousand(point, EXAMPLE_PREVALENCE)
    return {
        "Sensitivity": figure(point.sensitivity),
        "Specificity": figure(point.specificity),
        f"Of 1,000 people, {people.num_ill} with one: found": str(people.found),
        "False alarms": str(people.false_alarms),
    }


def sought(point: MeasuredThreshold) -> str:
    """What an operating point is a threshold on: one diagnosis, or the sum of malignant ones."""
    return describe(point.of[0]).name if len(point.of) == 1 else "Malignant sum"


def subgroups(measured: Sequence[Subgroup], num_diagnoses: int) -> pd.DataFrame:
    """One row per group of patients or photos.

    Args:
        measured: of `model.evaluation.subgroups.groups`.
        num_diagnoses: that the run knows.
    """
    return pd.DataFrame(
        {
            "What": subgroup.characteristic,
            "Group": subgroup.name,
            "Photos": subgroup.num_photos,
            "Lesions": subgroup.num_lesions,
            "Diagnoses": f"{subgroup.num_diagnoses} of {num_diagnoses}",
            "Balanced accuracy": figure(subgroup.balanced_accuracy),
            "Cases": subgroup.num_targets,
            "Recall": figure(subgroup.recall),
            "Too few": FEW if subgroup.is_small else "",
        }
        for subgroup in measured
    )


def net_benefit(curve: Sequence[NetBenefit]) -> pd.DataFrame:
    """One row per probability from which one would act; net benefit per 1,000 photos."""

    def per_thousand(estimate: Estimate) -> str:
        value, low, high = (
            # What is not nothing is never rounded to it.
            f"{number:.0f}" if abs(number) >= 0.5 else f"{number:.1f}"
            for number in (1000 * figure for figure in astuple(estimate))
        )
        return f"{value} ({low}{' to ' if estimate.low < 0 else '-'}{high})"

    return pd.DataFrame(
        {
            "Acts from": f"{100 * point.act_from:.0f} %",
            "Above the threshold": per_thousand(point.threshold),
            "On every photo": per_thousand(point.everyone),
            "Gain over the better of all and none": per_thousand(point.gain),
        }
        for point in curve
    )


def test_parts(results: Sequence[ExternalResult]) -> pd.DataFrame:
    """One row per source of photos with known diagnoses: what the answers are worth on it."""
    return pd.DataFrame(
        {
            "Photos from": result.title,
            "Photos": diagnosed.num_photos,
            "Diagnoses": len(diagnosed.diagnoses),
            "Balanced accuracy": figure(diagnosed.balanced_accuracy),
            "Own test photos, same diagnoses": figure(
                None if result.is_own else result.on_own_test_photos
            ),
            "Difference": figure(result.difference),
            "Macro AUC": figure(diagnosed.macro_auc),
            "Malignant AUC": figure(diagnosed.malignant_area),
            "Calibration error": figure(diagnosed.ece),
            "Prediction sets hold the truth": figure(
                diagnosed.coverage.share if diagnosed.coverage else None
            ),
            "Diagnoses in a set": figure(
                diagnosed.coverage.mean_size if diagnosed.coverage else None
            ),
            "Sensitivity at the threshold": _share_of(diagnosed.threshold, "sensitivity"),
            "Specificity at the threshold": _share_of(diagnosed.threshold, "specificity"),
        }
        for result in results
        if (diagnosed := result.diagnosed) is not None
    )


def signed(difference: Estimate | None) -> str:
    """ "+0.03 (-0.01 to +0.07)": a difference, whose interval may hold 0; a dash for none."""
    if difference is None or math.isnan(difference.value):
        return NOT_MEASURED
    if math.isnan(difference.low):
        return f"{difference.value:+.2f} (-)"
    return f"{difference.value:+.2f} ({difference.low:+.2f} to {difference.high:+.2f})"


def source_differences(results: Sequence[ExternalResult]) -> pd.DataFrame:
    """One row per source of photos with known diagnoses: what every figure that `test_parts` shows
    is more than on own test photos of the same diagnoses."""
    left_out = (Figure.ACCURACY, Figure.MACRO_F1, Figure.ECE)  # the last is none of `differences`
    shown = [figure for figure in FIGURES if figure not in left_out]
    return pd.DataFrame(
        {"Photos from": result.title}
        | {FIGURES[of]: signed(result.differences.get(of)) for of in shown}
        for result in results
        if result.differences
    )


def seed_spread(spreads: Sequence[SeedSpread], seed: int) -> pd.DataFrame:
    """One row per source of photos and figure: what each training of a recipe reaches, and how far
    a repeat is from the run's own.

    Args:
        seed: of the run's own training.
    """
    return pd.DataFrame(
        {
            "Photos from": spread.title,
            "Photos": spread.num_photos,
            "Figure": FIGURES[of],
            f"Seed {seed}": figure(spread.figures[of]),
        }
        | {
            heading: cell
            for repeat in spread.repeats
            for heading, cell in (
                (f"Seed {repeat.seed}", figure(repeat.figures[of])),
                (f"{repeat.seed} less {seed}", signed(repeat.differences[of])),
            )
        }
        for spread in spreads
        for of in spread.figures
    )


def pair_differences(
    compared: Mapping[str, PairedRuns], figures: Sequence[Figure] = tuple(FIGURES)
) -> pd.DataFrame:
    """One row per comparison of two runs on the same photos: the second's figures less the first's.

    Args:
        compared: `model.evaluation.paired_runs.Comparison`s by what stands in the first column.
        figures: those shown, in this order, without those that no comparison has.
    """
    shown = [of for of in figures if any(of in pair.figures for pair in compared.values())]
    return pd.DataFrame(
        {"Photos from": title, "Photos of both": pair.num_photos}
        | {FIGURES[of]: signed(pair.figures[of][2] if of in pair.figures else None) for of in shown}
        for title, pair in compared.items()
    )


def calibration(results: Sequence[ExternalResult]) -> pd.DataFrame:
    """One row per source of photos with known diagnoses and reading of the probabilities."""
    return pd.DataFrame(
        {
            "Photos from": result.title,
            "Probabilities": reading.value,
            "Photos": errors.num_photos,
            "Error per diagnosis": fine(errors.classwise),
            "If right": fine(errors.classwise_of_perfect),
            "Error of the sum": fine(errors.malignant),
            "Sum, if right": fine(errors.malignant_of_perfect),
            "Slope": figure(errors.slope),
            "Intercept": figure(errors.intercept),
            "Log loss": figure(errors.log_loss),
        }
        for result in results
        if result.diagnosed is not None
        for reading, errors in result.diagnosed.calibration.items()
    )


def fine(estimate: Estimate | None) -> str:
    """`figure` in three digits, for what is near 0."""
    if estimate is None or math.isnan(estimate.value):
        return NOT_MEASURED
    if math.isnan(estimate.low):
        return f"{estimate.value:.3f} (-)"
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def _share_of(threshold: MeasuredThreshold | None, name: str) -> str:
    return figure(getattr(threshold, name) if threshold else None)


def unusual(results: Sequence[ExternalResult]) -> pd.DataFrame:
    """One row per source of photos: whether the network notices what it is shown."""
    return pd.DataFrame(
        {
            "Photos from": result.title,
            "Photos": result.num_photos,
            "People or pictures": result.num_people,
            "Flagged as unusual": figure(result.flagged),
            "Told apart (AUROC)": figure(result.area),
            "Kind recognised": figure(result.recognised),
        }
        for result in results
    )


def sign_costs(measured: Mapping[str, SignCosts]) -> pd.DataFrame:
    """One row per sign on a photo and source of test photos: right answers with and without it.

    Args:
        measured: of `model.evaluation.signs.costs`.
    """
    return pd.DataFrame(
        {
            "Sign": sign,
            "Test photos": source.title,
            "With it": f"{cost.num_marked:,}",
            "Right": figure(cost.marked),
            "Without": f"{cost.num_others:,}",
            "Right without": figure(cost.others),
            "Difference": figure(cost.difference),
            "Cost shown": "yes" if cost.is_shown else "no" if cost.is_enough else FEW,
        }
        for sign, costs in measured.items()
        for source, cost in costs.by_source.items()
    )


def patterns_kept(kept: Sequence[PatternKept]) -> pd.DataFrame:
    """What is left of each method's heat maps once layers of the network are shuffled.

    Args:
        kept: one `model.evaluation.randomisation.PatternKept` of each method.
    """
    return pd.DataFrame(
        {
            "Method": METHODS[left.method].title,
            "Photos": left.num_photos,
            "Own map": figure(left.correlation),
            "Other photos' maps": figure(left.others),
            "Difference": figure(left.difference),
            "Undefined maps": f"{left.num_undefined} of {left.num_maps}",
            "Keeps a pattern of its photo": (
                "cannot be told" if left.is_unknown else "yes" if left.is_kept else "not shown"
            ),
        }
        for left in kept
    )


def heatmap_accuracy(measured: Mapping[str, Sequence[MethodAccuracy]]) -> pd.DataFrame:
    """One row per subset of the photos and method.

    Args:
        measured: by subset, a key of `SUBSETS`.
    """
    return pd.DataFrame(
        {
            "Test photos": SUBSETS[subset],
            "Method": METHODS[accuracy.method].title,
            "Photos": accuracy.num_photos,
            "Empty maps": accuracy.num_empty,
            "Pointing": figure(accuracy.pointing),
            "Energy, times the area": figure(accuracy.energy),
            "Overlap": figure(accuracy.iou),
            "Lesion's share of the photo": f"{accuracy.area:.2f}",
        }
        for subset, accuracies in measured.items()
        for accuracy in accuracies
    )


def map_baselines(compared: Mapping[str, Sequence[Comparison]]) -> pd.DataFrame:
    """One row per subset of the photos, method and baseline: the baseline's figures, and what the
    method has more.

    Args:
        compared: by subset, a key of `SUBSETS`.
    """
    headings = {"pointing": "Pointing", "energy": "Energy", "iou": "Overlap"}
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for subset, comparisons in compared.items():
        for comparison in comparisons:
            row = rows.setdefault(
                (subset, comparison.method, comparison.baseline),
                {
                    "Test photos": SUBSETS[subset],
                    "Method": METHODS[comparison.method].title,
                    "Without a network": BASELINES[comparison.baseline],
                    "Photos": comparison.num_photos,
                },
            )
            heading = headings[comparison.measure]
            row[f"{heading} without"] = f"{comparison.of_baseline.value:.2f}"
            row[f"{heading}, difference"] = figure(comparison.difference)
    return pd.DataFrame(rows.values())


def heatmap_metrics(means: Sequence[MetricMean]) -> pd.DataFrame:
    """One row per method, one column per metric: the mean and on how many photos it is defined.

    Args:
        means: of `model.evaluation.heatmap_metrics.means`.
    """
    rows: dict[str, dict[str, str]] = {}
    for mean in means:
        row = rows.setdefault(mean.method, {"Heat map": TITLES[mean.method]})
        row[MAP_METRICS[mean.metric].title] = f"{mean.mean}, n = {mean.num_photos}"
    return pd.DataFrame(rows.values()).fillna(NOT_MEASURED)


def metrics_against_chance(means: Sequence[MetricMean]) -> pd.DataFrame:
    """One row per method, one column per metric: the paired difference to random maps.

    Args:
        means: of `model.evaluation.heatmap_metrics.means`.
    """
    rows: dict[str, dict[str, str]] = {}
    for mean in means:
        if mean.against_random is not None:
            row = rows.setdefault(mean.method, {"Heat map": TITLES[mean.method]})
            row[MAP_METRICS[mean.metric].title] = figure(mean.against_random)
    return pd.DataFrame(rows.values()).fillna(NOT_MEASURED)


def metric_meanings() -> pd.DataFrame:
    """One row per metric: what it measures, and which way is good."""
    return pd.DataFrame(
        {
            "Metric": metric.title,
            "What it measures": metric.measures,
            "Good": metric.better,
            "Source": metric.source,
        }
        for metric in MAP_METRICS.values()
    )


def paired_gaps(pairs: Sequence[Pair]) -> pd.DataFrame:
    """One row per pair with a `PairedGap`, with every figure."""
    return pd.DataFrame(
        {
            "System": pair.title,
            "Recipe": pair.recipe,
            "Test photos of both": pair.paired.num_photos,
            "Lesions": pair.paired.num_lesions,
            "Met in training as published": pair.paired.num_seen,
            "Accuracy as published": figure(pair.paired.as_published),
            "Accuracy, honest": figure(pair.paired.honest),
            "Difference": pair.paired.difference.value,
            "Difference, low": pair.paired.difference.low,
            "Difference, high": pair.paired.difference.high,
        }
        for pair in pairs
        if pair.paired
    )


def leak_meter(pairs: Sequence[Pair]) -> pd.DataFrame:
    """One row per run of a pair, with every figure."""
    return pd.DataFrame(
        {
            "System": pair.title,
            "Recipe": pair.recipe,
            "Protocol": side.run.card["protocol"],
            "Published accuracy": pair.published["accuracy"] if pair.published else None,
            "Published on": pair.published["compared_with"] if pair.published else None,
            "Test photos": side.test.num_photos,
            "Lesions": side.test.num_lesions,
            "Test accuracy": figure(side.test.accuracy),
            "Test balanced accuracy": figure(side.test.balanced_accuracy),
            "Augmented copies among them": side.leakage.num_augmented,
            "Accuracy without them": figure(side.accuracy_without_copies),
            "Validation photos": side.validation.num_photos if side.validation else 0,
            "Validation accuracy": figure(side.validation.accuracy if side.validation else None),
            "Test photos met in training": side.leakage.num_seen_in_training,
            "Accuracy on those": figure(side.accuracy_seen),
            "Accuracy on the others": figure(side.accuracy_unseen),
        }
        for pair in pairs
        for side in (pair.as_published, pair.honest)
        if side is not None
    )
