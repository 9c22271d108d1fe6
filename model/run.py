"""The run folder: the only thing that passes from training to the app.

Layout and meaning of the files stand in docs/run_folder.md. Reading one never imports TensorFlow.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

CARD = "card.json"
NETWORK = "model.keras"
HISTORY = "history.csv"
PREDICTIONS = "predictions.csv"
CALIBRATION = "calibration.json"
NOVELTY = "novelty.npz"
NEEDED = (HISTORY, PREDICTIONS, CALIBRATION)

PROTOCOLS = ("honest", "as-published")
SPLITS = ("train", "validation", "test")
CARD_KEYS = {
    "name": str,
    "title": str,
    "summary": str,
    "recipe": str,
    "protocol": str,
    "settings": dict,
    "diagnoses": list,
    "input": dict,
    "heatmap_layer": str,
    "data": dict,
    "seed": int,
    "versions": dict,
    "revision": str,
    "use": str,
    "limits": list,
    "files": dict,
}
HISTORY_COLUMNS = (
    "fold",
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
)
PREDICTION_COLUMNS = ("split", "fold", "image_id", "lesion_id", "diagnosis")
ABOUT_PHOTO = ("age", "sex", "body_site", "confirmed_by")


class RunError(ValueError):
    """A run folder that cannot be trusted; the message says what is wrong with it."""


@dataclass(frozen=True)
class Run:
    """One trained run as its folder tells it. Tables are read and checked at first use.

    `path` is the folder, `card` the parsed card.json.
    """

    path: Path
    card: dict

    @property
    def name(self):
        return self.card["name"]

    @property
    def title(self):
        return self.card["title"]

    @property
    def diagnoses(self):
        """Codes in the order of the network's outputs."""
        return self.card["diagnoses"]

    @cached_property
    def digest(self):
        """Identifies everything the run claims and holds: the sha256 of its card."""
        text = json.dumps(self.card, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def as_published(self):
        return self.card["protocol"] == "as-published"

    @property
    def has_network(self):
        """False for a results-only run: shown and compared, but it cannot look at a photo."""
        return NETWORK in self.card["files"]

    @property
    def probability_columns(self):
        return [f"p_{code}" for code in self.diagnoses]

    @property
    def command(self):
        """The command that trains this run again."""
        return self.card["settings"].get("command", f"python -m train run {self.card['recipe']}")

    def kept_epoch(self, fold=0):
        """The epoch whose weights were kept."""
        monitor = self.card["settings"].get("monitor", "val_loss")
        return best_epoch(self.history[self.history["fold"] == fold], monitor)

    @cached_property
    def history(self):
        """One row per fold and epoch, columns `HISTORY_COLUMNS`."""
        return _read_history(self)

    @cached_property
    def predictions(self):
        """One row per photo and fold; probabilities in [0, 1] as the app shows them."""
        return _read_predictions(self)

    @cached_property
    def calibration(self):
        """`temperature`, `conformal`, `operating_points`, each fitted on validation photos."""
        return _read_calibration(self)

    @cached_property
    def novelty(self):
        """Arrays for `model.novelty.Novelty`, or None where the run ships none."""
        if NOVELTY not in self.card["files"]:
            return None
        try:
            with np.load(self.path / NOVELTY, allow_pickle=False) as arrays:
                return {key: arrays[key] for key in arrays.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise RunError(f"{self.name}: {NOVELTY} cannot be read ({error}).") from error


def read(folder):
    """Read and check one run folder.

    Args:
        folder: the run's folder; its name must be the card's `name`.
    Returns:
        `Run`, with every file present, hashed and well formed.
    Raises:
        RunError: with one sentence that says what is wrong.
    """
    folder = Path(folder)
    card = _read_card(folder)
    _check_files(folder, card)
    run = Run(folder, card)
    # Touch every table now, so that a malformed one refuses the run and not a page later.
    _ = run.history, run.predictions, run.calibration, run.novelty
    return run


def read_all(folders):
    """Read every run below some folders; a broken one never takes the others down.

    Args:
        folders: folders that hold run folders; missing ones count as empty. Of two runs with one
            name the first counts.
    Returns:
        (runs, refused): `Run` by name and the reason by name, both sorted.
    """
    runs, refused = {}, {}
    for parent in map(Path, folders):
        if not parent.is_dir():
            continue
        for folder in sorted(parent.iterdir()):
            name = folder.name
            if name.startswith(".") or not folder.is_dir() or name in runs:
                continue
            try:
                runs[name] = read(folder)
            except RunError as error:
                refused[name] = str(error)
    refused = {name: reason for name, reason in refused.items() if name not in runs}
    return dict(sorted(runs.items())), dict(sorted(refused.items()))


def default_folders():
    """Where runs are looked for: `LENTIGO_RUNS` (several with the system's separator) first, then
    the shipped ones."""
    own = [Path(part) for part in os.environ.get("LENTIGO_RUNS", "").split(os.pathsep) if part]
    return [*own, Path(__file__).resolve().parent.parent / "assets" / "runs"]


def find(name, folders=None):
    """Read one run by name.

    Raises:
        RunError: no such run (the message lists those there are), or a broken one.
    """
    folders = default_folders() if folders is None else folders
    for parent in map(Path, folders):
        if name and (parent / name).is_dir() and Path(name).name == name:
            return read(parent / name)
    runs, _ = read_all(folders)
    known = ", ".join(runs) or "none"
    raise RunError(f"There is no run named {name!r}. Runs here: {known}.")


def write(parent, card, history, predictions, calibration, novelty=None, save_network=None):
    """Write a run folder whole: under a temporary name first, renamed when it reads back well.

    Args:
        parent: folder of runs.
        card: everything of `CARD_KEYS` but `files`.
        history: DataFrame with `HISTORY_COLUMNS`.
        predictions: DataFrame with `PREDICTION_COLUMNS`, one `p_<code>` column per diagnosis and
            any of `ABOUT_PHOTO`.
        calibration: see `Run.calibration`.
        novelty: arrays for novelty.npz, or None.
        save_network: called with a path to write model.keras to, or None for a results-only run.
    Returns:
        `Run`, read back from the folder.
    Raises:
        RunError: what was given does not make a readable run; nothing is left behind and an older
            run of that name stays as it was.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    name = card["name"]
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=parent) as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        history.to_csv(folder / HISTORY, index=False, float_format="%.6g")
        predictions.to_csv(folder / PREDICTIONS, index=False, float_format="%.6f")
        (folder / CALIBRATION).write_text(json.dumps(calibration, indent=1) + "\n", "utf-8")
        if novelty is not None:
            np.savez_compressed(folder / NOVELTY, **novelty)
        if save_network is not None:
            save_network(folder / NETWORK)
        files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        text = json.dumps({**card, "files": files}, indent=1, ensure_ascii=False)
        (folder / CARD).write_text(text + "\n", "utf-8")
        read(folder)
        target = parent / name
        if target.exists():
            target.rename(Path(temporary) / "replaced")
        folder.rename(target)
        if (Path(temporary) / "replaced").exists():
            shutil.rmtree(Path(temporary) / "replaced")
    return read(parent / name)


def best_epoch(history, monitor):
    """The epoch that the validation part prefers; of equals the first.

    Args:
        history: rows of one fold.
        monitor: the column that decides; an accuracy is best high, anything else low.
    """
    values = history[monitor]
    place = values.idxmax() if monitor.endswith("accuracy") else values.idxmin()
    return int(history.loc[place, "epoch"])


def sha256(path):
    """Hexadecimal sha256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_card(folder):
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{folder.name}: {CARD} is missing, so this is no run folder.") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.name}: {CARD} cannot be read ({error}).") from error
    if not isinstance(card, dict):
        raise RunError(f"{folder.name}: {CARD} does not hold an object.")
    for key, kind in CARD_KEYS.items():
        if not isinstance(card.get(key), kind):
            came = "is missing" if key not in card else f"is a {type(card[key]).__name__}"
            raise RunError(f"{folder.name}: {key!r} in {CARD} {came}; {kind.__name__} expected.")
    if card["name"] != folder.name:
        raise RunError(
            f"{folder.name}: the card calls this run {card['name']!r}. Give the folder that name."
        )
    if card["protocol"] not in PROTOCOLS:
        raise RunError(
            f"{folder.name}: protocol {card['protocol']!r} is unknown; "
            f"{' or '.join(PROTOCOLS)} expected."
        )
    diagnoses = card["diagnoses"]
    if (
        len(diagnoses) < 2
        or len(set(map(str, diagnoses))) < len(diagnoses)
        or not all(isinstance(code, str) and code for code in diagnoses)
    ):
        raise RunError(f"{folder.name}: 'diagnoses' must be two or more different codes.")
    size = [card["input"].get(side) for side in ("height", "width")]
    if not all(isinstance(side, int) and 8 <= side <= 2048 for side in size):
        raise RunError(f"{folder.name}: 'input' must give height and width from 8 to 2048 pixels.")
    values = card["input"].get("range")
    if not (
        isinstance(values, list)
        and len(values) == 2
        and all(isinstance(value, (int, float)) for value in values)
    ):
        raise RunError(f"{folder.name}: 'input' must give the range of values, such as [0, 255].")
    return card


def _check_files(folder, card):
    for name in NEEDED:
        if name not in card["files"]:
            raise RunError(f"{folder.name}: the card does not list {name}.")
    for name, expected in card["files"].items():
        if Path(name).name != name:
            raise RunError(f"{folder.name}: the card lists {name!r}, which is not a plain name.")
        if not (folder / name).is_file():
            raise RunError(f"{folder.name}: {name} is missing.")
        if sha256(folder / name) != expected:
            raise RunError(
                f"{folder.name}: {name} is not the file the card was written for (its sha256 "
                "differs). Restore it or train the run again."
            )
    unlisted = [name for name in (NETWORK, NOVELTY) if (folder / name).exists()]
    for name in unlisted:
        if name not in card["files"]:
            raise RunError(f"{folder.name}: {name} is there but the card does not list it.")


def _read_table(run, name):
    try:
        return pd.read_csv(
            io.BytesIO((run.path / name).read_bytes()),
            dtype=dict.fromkeys(
                ("split", "image_id", "lesion_id", "diagnosis", "sex", "body_site", "confirmed_by"),
                str,
            ),
            keep_default_na=False,
            na_values={key: [""] for key in ("age", *HISTORY_COLUMNS)},
        )
    except (OSError, ValueError) as error:
        raise RunError(f"{run.name}: {name} cannot be read ({error}).") from error


def _check_columns(run, name, table, columns):
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise RunError(f"{run.name}: {name} lacks the columns {', '.join(missing)}.")
    if table.empty:
        raise RunError(f"{run.name}: {name} has no rows.")


def _read_history(run):
    table = _read_table(run, HISTORY)
    _check_columns(run, HISTORY, table, HISTORY_COLUMNS)
    for column in HISTORY_COLUMNS:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise RunError(f"{run.name}: {HISTORY} holds something other than numbers in {column}.")
    return table


def _read_predictions(run):
    table = _read_table(run, PREDICTIONS)
    _check_columns(run, PREDICTIONS, table, (*PREDICTION_COLUMNS, *run.probability_columns))
    unknown = sorted(set(table["split"]) - set(SPLITS))
    if unknown:
        raise RunError(f"{run.name}: {PREDICTIONS} names the split {unknown[0]!r}.")
    unknown = sorted(set(table["diagnosis"]) - set(run.diagnoses))
    if unknown:
        raise RunError(
            f"{run.name}: {PREDICTIONS} names {unknown[0]!r}, not a diagnosis of the run."
        )
    try:
        probabilities = table[run.probability_columns].to_numpy(dtype=float)
    except ValueError as error:
        raise RunError(
            f"{run.name}: {PREDICTIONS} holds a probability that is no number."
        ) from error
    if not (
        np.all((probabilities >= 0) & (probabilities <= 1))
        and np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    ):
        raise RunError(
            f"{run.name}: {PREDICTIONS} has rows whose probabilities do not add up to 1."
        )
    if table.duplicated(["fold", "image_id"]).any():
        raise RunError(f"{run.name}: {PREDICTIONS} has one photo twice in a fold.")
    return table


def _read_calibration(run):
    try:
        calibration = json.loads((run.path / CALIBRATION).read_text("utf-8"))
        temperature = float(calibration["temperature"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(f"{run.name}: {CALIBRATION} gives no temperature ({error}).") from error
    if not 0 < temperature < 100:
        raise RunError(f"{run.name}: the temperature {temperature} is not between 0 and 100.")
    return calibration
