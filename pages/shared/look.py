"""What the networks said about the visitor's photo, kept in the visitor's session only."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import streamlit as st

from model.methods import METHODS
from model.photo import decode, within
from pages.shared import cache

SHOWN_SIDE = 1000  # pixels: more costs the slider its speed and shows nothing more
MAX_KEPT = 96  # answers and maps; a map takes 150 kB or less


@dataclass(frozen=True)
class Photo:
    """The visitor's photo.

    `pixels` is (height, width, 3) uint8 RGB as decoded, which is what networks look at; `shown`
    the same photo at the size of a screen. `is_rendered` marks the samples.
    """

    name: str
    pixels: np.ndarray
    shown: np.ndarray
    digest: str
    is_rendered: bool = False


def take(name, data, is_rendered=False):
    """Decode a chosen file and make it the session's photo.

    Raises:
        PhotoError: the file cannot be used; the photo before it stays.
    """
    digest = sha256(data).hexdigest()
    now = st.session_state.get("photo")
    if now is None or now.digest != digest:
        pixels = decode(data)
        shown = within(pixels, SHOWN_SIDE)
        st.session_state["photo"] = Photo(Path(name).name, pixels, shown, digest, is_rendered)
    return st.session_state["photo"]


def forget():
    """Drop the session's photo and all that was computed from it."""
    st.session_state.pop("photo", None)
    st.session_state.pop("looked", None)


def answer(run, photo):
    """`model.answer.Answer` of a run on a photo; raises RunError."""
    return _analyzed(run, photo)[0]


def heatmap(run, photo, diagnosis, method="grad_cam", layer=None, track=iter):
    """`model.heatmap.Heatmap` of a run on a photo; raises RunError. See `Explainer.heatmap`."""
    explainer = cache.explainer(run)
    layer = layer or explainer.own_layer
    if method == "grad_cam" and layer == explainer.own_layer:  # came with the answer
        return explainer.heatmap_of(_analyzed(run, photo)[1][diagnosis], diagnosis)
    return _kept(
        ("heatmap", run, photo, diagnosis, method, layer),
        lambda: explainer.heatmap(photo.pixels, diagnosis, method, layer, track),
    )


def has_heatmap(run, photo, diagnosis, method, layer):
    """Whether this map is there without being computed."""
    own = method == "grad_cam" and layer == cache.explainer(run).own_layer
    return own or has(("heatmap", run, photo, diagnosis, method, layer))


def evidence(run, photo, found, layer):
    """`model.evidence.Evidence` about a map of a run on a photo; raises RunError."""
    from model.evidence import evidence as test

    return _kept(
        ("evidence", run, photo, found.diagnosis, found.method, layer),
        lambda: test(cache.explainer(run), photo.pixels, found, layer, METHODS[found.method].turns),
    )


def stress(run, photo):
    """`model.stress.Stress` of a run on a photo; raises RunError."""
    from model.stress import stress as test

    return _kept(("stress", run, photo), lambda: test(cache.classifier(run), photo.pixels))


def reference_gap(run, photo, found, layer):
    """`model.reference.largest_gap` of a map of a run on a photo; raises RunError."""
    from model.reference import largest_gap

    return _kept(
        ("reference", run, photo, found.diagnosis, found.method, layer),
        lambda: largest_gap(
            cache.explainer(run), photo.pixels, found.diagnosis, found.method, layer
        ),
    )


def difference(run, photo, first, second):
    """`model.heatmap.Difference` of two diagnoses of a run on a photo; raises RunError."""
    return cache.explainer(run).difference(_analyzed(run, photo)[1], first, second)


def _analyzed(run, photo):
    """Answer and raw maps of every diagnosis."""
    return _kept(("answer", run, photo), lambda: cache.classifier(run).analyze(photo.pixels))


def has(key):
    """Whether this was computed before: (kind, run, photo, ...)."""
    return _plain(key) in st.session_state.get("looked", {})


def _plain(key):
    kind, run, photo, *rest = key
    return (kind, run.digest, photo.digest, *rest)


def _kept(key, compute):
    key = _plain(key)
    kept = st.session_state.setdefault("looked", {})
    if key not in kept:
        kept[key] = compute()
        while len(kept) > MAX_KEPT:
            del kept[next(iter(kept))]
    return kept[key]
