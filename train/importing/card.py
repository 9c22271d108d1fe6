"""The card of an imported run: where it comes from, and what nobody knows about it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.lesions import code_of, malignant_codes
from model.run import HONEST, IMPORTED, default_folders, sha256
from train.data.readers import DataError
from train.reports.run_card import LIMITS, USE, revision, versions

SHIPPED = default_folders()[-1]
NO_MEASURE = "No photos of known diagnosis came with it: none of its figures is known."
UNKNOWN_TRAINING = (
    "Nobody recorded which photos it was trained on. If it has seen photos that it is measured on "
    "here, or others of the same lesions, its figures flatter it."
)
SAME_SOURCE = (
    "Measured on photos of one source; other cameras, other clinics and darker skin are not "
    "covered by its figures."
)


@dataclass(frozen=True)
class About:
    """What the one who imports a run says about it; None: not known.

    `name` is that of the run; `title`, `source` (of the photos) and `licence` stand in its card;
    `malignant` are the codes that count as such.
    """

    name: str | None = None
    title: str | None = None
    source: str | None = None
    licence: str | None = None
    malignant: Sequence[str] | None = None


def free_name(about: About, file: Path, out: Path) -> str:
    """The name of a new run, from its file where none was given.

    Raises:
        DataError: there is a run of that name, or no folder can be called so.
    """
    name = about.name or code_of(file.stem)
    if not re.fullmatch(r"\w[\w-]*", name):  # it stands in addresses and commands
        raise DataError(f"A run cannot be called {name!r}. Use letters, digits, - and _ in --name.")
    if (SHIPPED / name).exists() and SHIPPED.resolve() != Path(out).resolve():
        raise DataError(
            f"A model of the app is called {name} already, and this one would take its place. "
            "Choose another name with --name."
        )
    if (Path(out) / name).exists():
        raise DataError(
            f"{Path(out) / name} exists already. Delete it to import it again, or "
            "choose another name with --name."
        )
    return name


def command_line(what: str, data: Path | None, about: About) -> str:
    """The command that imports the same again; names of files without their folders."""
    words = [what] if data is None else [what, "--data", data.resolve().name]
    for option, value in vars(about).items():
        if value is None:
            continue
        many = isinstance(value, (list, tuple))
        text = (",".join(value) or "none") if many else getattr(value, "name", str(value))
        words += [f"--{option.replace('_', '-')}", text]
    return f"python -m train import {shlex.join(words)}"


def card(
    name: str,
    about: About,
    file: Path,
    diagnoses: list[str],
    data: Mapping[str, Any],
    *,
    is_honest: bool,
    limits: Sequence[str],
    settings: Mapping[str, Any],
    summary: str,
) -> dict[str, Any]:
    """What `model.run.schema.Card` asks of every run, but `files`.

    Args:
        name: of the run.
        about: what is known about it.
        file: what was imported.
        diagnoses: codes in output order.
        data: of its photos: `fingerprint`, `num_photos`, `num_lesions`, `counts`, `name` and what
            else `model.run.schema.Data` knows.
        is_honest: its training photos are known, and none of their lesions is in another part.
        limits: of its own, beside those of every run.
        settings: what is known of how it is fed, and the command that imports it.
        summary: one sentence or two.
    """
    own = {} if about.malignant is None else {"malignant": list(about.malignant)}
    malignant = malignant_codes(diagnoses) if about.malignant is None else about.malignant
    silent = [] if malignant else ["Its classes say nothing about malignancy."]
    return own | {
        "name": name,
        "title": about.title or name.replace("_", " ").capitalize(),
        "summary": summary,
        "recipe": "imported",
        "protocol": HONEST if is_honest else IMPORTED,
        "settings": dict(settings),
        "diagnoses": diagnoses,
        "data": {"licence": about.licence or "not stated", **data}
        | ({"name": about.source} if about.source else {}),
        "seed": 0,
        "versions": versions(),
        "revision": revision(),
        "use": USE,
        "limits": [*LIMITS, *limits, *silent],
        "imported": {"file": file.name, "sha256": sha256(file), "trials": [], "findings": []},
    }
