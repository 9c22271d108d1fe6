"""How TensorFlow starts: with how many threads, and without its messages on a command line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def use_one_thread_per_operation() -> None:
    """Leave the processors to those who ask at once, each with a thread of its own, instead of
    sharing every operation among all. Call it before TensorFlow is used."""
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


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


def load_tensorflow() -> None:
    """Import TensorFlow and let it look for devices, silently."""
    with native_messages_hidden():
        import tensorflow as tf

        tf.config.list_logical_devices()
