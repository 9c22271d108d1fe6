"""A recipe's two runs side by side, recomputed from their predictions."""

from types import SimpleNamespace

import pytest

from model import leak_meter, metrics, run
from tests import toys

PUBLISHED = {"accuracy": 0.95, "compared_with": "validation", "said": "accuracy 0.95"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    settings = toys.card()["settings"]
    one = {"recipe": "one", "title": "One", "published": PUBLISHED}
    toys.write(folder, "one", with_network=False, **one)
    toys.write(folder, "one--as-published", with_network=False, protocol="as-published", **one)
    toys.write(folder, "plain", with_network=False, recipe="plain")
    toys.write(
        folder,
        "trial",
        with_network=False,
        settings=settings | {"quick": True},
        recipe="trial",
        published=PUBLISHED,
    )
    toys.write(folder, "half", with_network=False, recipe="half", published=PUBLISHED)
    found, refused = run.read_all([folder])
    assert not refused
    return found


def test_a_pair_needs_a_published_figure_or_a_published_split_and_no_trial_counts(runs):
    found = {pair.recipe: pair for pair in leak_meter.pairs(runs.values())}
    assert set(found) == {"one", "half"}
    assert found["one"].published == PUBLISHED
    assert found["one"].as_published.run.as_published
    assert not found["one"].honest.run.as_published
    assert found["half"].as_published is None
    assert "not here" in found["half"].explanation()


def test_the_figures_of_a_side_are_those_of_the_evaluation(runs):
    found = leak_meter.side(runs["one"])
    whole = metrics.evaluate(runs["one"].predictions, runs["one"].diagnoses)
    assert found.test.accuracy == whole.summary["accuracy"]
    assert found.test.balanced_accuracy == whole.summary["balanced_accuracy"]
    assert found.test.num_photos == whole.num_photos
    validation = metrics.evaluate(runs["one"].predictions, runs["one"].diagnoses, "validation")
    assert found.validation.accuracy == validation.summary["accuracy"]


def test_met_and_new_photos_are_told_apart(tmp_path):
    """Of the first two test lesions (two photos each) a photo stands in training."""
    one = toys.write(tmp_path, with_network=False)
    rows = one.predictions.copy()
    rows.loc[rows["lesion_id"].isin(["test_0", "test_1"]), "lesion_id"] = "train_0"
    found = leak_meter.side(SimpleNamespace(predictions=rows, diagnoses=one.diagnoses))
    assert found.leaks.num_mates == 4
    tested = rows[rows["split"] == "test"]
    answers = tested[one.probability_columns].idxmax(axis=1).str[2:]
    right = answers == tested["diagnosis"]
    assert found.met.value == pytest.approx(right[:4].mean())
    assert found.new.value == pytest.approx(right[4:].mean())
    assert leak_meter.side(one).met is None


def test_the_explanation_counts(runs):
    (pair,) = [one for one in leak_meter.pairs(runs.values()) if one.recipe == "one"]
    assert pair.explanation() == (
        "Test accuracy is 0.00 higher as published. None of the 30 test photos was met in training."
    )


def test_the_report_says_what_was_measured(runs):
    from train.report import report

    text = report(runs.values())
    side = leak_meter.side(runs["one"])
    figure = str(side.test.accuracy)
    assert f"| `one` | 0.95 (validation) | {figure}, n = 30 | {figure}, n = 30 |" in text
    assert f"| test accuracy | {figure} | {figure} |" in text
    assert "Published: accuracy 0.95." in text
    assert "| kept epoch | 2 of 3 | 2 of 3 |" in text
    assert "| `half` | 0.95 (validation) | - |" in text
    assert "trial" not in text
