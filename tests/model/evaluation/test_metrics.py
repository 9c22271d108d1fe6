"""Metrics against tables worked out by hand, and against scikit-learn on anything."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from model.evaluation import bootstrap, metrics
from tests import toys

CODES = ["mel", "nv"]


def table(rows, codes=CODES, split="test"):
    """Rows of (true diagnosis, probability of the first code, lesion)."""
    return pd.DataFrame(
        [
            {
                "split": split,
                "fold": 0,
                "image_id": str(number),
                "lesion_id": lesion,
                "diagnosis": truth,
                "p_mel": first,
                "p_nv": 1 - first,
            }
            for number, (truth, first, lesion) in enumerate(rows)
        ]
    )


BY_HAND = table(
    [
        ("mel", 0.9, "a"),
        ("mel", 0.8, "a"),
        ("mel", 0.3, "b"),
        ("nv", 0.6, "c"),
        ("nv", 0.2, "d"),
        ("nv", 0.1, "d"),
        ("nv", 0.4, "e"),
        ("nv", 0.05, "f"),
    ]
)


def test_every_figure_equals_the_one_worked_out_by_hand():
    evaluation = metrics.evaluate(BY_HAND, CODES)
    assert evaluation.num_photos == 8
    assert evaluation.num_lesions == 6
    assert evaluation.confusion.to_numpy().tolist() == [[2, 1], [1, 4]]
    values = {key: estimate.value for key, estimate in evaluation.summary.items()}
    assert values["accuracy"] == pytest.approx(6 / 8)
    assert values["balanced_accuracy"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert values["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    # Of 3 x 5 pairs of a melanoma and a nevus, 0.3 against 0.6 and 0.4 are in the wrong order.
    assert values["macro_auc"] == pytest.approx(13 / 15)
    row = evaluation.per_diagnosis.loc["mel"]
    assert row["num_photos"] == 3
    assert row["precision"] == pytest.approx(2 / 3)
    assert row["recall"] == pytest.approx(2 / 3)
    assert row["specificity"] == pytest.approx(4 / 5)
    assert row["auc"] == pytest.approx(13 / 15)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    # Two bins are in use: 0.85 twice, one right (gap 0.35); 0.55 twice, both right (gap -0.45).
    probabilities = np.array([[0.85, 0.15], [0.85, 0.15], [0.55, 0.45], [0.55, 0.45]])
    truth = np.array([0, 1, 0, 0])
    assert metrics.calibration_error(truth, probabilities) == pytest.approx(0.5 * 0.35 + 0.5 * 0.45)


def test_a_certain_and_right_network_has_no_calibration_error():
    assert metrics.calibration_error(np.array([0, 1]), np.eye(2)) == 0


def test_a_diagnosis_without_photos_counts_as_unknown_and_not_as_failed():
    rows = BY_HAND.assign(p_df=0.0)
    evaluation = metrics.evaluate(rows, [*CODES, "df"])
    assert evaluation.per_diagnosis.loc["df", "num_photos"] == 0
    assert np.isnan(evaluation.per_diagnosis.loc["df", "recall"])
    assert np.isnan(evaluation.per_diagnosis.loc["df", "auc"])
    assert evaluation.summary["balanced_accuracy"].value == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_a_diagnosis_that_is_answered_without_photos_is_no_part_of_a_mean():
    rows = BY_HAND.assign(p_df=[0.95, *7 * [0.0]])  # the first melanoma becomes df
    found = metrics.evaluate(rows, [*CODES, "df"])
    # Melanoma: 1 of 3 found, 1 of 2 answers right. Nevus: 4 of 5 found, 4 of 5 answers right.
    assert found.summary["macro_f1"].value == pytest.approx((2 / 5 + 4 / 5) / 2)
    assert found.summary["balanced_accuracy"].value == pytest.approx((1 / 3 + 4 / 5) / 2)
    df = found.per_diagnosis.loc["df"]
    assert (df["precision"], df["specificity"]) == (0, 7 / 8)
    assert df[["recall", "f1"]].isna().all()
    assert found.confusion.loc["mel", "df"] == 1


def test_only_the_split_asked_for_counts():
    wrong = table([("mel", 0.0, "x")] * 5, split="validation")
    both = pd.concat([BY_HAND, wrong], ignore_index=True)
    assert metrics.evaluate(both, CODES).summary["accuracy"].value == 6 / 8
    assert metrics.evaluate(both, CODES, "validation").summary["accuracy"].value == 0
    with pytest.raises(ValueError, match="no train photos"):
        metrics.evaluate(both, CODES, "train")


def test_intervals_hold_their_figure_and_widen_when_photos_share_lesions():
    rows = toys.predictions(per_split=240)
    alone = rows.assign(lesion_id=rows["image_id"])
    shared = rows.assign(lesion_id=[str(number // 12) for number in range(len(rows))])
    narrow = metrics.evaluate(alone, toys.CODES).summary["accuracy"]
    assert narrow.low < narrow.value < narrow.high
    # Photos that repeat themselves twelve times tell as much as a twelfth of them.
    repeated = shared.iloc[np.repeat(np.arange(0, len(shared), 12), 12)]
    repeated = repeated[repeated["split"] == "test"]
    wide = metrics.evaluate(repeated, toys.CODES).summary["accuracy"]
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_the_interval_is_the_binomial_one_when_every_photo_is_a_lesion():
    rows = table(
        [("mel", 0.9, str(n)) for n in range(80)] + [("mel", 0.1, f"x{n}") for n in range(20)]
    )
    figures = metrics.evaluate(pd.concat([rows, table([("nv", 0.1, "n")])]), CODES).per_diagnosis
    # 1.96 sqrt(0.8 * 0.2 / 100) = 0.078
    assert figures.loc["mel", "recall_low"] == pytest.approx(0.8 - 0.078, abs=0.02)
    assert figures.loc["mel", "recall_high"] == pytest.approx(0.8 + 0.078, abs=0.02)


def test_none_of_eleven_found_is_not_certainty():
    """Resampling nothing but misses gives misses; the exact interval knows that eleven are few."""
    rows = table(
        [("mel", 0.1, f"m{n}") for n in range(11)] + [("nv", 0.1, f"n{n}") for n in range(9)]
    )
    row = metrics.evaluate(rows, CODES).per_diagnosis.loc["mel"]
    assert row["recall"] == row["recall_low"] == 0
    assert row["recall_high"] == pytest.approx(1 - 0.025 ** (1 / 11))  # 0.285


def test_an_area_of_one_is_not_certain_where_lesions_are_few():
    """Every resample of nine lesions against nine, told apart, gives 1; Newcombe's method 5 gives
    the area from which 1 is 1.96 standard errors away."""
    rows = table(
        [("mel", 0.9, str(n)) for n in range(9)] + [("nv", 0.1, f"n{n}") for n in range(9)]
    )
    row = metrics.evaluate(rows, CODES).per_diagnosis.loc["mel"]
    assert row["auc"] == row["auc_high"] == 1
    low = row["auc_low"]
    pairs = 1 + 8 * ((1 - low) / (2 - low) + low / (1 + low))
    assert 1 - low == pytest.approx(1.959964 * np.sqrt(low * (1 - low) * pairs / 81))
    assert 0.7 < low < 0.8


def test_a_share_has_an_interval_by_lesion():
    hits = np.arange(100) < 80
    alone = bootstrap.share(hits, np.arange(100))
    assert alone.value == pytest.approx(0.8)
    assert alone.high - alone.low == pytest.approx(2 * 0.078, abs=0.02)
    shared = bootstrap.share(hits, np.arange(100) // 20)
    assert shared.high - shared.low > 2 * (alone.high - alone.low)


def test_the_resampled_calibration_error_is_centred_on_the_measured_one():
    rows = toys.predictions(per_split=300)
    estimate = metrics.evaluate(rows, toys.CODES).summary["ece"]
    assert estimate.low < estimate.value < estimate.high


def test_the_same_predictions_give_the_same_intervals():
    first = metrics.evaluate(BY_HAND, CODES).summary
    assert first == metrics.evaluate(BY_HAND, CODES).summary


def test_lesions_are_drawn_whole():
    weights = bootstrap.lesion_weights(["a", "a", "b", "c"], 50, seed=0)
    assert weights.shape == (50, 4)
    assert np.array_equal(weights[:, 0], weights[:, 1])
    per_lesion = weights[:, [0, 2, 3]].sum(axis=1)
    assert (per_lesion == 3).all()


def test_the_majority_share_is_what_always_naming_one_diagnosis_scores():
    assert metrics.majority_share(BY_HAND) == 5 / 8


@st.composite
def drawn(draw):
    """Truth and probabilities with many ties, of two to four diagnoses that all have photos."""
    size = draw(st.integers(2, 4))
    extra = draw(st.lists(st.integers(0, size - 1), max_size=20))
    truth = np.array([*range(size), *range(size), *extra])
    scores = draw(
        st.lists(
            st.lists(st.integers(0, 4), min_size=size, max_size=size),
            min_size=len(truth),
            max_size=len(truth),
        )
    )
    scores = np.array(scores, dtype=float) + 0.1
    weights = draw(st.lists(st.integers(0, 3), min_size=len(truth), max_size=len(truth)))
    weights = np.array(weights, dtype=np.float32)
    weights[: 2 * size] += 1  # every diagnosis stays in the resample
    return truth, scores / scores.sum(axis=1, keepdims=True), weights


@given(drawn())
@settings(max_examples=150, deadline=None)
def test_resampled_metrics_equal_scikit_learns_with_the_same_weights(case):
    truth, probabilities, weights = case
    answers = probabilities.argmax(axis=1)
    resampled = bootstrap.Resampled(truth, probabilities, weights[None])
    labels = range(probabilities.shape[1])
    precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
        truth, answers, labels=labels, sample_weight=weights, zero_division=np.nan
    )
    assert resampled.accuracy()[0] == pytest.approx(
        sklearn_metrics.accuracy_score(truth, answers, sample_weight=weights)
    )
    assert resampled.precision()[0] == pytest.approx(precision, nan_ok=True)
    assert resampled.recall()[0] == pytest.approx(recall)
    assert resampled.f1()[0] == pytest.approx(f1)
    assert resampled.balanced_accuracy()[0] == pytest.approx(recall.mean())
    areas = [
        sklearn_metrics.roc_auc_score(
            truth == number, probabilities[:, number], sample_weight=weights
        )
        for number in labels
    ]
    assert resampled.auc()[0] == pytest.approx(areas)
    boxes = sklearn_metrics.multilabel_confusion_matrix(
        truth, answers, labels=labels, sample_weight=weights
    )
    assert resampled.specificity()[0] == pytest.approx(boxes[:, 0, 0] / boxes[:, 0].sum(axis=1))


@given(drawn())
@settings(max_examples=60, deadline=None)
def test_balanced_accuracy_and_macro_f1_equal_scikit_learns(case):
    truth, probabilities, _ = case
    codes = [f"c{number}" for number in range(probabilities.shape[1])]
    rows = pd.DataFrame(probabilities, columns=[f"p_{code}" for code in codes])
    rows = rows.assign(
        split="test", lesion_id=rows.index.astype(str), diagnosis=[codes[n] for n in truth]
    )
    summary = metrics.evaluate(rows, codes, num_resamples=5).summary
    answers = probabilities.argmax(axis=1)
    assert summary["balanced_accuracy"].value == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(truth, answers)
    )
    assert summary["macro_f1"].value == pytest.approx(
        sklearn_metrics.f1_score(truth, answers, average="macro", zero_division=0)
    )


def test_an_estimate_carries_its_interval_and_an_undefined_one_is_a_dash():
    assert str(bootstrap.Estimate(0.714, 0.661, 0.749)) == "0.71 (0.66-0.75)"
    assert str(bootstrap.Estimate(0.5, math.nan, math.nan)) == "0.50 (-)"
    assert str(bootstrap.Estimate(math.nan, math.nan, math.nan)) == "-"


def test_the_headline_is_the_start_of_the_evaluation():
    rows = toys.predictions()
    nevi = rows[(rows["split"] == "test") & (rows["diagnosis"] == "nv")]
    rows = rows.drop(nevi.index[:6])  # diagnoses of one size would hide a mean of the others
    headline = metrics.headline(rows, toys.CODES)
    whole = metrics.evaluate(rows, toys.CODES)
    assert (headline.num_photos, headline.num_lesions) == (whole.num_photos, whole.num_lesions)
    assert headline.accuracy == whole.summary["accuracy"]
    assert headline.balanced_accuracy == whole.summary["balanced_accuracy"]
    with pytest.raises(ValueError, match="no test photos"):
        metrics.headline(rows[rows["split"] == "train"], toys.CODES)
