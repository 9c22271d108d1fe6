"""The files of a run folder: their names, and whether they are those that the card was written for.

`model.run.tables` and `model.run.arrays` read what stands in them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from model.run import schema
from model.run.schema import Calibration, Card, first_fault

if TYPE_CHECKING:
    from model.run import Run

CARD = "card.json"
NETWORK = "model.keras"
HISTORY = "history.csv"
PREDICTIONS = "predictions.csv"
CALIBRATION = "calibration.json"
NOVELTY = "novelty.npz"
KINDS = "kinds.npz"
EXTERNAL = "outside.csv"
LOCALISATION = "localisation.csv"
MAP_BASELINES = "map_baselines.csv"
HEATMAP_METRICS = "heatmap_metrics.csv"
QUALITY = "quality.csv"
COVERING = "covering.csv"
RANDOMISATION = "randomisation.csv"
TURNING = "turning.csv"
SKIN_TONE = "skin_tone.csv"
STRESS = "stress.csv"
PLANTED = "planted.csv"
ATLAS = "atlas.csv"
NEIGHBOURS = "neighbours.npz"
NEIGHBOUR_VOTES = "neighbours.csv"
REPEATS = "repeats.csv"
LEDGER = "ledger.csv"  # not listed in the card: it grows, and guards itself by a chain of hashes
NEEDED = (HISTORY, PREDICTIONS, CALIBRATION)
# What a folder may do without, so that a file of such a name must not stand there unlisted.
OPTIONAL = (
    NETWORK,
    NOVELTY,
    KINDS,
    EXTERNAL,
    LOCALISATION,
    MAP_BASELINES,
    HEATMAP_METRICS,
    COVERING,
    RANDOMISATION,
    QUALITY,
    TURNING,
    STRESS,
    SKIN_TONE,
    PLANTED,
    ATLAS,
    NEIGHBOURS,
    NEIGHBOUR_VOTES,
    REPEATS,
)
NEEDED_OF_IMPORTED = (CALIBRATION,)  # nobody may have kept a history, or photos with a diagnosis


class RunError(ValueError):
    """A run folder that cannot be trusted; the message says what is wrong with it."""


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_card(folder: Path) -> Card:
    """card.json as a dict that fits `model.run.schema.CARD`."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{folder.name}: {CARD} is missing, so this is no run folder.") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.name}: {CARD} cannot be read ({error}).") from error
    fault = first_fault(card, schema.CARD)
    if fault:
        raise RunError(f"{folder.name}: {CARD} is not a card ({fault}).")
    unknown = sorted(set(card.get("malignant", [])) - set(card["diagnoses"]))
    if unknown:
        raise RunError(
            f"{folder.name}: the card calls {unknown[0]!r} malignant, not a diagnosis of the run."
        )
    if card["name"] != folder.name:
        raise RunError(
            f"{folder.name}: the card calls this run {card['name']!r}. Give the folder that name."
        )
    return card


def check_files(folder: Path, card: Card) -> None:
    """Hold every file against the card: listed, there, and with the sha256 it states."""
    for name in NEEDED_OF_IMPORTED if "imported" in card else NEEDED:
        if name not in card["files"]:
            raise RunError(f"{folder.name}: the card does not list {name}.")
    if NETWORK in card["files"] and not {"input", "heatmap_layer"} <= card.keys():
        raise RunError(
            f"{folder.name}: the card says neither what its network takes nor where its heat maps "
            "come from (input, heatmap_layer)."
        )
    if NETWORK not in card["files"] and PREDICTIONS not in card["files"]:
        raise RunError(f"{folder.name}: the run has neither a network nor predictions.")
    for name, expected in card["files"].items():
        if Path(name).name != name:
            raise RunError(f"{folder.name}: the card lists {name!r}, which is not a plain name.")
        if not (folder / name).is_file():
            raise RunError(f"{folder.name}: {name} is missing.")
        try:
            actual = sha256(folder / name)
        except OSError as error:
            raise RunError(f"{folder.name}: {name} cannot be read ({error}).") from error
        if actual != expected:
            raise RunError(
                f"{folder.name}: {name} is not the file the card was written for (its sha256 "
                "differs). Restore it or train the run again."
            )
    for name in OPTIONAL:
        if (folder / name).exists() and name not in card["files"]:
            raise RunError(f"{folder.name}: {name} is there but the card does not list it.")


def read_calibration(run: Run) -> Calibration:
    """calibration.json as a dict that fits `model.run.schema.CALIBRATION`."""
    try:
        calibration = json.loads((run.path / CALIBRATION).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{run.name}: {CALIBRATION} cannot be read ({error}).") from error
    fault = first_fault(calibration, schema.CALIBRATION)
    if fault:
        raise RunError(f"{run.name}: {CALIBRATION} is malformed ({fault}).")
    for of_kind in (calibration, *calibration.get("kinds", {}).values()):
        for point in of_kind.get("operating_points", []):
            unknown = sorted(set(point["of"]) - set(run.diagnoses))
            if unknown:
                raise RunError(
                    f"{run.name}: {CALIBRATION} names {unknown[0]!r}, not a diagnosis of the run."
                )
    return calibration
