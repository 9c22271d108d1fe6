"""Writing a run folder whole: under a temporary name first, renamed when it reads back well."""

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from model.run import read
from model.run.files import (
    CALIBRATION,
    CARD,
    EXTERNAL,
    HISTORY,
    NETWORK,
    NOVELTY,
    PREDICTIONS,
    QUALITY,
    sha256,
)

SHORT = "%.4g"  # for measures that nobody adds up


def write(
    parent,
    card,
    history,
    predictions,
    calibration,
    novelty=None,
    save_network=None,
    external=None,
    quality=None,
):
    """Write a new run folder, in the place of an older one of that name.

    Args:
        parent: folder of runs.
        card: everything that `model.run.schema.CARD` needs, but `files`.
        history: DataFrame with `HISTORY_COLUMNS`.
        predictions: DataFrame with `PREDICTION_COLUMNS`, one `p_<code>` column per diagnosis and
            any of `ABOUT_PHOTO`.
        calibration: see `Run.calibration`.
        novelty: arrays for novelty.npz, or None.
        save_network: called with a path to write model.keras to, or None for a results-only run.
        external: DataFrame as `Run.external` gives it, or None.
        quality: DataFrame as `Run.quality` gives it, or None.
    Returns:
        `Run`, read back from the folder.
    Raises:
        RunError: what was given does not make a readable run; nothing is left behind and an older
            run of that name stays as it was.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    with _replacing(parent / card["name"]) as folder:
        folder.mkdir()
        history.to_csv(folder / HISTORY, index=False, float_format="%.6g")
        predictions.to_csv(folder / PREDICTIONS, index=False, float_format="%.6f")
        (folder / CALIBRATION).write_text(json.dumps(calibration, indent=1) + "\n", "utf-8")
        if novelty is not None:
            np.savez_compressed(folder / NOVELTY, **novelty)
        if external is not None:
            external.to_csv(folder / EXTERNAL, index=False, float_format="%.6f")
        if quality is not None:
            quality.to_csv(folder / QUALITY, index=False, float_format=SHORT)
        if save_network is not None:
            save_network(folder / NETWORK)
        _list_files(folder, card, [path.name for path in folder.iterdir()])
    return read(parent / card["name"])


def add_table(run, name, table):
    """Put what was measured later beside a run's weights, or in the place of what stood there.

    Args:
        run: `Run`.
        name: `LOCALISATION` or `QUALITY`.
        table: DataFrame as `Run.localisation` or `Run.quality` gives it.
    Returns, Raises:
        as `write`.
    """
    with _replacing(run.path) as folder:
        shutil.copytree(run.path, folder)
        table.to_csv(folder / name, index=False, float_format=SHORT)
        _list_files(folder, run.card, {*run.card["files"], name})
    return read(run.path)


@contextmanager
def _replacing(target):
    """A path to build a run folder at, which then takes the place of `target`."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary:
        folder = Path(temporary) / target.name
        yield folder
        read(folder)
        replaced = Path(temporary) / "replaced"
        if target.exists():
            target.rename(replaced)
        try:
            folder.rename(target)
        except OSError:
            if replaced.exists():
                replaced.rename(target)
            raise


def _list_files(folder, card, names):
    """Write the card with the sha256 of the named files."""
    files = {name: sha256(folder / name) for name in sorted(names)}
    text = json.dumps({**card, "files": files}, indent=1, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", "utf-8")
