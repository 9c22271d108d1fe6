"""A recipe's two runs side by side, recomputed from their predictions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import metrics, protocol_gap
from model.evaluation.bootstrap import Estimate
from model.evaluation.protocol_gap import PairedGap
from model.evaluation.run_sentences import gap_explanation, paired_sentence
from tests import toys

PUBLISHED = {"accuracy": 0.95, "compared_with": "validation", "said": "accuracy 0.95"}


def write(folder, name, recipe=None, protocol="honest", accuracy=0.5, **changes):
    """Thirty test photos of fifteen lesions, of which this share gets the right answer."""
    rows = toys.predictions()
    place = rows.groupby("split").cumcount()
    for code in toys.CODES:
        is_right = place < 30 * accuracy
        others = rows["diagnosis"].map({"bcc": "mel", "mel": "nv", "nv": "bcc"})
        answer = rows["diagnosis"].where(is_right, others)
        rows[f"p_{code}"] = np.where(answer == code, 0.8, 0.1)
    return toys.write(
        folder,
        name,
        with_network=False,
        rows=rows,
        recipe=recipe or name,
        protocol=protocol,
        **changes,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    trial = toys.card()["settings"] | {"quick": True}
    for name, leaky, honest in (("narrow", 0.6, 0.5), ("wide", 0.9, 0.4), ("odd", 0.3, 0.7)):
        about = {"recipe": name, "title": name.capitalize(), "published": PUBLISHED}
        write(folder, name, accuracy=honest, **about)
        write(folder, f"{name}--as-published", protocol="as-published", accuracy=leaky, **about)
    write(folder, "plain")
    write(folder, "trial", settings=trial, published=PUBLISHED)
    write(folder, "half", published=PUBLISHED)
    by_name, refused = run.read_all([folder])
    assert not refused
    return by_name


def test_a_pair_needs_a_published_figure_or_a_published_split_and_no_trial_counts(runs):
    pairs = protocol_gap.pairs(runs.values())
    # The widest gap first, what is incomplete last.
    assert [pair.recipe for pair in pairs] == ["wide", "narrow", "odd", "half"]
    wide, *_, half = pairs
    assert wide.published == PUBLISHED
    assert wide.as_published.test.accuracy.value == pytest.approx(0.9)
    assert wide.honest.test.accuracy.value == pytest.approx(0.4)
    assert wide.gap == pytest.approx(0.5)
    assert half.as_published is None
    assert half.gap is None
    assert "no as-published model" in gap_explanation(half)


def test_the_figures_of_a_side_are_those_of_the_evaluation(runs):
    side = protocol_gap.side(runs["wide"])
    whole = metrics.evaluate(runs["wide"].predictions, runs["wide"].diagnoses)
    assert side.test.accuracy == whole.summary["accuracy"]
    assert side.test.balanced_accuracy == whole.summary["balanced_accuracy"]
    assert side.test.num_photos == whole.num_photos
    validation = metrics.evaluate(runs["wide"].predictions, runs["wide"].diagnoses, "validation")
    assert side.validation.accuracy == validation.summary["accuracy"]


def test_met_and_new_photos_are_told_apart(tmp_path):
    """Of the first two test lesions (two photos each) a photo stands in training."""
    toy_run = toys.write(tmp_path, with_network=False)
    rows = toy_run.predictions.copy()
    rows.loc[rows["lesion_id"].isin(["test_0", "test_1"]), "lesion_id"] = "train_0"
    side = protocol_gap.side(SimpleNamespace(predictions=rows, diagnoses=toy_run.diagnoses))
    assert side.leakage.num_same_lesion == 4
    tested = rows[rows["split"] == "test"]
    answers = tested[toy_run.probability_columns].idxmax(axis=1).str[2:]
    right = answers == tested["diagnosis"]
    assert side.accuracy_seen.value == pytest.approx(right[:4].mean())
    assert side.accuracy_unseen.value == pytest.approx(right[4:].mean())
    assert protocol_gap.side(toy_run).accuracy_seen is None


def test_the_explanation_names_the_direction_and_counts(runs):
    pairs = {pair.recipe: pair for pair in protocol_gap.pairs(runs.values())}
    explanations = {recipe: gap_explanation(pair) for recipe, pair in pairs.items()}
    assert explanations["wide"] == (
        "On validation photos, split as published, it reaches "
        f"{pairs['wide'].as_published.validation.accuracy}, 0.05 below the published figure. "
        f"{paired_sentence(pairs['wide'].paired)} Training had seen none of 30 test photos."
    )
    # Both were tested on the same photos, so there is no other difference to tell of.
    assert "differ by" not in " ".join(explanations.values())


def paired(value, low, high):
    return PairedGap(69, 60, 46, None, None, Estimate(value, low, high))


@pytest.mark.parametrize(
    ("gap", "sentence"),
    [
        (
            paired(0.377, 0.246, 0.507),
            "adds +0.38 (+0.25 to +0.51) to the accuracy; its training had met 46 of them.",
        ),
        (paired(-0.2, -0.3, -0.1), "adds -0.20 (-0.30 to -0.10) to the accuracy; its training"),
        (paired(0.008, 0.0004, 0.015), "adds +0.008 (+0.000 to +0.015) to the accuracy"),
        (
            paired(0.08, -0.01, 0.17),
            "adds +0.08 (-0.01 to +0.17) to the accuracy; its training had met 46 of them. The "
            "interval holds 0: no effect of the leak is shown.",
        ),
        (paired(0.01, 0.0, 0.02), "no effect of the leak is shown"),
    ],
)
def test_a_direction_is_named_only_where_the_interval_allows_it(gap, sentence):
    said = paired_sentence(gap)
    assert said.startswith("On the 69 photos that both networks were tested on, the leaking")
    assert sentence in said
    assert ("no effect" in said) == (gap.difference.low <= 0 <= gap.difference.high)


def test_both_networks_are_held_against_each_other_on_the_same_photos(tmp_path):
    """Of six photos of four lesions tested by both, the leaking network gets all, the other two."""
    rows = toys.predictions()
    test = rows.index[rows["split"] == "test"]
    for code in toys.CODES:
        rows[f"p_{code}"] = np.where(rows["diagnosis"] == code, 0.8, 0.1)
    leaking = rows.drop(index=test[8:]).copy()
    copy = leaking.loc[[test[0]]].assign(image_id="copy 1", copy_of=leaking["image_id"][test[0]])
    leaking = pd.concat([leaking.assign(copy_of=""), copy], ignore_index=True)
    other = rows.drop(index=test[:2]).copy()
    for index in test[4:]:
        other.loc[index, ["p_bcc", "p_mel", "p_nv"]] = other.loc[
            index, ["p_mel", "p_nv", "p_bcc"]
        ].to_list()
    # A photo that moved to training as published was met by it.
    met = rows.loc[[test[2]]].assign(image_id="mate", split="train", copy_of="")
    published = toys.write(
        tmp_path,
        "leaking",
        with_network=False,
        rows=pd.concat([leaking, met], ignore_index=True),
        protocol="as-published",
    )
    honest = toys.write(tmp_path, "honest", with_network=False, rows=other)
    gap = protocol_gap.paired_gap(published, honest)
    assert (gap.num_photos, gap.num_lesions) == (6, 3)
    assert gap.num_seen == 2  # both photos of the lesion whose mate was trained on
    assert gap.as_published.value == 1
    assert gap.honest.value == pytest.approx(2 / 6)
    assert gap.difference.value == pytest.approx(4 / 6)
    assert 0 <= gap.difference.low < gap.difference.value < gap.difference.high <= 1
    # A photo under another diagnosis is not the same case.
    relabelled = other.assign(
        diagnosis=other["diagnosis"].map({"bcc": "mel", "mel": "nv", "nv": "bcc"})
    )
    strange = toys.write(tmp_path, "strange", with_network=False, rows=relabelled)
    assert protocol_gap.paired_gap(published, strange) is None


def test_an_as_published_run_alone_is_explained_without_a_gap(runs):
    alone = [toy_run for name, toy_run in runs.items() if name != "wide"]
    pairs = {pair.recipe: pair for pair in protocol_gap.pairs(alone)}
    assert pairs["wide"].gap is None
    assert "no honest model here to compare it with. Training had seen none of" in gap_explanation(
        pairs["wide"]
    )


def test_diagnoses_that_did_not_survive_are_named(tmp_path):
    write(tmp_path, "short--as-published", "short", "as-published", published=PUBLISHED)
    rows = toys.predictions(("mel", "nv"))
    toys.write(tmp_path, "short", ("mel", "nv"), with_network=False, recipe="short", rows=rows)
    (pair,) = protocol_gap.pairs(run.read_all([tmp_path])[0].values())
    assert gap_explanation(pair).endswith(
        "The honest model knows 2 diagnoses: too few photos of basal cell carcinoma are left "
        "after cleaning."
    )


def test_augmented_copies_are_told_from_photos(tmp_path):
    """Every copy in the test part is answered wrongly, every photo rightly."""
    rows = toys.predictions()
    rows = rows.assign(copy_of="")
    for code in toys.CODES:
        rows[f"p_{code}"] = np.where(rows["diagnosis"] == code, 0.8, 0.1)
    copies = rows[rows["split"] == "test"].head(10)
    copies = copies.assign(copy_of=copies["image_id"], image_id=copies["image_id"] + " copy 1")
    copies["p_bcc"], copies["p_mel"], copies["p_nv"] = (
        copies["p_mel"],
        copies["p_nv"],
        copies["p_bcc"],
    )
    toy_run = toys.write(tmp_path, with_network=False, rows=pd.concat([rows, copies]))
    side = protocol_gap.side(toy_run)
    assert side.leakage.num_augmented == 10
    assert side.test.accuracy.value == pytest.approx(0.75)
    assert side.accuracy_without_copies.value == 1


def test_a_run_without_validation_rows_takes_no_page_down(tmp_path):
    rows = toys.predictions()
    rows = rows[rows["split"] != "validation"]
    bare = toys.write(tmp_path, "bare", with_network=False, rows=rows, published=PUBLISHED)
    assert protocol_gap.side(bare).validation is None
    from train.reports.reproduction import report

    assert "| validation accuracy | - | - |" in report([bare])


def test_the_report_says_what_was_measured(runs):
    from train.reports.reproduction import report

    text = report(runs.values())
    pair = protocol_gap.pairs(runs.values())[0]
    leaky, honest = pair.as_published, pair.honest
    assert (
        f"| `wide` | 0.95 (validation) | {leaky.validation.accuracy}, n = 30 | "
        f"{leaky.test.accuracy}, n = 30 | {honest.test.accuracy}, n = 30 | "
        f"{gap_explanation(pair)} |" in text
    )
    assert f"| test accuracy | {leaky.test.accuracy} | {honest.test.accuracy} |" in text
    assert leaky.test.accuracy != honest.test.accuracy
    assert "Published: accuracy 0.95." in text
    assert "| kept epoch | 2 of 3 | 2 of 3 |" in text
    assert "| `half` | 0.95 (validation) | - | - |" in text
    assert "trial" not in text
