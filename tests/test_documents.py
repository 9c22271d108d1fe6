"""What the documents claim in figures is what the runs that ship say today."""

import re

import pytest

from model import run
from model.evaluation import external_results, localisation, metrics, photo_faults, protocol_gap
from tests.conftest import ROOT

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
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (\d[\d,]*) \| (0\.\d\d) \((0\.\d\d)-(0\.\d\d)\) \|$", text, re.M
    )
    assert {row[0] for row in rows} == {name for name, run in runs.items() if run.has_network}
    for name, num_photos, *figures in rows:
        evaluation = metrics.evaluate(runs[name].predictions, runs[name].diagnoses)
        estimate = evaluation.summary["balanced_accuracy"]
        assert int(num_photos.replace(",", "")) == evaluation.num_photos
        assert figures == [f"{n:.2f}" for n in (estimate.value, estimate.low, estimate.high)]


def test_what_the_documents_say_of_the_flagship_is_so(runs):
    flagship = runs["lentigo"]
    evaluation = metrics.evaluate(flagship.test_photos, flagship.diagnoses)
    figures = evaluation.summary
    readme, changes = in_one_line("README.md"), in_one_line("CHANGELOG.md")
    assert f"macro AUC {figures['macro_auc']}, calibration error {figures['ece']}" in readme
    balanced = f"balanced accuracy {figures['balanced_accuracy']}"
    assert f"{balanced} on {evaluation.num_photos:,} test photos" in changes
    assert "mistakes more than a third of the melanomas for something else" in readme
    assert 1 / 3 < 1 - evaluation.per_diagnosis.loc["mel", "recall"] < 0.4
    phones = next(
        part for part in external_results.by_source(flagship) if part.kind == "phone photo"
    )
    assert (
        f"on phone photos (balanced accuracy {phones.diagnosed.balanced_accuracy.value:.2f}, "
        "against "
        f"{phones.on_own_test_photos.value:.2f} on the same diagnoses in its own test photos)"
    ) in readme


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
    row = (
        rf"`(\w+)` \| {number} \| {number}, {number} \| {number}, {number} \| {number} of {number}"
    )
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
            f"{whole.centre_pointing:.2f}",
            f"{whole.energy.value:.2f}",
            f"{whole.centre_energy:.2f}",
            f"{off_centre.pointing.value:.2f}",
            str(off_centre.num_photos),
        ]


def test_what_blur_meant_for_the_flagship_is_so(runs):
    effect = photo_faults.effect(runs["lentigo"], "blurred")
    assert (
        f"The network was right on {effect.faulty} of the {effect.num_faulty} most blurred test "
        f"photos and on {effect.others} of the others" in in_one_line("docs/photo_quality.md")
    )
