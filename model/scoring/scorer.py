"""Photos in files to rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from model.photo.crop import Crop, crop
from model.photo.decode import PhotoError, decode
from model.run import Run

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

# Of photos at once: what a layer hands to the next then stays in the processor's cache.
# Measured, docs/performance.md.
VIEWS_PER_BATCH = 16

Row = list[str]


@dataclass(frozen=True)
class Task:
    """What to do with every photo: which run looks at it, how it is cropped, and which kind of
    photo it is said to be; None: no crop, and the kind that the network takes it for."""

    run: Run
    box: Crop | None = None
    kind: str | None = None

    @property
    def columns(self) -> list[str]:
        """The names of the cells of a row."""
        about = ["kind", "status"] if self.run.kinds else ["status"]
        return ["photo", "diagnosis", *self.run.probability_columns, "novelty", *about]

    @property
    def photos_per_batch(self) -> int:
        return max(1, VIEWS_PER_BATCH // self.run.num_views)


class Scorer:
    """Scores photos for a task, from any thread.

    Args:
        task: what to do.
        classifier: of the task's run, for tests; None: loaded.
    Raises:
        RunError: as `Classifier`.
    """

    def __init__(self, task: Task, classifier: Classifier | None = None):
        self.task = task
        if classifier is None:
            from model.prediction.classifier import Classifier

            classifier = Classifier(task.run)
        self.classifier = classifier

    def rows(self, paths: Sequence[str]) -> list[Row]:
        """One row per path, in order; a photo that cannot be used gets its reason as status.

        Args:
            paths: `Task.photos_per_batch` at most, so that few are decoded at a time.
        Raises:
            RunError: the network gives no numbers.
        """
        decoded = {}
        rows: dict[str, Row] = {}
        for path in paths:
            try:
                # Prepared at once: several full phone photos would need much memory.
                decoded[path] = self.classifier.prepare(crop(decode(_bytes(path)), self.task.box))
            except PhotoError as error:
                rows[path] = [path, *[""] * (len(self.task.columns) - 2), str(error)]
        kinds = [self.task.kind] * len(decoded)
        predictions = self.classifier.predict(list(decoded.values()), kinds)
        for path, prediction in zip(decoded, predictions, strict=True):
            rows[path] = [
                path,
                prediction.diagnosis,
                *(f"{value:.6f}" for value in prediction.probabilities.values()),
                "" if prediction.novelty is None else f"{prediction.novelty:.4f}",
                *([prediction.kind or ""] if self.task.run.kinds else []),
                "ok",
            ]
        return [rows[path] for path in paths]


def batches(paths: Sequence[str], size: int) -> Iterator[list[str]]:
    """Consecutive parts of `size` paths; the last may be shorter."""
    remaining = iter(paths)
    while batch := list(islice(remaining, size)):
        yield batch


def _bytes(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PhotoError(f"This file cannot be opened: {error.strerror}.") from error
