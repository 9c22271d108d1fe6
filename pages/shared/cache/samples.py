"""What was computed for samples, and thumbnails of the data set: never of a visitor's photo."""

import io
import threading
from collections import OrderedDict
from pathlib import Path

import streamlit as st
from PIL import Image
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from model.photo.decode import decode, within

MAX_OF_SAMPLES = 256  # results for samples: at most 40 MB, most of it encoded pictures
POLL_SECONDS = 0.2  # between two looks whether a visitor who waits has left


class _OfSamples:
    """What was computed for samples, by key; of many, those asked for last."""

    def __init__(self):
        self._lock = threading.Lock()
        self._found = OrderedDict()
        self._computing = {}  # a lock for each key that is being computed

    def once(self, key, compute):
        """The result under a key; while one visitor's session computes it, the others wait, each
        for as long as its own visitor does."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            computing = self._computing.setdefault(key, threading.Lock())
        while not computing.acquire(timeout=POLL_SECONDS):
            _leave_if_over()
        try:
            with self._lock:
                if key in self._found:
                    return self._found[key]
            try:
                result = compute()
                with self._lock:
                    self._found[key] = result
                    while len(self._found) > MAX_OF_SAMPLES:
                        self._found.popitem(last=False)
            finally:
                with self._lock:
                    self._computing.pop(key, None)
        finally:
            computing.release()
        return result


def _leave_if_over():
    """End this run of the page where its visitor has left or has clicked something else."""
    check = get_run_yield_check()
    if check is not None:
        check()


@st.cache_resource(max_entries=1, show_spinner=False)
def _of_samples():
    return _OfSamples()


def of_sample(key, compute):
    """What is computed for a sample, once for all visitors. Only `pages.shared.session` asks, which
    alone knows what is a sample.

    Args:
        key: names the run by its digest, the photo by its own, and all else that counts.
        compute: the result, which nobody may change.
    """
    return _of_samples().once(key, compute)


@st.cache_resource(max_entries=64, show_spinner=False)
def _thumbnail(path, side):
    buffer = io.BytesIO()
    Image.fromarray(within(decode(Path(path).read_bytes()), side)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def thumbnail(path, side):
    """A photo of the data set, small: the bytes of a JPEG. Never asked for a visitor's photo.

    Args:
        path: of its file.
        side: of the longer side, pixels.
    """
    return _thumbnail(str(path), side)
