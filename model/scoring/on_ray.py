"""Scoring with Ray Data: one process for each processor, on this machine or on several.

The rows are those of `model.scoring.in_threads`, in the same order. A process that is killed is
started again, and what it had not finished is scored anew.

Source: https://docs.ray.io/en/latest/data/batch_inference.html.
"""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from model import run as runs
from model.network.tensorflow_startup import (
    load_tensorflow,
    native_messages_hidden,
    use_one_thread_per_operation,
)
from model.photo.crop import Crop
from model.prediction.mix import NamedMix, RunAtMix, read_at
from model.scoring import ray_start
from model.scoring.ray_start import RayError
from model.scoring.scorer import Row, Scorer, Task, batches

STORE = 100 * 2**20  # bytes of memory that processes share: paths and rows are all that passes
PHOTOS_PER_BLOCK = 64  # a few seconds of work: what is done twice when a process is killed
BLOCKS_PER_WORKER = 4  # of a small folder, so that no worker waits long for the last one


@dataclass(frozen=True)
class _RemoteTask:
    """A `Task` as it travels: a process reads the run folder itself.

    `folder` is what the photos' paths are relative to, `sample` one of them.
    """

    folder: Path
    sample: str
    path: Path
    mix: NamedMix | None
    digest: str
    box: Crop | None
    kind: str | None

    @classmethod
    def of(cls, task: Task, paths: Sequence[str]) -> _RemoteTask:
        mix = task.run.mix if isinstance(task.run, RunAtMix) else None
        path, digest = task.run.path.resolve(), task.run.digest
        return cls(Path.cwd(), paths[0], path, mix, digest, task.box, task.kind)

    def task(self) -> Task:
        """The task, on a machine that has its photos and its run.

        Raises:
            RayError: the photos are not there.
            RunError: the run folder is another, or is missing.
        """
        if not (self.folder / self.sample).exists():
            raise RayError(
                f"{platform.node()} does not find {self.folder / self.sample}. Photos must lie in "
                "a folder that all machines share, under the same path."
            )
        run = runs.read(self.path)
        run = run if self.mix is None else read_at(run, self.mix)
        if run.digest != self.digest:
            raise runs.RunError(
                f"{self.path} holds another run on {platform.node()}. Put the same run folder "
                "there."
            )
        return Task(run, self.box, self.kind)


class _Worker:
    """One process with a network of its own and one thread of TensorFlow."""

    def __init__(self, task: _RemoteTask):
        self._task = task

    @cached_property
    def _scorer(self) -> Scorer:
        # Not when the process starts: Ray would start a process that fails then again and again.
        task = self._task.task()
        os.chdir(self._task.folder)
        use_one_thread_per_operation()
        load_tensorflow()
        return Scorer(task)

    def __call__(self, block: dict[str, Any]) -> dict[str, Any]:
        """Paths in, the cells of their rows out, by column."""
        task = self._scorer.task
        paths = [str(path) for path in block["path"]]
        rows = [
            row
            for batch in batches(paths, task.photos_per_batch)
            for row in self._scorer.rows(batch)
        ]
        return dict(zip(task.columns, map(list, zip(*rows, strict=True)), strict=True))


def score(
    task: Task, paths: Sequence[str], address: str, num_workers: int | None = None
) -> Iterator[list[Row]]:
    """Score photos with Ray, block by block.

    Args:
        address: of a cluster, `host:port`; empty to start Ray on this machine alone.
        num_workers: processes, each with one processor; None for as many as there are processors.
    Yields:
        The rows of a block, in the order of `paths`.
    Raises:
        RayError: Ray is missing, or there is no cluster at the address.
        RunError: as `Scorer`.
    """
    os.environ.setdefault("RAY_DATA_LOG_LEVEL", "ERROR")
    ray = ray_start.imported(address)
    with native_messages_hidden():
        importlib.import_module("ray.data")
    # Ray tells of a killed process on standard output, where the rows may go.
    with (
        open(os.devnull, "w") as nowhere,
        redirect_stdout(nowhere),
        ray_start.connected(ray, address, num_workers, STORE),
    ):
        workers = num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        size = min(PHOTOS_PER_BLOCK, max(1, len(paths) // (BLOCKS_PER_WORKER * workers)))
        size = -(-size // task.photos_per_batch) * task.photos_per_batch
        blocks = [{"path": block} for block in batches(paths, size)]
        try:
            for block in _scored(ray, _RemoteTask.of(task, paths), blocks, workers):
                yield [[str(cell) for cell in row] for row in zip(*block.values(), strict=True)]
        except ray.exceptions.RayError as error:
            raise _told(error) from error


def _scored(ray, task, blocks, num_workers):
    import pyarrow as pa

    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    tables = [pa.table(block) for block in blocks]
    dataset = ray.data.from_arrow(tables).map_batches(
        _Worker,
        fn_constructor_args=(task,),
        batch_size=None,  # the whole block
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=num_workers),
        num_cpus=1,
    )
    yield from dataset.iter_batches(batch_size=None, batch_format="numpy")


def _told(error):
    """An error from another process as one of ours."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, runs.RunError | RayError):
            return type(cause)(str(cause.args[0]))
        cause = getattr(cause, "cause", None) or cause.__cause__
    return RayError(f"Ray stopped: {error}")
