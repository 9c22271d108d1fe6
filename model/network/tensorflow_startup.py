"""Keep TensorFlow's start-up notes off a command line."""

import os
from contextlib import contextmanager


@contextmanager
def native_notes_hidden():
    """Hide what native code writes to the error stream while TensorFlow loads.

    TensorFlow 2.21 prints ten lines about oneDNN and missing GPUs before its own log level counts.
    Only for commands of one thread: the error stream of the whole process is turned away, so it is
    not used in the app. Python's own errors are raised as ever.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def load_tensorflow():
    """Import TensorFlow and let it look for devices, silently."""
    with native_notes_hidden():
        import tensorflow as tf

        tf.config.list_logical_devices()
