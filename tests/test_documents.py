"""What the documents claim in figures is what the runs that ship say today."""

import re

import numpy as np
import pytest

from model import run
from model.audit import certificate
from model.audit.list_audit import audit_lists
from model.audit.lists import read_lists, read_metadata
from model.audit.own_table import opened
from model.evaluation import (
    covering_rates,
    external_results,
    localisation,
    map_baselines,
    metrics,
    photo_faults,
    protocol_gap,
    randomisation,
    signs,
    tables,
)
from model.evaluation import heatmap_metrics as measured_metrics
from model.heatmaps.baselines import BASELINES
from model.heatmaps.methods import METHODS
from model.heatmaps.metrics import MAP_METRICS, infidelity, max_sensitivity, road
from tests.claims.evidence import area_gap, official, phones
from tests.conftest import ROOT
from train.data.external_photos import ISIC_TEST, PAD_UFES
from train.reports import atlas_page, heatmap_metrics

RUNS = ROOT / "assets" / "runs"


@pytest.fixture(scope="module")
def runs():
    readable, refused = run.read_all([RUNS])
    assert refused == {}
    return readable


def in_one_line(path):
    """A document in one line, so that no line break splits a sentence."""
    return " ".join((ROOT / path).read_text("utf-8").split())


def test_the_readme_s_figures_are_those_of_the_runs(runs):
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.M)
    assert {row[0] for row in rows} == {name for name, run in runs.items() if run.has_network}
    for name, by_dermatoscope, by_phone, own in rows:
        # Of the network that ships, not pooled over folds.
        evaluation = metrics.evaluate(runs[name].test_photos, runs[name].diagnoses)
        balanced = evaluation.summary["balanced_accuracy"]
        assert own == f"{balanced}, n = {evaluation.num_photos:,}"
        elsewhere = {
            part.source: f"{part.diagnosed.balanced_accuracy}, n = {part.diagnosed.num_photos:,}"
            for part in external_results.by_source(runs[name])
            if part.diagnosed
        }
        assert (by_dermatoscope, by_phone) == (
            elsewhere.get(ISIC_TEST, "-"),
            elsewhere.get(PAD_UFES, "-"),
        )


def test_what_the_documents_say_of_both_editions_is_so(runs):
    second, first = runs["lentigo_second"], runs["lentigo"]
    evaluation = metrics.evaluate(first.test_photos, first.diagnoses)
    figures = evaluation.summary
    readme, changes = in_one_line("README.md"), in_one_line("CHANGELOG.md")
    assert (
        f"macro AUC {figures['macro_auc']}, calibration error {figures['ece']} on its own" in readme
    )
    balanced = f"balanced accuracy {figures['balanced_accuracy']}"
    assert f"{balanced} on {evaluation.num_photos:,} test photos" in changes
    ours, theirs = (
        next(part for part in external_results.by_source(run) if part.source == ISIC_TEST).diagnosed
        for run in (second, first)
    )
    areas = f"({ours.malignant_area}, against {theirs.malignant_area})"
    assert f"a lower AUC for malignant lesions {areas}" in readme
    by_phone = phones(second)
    assert by_phone["person_id"].nunique() == 61
    assert f"their {len(by_phone)} are of 61 people" in readme


def test_what_the_readme_says_of_the_third_edition_is_so(runs):
    third, second = runs["lentigo_third"], runs["lentigo_second"]
    readme = in_one_line("README.md")
    rows = [official(run) for run in (third, second)]
    melanoma, malignant = (area_gap(*rows, codes) for codes in (["mel"], third.malignant))
    assert (
        f"AUC for melanoma is higher by {melanoma}, that for malignant lesions by {malignant}"
        in readme
    )
    named = [
        (own[third.probability_columns].idxmax(axis=1) == "p_df")[own["diagnosis"] == "df"]
        for own in rows
    ]
    assert (
        f"It names {named[0].sum()} of the {len(named[0])} dermatofibromas there, "
        f"`lentigo_second` {named[1].sum()}"
    ) in readme
    found = [
        localisation.accuracy_by_method(run.localisation, "off_centre")[0]
        for run in (third, second)
    ]
    assert found[0].num_photos == found[1].num_photos == 30
    pointing = [f"{accuracy.pointing.value:.2f}" for accuracy in found]
    assert f"(on test photos {pointing[0]} and {pointing[1]} of 30)" in readme


def test_the_lesson_s_figures_are_those_of_the_leak_meter(runs):
    lesson = in_one_line("docs/teaching.md")
    balanced = [
        str(protocol_gap.side(runs[name]).test.balanced_accuracy)
        for name in ("ham7_cnn", "isic_binary_cnn")
    ]
    assert f"balanced accuracies of {' and '.join(balanced)} on different photos" in lesson
    published = runs["isic9_dropout_rebalanced"].card["published"]
    side = protocol_gap.side(runs["isic9_dropout_rebalanced--as-published"])
    assert published["compared_with"] == "validation"
    figure = published["accuracy"]
    assert f"{side.validation.accuracy.value:.2f}" == f"{figure:.2f}"
    assert f"The published figure (the diamond: {figure:.2f}, on validation" in lesson
    assert f"right on {100 * figure:.0f} of 100 photos" in lesson


