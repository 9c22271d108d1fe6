"""Every table of figures, cell by cell."""

from types import SimpleNamespace

import pandas as pd

from model.evaluation import tables
from model.evaluation.bootstrap import Estimate
from model.evaluation.conformal import Coverage
from model.evaluation.differences import Figure
from model.evaluation.external_results import OWN, DiagnosedResult, ExternalResult
from model.evaluation.heatmap_metrics import MetricMean
from model.evaluation.localisation import MethodAccuracy
from model.evaluation.map_baselines import Comparison
from model.evaluation.metrics import METRICS, Evaluation, Headline
from model.evaluation.operating_points import MeasuredThreshold
from model.evaluation.protocol_gap import Pair, Side
from model.evaluation.subgroups import Subgroup
from model.evaluation.train_test_overlap import Leakage

HALF, FEW = Estimate(0.5, 0.4, 0.6), Estimate(0.25, 0.1, 0.3)
SAID_HALF, SAID_FEW = "0.50 (0.40-0.60)", "0.25 (0.10-0.30)"


def test_the_summary_has_a_column_for_each_run():
    figures = dict.fromkeys(METRICS, HALF) | {"ece": FEW}
    one = Evaluation("test", 12345, 6789, figures, pd.DataFrame(), pd.DataFrame())
    table = tables.summary({"A run": one})
    assert table.index.name == "Figure"
    assert table["A run"].to_dict() == {
        "Split": "test",
        "Photos": "12,345",
        "Lesions": "6,789",
        "Accuracy": SAID_HALF,
        "Balanced accuracy": SAID_HALF,
        "Macro F1": SAID_HALF,
        "Macro AUC": SAID_HALF,
        "Calibration error (ECE)": SAID_FEW,
    }


def test_every_diagnosis_has_a_row():
    keys = {"precision": HALF, "recall": FEW, "f1": HALF, "specificity": FEW, "auc": HALF}
    row = {"num_photos": 7}
    for key, of in keys.items():
        row |= {key: of.value, f"{key}_low": of.low, f"{key}_high": of.high}
    rows = pd.DataFrame([row], index=["mel"])
    table = tables.per_diagnosis(Evaluation("test", 7, 7, {}, rows, pd.DataFrame()))
    assert table.index.name == "Diagnosis"
    assert table.loc["Melanoma (mel)"].to_dict() == {
        "Photos": 7,
        "Precision": SAID_HALF,
        "Recall": SAID_FEW,
        "F1": SAID_HALF,
        "Specificity": SAID_FEW,
        "AUC": SAID_HALF,
    }


def test_coverage_is_told_by_diagnosis():
    measured = Coverage(0.9, HALF, 1.5, 9, None, 0, {"mel": (4, FEW)})
    assert tables.coverage(measured).to_dict("records") == [
        {"Diagnosis": "Melanoma (mel)", "Photos": 4, "Coverage": SAID_FEW}
    ]


def test_operating_points_name_what_they_look_for():
    points = [
        MeasuredThreshold(("mel",), 0.12345, 0.95, HALF, FEW, 1000, 2000),
        MeasuredThreshold(("bcc", "mel"), 0.5, 0.9, FEW, HALF, 3, 4),
    ]
    assert tables.operating_points(points).to_dict("records") == [
        {
            "Threshold on": "Melanoma",
            "Target sensitivity": "95 %",
            "Threshold": "0.1235",
            "Sensitivity reached": f"{SAID_HALF} of 1,000",
            "Specificity reached": f"{SAID_FEW} of 2,000",
        },
        {
            "Threshold on": "Malignant sum",
            "Target sensitivity": "90 %",
            "Threshold": "0.5000",
            "Sensitivity reached": f"{SAID_FEW} of 3",
            "Specificity reached": f"{SAID_HALF} of 4",
        },
    ]


def test_small_groups_are_marked():
    groups = [
        Subgroup("Sex", "male", 50, 40, 2, HALF, 20, FEW),
        Subgroup("Sex", "female", 30, 25, 3, FEW, 19, HALF),
    ]
    table = tables.subgroups(groups, 7)
    assert table["Too few"].tolist() == ["", "too few to tell"]
    assert table.iloc[0].drop("Too few").to_dict() == {
        "What": "Sex",
        "Group": "male",
        "Photos": 50,
        "Lesions": 40,
        "Diagnoses": "2 of 7",
        "Balanced accuracy": SAID_HALF,
        "Cases": 20,
        "Recall": SAID_FEW,
    }


