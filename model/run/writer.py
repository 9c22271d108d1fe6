"""Writing a run folder whole: under a temporary name first, renamed when it reads back well."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.run import Run, read
from model.run.files import (
    CALIBRATION,
    CARD,
    EXTERNAL,
    HISTORY,
    KINDS,
    LEDGER,
    NEIGHBOUR_VOTES,
    NEIGHBOURS,
    NETWORK,
    NOVELTY,
    PREDICTIONS,
    QUALITY,
    REPEATS,
    sha256,
)
from model.run.replacing import replacing

SHORT = "%.4g"  # for measures that nobody adds up
EXACT = "%.6f"  # for probabilities


@dataclass(frozen=True)
class RunContents:
    """Everything that a new run folder holds.

    `card` is what `model.run.schema.Card` asks for without `files`; `history` has
    `HISTORY_COLUMNS`; `predictions` has `PREDICTION_COLUMNS`, one `p_<code>` column per diagnosis
    and any of `ABOUT_PHOTO`. None where the run has no such part: `history` and `predictions` (of
    an imported run), `novelty` (arrays for novelty.npz), `kinds` (arrays for kinds.npz), `external`
    and `quality` (tables as `Run` gives them), `save_network`, which is called with a path to
    write model.keras to, and `neighbours` and `neighbour_votes`, as `add_neighbours` takes them.
    """

    card: Mapping[str, Any]
    history: pd.DataFrame | None
    predictions: pd.DataFrame | None
    calibration: Mapping[str, Any]
    novelty: Mapping[str, np.ndarray] | None = None
    external: pd.DataFrame | None = None
    quality: pd.DataFrame | None = None
    save_network: Callable[[Path], object] | None = None
    kinds: Mapping[str, np.ndarray] | None = None
    neighbours: Mapping[str, np.ndarray] | None = None
    neighbour_votes: pd.DataFrame | None = None


def write(parent: Path | str, contents: RunContents) -> Run:
    """Write a new run folder, in the place of an older one of that name.

    Args:
        parent: folder of runs.
        contents: what the folder will hold.
    Returns:
        `Run`, read back from the folder.
    Raises:
        RunError: the contents do not make a readable run; nothing is left behind, and an older run
            of that name stays as it was.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    with _replacing(parent / contents.card["name"]) as folder:
        folder.mkdir()
        if contents.history is not None:
            contents.history.to_csv(folder / HISTORY, index=False, float_format="%.6g")
        if contents.predictions is not None:
            contents.predictions.to_csv(folder / PREDICTIONS, index=False, float_format=EXACT)
        (folder / CALIBRATION).write_text(
            json.dumps(contents.calibration, indent=1) + "\n", "utf-8"
        )
        if contents.novelty is not None:
            # NumPy's own types take these arrays for its flag `allow_pickle`.
            np.savez_compressed(folder / NOVELTY, **contents.novelty)  # type: ignore[arg-type]
        if contents.kinds is not None:
            np.savez_compressed(folder / KINDS, **contents.kinds)  # type: ignore[arg-type]
        if contents.neighbours is not None:
            np.savez_compressed(folder / NEIGHBOURS, **contents.neighbours)  # type: ignore[arg-type]
        if contents.neighbour_votes is not None:
            contents.neighbour_votes.to_csv(
                folder / NEIGHBOUR_VOTES, index=False, float_format=EXACT
            )
        if contents.external is not None:
            contents.external.to_csv(folder / EXTERNAL, index=False, float_format=EXACT)
        if contents.quality is not None:
            contents.quality.to_csv(folder / QUALITY, index=False, float_format=SHORT)
        if contents.save_network is not None:
            contents.save_network(folder / NETWORK)
        _list_files(folder, contents.card, [path.name for path in folder.iterdir()])
    return read(parent / contents.card["name"])


def add_table(run: Run, name: str, table: pd.DataFrame) -> Run:
    """Put what was measured later beside a run's weights, or in the place of what stood there.

    Args:
        run: `Run`.
        name: of the table, one of `model.run.files.OPTIONAL`.
        table: DataFrame as `Run` gives it.
    Returns, Raises:
        as `write`.
    """
    return _add(run, {name: table})


def add_neighbours(run: Run, arrays: Mapping[str, np.ndarray], table: pd.DataFrame) -> Run:
    """Put the training photos and what they vote for beside a run's weights, both at once.

    Args:
        run: `Run`.
        arrays: as `Run.neighbour_arrays` gives them.
        table: as `Run.neighbour_votes` gives it.
    Returns, Raises:
        as `write`.
    """
    return _add(run, {NEIGHBOUR_VOTES: table}, {NEIGHBOURS: arrays})


def replace_kinds(run: Run, arrays: Mapping[str, np.ndarray], predictions: pd.DataFrame) -> Run:
    """Put in the place of kinds.npz what tells a run's kinds of photo apart now, and into
    predictions.csv what it takes the run's photos for.

    Args:
        run: `Run`.
        arrays: as `Run.kind_arrays` gives them.
        predictions: as `Run.predictions` gives them.
    Returns, Raises:
        as `write`.
    """
    return _add(run, {PREDICTIONS: predictions}, {KINDS: arrays})


def _add(run, tables, arrays=None):
    arrays = arrays or {}
    with _replacing(run.path) as folder:
        shutil.copytree(run.path, folder)
        for name, table in tables.items():
            digits = EXACT if name in (EXTERNAL, NEIGHBOUR_VOTES, PREDICTIONS, REPEATS) else SHORT
            table.to_csv(folder / name, index=False, float_format=digits)
        for name, contents in arrays.items():
            np.savez_compressed(folder / name, **contents)
        _list_files(folder, run.card, {*run.card["files"], *tables, *arrays})
    return read(run.path)


def replace_calibration(run: Run, calibration: Mapping[str, Any]) -> Run:
    """Put another calibration.json in the place of a run's; the rest stays as it is.

    Returns, Raises:
        as `write`.
    """
    with _replacing(run.path) as folder:
        shutil.copytree(run.path, folder)
        (folder / CALIBRATION).write_text(json.dumps(calibration, indent=1) + "\n", "utf-8")
        _list_files(folder, run.card, run.card["files"])
    return read(run.path)


@contextmanager
def _replacing(target):
    """A path to build a run folder at, which then takes the place of `target`."""

    def check(folder):
        read(folder)
        if (target / LEDGER).exists():  # whatever takes the place of a run goes on with its ledger
            shutil.copy2(target / LEDGER, folder / LEDGER)

    with replacing(target, check) as folder:
        yield folder


def _list_files(folder, card, names):
    """Write the card with the sha256 of the named files."""
    files = {name: sha256(folder / name) for name in sorted(names)}
    text = json.dumps({**card, "files": files}, indent=1, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", "utf-8")
