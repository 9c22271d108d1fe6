"""Networks in memory: loaded once in the background, shared by all visitors, with a status line."""

import io
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np
import streamlit as st
from PIL import Image

from model.heatmaps.overlay import overlay
from model.photo.decode import decode, within
from pages.shared import cache, network_queue
from pages.shared.garbage_collection import collect_garbage, gc_thread

MAX_NETWORKS = 8  # in memory: all that ship, for one photo through every run
POLL_SECONDS = 2  # between two looks at the loading: each slows it down
# One at a time: two networks that load at once take as long, and the visitor waits for the first.
_loader = ThreadPoolExecutor(1, thread_name_prefix="loading")


@dataclass(frozen=True, eq=False)
class Loading:
    """A network on its way: `since` is when it was asked for, of `time.monotonic`."""

    future: Future
    since: float

    @property
    def is_over(self):
        return self.future.done()

    @property
    def seconds(self):
        return time.monotonic() - self.since


_latest: WeakValueDictionary[str, Loading] = WeakValueDictionary()  # those that `_loading` keeps
_discarding = threading.Lock()


@st.cache_resource(max_entries=MAX_NETWORKS, show_spinner=False)
def _loading(digest, _run):
    _latest[digest] = started = Loading(_loader.submit(_load, _run), time.monotonic())
    return started


def _load(chosen):
    """Read TensorFlow and the network, and trace the graph that the first photo would wait for."""
    from model.prediction.classifier import Classifier

    loaded = Classifier(chosen)
    size = chosen.card["input"]
    loaded.analyze(np.zeros((size["height"], size["width"], 3), np.uint8))
    loaded.network.runner = network_queue.queue
    collect_garbage()
    return loaded


def loading(chosen):
    """`Loading` of a run's network; the first who asks sets it going, in the background."""
    gc_thread()
    return _loading(chosen.card_digest, chosen)


def classifier(chosen):
    """`model.prediction.classifier.Classifier` of a run, whatever mix it is read at; waits for it
    where it is still loading.

    Raises:
        RunError: the run has no network, or it does not fit its card.
    """
    on_its_way = loading(chosen)
    if not on_its_way.is_over:
        with st.spinner("Loading the network", show_time=True):
            wait([on_its_way.future])
    try:
        loaded = on_its_way.future.result()
    except Exception:
        discard_failed_load(chosen, on_its_way)
        raise
    return loaded.read_as(chosen)


def discard_failed_load(chosen, failed):
    """Forget a loading that failed, so that the next who asks tries again.

    Args:
        failed: the `Loading`; where another visitor tries again already, that one goes on.
    """
    with _discarding:
        if _latest.get(chosen.card_digest) is failed:
            del _latest[chosen.card_digest]
            _loading.clear(chosen.card_digest, chosen)


@st.cache_resource(max_entries=MAX_NETWORKS, show_spinner="Preparing the heat maps")
def _explainer(digest, _classifier):
    from model.heatmaps.explainer import Explainer

    return Explainer(_classifier)


def explainer(chosen):
    """`model.heatmaps.explainer.Explainer` of a run; raises as `classifier` does."""
    return _explainer(chosen.card_digest, classifier(chosen)).read_as(chosen)


@st.cache_resource(max_entries=MAX_NETWORKS, show_spinner="Preparing the comparison")
def _feature_network(digest, _classifier):
    from model.prediction.classifier import feature_network

    return feature_network(_classifier)


def features(chosen, photo):
    """What `model.prediction.neighbours` compares of one photo, (features,) float32.

    Args:
        photo: (any, any, 3) uint8, RGB.
    Raises:
        RunError: as `classifier`.
    """
    loaded = classifier(chosen)
    network = _feature_network(chosen.card_digest, loaded)
    return network(loaded.prepare(photo)[None]).features[0]


@st.cache_resource(max_entries=64, show_spinner="Asking the network about the training photos")
def _training_map(digest, name, diagnosis, side, _run, _file):
    photo = decode(_file.read_bytes())
    drawn = explainer(_run)
    _, maps = drawn.classifier.examine(photo)
    heatmap = drawn.heatmap_of(maps[diagnosis], diagnosis)
    buffer = io.BytesIO()
    Image.fromarray(overlay(within(photo, side), heatmap.values)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def training_map(chosen, file, diagnosis, side):
    """A photo of the data set under a run's Grad-CAM map of a diagnosis: the bytes of a JPEG. Never
    asked for a visitor's photo.

    Args:
        file: its path, or one of `pages.shared.cache.training_files`.
        diagnosis: a code of the run.
        side: of the longer side, pixels.
    Raises:
        PhotoError, OSError: the file can't be used.
        RunError: as `classifier`.
    """
    return _training_map(chosen.card_digest, str(file), diagnosis, side, chosen, file)


def show_status(run):
    """Start loading a run's network, and say whether it is ready."""
    is_over = loading(run).is_over
    # Once the network is loaded the fragment needs no more reruns.
    st.fragment(_status, run_every=None if is_over else POLL_SECONDS)(
        run, is_over, time.monotonic()
    )
    # The page is drawn by now; the first answer will need these.
    cache.reached_on_test(run)
    cache.novelty_costs(run)
    cache.turning_costs(run)


def _status(run, was_over, drawn):
    current = loading(run)
    if not current.is_over:
        st.caption(
            ":material/hourglass_top: TensorFlow and the network are loading, "
            f"{current.seconds:.0f} s so far. You need not wait: choose a photo."
        )
        return
    is_being_drawn = time.monotonic() - drawn <= POLL_SECONDS / 2
    if not was_over and not is_being_drawn:
        st.rerun()
    if current.future.exception():
        st.error(str(current.future.exception()))
        discard_failed_load(run, current)
    else:
        st.caption(":material/check: The network is loaded.")
