"""The card of a trained run: what it is, what it saw, what it may be used for."""

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from model import run as runs
from model.lesions import malignant_codes
from train.recipe import Recipe

LIBRARIES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn")
USE = "Teaching, research and demonstration. Not for decisions about anyone's health."
LIMITS = (
    "Not a medical device: for teaching, research and demonstration only.",
    "It knows only the diagnoses it lists and answers with one of them whatever it is shown.",
)


@dataclass(frozen=True)
class TrainedOn:
    """The photos of a run: those used, those left out, and the `folds` they were split into.

    `fingerprint` identifies the photos, `diagnoses` are their codes in output order. `phone` are
    the phone photos that took part, with their `split`, or None.
    """

    photos: pd.DataFrame
    left_out: pd.DataFrame
    folds: Sequence[pd.DataFrame]
    diagnoses: list[str]
    fingerprint: str
    phone: pd.DataFrame | None = None


def card(recipe: Recipe, protocol: str, data: TrainedOn, commit: str) -> dict[str, Any]:
    """Everything that `model.run.schema.Card` asks for, but `files`.

    Args:
        recipe: what was trained.
        protocol: `honest` or `as-published`.
        data: what it was trained on.
        commit: of `revision`, taken before the training.
    """
    photos, left_out, folds = data.photos, data.left_out, data.folds
    diagnoses, fingerprint = data.diagnoses, data.fingerprint
    first = folds[0][folds[0]["copy_of"] == ""]
    is_rendered = recipe.layout == "rendered"
    limits = list(LIMITS)
    if is_rendered:
        limits.append("Trained on drawings: its figures say nothing about real lesions.")
    elif data.phone is not None:
        limits.append(
            "Its figures are about dermatoscopic photos and phone photos, each for itself, of the "
            "sources it names; other cameras, other clinics and darker skin are not covered by "
            "them."
        )
    else:
        limits.append(
            "Measured on photos of the same source as its training photos; other cameras, other "
            "clinics and darker skin are not covered by its figures."
        )
    if protocol == runs.AS_PUBLISHED:
        limits.append(
            "As published: many of its test photos, or photos of the same lesions, took part in "
            "its training. Its figures show what such a split does, not what the network can do."
        )
    if not malignant_codes(diagnoses):
        limits.append("Its classes say nothing about malignancy.")
    published = {} if recipe.published is None else {"published": recipe.published.for_card()}
    return published | {
        "name": recipe.run_name(protocol),
        "title": recipe.title,
        "summary": recipe.summary,
        "recipe": recipe.name,
        "protocol": protocol,
        "settings": recipe.settings(protocol, len(folds)),
        "diagnoses": diagnoses,
        "input": {
            "height": recipe.height,
            "width": recipe.width,
            "dtype": "uint8",
            "range": [0, 255],
            "colour": "RGB",
            "views": recipe.views,
        },
        "heatmap_layer": recipe.heatmap_layer,
        "data": {
            "name": recipe.source,
            "licence": recipe.licence,
            "rendered": is_rendered,
            "fingerprint": fingerprint,
            "num_photos": len(photos),
            "num_lesions": int(photos["group"].nunique()),
            "num_copies": int((folds[0]["copy_of"] != "").sum()),
            "counts": counts_by_split(first),
            "left_out": counts_left_out(left_out),
            **_phone_photos(data.phone),
        },
        "seed": recipe.seed,
        "versions": versions(),
        "revision": commit,
        "use": USE,
        "limits": limits,
    }


def counts_by_split(photos: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Photos of each diagnosis by split."""
    counts = pd.crosstab(photos["diagnosis"], photos["split"])
    return {
        str(code): {str(split): int(number) for split, number in row.items()}
        for code, row in counts.reindex(columns=runs.SPLITS, fill_value=0).iterrows()
    }


def counts_left_out(photos: pd.DataFrame) -> list[dict[str, Any]]:
    """Photos that were left out, by reason and diagnosis, see `model.run.schema.LeftOut`."""
    reasons = photos.groupby(["reason", "diagnosis"]).size()
    return [
        {"reason": reason, "diagnosis": code, "num_photos": int(number)}
        for (reason, code), number in zip(reasons.index.tolist(), reasons, strict=True)
    ]


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a run depends on."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _phone_photos(phone):
    if phone is None:
        return {}
    return {
        "phone_photos": {
            "name": "PAD-UFES-20, Pacheco et al. 2020, https://doi.org/10.1016/j.dib.2020.106221",
            "licence": "CC BY 4.0",
            "num_photos": len(phone),
            "num_people": int(phone["person_id"].nunique()),
            "counts": counts_by_split(phone),
        }
    }


def revision() -> str:
    """The commit that trained the run, marked where the tree had changes of its own."""
    here = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()
