"""Tables that only pages show; `model.evaluation.tables` has those that reports write, too."""

import pandas as pd
import streamlit as st

from model.evaluation import tables as figures
from model.evaluation.differences import Figure
from model.evaluation.subgroups import NAMES, UNKNOWN
from model.lesions import describe
from model.run import NETWORK
from model.run.tables import UNKNOWN_LESION

RECORD = "https://api.isic-archive.com/api/v2/images/{}/"
RECORD_COLUMN = st.column_config.LinkColumn("ISIC Archive", display_text="its record")
SHOWN_OF_A_PAIR = (
    Figure.BALANCED_ACCURACY,
    Figure.MALIGNANT_AUC,
    Figure.ECE,
    Figure.COVERAGE,
    Figure.SET_SIZE,
)
LEAK_METER = {
    "System": "System",
    "Protocol": "Protocol",
    "Published accuracy": "Published",
    "Test photos": "Test photos",
    "Test accuracy": "Accuracy",
    "Test balanced accuracy": "Balanced",
    "Test photos met in training": "Seen in training",
    "Accuracy on those": "On those",
    "Accuracy on the others": "On the others",
}


def confusion(matrix):
    """A confusion matrix as a file: one row per cell."""
    return (
        matrix.rename_axis(index="true", columns="answered").stack().rename("photos").reset_index()
    )


def leak_meter_to_read(table):
    """What a reader needs of `model.evaluation.tables.leak_meter`, under shorter headings."""
    table_to_read = table[list(LEAK_METER)].rename(columns=LEAK_METER)
    table_to_read["Published"] = [
        "-" if pd.isna(figure) else f"{figure:g} ({part})"
        for figure, part in table[["Published accuracy", "Published on"]].itertuples(index=False)
    ]
    return table_to_read


def paired(comparison, labels):
    """What two runs reach on the same photos, with the difference.

    Args:
        comparison: `model.evaluation.paired_runs.Comparison`.
        labels: of the two runs.
    """
    rows = {
        figures.FIGURES[of]: comparison.figures[of]
        for of in SHOWN_OF_A_PAIR
        if of in comparison.figures
    }
    if comparison.recall is not None:
        rows[f"Recall of {describe(comparison.watched).in_text}"] = comparison.recall
    columns = [*labels, "Second less first"]
    return pd.DataFrame(
        {
            name: dict(zip(columns, (*map(str, row[:2]), figures.signed(row[2])), strict=True))
            for name, row in rows.items()
        }
    ).T.rename_axis("Figure")


def p_value(value):
    """ "= 0.031" or "< 0.0001": two digits, and no more certainty than that."""
    return f"= {value:.2g}" if value >= 0.0001 else "< 0.0001"


def disagreements(comparison):
    """Photos two runs answer differently, for a file; those that one of them gets right first.

    Args:
        comparison: `model.evaluation.paired_runs.Comparison`.
    """
    table = comparison.disagreements
    is_right = [table[side] == table["diagnosis"] for side in ("first", "second")]
    surest_mistake = (
        table["p_first"]
        .where(~is_right[0], 0)
        .combine(table["p_second"].where(~is_right[1], 0), max)
    )
    order = (
        pd.DataFrame({"decided": is_right[0] | is_right[1], "mistake": surest_mistake})
        .sort_values(["decided", "mistake"], ascending=False, kind="stable")
        .index
    )
    return table.loc[order]


def photos(table):
    """Photos with their answers in words instead of codes, for reading.

    Args:
        table: of `disagreements` or `model.evaluation.confusion_cell.cell`.
    """
    readable = table.copy()
    for column in {"diagnosis", "first", "second"} & set(readable):
        readable[column] = readable[column].map(lambda code: describe(code).name)
    readable["lesion_id"] = readable["lesion_id"].where(
        ~readable["lesion_id"].str.startswith(UNKNOWN_LESION), UNKNOWN
    )
    for column in {"age", "sex", "body_site", "confirmed_by"} & set(readable):
        readable[column] = readable[column].map(lambda name: NAMES.get(name, name))
    return readable


