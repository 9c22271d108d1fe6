"""Writing an injection: its folder grows by one training at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from model.evaluation.injection import (
    CARD,
    HISTORY,
    PROBE,
    PROBE_COLUMNS,
    RANK,
    Injection,
    InjectionError,
    read,
)
from model.run import UNKNOWN_LESION
from model.run.files import sha256
from model.run.replacing import replacing


def start_or_go_on(folder: Path, card: Mapping[str, Any], probe: pd.DataFrame) -> Injection:
    """The injection that stands there; a new one without trainings where none does.

    Args:
        folder: of the injection.
        card: card.json without `files`.
        probe: rows of the probe photos, of `train.data.injection.parts`.
    Raises:
        InjectionError: what stands there is of other photos, another split or another recipe.
    """
    if folder.exists():
        found = read(folder)
        for key in ("recipe", "diagnoses", "num_epochs", "state"):
            if found.card[key] != card[key]:
                raise InjectionError(
                    f"{folder} was measured with another {key}: it holds {found.card[key]}, asked "
                    f"for is {card[key]}. Take the same photos and recipe, or another --out."
                )
        return found
    table = probe[list(PROBE_COLUMNS)].copy()
    unknown = UNKNOWN_LESION + probe["group"].astype(str)
    table["lesion_id"] = table["lesion_id"].where(table["lesion_id"] != "", unknown)
    _write(folder, card, table, pd.DataFrame())
    return read(folder)


def add(
    folder: Path,
    column: str,
    answers: Sequence[str],
    ranks: pd.Series,
    history: pd.DataFrame,
) -> Injection:
    """Add one training.

    Args:
        folder: of the injection.
        column: of `model.evaluation.injection.column`.
        answers: the diagnosis that each probe photo is taken for.
        ranks: of `train.data.injection.ranks`, in the order of the probe photos.
        history: of the training, with `dose` and `seed`.
    """
    table = pd.read_csv(folder / PROBE, keep_default_na=False)
    seed = int(history["seed"].iloc[0])
    table[f"{RANK}{seed}"] = ranks.to_numpy().round(5)
    table[column] = list(answers)
    older = [pd.read_csv(folder / HISTORY)] if (folder / HISTORY).exists() else []
    card = json.loads((folder / CARD).read_text("utf-8"))
    _write(folder, card, table, pd.concat([*older, history], ignore_index=True))
    return read(folder)


def _write(folder, card, table, history):
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder, read) as new:
        new.mkdir()
        table.to_csv(new / PROBE, index=False)
        if len(history):
            history.to_csv(new / HISTORY, index=False, float_format="%.6g")
        hashes = {path.name: sha256(path) for path in sorted(new.iterdir())}
        text = json.dumps({**card, "files": hashes}, indent=1, ensure_ascii=False)
        (new / CARD).write_text(text + "\n", "utf-8")
