"""Figures as text and tables, each with its interval."""

import math

import pandas as pd

from model.lesions import describe
from model.metrics import METRICS, PER_DIAGNOSIS

HEADINGS = {
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "specificity": "Specificity",
    "auc": "AUC",
}


def figure(value, low, high):
    """0.71 (0.66-0.75); a dash for what is not defined."""
    if math.isnan(value):
        return "-"
    if math.isnan(low):
        return f"{value:.2f} (-)"
    return f"{value:.2f} ({low:.2f}-{high:.2f})"


def estimate(found):
    """A `model.intervals.Estimate` as `figure` writes it."""
    return figure(found.value, found.low, found.high)


def summary(evaluations):
    """One column per run: split, photos, lesions and every metric with its interval.

    Args:
        evaluations: `model.metrics.Evaluation` by run title.
    Returns:
        DataFrame of text, indexed by figure.
    """
    columns = {}
    for title, found in evaluations.items():
        columns[title] = {
            "Split": found.split,
            "Photos": f"{found.num_photos:,}",
            "Lesions": f"{found.num_lesions:,}",
        }
        for key, heading in METRICS.items():
            columns[title][heading] = estimate(found.summary[key])
    return pd.DataFrame(columns).rename_axis("Figure")


def per_diagnosis(evaluation):
    """One row per diagnosis: photos and every figure with its interval, as text."""
    found = evaluation.per_diagnosis
    table = pd.DataFrame({"Photos": found["num_photos"]})
    for key in (*PER_DIAGNOSIS, "auc"):
        columns = zip(found[key], found[f"{key}_low"], found[f"{key}_high"], strict=True)
        table[HEADINGS[key]] = [figure(*row) for row in columns]
    table.index = [f"{describe(code).name} ({code})" for code in found.index]
    return table.rename_axis("Diagnosis")


def settings(run):
    """The resolved recipe, one row per setting."""
    rows = {key.replace("_", " "): str(value) for key, value in run.card["settings"].items()}
    return pd.DataFrame({"Value": rows}).rename_axis("Setting")


def counts(run):
    """Photos of the card by diagnosis and split, with sums."""
    table = pd.DataFrame.from_dict(run.card["data"]["counts"], orient="index")
    table.index = [f"{describe(code).name} ({code})" for code in table.index]
    table["all"] = table.sum(axis=1)
    table.loc["All"] = table.sum()
    return table.rename_axis("Diagnosis")


def left_out(run):
    """What cleaning removed before the split, with the reason."""
    rows = [
        {
            "Reason": row["reason"],
            "Diagnosis": describe(row["diagnosis"]).name,
            "Photos": row["num_photos"],
        }
        for row in run.card["data"]["left_out"]
    ]
    return pd.DataFrame(rows)


def identity(run):
    """Seed, versions, revision and fingerprint, one row each."""
    rows = {
        "run": run.name,
        "recipe": run.card["recipe"],
        "seed": str(run.card["seed"]),
        "code revision": run.card["revision"],
        "data fingerprint": run.card["data"]["fingerprint"],
        **{name: str(version) for name, version in run.card["versions"].items()},
    }
    return pd.DataFrame({"Value": rows}).rename_axis("What")


def files(run):
    """Every file of the run with its hash."""
    return pd.DataFrame({"sha256": run.card["files"]}).rename_axis("File")
