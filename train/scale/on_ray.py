"""Trials on Ray: one task for each, begun again where its process was killed.

Ray Core rather than Ray Tune: nothing is searched for, and the checkpoints are our own.
Source: https://docs.ray.io/en/latest/ray-core/tasks.html
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from model.scoring import ray_start
from model.scoring.ray_start import RayError
from train.scale import trials
from train.scale.trials import PHOTOS, RUN_FOLDER, Failure, Job

RETRIES = 5  # of a trial whose process was killed; one that raises an error is not begun again
STORE = 2 * 2**30  # bytes of the memory in which processes share photos; what is over goes to disk
SECONDS = 0.5  # between two looks at the trials
VERSIONS = ("tensorflow", "keras", "numpy")


@dataclass
class _Begun:
    """A job whose trials were handed to Ray."""

    job: Job
    pending: dict[Any, str]  # the trials that are not done, by Ray's reference
    errors: dict[str, BaseException] = field(default_factory=dict)
    trained: set[str] = field(default_factory=set)
    path: Path | None = None


def train(
    jobs: Sequence[Job],
    address: str,
    num_threads: int,
    num_workers: int | None,
    show: Callable[[Mapping[str, str]], None],
    say: Callable[[str], None],
) -> Iterator[tuple[Job, Path | Failure | None]]:
    """Train jobs side by side, fold by fold.

    A job begins when there are processors that those before it leave idle.

    Args:
        jobs: what to train.
        address: of a cluster, `host:port`; empty to start Ray on this machine alone.
        num_threads: processors of each trial.
        num_workers: trials at a time on this machine; None for as many as its processors allow.
        show: takes one line for each trial of the jobs that have begun, by its name.
        say: takes what is worth a line of its own.
    Yields:
        (job, result) when a job is done: its run folder, None where only the folds were to be
        trained, or why it failed.
    Raises:
        RayError: with a sentence for the user.
    """
    os.environ.setdefault("RAY_task_oom_retries", str(RETRIES))  # else without end
    ray = ray_start.imported(address)
    num_cpus = num_workers and num_workers * num_threads
    with ray_start.connected(ray, address, num_cpus, STORE):
        _check_size(ray, num_threads)
        if address:
            _check_nodes(ray, jobs)
        waiting = list(jobs)
        begun: list[_Begun] = []
        while waiting or begun:
            room = int(ray.cluster_resources().get("CPU", 0) // num_threads)
            while waiting and sum(len(of.pending) for of in begun) < max(room, 1):
                begun.append(_begin(ray, waiting.pop(0), num_threads))
            _settle(ray, begun, say)
            done = [of for of in begun if not of.pending]
            begun = [of for of in begun if of.pending]
            show({name: line for of in begun for name, line in _lines(of).items()})
            for of in done:
                yield of.job, trials.failure(of.errors) if of.errors else of.path


def _begin(ray, job, num_threads):
    """Hand all trials of a job to Ray, which holds back those that wait for others."""
    trials.forget_processes(job)
    task = ray.remote(
        num_cpus=num_threads,
        max_retries=RETRIES,
        max_calls=1,  # a process for each trial: what it held is free when it ends
    )
    read_photos = task(trials.read_photos).options(num_returns=2, name=f"{job.name}, photos")
    prepared, said = read_photos.remote(job)
    train_fold, write_folder = task(trials.train_fold), task(trials.write_folder)
    folds = [
        train_fold.options(name=f"{job.name}, {name}").remote(prepared, number, num_threads)
        for number, name in enumerate(job.folds)
    ]
    pending = {said: PHOTOS, **dict(zip(folds, job.folds, strict=True))}
    if not job.options.fit_only:
        named = write_folder.options(name=f"{job.name}, {RUN_FOLDER}")
        pending[named.remote(prepared, num_threads, *folds)] = RUN_FOLDER
    return _Begun(job, pending)


def _settle(ray, begun, say):
    """Wait a moment, and take note of the trials that are done."""
    references = [reference for of in begun for reference in of.pending]
    done, _ = ray.wait(references, num_returns=len(references), timeout=SECONDS)
    for of in begun:
        for reference in [reference for reference in done if reference in of.pending]:
            name = of.pending.pop(reference)
            try:
                result = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                of.errors[name] = error.cause
            except ray.exceptions.RayError as error:
                of.errors[name] = error
            else:
                if name == PHOTOS:
                    say(f"{of.job.name}:\n{result}")
                of.trained.add(name)
                of.path = result if name == RUN_FOLDER else of.path


def _lines(of):
    """How far each trial of a job is."""
    job = of.job
    if PHOTOS in of.pending.values():
        return {job.name: "reading the photos"}
    told = {
        f"{job.name}, {name}": "failed"
        if name in of.errors
        else f"{trials.progress(job, number)}{', trained' if name in of.trained else ''}"
        for number, name in enumerate(job.folds)
    }
    if RUN_FOLDER in of.pending.values() and of.trained >= {*job.folds}:
        told = {job.name: "writing the run folder"}
    return told


def _check_size(ray, num_threads):
    """Refuse trainings that no machine could ever begin; Ray would wait for one that can."""
    sizes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
    if num_threads > max(sizes, default=0):
        raise RayError(
            f"No machine has {num_threads} processors for one training; the largest has "
            f"{max(sizes, default=0):.0f}. Choose fewer with --threads."
        )


def _check_nodes(ray, jobs):
    """Refuse a cluster in which a node would not find the photos or the checkpoints."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    folders = sorted({job.data for job in jobs if job.data is not None})
    outs = sorted({job.out for job in jobs})
    marks = [out / f".{uuid.uuid4().hex}" for out in outs]
    for mark in marks:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    here = missing([], [])[1]
    try:
        for node in ray.nodes():
            if not node["Alive"]:
                continue
            place = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(num_cpus=0, max_retries=0)(missing)
            reference = task.options(scheduling_strategy=place).remote(folders, marks)
            name = node["NodeManagerHostname"]
            try:
                lacks, versions = ray.get(reference)
            except ray.exceptions.RayError as error:
                raise RayError(
                    f"Node {name} cannot run this training: {error.__class__.__name__}. Put this "
                    "project in the same folder on every node and install its requirements there."
                ) from error
            if lacks:
                path = lacks[0].parent if lacks[0] in marks else lacks[0]
                raise RayError(
                    f"Node {name} does not find {path}. Photos and --out must lie in a folder that "
                    "all nodes share, under the same path."
                )
            if versions != here:
                raise RayError(
                    f"Node {name} has {_told(versions)}, this machine {_told(here)}. Install the "
                    "same versions everywhere."
                )
    finally:
        for mark in marks:
            mark.unlink(missing_ok=True)


def missing(folders: Sequence[Path], marks: Sequence[Path]) -> tuple[list[Path], dict[str, str]]:
    """(what this machine does not find, its versions of what decides a training)."""
    lacks = [path for path in (*folders, *marks) if not path.exists()]
    return lacks, {name: metadata.version(name) for name in VERSIONS}


def _told(versions):
    return ", ".join(f"{name} {version}" for name, version in versions.items())