def with_records(table):
    """Photos with the address of their `record`, where all are photos of the ISIC Archive."""
    if not table["image_id"].str.fullmatch(r"ISIC_\d{7}").all():
        return table
    return table.assign(record=[RECORD.format(image_id) for image_id in table["image_id"]])


def similar_cases(cases, features=None):
    """Training photos beside a photo, one row each.

    Args:
        cases: `model.prediction.neighbours.Case`s.
        features: what was measured of photos, by image id and name; None: nothing.
    """
    features = {case.image_id: (features or {}).get(case.image_id, {}) for case in cases}
    table = pd.DataFrame(
        {
            "image_id": case.image_id,
            "diagnosis": describe(case.diagnosis).name,
            "confirmed_by": NAMES.get(case.confirmed_by, case.confirmed_by) or UNKNOWN,
            "distance": case.distance,
            **features[case.image_id],
        }
        for case in cases
    )
    return with_records(table)


def costs(runs, labels, milliseconds):
    """Epochs, size and time of runs, one column each.

    Args:
        milliseconds: per photo by the run's digest, None where it cannot be measured.
    """
    columns = {}
    for run, label in zip(runs, labels, strict=True):
        history = run.history
        first = history[history["fold"] == run.folds[0]]
        parameters = run.card["settings"].get("num_parameters")
        took = milliseconds.get(run.digest)
        columns[label] = {
            "Kept epoch": (
                f"{run.kept_epoch(run.folds[0])} of {len(first)}"
                + (", first fold" if len(run.folds) > 1 else "")
                if run.has_history
                else "-"
            ),
            "Parameters": "-" if parameters is None else f"{parameters:,}",
            "Size on disk": _size(run, parameters),
            "Seconds per training epoch": (
                f"{first['seconds'].median():.0f}" if run.has_history else "-"
            ),
            "Milliseconds per photo": "-" if took is None else f"{took:.1f}",
        }
    return pd.DataFrame(columns).rename_axis("What")


def stopping(run):
    """The stopping rule of a run in one sentence; empty where the card does not tell."""
    settings = run.card["settings"]
    if not {"patience", "epochs", "monitor"} <= set(settings):
        return ""
    epochs = settings["epochs"]
    if settings["monitor"] == "epoch":
        return f"Training lasts {epochs} epochs and keeps the last one."
    watched = {"val_loss": "validation loss", "val_accuracy": "validation accuracy"}
    name = watched[settings["monitor"]]
    if settings["patience"] >= epochs:
        return f"Training lasts {epochs} epochs and keeps the one with the best {name}."
    return (
        f"Training stops when the {name} has not improved for {settings['patience']} epochs, or "
        f"after {epochs} epochs."
    )


def trainings(chosen):
    """How each training ended: epochs, the kept one, and the gap there and at the end.

    Args:
        chosen: `pages.shared.curves.Series`.
    """
    rows = []
    for series in chosen:
        history = series.history.set_index("epoch")
        gap = history["accuracy"] - history["val_accuracy"]
        rows.append(
            {
                "Training": series.label,
                "Epochs": len(history),
                "Kept epoch": series.kept,
                "Validation loss there": round(history.loc[series.kept, "val_loss"], 3),
                "Validation accuracy there": round(history.loc[series.kept, "val_accuracy"], 3),
                "Gap there": round(gap.loc[series.kept], 3),
                "Gap at the end": round(gap.iloc[-1], 3),
                "Minutes": round(history["seconds"].sum() / 60, 1),
            }
        )
    return pd.DataFrame(rows)


def histories(chosen):
    """Every epoch of several trainings in one table, for a file."""
    return pd.concat([series.history.assign(training=series.label) for series in chosen])


def _size(run, parameters):
    if run.has_network:
        return f"{(run.path / NETWORK).stat().st_size / 1e6:.1f} MB"
    # A network is stored as 32-bit numbers and little else.
    return "-" if parameters is None else f"about {parameters * 4 / 1e6:.0f} MB (not shipped)"


def settings(run):
    """The resolved recipe, one row per setting."""
    rows = {
        key.replace("_", " "): str(value)
        for key, value in run.card["settings"].items()
        if key != "command"  # stands below the table
    }
    return pd.DataFrame({"Value": rows}).rename_axis("Setting")
