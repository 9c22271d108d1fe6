"""What was computed for samples, and thumbnails of the data set: never of a visitor's photo."""

import io
import threading
from collections import OrderedDict

import streamlit as st
from PIL import Image

from model.photo.decode import decode, within
from model.photo.drawings import DrawnPhoto
from pages.shared.cache.disk import photo_files
from pages.shared.network_queue import leave_if_over

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
            leave_if_over()
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


def training_files(chosen, image_ids):
    """What the app can read of a run's training photos, by their id: the photos of the data set, or
    a drawing drawn anew. Those that are not at hand are left out."""
    if chosen.is_rendered:
        return {image_id: DrawnPhoto(image_id) for image_id in image_ids}
    files = photo_files()
    return {image_id: files[image_id] for image_id in image_ids if image_id in files}


@st.cache_resource(max_entries=64, show_spinner=False)
def _thumbnail(name, side, _file):
    buffer = io.BytesIO()
    Image.fromarray(within(decode(_file.read_bytes()), side)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def thumbnail(file, side):
    """A photo of the data set, small: the bytes of a JPEG. Never asked for a visitor's photo.

    Args:
        file: its path, or one of `training_files`.
        side: of the longer side, pixels.
    """
    return _thumbnail(str(file), side, file)
