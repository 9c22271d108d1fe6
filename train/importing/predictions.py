"""Importing predictions alone: any network's probabilities for photos of known diagnosis."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from model.audit.own_table import OWN_COLUMNS, read_csv
from model.lesions import code_of
from model.prediction import decision_rules
from model.run import ABOUT_PHOTO, SPLITS, UNKNOWN_LESION, Run, sha256
from model.run.writer import RunContents, write
from train.data.readers import DataError
from train.fitting import calibrate
from train.importing.card import SAME_SOURCE, UNKNOWN_TRAINING, About, card, command_line, free_name
from train.importing.labels import check_malignant
from train.importing.photos import FEWEST
from train.reports import ledger_entries
from train.reports.run_card import counts_by_split

PHOTO_NAMES = ("image_id", *OWN_COLUMNS["file"])
TOLERANCE = 0.01  # how far a row of probabilities may be from 1


def import_predictions(file: Path, out: Path, about: About | None = None) -> Run:
    """Import predictions as a results-only run; its probabilities stay as they come.

    Args:
        file: a table with the photo, its diagnosis and a probability of every diagnosis (`p_<code>`
            or the diagnosis's name), and where they are known the lesion or person, `split`, age,
            sex, body_site and confirmed_by. Without `split`, all photos are test photos.
        out: folder of runs.
        about: what is known about them.
    Returns:
        The run, written whole.
    Raises:
        DataError, RunError: with a sentence for the user.
    """
    about, file = about or About(), Path(file)
    name = free_name(about, file, out)
    rows, diagnoses = _read(file)
    check_malignant(about.malignant, diagnoses)
    claims = card(
        name,
        about,
        file,
        diagnoses,
        {
            "name": f"photos that {file.name} names",
            "fingerprint": sha256(file),
            "num_photos": len(rows),
            "num_lesions": int(rows["lesion_id"].nunique()),
            "counts": counts_by_split(rows),
        },
        is_honest=False,  # copies cannot be found without the photos
        limits=[*_about_training(rows), SAME_SOURCE],
        settings={"command": command_line(f"--predictions={file.name}", None, about)},
        summary=f"Predictions imported from {file.name}; the network stayed where it is.",
    )
    calibration = _calibration(rows, diagnoses, about.malignant)
    run = write(out, RunContents(claims, None, rows, calibration))
    ledger_entries.record_import(run)
    return run


def _calibration(rows, diagnoses, malignant):
    """Prediction sets and thresholds for probabilities that no temperature has changed."""
    validation = rows[rows["split"] == "validation"]
    if len(validation) < FEWEST:
        return {"temperature": 1.0}
    probabilities = validation[[f"p_{code}" for code in diagnoses]].to_numpy()
    labels = validation["diagnosis"].map(diagnoses.index).to_numpy()
    return {
        "fitted_on": "validation",
        "num_photos": len(validation),
        "temperature": 1.0,
        "conformal": decision_rules.conformal(probabilities, labels),
        "operating_points": calibrate.operating_points(probabilities, labels, diagnoses, malignant),
        "mix": calibrate.mix(probabilities, labels, diagnoses),
    }


def _about_training(rows):
    """What can be said of the training photos, from the rows alone."""
    if not (rows["split"] == "train").any():
        return [UNKNOWN_TRAINING]
    parts = rows[~rows["lesion_id"].str.startswith(UNKNOWN_LESION)]
    num_shared = int((parts.groupby("lesion_id")["split"].nunique() > 1).sum())
    shared = (
        f"{num_shared:,} of its lesions are in more than one part of its split, so its figures may "
        "flatter it."
        if num_shared
        else "None of the lesions that its table names is in two parts of its split."
    )
    return [f"{shared} Copies of a photo were not looked for: the photos were not at hand."]


def _read(file):
    """(rows of predictions.csv, codes in the order of the columns)."""
    try:
        listed = read_csv(file)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(_unreadable(file)) from error
    names = {str(column).strip().lower(): column for column in listed.columns}
    photo = next((names[name] for name in PHOTO_NAMES if name in names), None)
    truth = next((names[name] for name in OWN_COLUMNS["diagnosis"] if name in names), None)
    if photo is None or truth is None or listed.empty:
        lacking = ["rows"] if listed.empty else []
        lacking += ["a column image_id"] if photo is None else []
        lacking += ["a column diagnosis"] if truth is None else []
        raise DataError(
            f"{file} lacks {' and '.join(lacking)}; it has the columns "
            f"{', '.join(map(str, listed.columns))}. Needed are image_id, diagnosis and a "
            "probability p_<diagnosis> of each diagnosis."
        )
    true_codes = listed[truth].map(code_of)
    columns = _probability_columns(listed, set(true_codes))
    if "" in set(true_codes):
        raise DataError(f"{file} has rows without a diagnosis. Leave them out.")
    if (listed[photo].str.strip() == "").any():
        raise DataError(f"{file} has rows without a photo. Name the photo of each row.")
    missing = sorted(set(true_codes) - set(columns))
    if missing or len(columns) < 2:
        raise DataError(
            f"{file} has a probability column for {', '.join(columns) or 'no diagnosis'}, but "
            f"photos of {', '.join(missing) or 'one diagnosis'}. Give each diagnosis a column "
            "p_<diagnosis>."
        )
    rows = pd.DataFrame({"split": _split(listed, names), "fold": 0, "image_id": listed[photo]})
    rows["lesion_id"] = _lesions(listed, names, rows["image_id"])
    rows["diagnosis"] = true_codes
    if rows["image_id"].duplicated().any():
        twice = rows["image_id"][rows["image_id"].duplicated()].iloc[0]
        raise DataError(f"{file} names the photo {twice!r} twice. Give each photo one row.")
    rows = rows.join(_probabilities(file, listed, columns))
    for own in ABOUT_PHOTO:
        column = next((names[name] for name in OWN_COLUMNS[own] if name in names), None)
        if column is not None and listed[column].any():
            rows[own] = listed[column]
            if own == "age":
                rows[own] = pd.to_numeric(listed[column], errors="coerce")
    # Training photos first, as in every run; a photo is the only picture of itself.
    order = pd.Categorical(rows["split"], SPLITS, ordered=True)
    rows = rows.iloc[np.argsort(order.codes, kind="stable")].reset_index(drop=True)
    return rows.assign(picture=rows["image_id"], copy_of="", num_copies=0), list(columns)


def _unreadable(file):
    if not file.is_file():
        return f"There is no file {file}. Give a table of predictions, a CSV file."
    if not file.stat().st_size:
        return f"{file} is empty. Give a table of predictions, a CSV file."
    return f"{file} is no table of text. Give a table of predictions, a CSV file in UTF-8."


def _probability_columns(listed, true_codes):
    """Column by code: `p_<code>`, or columns that are named like a diagnosis."""
    named = {str(column): column for column in listed.columns}
    marked = {
        code_of(name[2:]): column for name, column in named.items() if name.lower().startswith("p_")
    }
    return marked or {
        code_of(name): column for name, column in named.items() if code_of(name) in true_codes
    }


def _probabilities(file, listed, columns):
    values = pd.DataFrame(
        {f"p_{code}": pd.to_numeric(listed[column], "coerce") for code, column in columns.items()}
    )
    sums = values.sum(axis=1)
    is_wrong = values.isna().any(axis=1) | (values < 0).any(axis=1) | ((sums - 1).abs() > TOLERANCE)
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong)[0])
        raise DataError(
            f"{file} has {int(is_wrong.sum()):,} of {len(listed):,} rows without probabilities, "
            f"the first in row {row + 2}: "
            f"{', '.join(map(str, listed[list(columns.values())].iloc[row]))}. Each row must add "
            "up to 1; give what comes after the softmax."
        )
    return values.div(sums, axis=0)


def _split(listed, names):
    column = next((names[name] for name in OWN_COLUMNS["split"] if name in names), None)
    if column is None:
        return "test"
    parts = listed[column].str.strip().str.lower().replace("", "test")
    unknown = sorted(set(parts) - set(SPLITS))
    if unknown:
        row = int(np.flatnonzero(parts == unknown[0])[0])
        raise DataError(
            f"The column {column} says {unknown[0]!r} in row {row + 2}, which is no part of a "
            f"split. Parts: {', '.join(SPLITS)}."
        )
    return parts


def _lesions(listed, names, image_ids):
    """A person stands in for the lesion; a photo of neither is a lesion of its own."""
    lesions = pd.Series("", listed.index)
    for own in ("lesion_id", "person_id"):
        column = next((names[name] for name in OWN_COLUMNS[own] if name in names), None)
        if column is not None:
            lesions = listed[column].where(listed[column] != "", lesions)
    return lesions.where(lesions != "", UNKNOWN_LESION + image_ids)
