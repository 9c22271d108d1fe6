"""One queue to all networks, which share the processors: single answers first, alike ones together.

Every visitor's thread would else run its network by itself, each with all processors. Here each
worker has one: the app gives TensorFlow one thread for an operation
(`model.network.tensorflow_startup.use_one_thread_per_operation`).
"""

from __future__ import annotations

import math
import threading
import time
from bisect import insort
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import joblib
import numpy as np

from model.network.running import Graph

NUM_WORKERS = joblib.cpu_count()  # what a container leaves of them counts
# Measured in docs/performance.md, on 2 cores.
BATCH_VIEWS = 16  # two photos of eight views: more gain little, and each answer waits for all
PIECE_VIEWS = 8  # of bulky work: what a single answer may have beside it, or wait for
GATHER_SECONDS = 0.0  # what comes while others are computed is gathered; to wait gains nothing
# Matrix products of few rows sum in another order: one photo alone and the same in a batch of 16
# differed by up to 6e-5 in the logits of isic9_rebalanced; from 8 views on, in no digit.
SAME_SUMS_FROM = 8
MAX_WAITING_VIEWS = 512  # 64 photos of eight views: a second or two
BULKY_WAITS = 2.0  # seconds that bulky work lets single answers pass; then it takes its turn
QUIET_SECONDS = 2.0  # without a single answer: then bulky work may take the last worker, too
POLL_SECONDS = 0.1  # between two looks at whether the asker is still there
FIRST_GUESS = 0.003  # seconds for one view, before any was seen


class QueueFullError(RuntimeError):
    """So much is waiting that no more is taken; `seconds` is about how long that will last."""

    def __init__(self, seconds: float):
        super().__init__(f"The queue to the network is full for about {math.ceil(seconds)} s.")
        self.seconds = seconds


@dataclass(order=True)
class _Request:
    """What one asks for; requests are in the order of their turn."""

    due: float
    number: int
    graph: Graph = field(compare=False)
    arrays: tuple[np.ndarray, ...] = field(compare=False)
    num_views: int = field(compare=False)
    is_bulky: bool = field(compare=False)
    future: Future[list[np.ndarray]] = field(compare=False, default_factory=Future)

    def fits(self, other: _Request) -> bool:
        """Whether one call of a graph can answer both, and no digit differs."""
        return (
            min(self.num_views, other.num_views) >= SAME_SUMS_FROM
            and self.graph == other.graph
            and self.is_bulky == other.is_bulky
            and [(array.shape[1:], array.dtype) for array in self.arrays]
            == [(array.shape[1:], array.dtype) for array in other.arrays]
        )


def stay() -> None:
    """Goes on waiting."""


