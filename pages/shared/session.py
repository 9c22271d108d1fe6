"""What the networks said about the visitor's photo, kept in the visitor's session only."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import streamlit as st

from model.evaluation.photo_faults import faults as wrong
from model.heatmaps.methods import METHODS
from model.photo.crop import Crop, crop
from model.photo.decode import decode, within
from model.photo.quality import measure
from pages.shared import model_loading, url_state

DISPLAY_SIDE = 1000  # pixels: more costs the slider its speed and shows nothing more
MAX_KEPT = 96  # answers and maps; a map takes 150 kB or less


@dataclass(frozen=True)
class Photo:
    """The visitor's photo.

    `pixels` is (height, width, 3) uint8 RGB as decoded, which is what networks look at; `display`
    the same photo at the size of a screen. `digest` tells photos and their frames apart,
    `file_digest` is the sha256 of the file it came in. `frame` is None for the whole photo.
    `is_rendered` marks the samples.
    """

    name: str
    pixels: np.ndarray
    display: np.ndarray
    digest: str
    file_digest: str
    is_rendered: bool = False
    frame: Crop | None = None


def take(name, data, is_rendered=False):
    """Decode a chosen file and make it the session's photo.

    Raises:
        PhotoError: the file cannot be used; the photo before it stays.
    """
    digest = sha256(data).hexdigest()
    now = st.session_state.get("photo")
    if now is None or now.digest != digest:
        pixels = decode(data)
        shown = within(pixels, DISPLAY_SIDE)
        if now is not None and not now.is_rendered:
            url_state.forget(now.file_digest[:12])
        st.session_state["photo"] = Photo(
            Path(name).name, pixels, shown, digest, digest, is_rendered
        )
        st.session_state.pop("framed", None)
    return st.session_state["photo"]


def frame(photo, chosen):
    """The framed part of the session's photo, as a photo of its own.

    Args:
        photo: whole `Photo`.
        chosen: `model.photo.crop.Crop` in it, or None for all of it.
    """
    if chosen is None:
        return photo
    digest = sha256(f"{photo.digest}:{chosen}".encode()).hexdigest()
    kept = st.session_state.get("framed")
    if kept is None or kept.digest != digest:
        pixels = np.ascontiguousarray(crop(photo.pixels, chosen))
        kept = replace(
            photo, pixels=pixels, display=within(pixels, DISPLAY_SIDE), digest=digest, frame=chosen
        )
        st.session_state["framed"] = kept
    return kept


def forget():
    """Drop the session's photo, all that was computed from it and all that was chosen for it."""
    now = st.session_state.get("photo")
    if now is not None:
        url_state.forget(now.file_digest[:12])
    for name in ("photo", "framed", "wanted_frame", "looked"):
        st.session_state.pop(name, None)


def answer(run, photo):
    """`model.prediction.prediction.Prediction` of a run on a photo; raises RunError."""
    return _analyzed(run, photo)[0]


def heatmap(run, photo, diagnosis, method="grad_cam", layer=None, track=iter):
    """`model.heatmaps.heatmap.Heatmap` of a run on a photo; raises RunError."""
    explainer = model_loading.explainer(run)
    layer = layer or explainer.own_layer
    if method == "grad_cam" and layer == explainer.own_layer:  # came with the answer
        return explainer.heatmap_of(_analyzed(run, photo)[1][diagnosis], diagnosis)
    return _kept(
        ("heatmap", run, photo, diagnosis, method, layer),
        lambda: explainer.heatmap(photo.pixels, diagnosis, method, layer, track),
    )


def has_heatmap(run, photo, diagnosis, method, layer):
    """Whether this map is there without being computed."""
    own = method == "grad_cam" and layer == model_loading.explainer(run).own_layer
    return own or has(("heatmap", run, photo, diagnosis, method, layer))


def evidence(run, photo, found, layer):
    """`model.heatmaps.faithfulness.Faithfulness` about a map of a run on a photo; raises RunError."""
    from model.heatmaps.faithfulness import evidence as test

    return _kept(
        ("evidence", run, photo, found.diagnosis, found.method, layer),
        lambda: test(
            model_loading.explainer(run),
            photo.pixels,
            found,
            layer,
            METHODS[found.method].averages_views,
        ),
    )


def quality(run, photo):
    """`model.photo.quality.measure` of a photo at the size that a run sees."""
    size = run.card["input"]
    return _kept(
        ("quality", run, photo), lambda: measure(photo.pixels, size["height"], size["width"])
    )


def faults(run, photo):
    """Keys of `model.evaluation.photo_faults.FAULTS` of a photo; empty where the run can't tell."""
    return [] if run.quality is None else wrong(run, quality(run, photo))


def stress_test(run, photo):
    """`model.prediction.stress_test.StressTest` of a run on a photo; raises RunError."""
    from model.prediction.stress_test import stress_test as run_stress_test

    return _kept(
        ("stress", run, photo), lambda: run_stress_test(model_loading.classifier(run), photo.pixels)
    )


def tf_keras_vis_gap(run, photo, found, layer):
    """`model.heatmaps.tf_keras_vis.largest_gap` of a map of a run on a photo; raises RunError."""
    from model.heatmaps.tf_keras_vis import largest_gap

    return _kept(
        ("reference", run, photo, found.diagnosis, found.method, layer),
        lambda: largest_gap(
            model_loading.explainer(run), photo.pixels, found.diagnosis, found.method, layer
        ),
    )


def difference(run, photo, first, second):
    """`model.heatmaps.heatmap.Difference` of two diagnoses of a run on a photo; raises RunError."""
    return model_loading.explainer(run).difference(_analyzed(run, photo)[1], first, second)


def _analyzed(run, photo):
    """Answer and raw maps of every diagnosis."""
    return _kept(
        ("answer", run, photo), lambda: model_loading.classifier(run).analyze(photo.pixels)
    )


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