def test_the_heat_maps_table_is_that_of_the_runs(runs):
    text = (ROOT / "docs" / "heat_maps.md").read_text("utf-8")
    number = r"([\d.,]+)"
    row = rf"`(\w+)` \| {number} \| {number} \| {number} \| {number} \| {number} of {number}"
    rows = re.findall(rf"^\| {row} \|$", text, re.M)
    measured = {name for name, run in runs.items() if run.localisation is not None}
    assert {row[0] for row in rows} == measured
    for name, *figures in rows:
        whole, off_centre = (
            localisation.accuracy_by_method(runs[name].localisation, subset)[0]
            for subset in ("all", "off_centre")
        )
        assert whole.method == off_centre.method == "grad_cam"
        assert figures == [
            f"{whole.num_photos:,}",
            f"{whole.pointing.value:.2f}",
            f"{whole.energy.value:.2f}",
            f"{whole.iou.value:.2f}",
            f"{off_centre.pointing.value:.2f}",
            str(off_centre.num_photos),
        ]


def test_what_shuffled_weights_leave_is_what_the_runs_say(runs):
    text = (ROOT / "docs" / "heat_maps.md").read_text("utf-8")
    cells = 5 * r" \| ([^|]+)"
    rows = re.findall(rf"^\| `(\w+)` \| (\d+){cells} \|$", text, re.M)
    measured = {name for name, run in runs.items() if run.randomisation is not None}
    assert {row[0] for row in rows} == measured
    for name, num_layers, *cells in rows:
        table = runs[name].randomisation
        left = [
            randomisation.all_shuffled(table, method) for method in randomisation.methods_of(table)
        ]
        assert left[0].method == "grad_cam"
        assert int(num_layers) == left[0].num_layers
        assert table["image_id"].nunique() == table["seed"].nunique() == 20
        assert cells == [
            *(
                "-" if np.isnan(figure.value) else f"{figure.value:.2f}"
                for figure in (left[0].correlation, left[0].others)
            ),
            str(left[0].difference),
            ", ".join(METHODS[one.method].title for one in left if one.is_kept) or "none",
            ", ".join(METHODS[one.method].title for one in left if one.is_unknown) or "none",
        ]


def test_the_differences_to_maps_without_a_network_are_those_of_the_runs(runs):
    text = (ROOT / "docs" / "heat_maps.md").read_text("utf-8")
    names = "|".join(title.lower() for title in BASELINES.values())
    rows = re.findall(rf"^\| `(\w+)` \| ({names}) \| (.+) \|$", text, re.M)
    measured = {name: of for name, of in runs.items() if of.map_baselines is not None}
    assert {row[0] for row in rows} == measured.keys()
    assert len(rows) == len(measured) * len(BASELINES)
    for name, title, cells in rows:
        baseline = next(key for key, named in BASELINES.items() if named.lower() == title)
        whole, off_centre = (
            {
                row.measure: str(row.difference)
                for row in map_baselines.comparisons(
                    measured[name].localisation, measured[name].map_baselines, "grad_cam", subset
                )
                if row.baseline == baseline
            }
            for subset in ("all", "off_centre")
        )
        last = off_centre["pointing"] if baseline == "dark_blob" else "-"
        assert cells.split(" | ") == [*whole.values(), last]
    spreads = {f"{run.map_baselines['centre_spread'].iloc[0]:.2f}" for run in measured.values()}
    assert f"lesions' places, {' to '.join(sorted(spreads))} of each side" in in_one_line(
        "docs/heat_maps.md"
    )


def test_the_metrics_of_the_field_are_those_of_the_runs(runs):
    text = (ROOT / "docs" / "heat_maps.md").read_text("utf-8")
    tables_by_run = {name: of.heatmap_metrics for name, of in runs.items()}
    measured = {name: table for name, table in tables_by_run.items() if table is not None}
    assert measured
    for name, table in measured.items():
        means = measured_metrics.means(table)
        for row in tables.heatmap_metrics(means).to_numpy():
            assert f"| `{name}` | {' | '.join(row)} |" in text


def test_the_metrics_are_told_as_they_are_measured():
    text = in_one_line("docs/heat_maps.md")
    *shares, last = road.PERCENTAGES
    assert f"{', '.join(map(str, shares))} and {last} % of the places are removed" in text
    assert f"plus noise of {road.NOISE}" in text
    assert f"{infidelity.SQUARES**2} squares that tile the photo" in text
    assert f"up to {max_sensitivity.RADIUS} of the range is added, five times" in text
    assert max_sensitivity.NUM_SAMPLES == 5
    assert f"It takes {heatmap_metrics.NUM_PHOTOS} test photos of a run" in text
    for metric in MAP_METRICS.values():
        assert f"| {metric.title} | " in text