def test_external_photos_without_diagnoses_have_no_row_of_figures():
    result = ExternalResult("no lesion", "", 9, 8, HALF, FEW, None, None, None, ())
    assert tables.test_parts([result]).empty
    assert tables.unusual([result]).to_dict("records") == [
        {
            "Photos from": "pictures without a lesion",
            "Photos": 9,
            "People or pictures": 8,
            "Flagged as unusual": SAID_FEW,
            "Told apart (AUROC)": SAID_HALF,
            "Kind recognised": "-",
        }
    ]


def test_a_test_part_has_every_figure_and_a_dash_for_what_the_run_lacks():
    threshold = MeasuredThreshold(("mel",), 0.4, 0.95, HALF, FEW, 3, 4)
    sets = Coverage(0.9, HALF, FEW, 9, None, 0, {})
    full = DiagnosedResult(9, ("mel", "nv"), FEW, HALF, FEW, HALF, FEW, sets, threshold, {})
    bare = DiagnosedResult(9, ("mel", "nv"), FEW, HALF, FEW, HALF, None, None, None, {})
    rows = tables.test_parts(
        [
            ExternalResult(
                *("phone photo", "PAD", 9, 8, HALF, FEW, HALF, full, FEW, ()),
                differences={Figure.BALANCED_ACCURACY: HALF},
            ),
            ExternalResult("", OWN, 5, 4, None, None, None, bare, HALF, ()),
        ]
    ).to_dict("records")
    assert rows[0] == {
        "Photos from": "phone photos, PAD",
        "Photos": 9,
        "Diagnoses": 2,
        "Balanced accuracy": SAID_HALF,
        "Own test photos, same diagnoses": SAID_FEW,
        "Difference": SAID_HALF,
        "Macro AUC": SAID_FEW,
        "Malignant AUC": SAID_FEW,
        "Calibration error": SAID_HALF,
        "Prediction sets hold the truth": SAID_HALF,
        "Diagnoses in a set": SAID_FEW,
        "Sensitivity at the threshold": SAID_HALF,
        "Specificity at the threshold": SAID_FEW,
    }
    assert rows[1]["Photos from"] == "own test photos"
    assert {rows[1][name] for name in [*rows[0]][4:6] + [*rows[0]][7:8] + [*rows[0]][9:]} == {"-"}


def test_what_is_held_against_own_photos_has_a_sign_and_an_interval():
    nan = float("nan")
    measured = {
        Figure.ACCURACY: HALF,  # not shown in `test_parts`
        Figure.MALIGNANT_AUC: Estimate(-0.1, -0.2, 0.05),
        Figure.SET_SIZE: Estimate(0.0, nan, nan),
        Figure.COVERAGE: Estimate(nan, nan, nan),
    }
    bare = ExternalResult("no lesion", "", 9, 8, HALF, FEW, None, None, None, ())
    full = ExternalResult(
        *("phone photo", "PAD", 9, 8, HALF, FEW, None, None, None, ()), differences=measured
    )
    (row,) = tables.source_differences([bare, full]).to_dict("records")
    assert row == {
        "Photos from": "phone photos, PAD",
        "Balanced accuracy": "-",
        "Macro AUC": "-",
        "Malignant AUC": "-0.10 (-0.20 to +0.05)",
        "Prediction sets hold the truth": "-",
        "Diagnoses in a set": "+0.00 (-)",
        "Sensitivity at the threshold": "-",
        "Specificity at the threshold": "-",
    }


def test_two_runs_are_held_against_each_other_in_what_either_comparison_has():
    pairs = {
        "phones": SimpleNamespace(num_photos=9, figures={Figure.ECE: (HALF, FEW, HALF)}),
        "others": SimpleNamespace(num_photos=8, figures={Figure.SET_SIZE: (HALF, FEW, FEW)}),
    }
    assert tables.pair_differences(pairs).to_dict("records") == [
        {
            "Photos from": "phones",
            "Photos of both": 9,
            "Calibration error": "+0.50 (+0.40 to +0.60)",
            "Diagnoses in a set": "-",
        },
        {
            "Photos from": "others",
            "Photos of both": 8,
            "Calibration error": "-",
            "Diagnoses in a set": "+0.25 (+0.10 to +0.30)",
        },
    ]


