"""What the documents claim in figures is what the runs that ship say today."""

import re

import pytest

from model import run
from model.evaluation import external, leak_meter, localisation, metrics, photo_faults
from tests.conftest import ROOT

RUNS = ROOT / "assets" / "runs"


@pytest.fixture(scope="module")
def runs():
    found, refused = run.read_all([RUNS])
    assert refused == {}
    return found


def words(path):
    """A document as one line, so that no line's end cuts a sentence."""
    return " ".join((ROOT / path).read_text("utf-8").split())


def test_the_readme_s_figures_are_those_of_the_runs(runs):
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (\d[\d,]*) \| (0\.\d\d) \((0\.\d\d)-(0\.\d\d)\) \|$", text, re.M
    )
    assert {row[0] for row in rows} == {name for name, one in runs.items() if one.has_network}
    for name, num_photos, *figures in rows:
        found = metrics.evaluate(runs[name].predictions, runs[name].diagnoses)
        estimate = found.summary["balanced_accuracy"]
        assert int(num_photos.replace(",", "")) == found.num_photos
        assert figures == [f"{n:.2f}" for n in (estimate.value, estimate.low, estimate.high)]


def test_what_the_documents_say_of_the_flagship_is_so(runs):
    one = runs["lentigo"]
    found = metrics.evaluate(one.test_photos, one.diagnoses)
    figures = found.summary
    readme, changes = words("README.md"), words("CHANGELOG.md")
    assert f"macro AUC {figures['macro_auc']}, calibration error {figures['ece']}" in readme
    balanced = f"balanced accuracy {figures['balanced_accuracy']}"
    assert f"{balanced} on {found.num_photos:,} test photos" in changes
    assert "more than a third of the melanomas for something else" in readme
    assert 1 / 3 < 1 - found.per_diagnosis.loc["mel", "recall"] < 0.4
    phones = next(kind for kind in external.kinds(one) if kind.kind == "phone photo")
    told = f"(balanced accuracy {phones.balanced_accuracy.value:.2f} where it has"
    assert f"{told} {phones.on_own_test_photos.value:.2f} on its own kind)" in readme


def test_the_lesson_s_figures_are_those_of_the_leak_meter(runs):
    lesson = words("docs/teaching.md")
    balanced = [
        str(leak_meter.side(runs[name]).test.balanced_accuracy)
        for name in ("ham7_cnn", "isic_binary_cnn")
    ]
    assert f"balanced accuracies of {' and '.join(balanced)} on different photos" in lesson
    published = runs["isic9_dropout_rebalanced"].card["published"]
    side = leak_meter.side(runs["isic9_dropout_rebalanced--as-published"])
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
    measured = {name for name, one in runs.items() if one.localisation is not None}
    assert {row[0] for row in rows} == measured
    for name, *told in rows:
        whole, off_centre = (
            localisation.accuracy_by_method(runs[name].localisation, subset)[0]
            for subset in ("all", "off_centre")
        )
        assert whole.method == off_centre.method == "grad_cam"
        assert told == [
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
        f"The network got {effect.faulty} of the {effect.num_faulty} most blurred test photos "
        f"right, of the others {effect.others}" in words("docs/photo_quality.md")
    )
