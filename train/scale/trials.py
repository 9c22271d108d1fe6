"""What one process does of a training that several share, and how far each is.

A job is a recipe with its photos. Its trials are: read the photos, train each fold, write the run
folder. Every trial can be done again after its process was killed: a fold goes on after its last
finished epoch, see `train.fitting.fit`.
"""

from __future__ import annotations

import csv
import io
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model.run import RunError
from train.build import (
    BuildError,
    BuildOptions,
    build,
    checkpoints_of,
    fit_fold,
    prepare,
    workspace_of,
    write_run,
)
from train.data.readers import DataError
from train.networks.efficientnet_lite import BackboneError
from train.recipe import Recipe

if TYPE_CHECKING:
    from train.build import Prepared

PHOTOS, RUN_FOLDER = "photos", "run folder"
BEGUN = "Begun by process"
REFUSALS = DataError, BuildError, BackboneError, RunError  # what the user must change
GO_ON = "Run the same command to go on after the last finished epoch."


@dataclass(frozen=True)
class Job:
    """A recipe to train, with absolute paths: other processes have folders of their own."""

    recipe: Recipe
    data: Path | None
    out: Path
    options: BuildOptions

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.recipe.run_name(self.options.protocol)

    @property
    def workspace(self) -> Path:
        """Where the unfinished training lies."""
        return workspace_of(self.recipe, self.options.protocol, self.out)

    @property
    def folds(self) -> tuple[str, ...]:
        """The names of its folds."""
        return tuple(f"fold {number}" for number in range(self.options.num_folds))


@dataclass(frozen=True)
class Failure:
    """Why a job has no run folder: one sentence or more, and the exit status.

    The status is 2 for what the user must change and 1 for anything else.
    """

    sentence: str
    status: int


def trainable(
    recipes: Iterable[Recipe], layout: str | None, has_phone_photos: bool
) -> tuple[list[Recipe], dict[str, str]]:
    """(the recipes that may be trained, why the others may not, by name).

    Whether there are photos enough shows when they are read.

    Args:
        layout: of the photos, see `train.data.readers.layout_of`; None without any.
        has_phone_photos: whether there are phone photos, too.
    """
    reasons = {
        recipe.name: reason
        for recipe in recipes
        if (reason := _untrainable(recipe, layout, has_phone_photos))
    }
    return [recipe for recipe in recipes if recipe.name not in reasons], reasons


def _untrainable(recipe, layout, has_phone_photos):
    """Why a recipe may not be trained, or an empty text."""
    if recipe.layout == "rendered":
        return ""
    if layout is None:
        return "It needs photos: give their folder with --data DIR."
    # A reader of folders would take the folders that HAM10000 comes in for diagnoses.
    if (recipe.layout == "ham10000") != (layout == "ham10000"):
        wanted = "HAM10000" if recipe.layout == "ham10000" else "a folder for each diagnosis"
        return f"It needs {wanted}, and the photos are laid out otherwise."
    if recipe.phone_photos_per_epoch and not has_phone_photos:
        return "It learns from phone photos, too: give --phone-photos DIR."
    return ""


def one_by_one(jobs: Iterable[Job]) -> Iterator[tuple[Job, Path | Failure | None]]:
    """Train jobs in this process; gives what `train.scale.on_ray.train` gives."""
    for job in jobs:
        try:
            run = build(job.recipe, job.data, job.out, job.options)
        except REFUSALS as error:
            yield job, Failure(str(error), 2)
        else:
            yield job, run.path if run else None


def status(num_jobs: int, failures: Sequence[Failure], all_recipes: bool) -> int:
    """The exit status of the command.

    Of all recipes, it is enough that one could be trained and none broke off.
    """
    worst = min((failure.status for failure in failures), default=0)
    return 0 if worst == 2 and all_recipes and len(failures) < num_jobs else worst


def read_photos(job: Job) -> tuple[Prepared, str]:
    """(what the folds stand on, what was said about the photos)."""
    said = io.StringIO()
    with redirect_stdout(said):
        prepared = prepare(job.recipe, job.data, job.out, job.options)
    lines = said.getvalue().splitlines()
    return prepared, "\n".join(line for line in lines if not line.endswith(" ..."))


def train_fold(prepared: Prepared, number: int, num_threads: int) -> int:
    """Train one fold with so many threads; gives its number.

    What it says is added to a file beside its checkpoints.
    """
    _use_threads(num_threads)
    log = _log(prepared.workspace, number)
    log.parent.mkdir(exist_ok=True)
    with log.open("a", encoding="utf-8", buffering=1) as file, redirect_stdout(file):
        file.write(f"{BEGUN} {os.getpid()} on {platform.node()}\n")
        fit_fold(prepared, number)
    return number


def write_folder(prepared: Prepared, num_threads: int, *_folds: int) -> Path:
    """Measure the networks and write the run folder; gives its path.

    Args:
        _folds: nothing but the promise that the folds are trained.
    """
    _use_threads(num_threads)
    with redirect_stdout(io.StringIO()):
        return write_run(prepared).path


def _use_threads(number):
    """Hold the network to its share of the processors; TensorFlow reads this when it starts."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(number)


def forget_processes(job: Job) -> None:
    """Remove what earlier commands left about their processes."""
    for number in range(len(job.folds)):
        _log(job.workspace, number).unlink(missing_ok=True)


def progress(job: Job, number: int) -> str:
    """How far a fold is, in one line, as its files tell it."""
    begun = _begun(job.workspace, number)
    if not begun:
        return "waiting"
    again = f", begun again {begun - 1} x" if begun > 1 else ""
    epochs = _epochs(job.workspace, number)
    if not epochs:
        return f"first epoch of {job.recipe.epochs}{again}"
    last = epochs[-1]
    return (
        f"epoch {last['epoch']} of {job.recipe.epochs}, validation loss "
        f"{float(last['val_loss']):.3f}, {float(last['seconds']):.0f} s{again}"
    )


def _begun(workspace, number):
    """How many processes this command has given the fold to."""
    try:
        return _log(workspace, number).read_text("utf-8").count(BEGUN)
    except FileNotFoundError:
        return 0


def _epochs(workspace, number):
    """The rows of a fold's history; fit replaces the file, so it is never half written."""
    try:
        text = (checkpoints_of(workspace, number) / "history.csv").read_text("utf-8")
    except FileNotFoundError:
        return []
    return list(csv.DictReader(io.StringIO(text)))


def _log(workspace, number):
    return workspace / "processes" / f"fold_{number}.txt"


def failure(errors: Mapping[str, BaseException]) -> Failure:
    """What to say of a job whose trials raised these errors, by trial.

    A trial that waits for another fails with its error; only the first of them is told.
    """
    if PHOTOS in errors:
        told = [PHOTOS]
    else:
        told = [name for name in errors if name != RUN_FOLDER] or [RUN_FOLDER]
    refused = all(isinstance(errors[name], REFUSALS) for name in told)
    sentences = [
        str(errors[name]) if refused else f"{name.capitalize()}: {_sentence(errors[name])}"
        for name in told
    ]
    if not refused:
        sentences.append(GO_ON)
    return Failure(" ".join(sentences), 2 if refused else 1)


def _sentence(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}{': ' + lines[0].rstrip('.') if lines else ''}."
