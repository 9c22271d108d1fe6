"""What the networks said about the visitor's photo, kept in the visitor's session only."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import streamlit as st

from model.photo import decode, within
from pages.shared import cache

SHOWN_SIDE = 1000  # pixels: more costs the slider its speed and shows nothing more
MAX_KEPT = 48  # answers and maps; a map is a few kilobytes


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


def heatmap(run, photo, diagnosis, method="grad_cam"):
    """`model.heatmap.Heatmap` of a run on a photo; raises RunError."""
    explainer = cache.explainer(run)
    if method == "grad_cam":  # came with the answer, for every diagnosis
        return explainer.heatmap_of(_analyzed(run, photo)[1][diagnosis], diagnosis)
    return _kept(
        ("heatmap", run, photo, diagnosis, method),
        lambda: explainer.heatmap(photo.pixels, diagnosis, method),
    )


def difference(run, photo, first, second):
    """`model.heatmap.Difference` of two diagnoses of a run on a photo; raises RunError."""
    return cache.explainer(run).difference(_analyzed(run, photo)[1], first, second)


def _analyzed(run, photo):
    """Answer and raw maps of every diagnosis."""
    return _kept(("answer", run, photo), lambda: cache.classifier(run).analyze(photo.pixels))


def _kept(key, compute):
    kind, run, photo, *rest = key
    key = (kind, run.digest, photo.digest, *rest)
    kept = st.session_state.setdefault("looked", {})
    if key not in kept:
        kept[key] = compute()
        while len(kept) > MAX_KEPT:
            del kept[next(iter(kept))]
    return kept[key]
