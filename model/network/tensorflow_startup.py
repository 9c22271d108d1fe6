"""TensorFlow's start-up messages, kept off a command line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_messages_hidden() -> Iterator[None]:
    """Hide what native code writes to standard error while TensorFlow loads.

    TensorFlow 2.21 prints ten lines about oneDNN and missing GPUs before its own log level counts.
    Use this in single-threaded commands only: it redirects standard error for the whole process,
    so the app does not use it. Python exceptions are raised as usual.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr = os.dup(2)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(devnull)
        os.close(stderr)


def load_tensorflow(threads_per_operation: int | None = None) -> None:
    """Import TensorFlow and let it look for devices, silently.

    Args:
        threads_per_operation: 1 where several threads or processes use it at once, each for
            photos of its own; None: as many as there are processors.
    """
    with native_messages_hidden():
        import tensorflow as tf

        if threads_per_operation is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads_per_operation)
        tf.config.list_logical_devices()