class RequestQueue:
    """Takes requests from any thread and answers them in threads of its own; a `Runner`.

    It keeps nothing of a request once that is answered, and holds no network that nobody asks.

    Args:
        num_workers: batches computed at once.
        batch_views: views of photos in one batch, at most; one request may be larger.
        gather_seconds: how long the first request of a batch waits for others, at most.
        max_waiting_views: of single answers, and as many of bulky work; over it a request is
            refused.
        while_waiting: called in the asker's thread every `POLL_SECONDS`; may raise to leave, which
            drops the request.
        when_full: called with the seconds of `QueueFullError` in the asker's thread; returns when
            it is time to ask again, or raises.
    """

    def __init__(
        self,
        num_workers: int = NUM_WORKERS,
        batch_views: int = BATCH_VIEWS,
        gather_seconds: float = GATHER_SECONDS,
        max_waiting_views: int = MAX_WAITING_VIEWS,
        while_waiting: Callable[[], None] = stay,
        when_full: Callable[[float], None] = time.sleep,
    ):
        self._num_workers = num_workers
        self._batch_views = batch_views
        self._gather_seconds = gather_seconds
        self._max_waiting_views = max_waiting_views
        self._while_waiting = while_waiting
        self._when_full = when_full
        self._workers = ThreadPoolExecutor(num_workers, thread_name_prefix="network")
        self._changed = threading.Condition()  # guards what follows
        self._one_gathers = threading.Lock()
        self._waiting: list[_Request] = []
        self._is_closed = False
        self._num_asked = 0
        self._num_bulky_now = 0  # batches being computed
        self._single_asked = -math.inf  # when the last single answer was asked for
        self._seconds_per_view = FIRST_GUESS

    def __call__(
        self, graph: Graph, *arrays: np.ndarray, num_views: int = 1, is_bulky: bool = True
    ) -> list[np.ndarray]:
        """Ask and wait for the answer; see `Runner`. Bulky work is asked for in pieces.

        Raises:
            what the graph raised.
        """
        at_most = max(1, PIECE_VIEWS // num_views) if is_bulky else len(arrays[0])
        num_pieces = max(1, math.ceil(len(arrays[0]) / max(1, at_most)))
        # Even pieces: a last one of a single row would sum in another order.
        pieces = zip(*(np.array_split(array, num_pieces) for array in arrays), strict=True)
        asked: list[Future[list[np.ndarray]]] = []
        try:
            for piece in pieces:
                # One by one: where one raises, those before it are dropped.
                asked.append(self._ask_until_taken(graph, piece, num_views, is_bulky))  # noqa: PERF401
            while wait(asked, POLL_SECONDS).not_done:
                self._while_waiting()
            parts = [future.result() for future in asked]
        finally:
            for future in asked:
                future.cancel()  # what nobody waits for any more
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(results) for results in zip(*parts, strict=True)]

    def ask(
        self, graph: Graph, *arrays: np.ndarray, num_views: int = 1, is_bulky: bool = False
    ) -> Future[list[np.ndarray]]:
        """Put a request into the queue; cancel the future to take it out again.

        Args: as `Runner`.
        Raises:
            QueueFullError: too much is waiting.
        """
        views = max(1, len(arrays[0]) * num_views)
        now = time.monotonic()
        with self._changed:
            if self._is_closed:
                raise RuntimeError("The queue is closed.")
            waiting = self._waiting_views(is_bulky)
            if waiting and waiting + views > self._max_waiting_views:
                raise QueueFullError(self._seconds_per_view * waiting)
            self._num_asked += 1
            due = now + (BULKY_WAITS if is_bulky else 0)
            request = _Request(due, self._num_asked, graph, arrays, views, is_bulky)
            if not is_bulky:
                self._single_asked = now
            self._workers.submit(self._answer_next)
            insort(self._waiting, request)
            self._changed.notify_all()
        return request.future

    def close(self) -> None:
        """Take no more, drop what waits, and wait for what is being computed."""
        with self._changed:
            self._is_closed = True
            for request in self._waiting:
                request.future.cancel()
                request.future.set_running_or_notify_cancel()  # wakes who waits for it
            self._waiting.clear()
            self._changed.notify_all()
        self._workers.shutdown(cancel_futures=True)

    def _ask_until_taken(self, graph, arrays, num_views, is_bulky):
        while True:
            try:
                return self.ask(graph, *arrays, num_views=num_views, is_bulky=is_bulky)
            except QueueFullError as full:
                self._when_full(full.seconds)

    def _waiting_views(self, is_bulky):
        self._waiting = [one for one in self._waiting if not one.future.cancelled()]
        return sum(one.num_views for one in self._waiting if one.is_bulky == is_bulky)

    def _answer_next(self):
        # Until nothing is left that may begin: bulky work waits for others to end.
        while batch := self._next_batch():
            started = time.monotonic()
            try:
                _answer(batch)
            finally:  # or all bulky work would wait for a batch that is over
                seconds = time.monotonic() - started
                views = sum(request.num_views for request in batch)
                with self._changed:
                    self._num_bulky_now -= batch[0].is_bulky
                    pace = seconds / views / self._num_workers
                    self._seconds_per_view += 0.2 * (pace - self._seconds_per_view)
                    if self._waiting:  # where it has become quiet, another worker may help
                        self._workers.submit(self._answer_next)

    def _next_batch(self):
        """The requests whose turn it is, taken out of the queue; empty where none may begin."""
        with self._one_gathers, self._changed:
            first = self._take_first()
            if first is None:
                return []
            self._num_bulky_now += first.is_bulky
            batch = [first]
            until = time.monotonic() + self._gather_seconds
            limit = self._batch_views
            if first.is_bulky:
                limit = min(limit, PIECE_VIEWS)
            while True:
                self._add_alike(batch, limit)
                left = until - time.monotonic()
                if left <= 0 or sum(one.num_views for one in batch) >= limit:
                    return batch
                self._changed.wait(left)

    def _take_first(self):
        for request in list(self._waiting):
            if request.is_bulky and not self._bulky_may_begin():
                continue
            self._waiting.remove(request)
            if request.future.set_running_or_notify_cancel():
                return request
        return None

    def _bulky_may_begin(self):
        """It leaves a worker to single answers while visitors are asking for some."""
        is_quiet = time.monotonic() - self._single_asked > QUIET_SECONDS
        others = 0 if is_quiet else 1
        return self._num_bulky_now < max(1, self._num_workers - others)

    def _add_alike(self, batch, limit):
        """Move what one call can answer, too, into the batch, as far as it has room."""
        room = limit - sum(one.num_views for one in batch)
        kept = []
        for request in self._waiting:
            if request.num_views > room or not batch[0].fits(request):
                kept.append(request)
            elif request.future.set_running_or_notify_cancel():
                batch.append(request)
                room -= request.num_views
        self._waiting = kept


def _answer(batch: Sequence[_Request]) -> None:
    """Compute all requests of a batch in one call; where that fails, each by itself."""
    parts = None
    try:
        parts = _parts(batch, _run(batch))
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who asked
        if len(batch) == 1:
            batch[0].future.set_exception(error)
            return
    if parts is None:  # after the error, which holds on to the whole batch
        for request in batch:
            _answer([request])
        return
    for request, part in zip(batch, parts, strict=True):
        request.future.set_result(part)


def _parts(batch, results):
    """What belongs to each request; copies, as a slice would keep the answers of all others."""
    parts, start = [], 0
    for request in batch:
        end = start + len(request.arrays[0])
        parts.append([result[start:end].copy() for result in results])
        start = end
    return parts


def _run(batch):
    if len(batch) == 1:
        (request,) = batch
        return [np.asarray(result) for result in request.graph(*request.arrays)]
    together = zip(*(request.arrays for request in batch), strict=True)
    joined = [np.concatenate(arrays) for arrays in together]
    return [np.asarray(result) for result in batch[0].graph(*joined)]
