"""Scoring on this machine: one worker for each processor."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from model.scoring.scorer import Row, Scorer, batches

# For each worker: what may be finished and wait for an earlier batch.
BATCHES_AHEAD = 4


def score(scorer: Scorer, paths: Sequence[str], num_workers: int) -> Iterator[list[Row]]:
    """Score photos batch by batch, several batches at a time.

    A worker reads and decodes its batch itself, so photos are decoded beside the network, and never
    more than a batch for each worker is held.

    Args:
        num_workers: threads. TensorFlow best has one thread for each
            (`model.network.tensorflow_startup.use_one_thread_per_operation`).
    Yields:
        The rows of a batch, in the order of `paths`.
    Raises:
        RunError: as `Scorer.rows`.
    """
    pool = ThreadPoolExecutor(num_workers)
    pending: deque[Future[list[Row]]] = deque()
    try:
        for batch in batches(paths, scorer.task.photos_per_batch):
            pending.append(pool.submit(scorer.rows, batch))
            if len(pending) >= BATCHES_AHEAD * num_workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