def test_heat_maps_have_a_row_for_each_method():
    accuracy = MethodAccuracy("grad_cam", 9, 1, 0.2, HALF, FEW, HALF)
    assert tables.heatmap_accuracy({"off_centre": [accuracy]}).to_dict("records") == [
        {
            "Test photos": "Lesion off the centre",
            "Method": "Grad-CAM",
            "Photos": 9,
            "Empty maps": 1,
            "Pointing": SAID_HALF,
            "Energy, times the area": SAID_FEW,
            "Overlap": SAID_HALF,
            "Lesion's share of the photo": "0.20",
        }
    ]


def test_a_map_without_a_network_stands_beside_what_a_method_has_more():
    given = [
        Comparison("grad_cam", "dark_blob", "pointing", 9, HALF, FEW),
        Comparison("grad_cam", "centre", "energy", 8, FEW, HALF),
        Comparison("grad_cam", "dark_blob", "energy", 9, FEW, HALF),
    ]
    blob, middle = tables.map_baselines({"off_centre": given}).to_dict("records")
    assert blob == {
        "Test photos": "Lesion off the centre",
        "Method": "Grad-CAM",
        "Without a network": "A dark blob",
        "Photos": 9,
        "Pointing without": "0.50",
        "Pointing, difference": SAID_FEW,
        "Energy without": "0.25",
        "Energy, difference": SAID_HALF,
    }
    assert (middle["Without a network"], middle["Photos"]) == ("The centre", 8)


def test_the_metrics_of_heat_maps_have_a_column_each():
    given = [
        MetricMean("grad_cam", "road", 9, HALF, FEW),
        MetricMean("grad_cam", "max_sensitivity", 8, FEW, None),
        MetricMean("random", "road", 9, FEW, None),
    ]
    assert tables.heatmap_metrics(given).to_dict("records") == [
        {
            "Heat map": "Grad-CAM",
            "ROAD": f"{SAID_HALF}, n = 9",
            "Max-Sensitivity": f"{SAID_FEW}, n = 8",
        },
        {"Heat map": "A random map", "ROAD": f"{SAID_FEW}, n = 9", "Max-Sensitivity": "-"},
    ]
    assert tables.metrics_against_chance(given).to_dict("records") == [
        {"Heat map": "Grad-CAM", "ROAD": SAID_FEW}
    ]
    meanings = tables.metric_meanings().set_index("Metric")["Good"]
    assert meanings["ROAD"] == "lower is better"
    assert meanings["Sparseness"] == "higher is better"


def test_the_leak_meter_has_a_row_for_each_side_that_is_there():
    as_published, honest = (
        SimpleNamespace(card={"protocol": protocol}) for protocol in ("as-published", "honest")
    )
    test, validation = Headline(30, 15, HALF, FEW), Headline(20, 10, FEW, HALF)
    leaky = Side(as_published, test, validation, Leakage(30, 5, 1, 2, 3, 0), HALF, FEW, HALF)
    plain = Side(honest, test, None, Leakage(30, 0, 0, 0, 0, 0), None, None, None)
    published = {"accuracy": 0.95, "compared_with": "validation", "said": ""}
    pairs = [Pair("a", "A", published, leaky, plain), Pair("b", "B", None, None, plain)]
    first, second, third = tables.leak_meter(pairs).to_dict("records")
    shared = {
        "System": "A",
        "Recipe": "a",
        "Published accuracy": 0.95,
        "Published on": "validation",
        "Test photos": 30,
        "Lesions": 15,
        "Test accuracy": SAID_HALF,
        "Test balanced accuracy": SAID_FEW,
    }
    assert first == shared | {
        "Protocol": "as-published",
        "Augmented copies among them": 5,
        "Accuracy without them": SAID_HALF,
        "Validation photos": 20,
        "Validation accuracy": SAID_FEW,
        "Test photos met in training": 6,
        "Accuracy on those": SAID_HALF,
        "Accuracy on the others": SAID_FEW,
    }
    assert second == shared | {
        "Protocol": "honest",
        "Augmented copies among them": 0,
        "Accuracy without them": "-",
        "Validation photos": 0,
        "Validation accuracy": "-",
        "Test photos met in training": 0,
        "Accuracy on those": "-",
        "Accuracy on the others": "-",
    }
    assert (third["System"], third["Protocol"]) == ("B", "honest")
    assert pd.isna([third["Published accuracy"], third["Published on"]]).all()