def test_the_rates_of_the_covering_test_are_those_of_the_runs(runs):
    text = (ROOT / "docs" / "heat_maps.md").read_text("utf-8")
    cell = r"(0\.\d\d \(0\.\d\d-0\.\d\d\) of \d+)"
    rows = re.findall(rf"^\| `(\w+)` \| {cell} \| {cell} \| {cell} \|$", text, re.M)
    assert {row[0] for row in rows} == {
        name for name, run in runs.items() if run.covering_test is not None
    }
    for name, *cells in rows:
        own, random, shuffled = covering_rates.rates(runs[name].covering_test).by_map
        assert cells == [f"{rate.better} of {rate.num_judged}" for rate in (own, random, shuffled)]
        assert own.num_maps == random.num_maps == shuffled.num_maps == 300
        assert random.better.high <= 0.05


def test_what_turning_means_for_the_second_edition_is_so(runs):
    costs = signs.turning_costs(runs["lentigo_second"])
    assert costs.is_shown
    own, official = costs.by_source.values()
    document = in_one_line("docs/photo_quality.md")
    for cost, said in ((own, "are like that, and it is right"), (official, "are, and it is right")):
        assert (
            f"{cost.num_marked} {said} on {cost.marked} of them and on {cost.others} of the "
            f"{cost.num_others} others: {cost.difference} less."
        ) in document
    # Both halves of the rule, on the validation photos that may choose it.
    halves = signs.turning_halves(runs["lentigo_second"])
    for half in halves:
        assert half.is_shown
        assert (
            f"{half.num_marked} validation photos, right on {half.marked}, against {half.others} "
            f"of {half.num_others}"
        ) in document


def test_what_a_flag_of_the_novelty_score_means_is_so(runs):
    document = in_one_line("docs/photo_quality.md")
    for name in ("lentigo_second", "lentigo_third"):
        cells = [
            f"{cost.num_marked}, {cost.marked} | {cost.num_others}, {cost.others} | "
            f"{cost.difference}"
            for cost in signs.novelty_costs(runs[name]).by_source.values()
        ]
        assert len(cells) == 2
        assert all(cell in document for cell in cells)


def test_what_a_set_of_one_means_is_so(runs):
    document = in_one_line("docs/photo_quality.md")
    for kind, num_sources in (("dermatoscopic photo", 2), ("phone photo", 1)):
        answers, _ = signs.several_costs(runs["lentigo_second"], kind)
        assert len(answers.by_source) == num_sources
        for cost in answers.by_source.values():
            assert cost.is_shown
            assert (
                f"{cost.num_others}, {cost.others} | {cost.num_marked}, {cost.marked} | "
                f"{cost.difference}"
            ) in document


def test_what_the_stress_test_means_is_so(runs):
    document = in_one_line("docs/photo_quality.md")
    measured = {name: of for name, of in runs.items() if of.stress is not None}
    assert "lentigo_second" in measured
    for of in measured.values():
        for kind in of.kinds:
            for cost in signs.stress_costs(of, kind).by_source.values():
                assert (
                    f"{cost.num_marked}, {cost.marked} | {cost.num_others}, {cost.others} | "
                    f"{cost.difference}"
                ) in document


def test_what_blur_meant_for_the_flagship_is_so(runs):
    effect = photo_faults.effect(runs["lentigo"], "blurred").costs.own
    assert (
        f"The network was right on {effect.marked} of the {effect.num_marked} most blurred test "
        f"photos and on {effect.others} of the others" in in_one_line("docs/photo_quality.md")
    )


def test_the_atlas_is_what_the_runs_say(runs):
    document = (ROOT / "docs" / "atlas.md").read_text("utf-8")
    assert document == atlas_page.page(runs.values())


def test_the_worked_example_of_the_audit_of_lists_is_so(runs):
    def audited(name):
        file = opened(runs[name].path / "predictions.csv")
        return audit_lists(read_lists(file), read_metadata(file))

    lentigo = audited("lentigo")
    said = [certificate.verdict(lentigo), *certificate.sentences(lentigo)]
    text = in_one_line("docs/leaks.md").replace("> ", "")
    assert " ".join(said[:5]) in text
    figures = lentigo.figures
    assert (
        f"Its accuracy is {figures['all'].accuracy} on all test photos and "
        f"{figures['others'].accuracy} on the {figures['others'].num_photos:,} others"
    ) in text
    for name in ("lentigo_second", "lentigo_third"):
        assert not audited(name).has_leak
