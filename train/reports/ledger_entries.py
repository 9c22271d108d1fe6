"""What a training and the commands write into the ledger of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.evaluation.photo_faults import FAULTS, threshold
from model.photo.kind import PHONE
from model.run import LEDGER, NEIGHBOUR_VOTES, PREDICTIONS, QUALITY, Run, best_epoch
from model.run.files import EXTERNAL
from model.run.ledger import (
    BEGINS,
    CHOICE,
    LATE,
    PREDICTION,
    READING,
    TRAINING,
    Entry,
    about,
    append,
    part,
    predictions_sha256,
    read,
    stored_photos,
)
from model.run.tables import OWN_SOURCE


def refuse_broken(folder: Path) -> None:
    """Raise `LedgerError`, before any work, where the ledger of a folder is broken."""
    if (folder / LEDGER).exists():
        append(folder)


def record(run: Run, *entries: Entry) -> None:
    """Add entries to a run's ledger, which begins now where it has none."""
    begins = () if (run.path / LEDGER).exists() else (begin_late(run),)
    append(run.path, *begins, *entries)


def record_reading(run: Run, file: str, rows: pd.DataFrame) -> None:
    """Record that a file of the run with results on test photos was written.

    Args:
        run: `Run`.
        file: its name.
        rows: of the file, a photo in one row or several. Of photos of other data sets `source` is
            their name; where `split` is known, rows of other parts are left out.
    """
    sources = rows["source"] if "source" in rows else pd.Series(OWN_SOURCE, rows.index)
    if "split" in rows:
        sources = sources[rows["split"] == "test"]
    ids = rows["image_id"].groupby(sources, sort=False).unique()
    record(run, *(reading(run, file, str(name) or part("test"), own) for name, own in ids.items()))


def record_once(folder: Path, *entries: Entry) -> None:
    """Add entries, but for those that the same training wrote before it was interrupted."""
    ledger = read(folder)
    known = ledger.entries if ledger else ()
    starts = [index for index, entry in enumerate(known) if entry.event == BEGINS]
    known = known[starts[-1] :] if starts else ()
    append(folder, *(entry for entry in entries if entry not in known))


def of_training(workspace: Path) -> tuple[Entry, ...]:
    """What a training has recorded before it had a run folder."""
    ledger = read(workspace)
    return ledger.entries if ledger else ()


def begin_late(run: Run) -> Entry:
    """The first line for a run without a ledger; it binds the predictions that are stored now."""
    rows = run.test_photos
    return about(
        BEGINS,
        LATE,
        part("test"),
        rows["image_id"],
        "what was chosen and read before is not recorded",
        predictions_sha256(rows, run.probability_columns),
    )


def begin_training(
    protocol: str, folds: Sequence[pd.DataFrame], state: Mapping[str, Any], older: Path
) -> Entry:
    """The line with which a training begins, after the split.

    Args:
        protocol: `honest` or `as-published`.
        folds: of `train.data.splits.folds`.
        state: of `train.fitting.checkpoint.state`; the line holds its sha256.
        older: the run folder that the new run will replace, if there is one.
    """
    photos = folds[0][folds[0]["copy_of"] == ""]
    counts = ", ".join(f"{split} {n}" for split, n in photos["split"].value_counts().items())
    split = f"{protocol} split into {counts}"
    if len(folds) > 1:
        split += f", in the first of {len(folds)} folds"
    if older.exists() and not (older / LEDGER).exists():
        split += "; the run that it replaces had no ledger"
    return about(
        BEGINS,
        TRAINING,
        "all parts",
        photos["image_id"],
        split,
        hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest(),
    )


def epoch_choice(history: pd.DataFrame, monitor: str, fold: pd.DataFrame, number: int) -> Entry:
    """The epoch whose weights were kept.

    Args:
        history: of the fold.
        monitor: see `model.run.best_epoch`.
        fold: its photos, with `split` and `copy_of`.
        number: of the fold.
    """
    result = f"{best_epoch(history, monitor)} of {len(history)}, by {monitor}"
    return about(CHOICE, "epoch", part("validation", number), _ids(fold, "validation"), result)


def calibration_choices(
    calibration: Mapping[str, Any], photos: str, image_ids: Iterable[str]
) -> Iterator[Entry]:
    """What was fitted on validation photos, see `model.run.schema.KindCalibration`."""
    results = {"temperature": f"{calibration['temperature']:.6g}"}
    if conformal := calibration.get("conformal"):
        results["prediction sets"] = (
            f"quantile {conformal['quantile']:.6g} for coverage {conformal['coverage']:g}"
        )
    if points := calibration.get("operating_points"):
        results["thresholds"] = "; ".join(
            f"{' + '.join(point['of'])} {point['threshold']:.6g} for sensitivity "
            f"{point['wanted_sensitivity']:g}"
            for point in points
        )
    image_ids = list(image_ids)
    for what, result in results.items():
        yield about(CHOICE, what, photos, image_ids, result)
    if mix := calibration.get("mix"):
        yield mix_choice(mix, photos, image_ids)


def mix_choice(mix: Mapping[str, Any], photos: str, image_ids: Iterable[str]) -> Entry:
    """How probabilities change with the mix of the diagnoses, see `model.run.schema.Mix`."""
    result = f"sharpness {mix['sharpness']:.6g}, prior weight {mix['prior_weight']:.6g}"
    return about(CHOICE, "mix of diagnoses", photos, image_ids, result)


def fold_choices(
    calibration: Mapping[str, Any], fold: pd.DataFrame, number: int
) -> Iterator[Entry]:
    """`calibration_choices` of a fold's own photos; other arguments as `epoch_choice`."""
    ids = _ids(fold, "validation")
    return calibration_choices(calibration, part("validation", number), ids)


