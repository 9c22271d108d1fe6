"""The run folder: the only thing that passes from training to the app.

Layout and meaning of the files stand in docs/run_folder.md. Reading one never imports TensorFlow.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

from model.lesions import malignant_codes, verdict
from model.run import arrays, tables
from model.run.files import (
    ATLAS,
    CALIBRATION,
    CARD,
    COVERING,
    EXTERNAL,
    HEATMAP_METRICS,
    HISTORY,
    KINDS,
    LEDGER,
    LOCALISATION,
    MAP_BASELINES,
    NEIGHBOUR_VOTES,
    NEIGHBOURS,
    NETWORK,
    NOVELTY,
    PLANTED,
    PREDICTIONS,
    QUALITY,
    RANDOMISATION,
    REPEATS,
    SKIN_TONE,
    STRESS,
    TURNING,
    RunError,
    check_files,
    read_calibration,
    read_card,
    sha256,
)
from model.run.ledger import Ledger
from model.run.ledger import read as read_ledger
from model.run.schema import (
    AS_PUBLISHED,
    HONEST,
    IMPORTED,
    PROTOCOLS,
    Calibration,
    Card,
    KindCalibration,
)
from model.run.tables import (
    ABOUT_PHOTO,
    HISTORY_COLUMNS,
    OWN_SOURCE,
    PREDICTION_COLUMNS,
    SPLITS,
    UNKNOWN_LESION,
)

__all__ = [
    "ABOUT_PHOTO",
    "AS_PUBLISHED",
    "ATLAS",
    "CALIBRATION",
    "CARD",
    "COVERING",
    "EXTERNAL",
    "HEATMAP_METRICS",
    "HISTORY",
    "HISTORY_COLUMNS",
    "HONEST",
    "IMPORTED",
    "KINDS",
    "LEDGER",
    "LOCALISATION",
    "MAP_BASELINES",
    "NEIGHBOURS",
    "NEIGHBOUR_VOTES",
    "NETWORK",
    "NOVELTY",
    "OWN_SOURCE",
    "PLANTED",
    "PREDICTIONS",
    "PREDICTION_COLUMNS",
    "PROTOCOLS",
    "QUALITY",
    "RANDOMISATION",
    "REPEATS",
    "SKIN_TONE",
    "SPLITS",
    "STRESS",
    "TURNING",
    "UNKNOWN_LESION",
    "OptionalPart",
    "Run",
    "RunError",
    "best_epoch",
    "default_folders",
    "find",
    "read",
    "read_all",
    "sha256",
]


Contents = TypeVar("Contents")
SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "runs"
EQUALLY_FREQUENT = ("balanced_softmax", "levelled")  # values of `balance` in the settings


class OptionalPart(cached_property[Contents | None], Generic[Contents]):
    """A part that a run may do without: read once, at first use; None where the card does not list
    its file.

    Args:
        file: its name, one of `model.run.files.OPTIONAL`.
        read: from the run to the part.
    """

    def __init__(self, file: str, read: Callable[[Any], Contents]):
        super().__init__(lambda run: read(run) if file in run.card["files"] else None)
        self.file = file


@dataclass(frozen=True)
class Run:
    """One trained run as its folder tells it. Tables are read and checked at first use.

    `path` is the folder, `card` the parsed card.json.
    """

    path: Path
    card: Card

    @property
    def name(self) -> str:
        return self.card["name"]

    @property
    def title(self) -> str:
        return self.card["title"]

    @property
    def diagnoses(self) -> list[str]:
        """Codes in the order of the network's outputs."""
        return self.card["diagnoses"]

    @property
    def digest(self) -> str:
        """Identifies the run as it is read; of one as its folder tells it, `card_digest`."""
        return self.card_digest

    @cached_property
    def card_digest(self) -> str:
        """Identifies everything the folder claims and holds, the network included: the sha256 of
        its card."""
        text = json.dumps(self.card, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_balanced(self) -> bool:
        """Whether its training made every diagnosis count as much, so that its probabilities are
        those of diagnoses that are all equally frequent."""
        return self.card["settings"].get("balance") in EQUALLY_FREQUENT

    def at_its_mix(self, probabilities: np.ndarray, kind: str | None) -> np.ndarray:
        """Probabilities of the calibrated network as this run reads them: here, as they are.

        Args:
            probabilities: (..., diagnoses).
            kind: of photo.
        """
        return probabilities

    @property
    def as_published(self) -> bool:
        return self.card["protocol"] == AS_PUBLISHED

    @property
    def has_network(self) -> bool:
        """False for a results-only run: shown and compared, but it cannot look at a photo."""
        return NETWORK in self.card["files"]

    def require_network(self) -> None:
        """Refuse a results-only run.

        Raises:
            RunError: with the command that trains it.
        """
        if not self.has_network:
            raise RunError(
                f"{self.name} is shown with its results only, without its network. "
                f"Train it with: {self.command}"
            )

    @property
    def has_history(self) -> bool:
        """False for an imported run whose training nobody recorded."""
        return HISTORY in self.card["files"]

    @property
    def is_measured(self) -> bool:
        """False for a run imported without photos of known diagnosis: no figure of it is known."""
        return PREDICTIONS in self.card["files"]

    @property
    def has_training_photos(self) -> bool:
        """Whether its predictions name photos that it was trained on."""
        return bool((self.predictions["split"] == "train").any())

    @property
    def malignant(self) -> list[str]:
        """Codes of the diagnoses that count as malignant, in their order."""
        own = self.card.get("malignant")
        return malignant_codes(self.diagnoses) if own is None else own

    def verdict(self, code: str) -> str | None:
        """`malignant` or `benign` for one of its diagnoses; None where neither is known."""
        if "malignant" not in self.card:
            return verdict(code)
        return "malignant" if code in self.malignant else "benign"

    @property
    def num_views(self) -> int:
        """1, or 8 where it looks at the flips and turns of a photo."""
        return self.card["input"].get("views", 1) if "input" in self.card else 1

    @property
    def probability_columns(self) -> list[str]:
        return [f"p_{code}" for code in self.diagnoses]

    @property
    def command(self) -> str:
        """The command that trains this run again."""
        return self.card["settings"].get("command", f"python -m train run {self.card['recipe']}")

    @property
    def is_rendered(self) -> bool:
        """True where the run learned drawings instead of photos."""
        return self.card["data"].get("rendered", False)

    @cached_property
    def folds(self) -> list[int]:
        """Numbers of the folds, first the one whose network ships."""
        rows = self.history if self.has_history else self.predictions
        return sorted(rows["fold"].unique().tolist()) or [0]

    @property
    def num_without_lesion_id(self) -> int:
        """Photos whose lesion nobody recorded; `train.build` names their group instead."""
        photos = self.predictions[self.predictions["copy_of"] == ""]
        unknown = photos["lesion_id"].str.startswith(UNKNOWN_LESION)
        return photos["image_id"][unknown].nunique()

    @cached_property
    def test_photos(self) -> pd.DataFrame:
        """Rows of `predictions`: the test photos of the network that ships (the first fold's).

        Without augmented copies: a photo counts once.
        """
        rows = self.predictions
        own = (rows["split"] == "test") & (rows["fold"] == self.folds[0])
        return rows[own & (rows["copy_of"] == "")]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of photo it was trained on and tells apart, first that of `predictions`; empty
        where it tells none apart."""
        others = self.calibration.get("kinds", {})
        return (self.calibration["kind"], *others) if others else ()

    def calibration_of(self, kind: str | None) -> KindCalibration:
        """What was fitted on validation photos of a kind; None: on those of `predictions`."""
        return self.calibration.get("kinds", {}).get(kind or "", self.calibration)

    def test_photos_of(self, kind: str | None) -> pd.DataFrame:
        """Test photos of a kind, with the columns of `predictions`; None: `test_photos`.

        Of a kind whose people are known, the people stand in for the lesions, so that intervals
        resample people.
        """
        if kind not in self.calibration.get("kinds", {}) or self.external is None:
            return self.test_photos
        rows = self.external
        rows = rows[(rows["kind"] == kind) & (rows["split"] == "test")]
        return rows.assign(lesion_id=rows["person_id"], fold=0, copy_of="")

    def kept_epoch(self, fold: int) -> int:
        """The epoch whose weights were kept."""
        monitor = self.card["settings"].get("monitor", "val_loss")
        return best_epoch(self.history[self.history["fold"] == fold], monitor)

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per fold and epoch, columns `HISTORY_COLUMNS`; empty without `has_history`."""
        if self.has_history:
            return tables.read_history(self)
        return pd.DataFrame(columns=[*HISTORY_COLUMNS])

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """One row per photo and fold; probabilities in [0, 1] as the app shows them. Empty without
        `is_measured`."""
        if self.is_measured:
            return tables.read_predictions(self)
        columns = (*PREDICTION_COLUMNS, *self.probability_columns, "picture", "copy_of")
        return pd.DataFrame(columns=list(columns), dtype=object).assign(num_copies=0)

    @cached_property
    def calibration(self) -> Calibration:
        """`temperature`, `conformal`, `operating_points`, each fitted on validation photos."""
        return read_calibration(self)

    novelty = OptionalPart(NOVELTY, arrays.read_novelty)
    """Arrays for `model.prediction.novelty.Novelty`, or None where the run ships none."""

    kind_arrays = OptionalPart(KINDS, arrays.read_kinds)
    """Arrays for `model.prediction.kind_classifier.KindClassifier`, or None without any."""

    external = OptionalPart(EXTERNAL, tables.read_external)
    """What it says about external photos, one row each, or None where it was not asked.

    `kind`, `source` (empty where it is not named), `split`, `image_id`, `person_id`,
    `diagnosis` (empty where there is none), the probabilities, `novelty`, and where they are
    known `recognised` (the kind that the network took it for, empty where it abstained),
    `age`, `sex`, `body_site`, `confirmed_by`, `skin_type`. A photo is of the split `train` or
    `validation` where photos of its kind took part in the training.
    """

    localisation = OptionalPart(LOCALISATION, tables.read_localisation)
    """How well its heat maps find the lesion, one row per photo, or None where nobody measured
    it. Written by `train.reports.heatmap_accuracy`, read by `model.evaluation.localisation`.
    """

    map_baselines = OptionalPart(MAP_BASELINES, tables.read_map_baselines)
    """How well maps that need no network find the lesion, one row per photo and version, or
    None where nobody measured it. Written by `train.reports.map_baselines`, read by
    `model.evaluation.map_baselines`.
    """

    heatmap_metrics = OptionalPart(HEATMAP_METRICS, tables.read_heatmap_metrics)
    """The metrics of `model.heatmaps.metrics`, one row per photo and method, or None where
    nobody measured them. `method` is a key of `METHODS`, of `BASELINES` or `random`.
    """

    covering_test = OptionalPart(COVERING, tables.read_covering)
    """What the covering test said of its own heat maps and of maps that know nothing, one row
    per map, or None where nobody measured it: `map` (see `model.evaluation.covering_rates`),
    `verdict` and figures of `model.heatmaps.covering.Covering`.
    """

    randomisation = OptionalPart(RANDOMISATION, tables.read_randomisation)
    """How alike its heat maps are to those of its network with ever more layers shuffled, one
    row per photo and depth, or None where nobody measured it: `seed`, `num_layers` (shuffled,
    counted from the output) and `layer` (the last of them); of each method Spearman's
    correlation with the photo's own map, and `<method>_others`, the mean absolute one with the
    maps of the other photos. Read by `model.evaluation.randomisation`.
    """

    quality = OptionalPart(QUALITY, tables.read_quality)
    """How photos measure up, one row each, or None where nobody measured it: `split`, `source`
    (`OWN_SOURCE`, or as in `external`), `image_id` and `model.photo.quality.MEASURES`."""

    turning = OptionalPart(TURNING, tables.read_turning)
    """What the flips and turns of photos say, one row each, or None where nobody measured it:
    `split`, `source` and `image_id` as in `quality`, and the figures of
    `model.prediction.prediction.Stability`."""

    skin_tone = OptionalPart(SKIN_TONE, tables.read_skin_tone)
    """The colour of the skin around the lesion, one row per own test photo and photo of other
    data sets, or None where nobody measured it: `image_id`, `ita` (individual typology angle,
    degrees; NaN where too little skin shows, or it has no yellow in it) and `share` (of the
    photo, that it rests on). Written by `train.reports.skin_tone`.
    """

    stress = OptionalPart(STRESS, tables.read_stress)
    """How many changes of the stress test the answers to some test photos survive, one row
    each, or None where nobody measured it: `source` and `image_id` as in `quality`,
    `num_changes` and `num_holding`."""

    planted = OptionalPart(PLANTED, tables.read_planted)
    """What the network says about some test photos before and after a possible shortcut is
    drawn on them, one row per photo and thing, or None where nobody measured it: `image_id`,
    `planted` (a key of `model.photo.shortcuts.SHORTCUTS`), the malignant sum as
    `malignant_before` and `malignant_after`, and the diagnosis as `answer_before` and
    `answer_after`. Written by `train.reports.planted`, read by `model.evaluation.planted`.
    """

    atlas = OptionalPart(ATLAS, tables.read_atlas)
    """Its test photos by where the network looked, one row each, or None where nobody measured
    it: `image_id`, `lesion_id`, `cluster` (from 1; 0: nothing raised the answer), the photo's
    place `x`, `y` in a plane and its `distance` to the mean map of its cluster, `dark_corners`
    (share of the photo's corners that is black) and `cell_<n>` (thousandths of its heat map,
    row by row). Written by `train.reports.strategy_atlas`, read by
    `model.evaluation.strategy_atlas`.
    """

    repeats = OptionalPart(REPEATS, tables.read_repeats)
    """What the same recipe says when it is trained again with another seed, about the test photos
    of known diagnosis, one row per seed and photo, or None where nobody trained it again: `seed`,
    `revision` (of the code), `kind` and `source` as in `external` (`OWN_SOURCE`: the run's own),
    `image_id` and the probabilities. Written by `train.repeat`, read by
    `model.evaluation.seed_spread`.
    """

    neighbour_arrays = OptionalPart(NEIGHBOURS, arrays.read_neighbours)
    """Arrays for `model.prediction.neighbours.Neighbours`, or None where nobody gathered the
    training photos."""

    neighbour_votes = OptionalPart(NEIGHBOUR_VOTES, tables.read_neighbour_votes)
    """What the nearest training lesions say about validation and test photos, one row each, or
    None where nobody asked: `split`, `image_id`, `lesion_id` (as in neighbours.npz, one id for
    all photos of a lesion), `nearest` (ids of the nearest photos of up to five training
    lesions, nearest first) and the shares of the vote, as the probabilities are named."""

    @cached_property
    def ledger(self) -> Ledger | None:
        """What was chosen and when its test photos were read, or None where nobody kept a ledger.

        A broken one does not refuse the run: `Ledger.fault` says what is wrong with it.
        """
        return read_ledger(self.path)


def read(folder: Path | str) -> Run:
    """Read and check one run folder.

    Args:
        folder: the run's folder; its name must be the card's `name`.
    Returns:
        `Run`, with every file present, hashed and well formed.
    Raises:
        RunError: with one sentence that says what is wrong.
    """
    folder = Path(folder)
    card = read_card(folder)
    check_files(folder, card)
    run = Run(folder, card)
    # Touch every table now, so that a malformed one refuses the run and not a page later.
    _ = run.history, run.predictions, run.calibration
    for name, part in vars(Run).items():
        if isinstance(part, OptionalPart):
            getattr(run, name)
    return run


def read_all(folders: Iterable[Path | str]) -> tuple[dict[str, Run], dict[str, str]]:
    """Read every run below some folders; a broken one never takes the others down.

    Args:
        folders: folders that hold run folders; missing ones count as empty. Of two runs with one
            name the first counts, also when it is broken: nothing stands in for it unseen.
    Returns:
        (runs, refused): `Run` by name and the reason by name, both sorted.
    """
    runs, refused = {}, {}
    for parent in map(Path, folders):
        if not parent.is_dir():
            continue
        for folder in sorted(parent.iterdir()):
            name = folder.name
            if name.startswith(".") or not folder.is_dir() or name in runs or name in refused:
                continue
            try:
                runs[name] = read(folder)
            except RunError as error:
                refused[name] = str(error)
    return dict(sorted(runs.items())), dict(sorted(refused.items()))


def default_folders() -> list[Path]:
    """Where runs are looked for: `LENTIGO_RUNS` (several with the system's separator) first, then
    the shipped ones."""
    own = [Path(part) for part in os.environ.get("LENTIGO_RUNS", "").split(os.pathsep) if part]
    return [*own, SHIPPED]


def find(name: str, folders: Iterable[Path | str] | None = None) -> Run:
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


def best_epoch(history: pd.DataFrame, monitor: str) -> int:
    """The epoch that the validation part prefers; of equals the first.

    Args:
        history: rows of one fold.
        monitor: the column that decides; an accuracy is best high, a loss is best low, and `epoch`
            takes the last epoch.
    """
    values = history[monitor].to_numpy(dtype=float)
    row = np.nanargmax(values) if monitor.endswith(("accuracy", "epoch")) else np.nanargmin(values)
    return int(history["epoch"].to_numpy()[row])