def novelty_choice(cut: float, fold: pd.DataFrame) -> Entry:
    """The threshold of the novelty score."""
    ids = _ids(fold, "validation")
    return about(CHOICE, "novelty threshold", part("validation"), ids, f"{cut:.6g}")


def kind_choices(
    phone: pd.DataFrame, names: Sequence[str], calibration: Mapping[str, Any]
) -> Iterator[Entry]:
    """What tells the kinds of photo apart, and what was fitted on phone photos.

    Args:
        phone: photos with `split`.
        names: of the kinds.
        calibration: of the run, with `kinds`.
    """
    by_part = {split: rows["image_id"] for split, rows in phone.groupby("split")}
    photos = "{}, {} part".format
    yield kinds_choice(names, photos(PHONE, "train"), by_part["train"])
    yield from calibration_choices(
        calibration["kinds"][PHONE], photos(PHONE, "validation"), by_part["validation"]
    )


def kinds_choice(names: Sequence[str], photos: str, image_ids: Iterable[str]) -> Entry:
    """What tells the kinds of photo apart."""
    told_apart = f"linear discriminant analysis of {' and '.join(names)}"
    return about(CHOICE, "kinds of photo", photos, image_ids, told_apart)


def record_import(run: Run) -> None:
    """Begin the ledger of a run from elsewhere with what the import chose and stored."""
    entries: list[Entry] = []
    if run.is_measured:
        rows = run.predictions
        ids = rows.loc[rows["split"] == "validation", "image_id"]
        if trials := run.card["imported"]["trials"]:
            chosen = trials[0]
            fed = f"{chosen['pixels']}, {chosen['resizing']}"
            entries.append(
                about(CHOICE, "pixels and order of labels", part("validation"), ids, fed)
            )
        if len(ids):
            entries += calibration_choices(run.calibration, part("validation"), ids)
        if run.quality is not None:
            entries.append(quality_choice(run.quality))
        entries += own_readings(run)
    record(run, *entries)


def quality_choice(quality: pd.DataFrame) -> Entry:
    """The limits of photo quality, which the validation photos set."""
    limits = "; ".join(f"{key} {threshold(quality, key):.4g}" for key in FAULTS)
    rows = quality[quality["split"] == "validation"]
    return about(CHOICE, "photo quality limits", part("validation"), rows["image_id"], limits)


def neighbours_choice(arrays: Mapping[str, np.ndarray], image_ids: Iterable[str]) -> Entry:
    """How many of the nearest training lesions vote, and how.

    Args:
        arrays: for neighbours.npz.
        image_ids: of the validation photos.
    """
    result = f"{int(arrays['num_voting'])} lesions, votes {arrays['weighting']}"
    return about(CHOICE, "vote of the nearest lesions", part("validation"), image_ids, result)


def own_prediction(
    fold: pd.DataFrame, diagnoses: Sequence[str], probabilities: np.ndarray, number: int
) -> Entry:
    """That a network was asked about a run's own test photos.

    Args:
        fold: its photos, with `split` and `copy_of`.
        diagnoses: codes in the order of the network's outputs.
        probabilities: (photos, diagnoses) float, of all photos of the fold.
        number: of the fold.
    """
    columns = [f"p_{code}" for code in diagnoses]
    rows = pd.DataFrame(probabilities, fold.index, columns).assign(image_id=fold["image_id"])
    rows = rows[(fold["split"] == "test") & (fold["copy_of"] == "")]
    seen = predictions_sha256(rows, columns)
    photos = part("test", number)
    return about(PREDICTION, "probabilities", photos, rows["image_id"], sha256=seen)


def own_readings(run: Run) -> Iterator[Entry]:
    """That results on the run's own test photos were stored by its training."""
    for fold in run.folds:
        yield reading(run, PREDICTIONS, part("test", fold), stored_photos(run, fold)["image_id"])
    if run.quality is not None:
        rows = run.quality[run.quality["split"] == "test"]
        yield reading(run, QUALITY, part("test"), rows["image_id"])
    if run.neighbour_votes is not None:
        rows = run.neighbour_votes[run.neighbour_votes["split"] == "test"]
        yield reading(run, NEIGHBOUR_VOTES, part("test"), rows["image_id"])


def external_predictions(table: pd.DataFrame, columns: Sequence[str]) -> Iterator[Entry]:
    """That a network was asked about photos of other data sets.

    Args:
        table: `kind`, `source`, `split`, `image_id` and probabilities.
        columns: of the probabilities, in the order of the network's outputs.
    """
    for name, rows in _sources(table):
        seen = predictions_sha256(rows, columns)
        yield about(PREDICTION, "probabilities", name, rows["image_id"], sha256=seen)


def external_readings(run: Run, table: pd.DataFrame) -> Iterator[Entry]:
    """That predictions and diagnoses of `external_predictions` were stored side by side."""
    for name, rows in _sources(table):
        yield reading(run, EXTERNAL, name, rows["image_id"])


def reading(run: Run, file: str, photos: str, image_ids: Iterable[str]) -> Entry:
    """That a file of the run with results on test photos was written."""
    return about(READING, file, photos, image_ids, sha256=run.card["files"][file])


def _ids(fold, split):
    return fold.loc[(fold["split"] == split) & (fold["copy_of"] == ""), "image_id"]


def _sources(table):
    """(name, test photos) of each source; photos that took part in the training test nothing."""
    rows = table[table["split"] == "test"]
    names = rows["source"].where(rows["source"] != "", rows["kind"])
    return rows.groupby(names, sort=False)
