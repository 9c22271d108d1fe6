"""The visitor's photo and every result computed from it, kept in the visitor's session only.

A sample is no visitor's photo: what is computed for one is shared, see `_is_sample`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import streamlit as st
from PIL import Image

from model.evaluation import photo_faults
from model.heatmaps.methods import METHODS
from model.photo.decode import within
from model.photo.outline import Outline
from model.photo.outline import outline as find_outline
from model.photo.quality import measure
from model.photo.shortcuts import plant, seed_of
from model.prediction.neighbours import SimilarCases, lesion_of
from model.run import Run
from pages.shared import cache, charts, model_loading, samples, url_state
from pages.shared.photo import Photo

if TYPE_CHECKING:  # most take TensorFlow, which a page must not wait for
    from plotly.graph_objects import Figure
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from model.heatmaps.covering import Covering
    from model.heatmaps.faithfulness import Faithfulness
    from model.heatmaps.heatmap import Difference, Heatmap
    from model.network.compiled import NetworkOutput
    from model.prediction.prediction import Prediction
    from model.prediction.stress_test import StressTest
    from model.prediction.zoom import Zoom

    Answered = tuple[np.ndarray, Prediction]

PLANTED_SIDE = 512  # pixels: as photos were measured, see `train.reports.planted`
ZOOMED_SIDE = 320  # pixels of the crops that are shown, twice what they take on screen
Result = TypeVar("Result")
MAX_OWN = 3  # photos that Back and Forward find
MAX_RESULTS = 96  # predictions, heat maps and the like; a heat map takes at most 150 kB
MAX_PICTURES = 48  # encoded: at most half a megabyte each, most of them a tenth of that


def take(name: str, data: bytes, is_rendered: bool = False, sample: str = "") -> Photo:
    """Decode a chosen file and make it the session's photo.

    Raises:
        PhotoError: the file cannot be used; the previous photo stays.
    """
    digest = sha256(data).hexdigest()
    previous = st.session_state.get("photo")
    if previous is None or (previous.digest, previous.sample) != (digest, sample):
        photo = Photo.read(name, data, is_rendered, sample)
        if previous is not None and not previous.sample:
            url_state.forget(previous.file_digest[:12])
        st.session_state["photo"] = photo
        st.session_state.pop("other_photo", None)  # it may show another lesion
    return st.session_state["photo"]


def choose(name: str, data: bytes, is_rendered: bool = False, sample: str = "") -> None:
    """Make a file the visitor's only choice; raises as `take`."""
    photo = take(name, data, is_rendered, sample)
    st.session_state.pop("batch", None)
    _count_choice()
    if not sample:
        number = st.session_state.get("last_own", 0) + 1  # never used twice
        st.session_state["last_own"] = number
        kept = st.session_state.setdefault("own_photos", {})
        kept[number] = st.session_state["photo"] = replace(photo, number=number)
        if len(kept) > MAX_OWN:
            del kept[min(kept)]


def choose_sample(sample: str, file: Path, is_rendered: bool) -> None:
    """Make a sample the visitor's only choice.

    Args:
        sample: its name in the URL.
        is_rendered: whether it is a drawing.
    """
    choose(file.name, file.read_bytes(), is_rendered, sample)


def choose_other(name: str, data: bytes, is_rendered: bool = False) -> None:
    """Keep a second photo beside the one in use; raises as `take`, and what was kept stays."""
    digest = sha256(data).hexdigest()
    kept = other_photo()
    if kept is not None and kept.digest == digest:
        return
    st.session_state["other_photo"] = Photo.read(name, data, is_rendered)


def other_photo() -> Photo | None:
    """The second photo beside the one in use, or None."""
    return st.session_state.get("other_photo")


def forget_other() -> None:
    """Drop the second photo."""
    st.session_state.pop("other_photo", None)


def own_photos() -> dict[int, Photo]:
    """The visitor's last own photos, by `Photo.number`."""
    return st.session_state.get("own_photos", {})


def set_aside() -> None:
    """Have no photo in use; the visitor's own ones are kept, so that Back and Forward find them."""
    kept = st.session_state.get("own_photos", {})
    forget()
    st.session_state["own_photos"] = kept


def take_up(number: int) -> None:
    """Use an own photo of the visitor again, where it is still kept; see `Photo.number`."""
    kept = st.session_state.get("own_photos", {})
    photo = st.session_state.get("photo")
    if number in kept and (photo is None or photo.number != number):
        set_aside()
        st.session_state["photo"] = kept[number]


def choose_several(files: list[UploadedFile]) -> None:
    """Make several files the visitor's choice; none of them is looked at yet."""
    forget()
    st.session_state["batch"] = files


def refuse(reason: str) -> None:
    """Keep why the file chosen last can't be used; what was chosen before stays."""
    _count_choice()
    st.session_state["refusal"] = reason


def num_choices() -> int:
    """How often the visitor has chosen something; widgets named by it are new after each choice."""
    return st.session_state.get("num_choices", 0)


def _count_choice() -> None:
    st.session_state["num_choices"] = num_choices() + 1
    st.session_state.pop("refusal", None)


def forget() -> None:
    """Drop the session's photos, every result computed from them and every choice made for them."""
    photo = st.session_state.get("photo")
    if photo is not None:
        url_state.forget(photo.file_digest[:12])
    of_photos = (
        "photo",
        "own_photos",
        "other_photo",
        "crop_choice",
        "photo_kinds",
        "results",
        "pictures",
        "expectations",
        "batch",
        "opened",
        "several",
    )
    for name in of_photos:
        st.session_state.pop(name, None)
    _count_choice()


def chosen_kind(photo: Photo) -> str | None:
    """The kind of photo that the visitor says it is, or None."""
    return st.session_state.get("photo_kinds", {}).get(photo.file_digest)


def choose_kind(photo: Photo, kind: str) -> None:
    """Keep what kind of photo the visitor says it is, for every run and page."""
    st.session_state.setdefault("photo_kinds", {})[photo.file_digest] = kind


def prediction(run: Run, photo: Photo) -> Prediction:
    """The run's prediction for a photo, as of the kind that the visitor chose; raises RunError."""
    kind = chosen_kind(photo)
    kind = kind if kind in run.kinds else None
    return _computed_once(
        ("prediction", run.digest, photo.digest, kind),
        lambda: model_loading.classifier(run).calibrated(_analysis(run, photo)[0], [kind])[0],
        photo,
    )


def heatmap(
    run: Run,
    photo: Photo,
    diagnosis: str,
    method: str = "grad_cam",
    layer: str | None = None,
    track: Callable = iter,
) -> Heatmap:
    """The heat map of one diagnosis; raises RunError.

    Args:
        diagnosis: a code of the run.
        method: a key of `METHODS`.
        layer: of the network; None for the run's own heat map layer.
        track: wraps the loop of a slow method, see `pages.shared.progress`.
    """
    explainer = model_loading.explainer(run)
    layer = layer or explainer.own_layer
    if method == "grad_cam" and layer == explainer.own_layer:  # came with the prediction
        return _computed_once(
            ("heatmap", run.card_digest, photo.digest, diagnosis, method, layer),
            lambda: explainer.heatmap_of(_analysis(run, photo)[1][diagnosis], diagnosis),
            photo,
        )
    return _computed_once(
        ("heatmap", run.card_digest, photo.digest, diagnosis, method, layer),
        lambda: explainer.heatmap(photo.pixels, diagnosis, method, layer, track),
        photo if METHODS[method].measured_share > 1 else None,  # slow ones show a bar
    )


def has_heatmap(run: Run, photo: Photo, diagnosis: str, method: str, layer: str) -> bool:
    """Whether this heat map is there without being computed."""
    own = method == "grad_cam" and layer == model_loading.explainer(run).own_layer
    return own or _has(("heatmap", run.card_digest, photo.digest, diagnosis, method, layer))


def faithfulness(
    run: Run,
    photo: Photo,
    heatmap: Heatmap,
    layer: str,
    watch: Callable[[Covering], None] = lambda covering: None,
) -> Faithfulness:
    """Test a heat map of a photo, taken at `layer`; raises RunError.

    Args:
        watch: called with what is known so far while the test goes on; not if it was done before.
    """
    from model.heatmaps.faithfulness import measure_faithfulness

    return _computed_once(
        _key("faithfulness", run, photo, heatmap, layer),
        lambda: measure_faithfulness(
            model_loading.explainer(run),
            photo.pixels,
            heatmap,
            layer,
            METHODS[heatmap.method].averages_views,
            prediction(run, photo).kind,
            watch,
        ),
    )


def has_faithfulness(run: Run, photo: Photo, heatmap: Heatmap, layer: str) -> bool:
    """Whether this heat map was tested before."""
    return _has(_key("faithfulness", run, photo, heatmap, layer))


def tf_keras_vis_gap(run: Run, photo: Photo, heatmap: Heatmap, layer: str) -> float:
    """`model.heatmaps.tf_keras_vis.largest_gap` of a heat map; raises RunError."""
    from model.heatmaps.tf_keras_vis import largest_gap

    return _computed_once(
        _key("tf_keras_vis_gap", run, photo, heatmap, layer),
        lambda: largest_gap(
            model_loading.explainer(run), photo.pixels, heatmap.diagnosis, heatmap.method, layer
        ),
    )


def has_tf_keras_vis_gap(run: Run, photo: Photo, heatmap: Heatmap, layer: str) -> bool:
    """Whether tf-keras-vis computed this heat map before."""
    return _has(_key("tf_keras_vis_gap", run, photo, heatmap, layer))


def difference(run: Run, photo: Photo, first: str, second: str) -> Difference:
    """The signed heat map between two diagnoses; raises RunError."""
    return model_loading.explainer(run).difference(_analysis(run, photo)[1], first, second)


def similar_cases(run: Run, photo: Photo, number: int) -> SimilarCases:
    """The training lesions most like a photo, of a run that has `Run.neighbour_arrays`; raises
    RunError.

    Args:
        number: of nearest cases.
    """
    # A photo of the data set has its id for a name; its own lesion would be no similar case.
    lesion = lesion_of(run, Path(photo.name).stem)
    return _computed_once(
        ("similar_cases", run.card_digest, photo.digest, lesion, number),
        lambda: cache.neighbours(run).similar(
            model_loading.features(run, photo.pixels), run.diagnoses, number, lesion
        ),
        photo,
    )


def outline(photo: Photo) -> Outline:
    """The outline of the lesion in a photo; raises `model.evaluation.lesion_outlines.OutlineError`
    where the network that finds it is missing."""
    outlines = cache.outlines()
    return _computed_once(
        ("outline", outlines.digest, photo.digest),
        lambda: find_outline(photo.pixels, outlines.arrays),
    )


def quality(run: Run, photo: Photo) -> dict[str, float]:
    """`model.photo.quality.measure` of a photo at the run's input size."""
    size = run.card["input"]
    return _computed_once(
        ("quality", run.card_digest, photo.digest),
        lambda: measure(photo.pixels, size["height"], size["width"]),
        photo,
    )


def has_quality_limits(run: Run, kind: str | None) -> bool:
    """Whether the run's limits of photo quality hold for a kind of photo: they were set on its own
    validation photos."""
    return kind in (None, *run.kinds[:1])


def faults(run: Run, photo: Photo, kind: str | None) -> list[str]:
    """Keys of `model.evaluation.photo_faults.FAULTS`; empty where the run records no quality, or
    none for this kind of photo."""
    if run.quality is None or not has_quality_limits(run, kind):
        return []
    return photo_faults.faults(cache.fault_limits(run), quality(run, photo))


def stress_test(run: Run, photo: Photo, watch: Callable) -> StressTest:
    """The run's predictions for thirty changed copies of a photo; raises RunError.

    Args:
        watch: as `model.prediction.stress_test.stress_test` takes it.
    """
    from model.prediction.stress_test import stress_test as change_and_predict

    return _computed_once(
        ("stress_test", run.digest, photo.digest, chosen_kind(photo)),
        lambda: change_and_predict(
            model_loading.classifier(run), photo.pixels, prediction(run, photo).kind, watch
        ),
    )


def has_stress_test(run: Run, photo: Photo) -> bool:
    """Whether the photo was stress-tested before."""
    return _has(("stress_test", run.digest, photo.digest, chosen_kind(photo)))


def zoom(run: Run, photo: Photo) -> list[Zoom]:
    """`model.prediction.zoom.zoom` of a photo, with pictures of at most `ZOOMED_SIDE`; raises
    RunError."""
    from model.prediction.zoom import zoom as crop_and_predict

    def zoom_and_shrink():
        kind = prediction(run, photo).kind
        crops = crop_and_predict(model_loading.classifier(run), photo.pixels, kind)
        return [replace(crop, pixels=within(crop.pixels, ZOOMED_SIDE)) for crop in crops]

    return _computed_once(
        ("zoom", run.digest, photo.digest, chosen_kind(photo)), zoom_and_shrink, photo
    )


def laid_over(first: Photo, second: Photo) -> np.ndarray | None:
    """The first photo where it lies over the second, at screen size; see
    `model.photo.registration.LaidOver.drawn`. None where they can't be laid over each other."""
    from model.photo.registration import lay_over

    def draw():
        laid = lay_over(first.pixels, second.pixels)
        return None if laid is None else laid.drawn(first.display, second.display)

    return _computed_once(("laid_over", first.digest, second.digest), draw)


def planted(run: Run, photo: Photo, name: str) -> tuple[Answered, Answered]:
    """A photo without and with something drawn on it; raises RunError.

    Both are at most `PLANTED_SIDE` large and asked about together, so they differ in the drawing
    alone.

    Args:
        name: a key of `model.photo.shortcuts.SHORTCUTS`.
    Returns:
        Twice ((height, width, 3) uint8, RGB; the run's prediction).
    """

    def draw_and_predict():
        small = within(photo.pixels, PLANTED_SIDE)
        drawn = plant(small, name, seed_of(photo.digest)).photo
        kind = prediction(run, photo).kind
        before, after = model_loading.classifier(run).predict([small, drawn], [kind, kind])
        return (small, before), (drawn, after)

    key = ("planted", run.digest, photo.digest, chosen_kind(photo), name)
    return _computed_once(key, draw_and_predict, photo)


def expectation(run: Run, photo: Photo, experiment: str) -> str | None:
    """What the visitor expected of an experiment before it was done; None: it was not done."""
    return st.session_state.get("expectations", {}).get((run.digest, photo.digest, experiment))


def expect(run: Run, photo: Photo, experiment: str, expected: str) -> None:
    """Keep what the visitor expects, and so ask for the experiment.

    Args:
        experiment: its name, and what else it depends on.
        expected: in words.
    """
    expectations = st.session_state.setdefault("expectations", {})
    expectations[run.digest, photo.digest, experiment] = expected


def _analysis(run: Run, photo: Photo) -> tuple[NetworkOutput, dict[str, np.ndarray]]:
    """The network's output, and the raw map of every diagnosis by code."""
    return _computed_once(
        ("analysis", run.card_digest, photo.digest),
        lambda: model_loading.classifier(run).examine(photo.pixels),
        photo,
    )


def _key(test: str, run: Run, photo: Photo, heatmap: Heatmap, layer: str) -> tuple:
    of_photo = (photo.digest, chosen_kind(photo))
    return (test, run.digest, *of_photo, heatmap.diagnosis, heatmap.method, layer)


def _has(key: tuple) -> bool:
    return key in st.session_state.get("results", {})


def picture(photo: Photo, key: tuple, draw: Callable[[], np.ndarray]) -> bytes:
    """A picture of a photo as a JPEG, drawn and encoded at the first call.

    Args:
        key: tells it from the photo's other pictures.
        draw: returns (any, any, 3) uint8, RGB.
    """
    return _picture(photo, ("jpeg", *key), lambda: jpeg(draw()))


def display(photo: Photo) -> bytes:
    """`Photo.display` as a JPEG."""
    return picture(photo, ("display",), lambda: photo.display)


def keep(photo: Photo) -> Callable:
    """`pages.shared.blend.Keep` for a photo and its heat maps."""
    return lambda part, encode: _picture(photo, (part,), encode)


def keep_of_two(first: Photo, second: Photo) -> Callable:
    """The same for what shows two photos, of which one may be the visitor's own: never shared."""
    return lambda part, encode: _computed_once(
        ("picture", first.digest, second.digest, part),
        encode,
        kept_as="pictures",
        most=MAX_PICTURES,
    )


def chart(photo: Photo, key: tuple, build: Callable[[], Figure]) -> charts.Chart:
    """A chart about a photo, built at the first call.

    Args:
        key: holds all that it shows, beside the photo.
        build: returns a plotly figure.
    """
    return _computed_once(
        ("chart", photo.digest, *key),
        lambda: charts.Chart(build()),
        photo,
        "pictures",
        MAX_PICTURES,
    )


def jpeg(pixels: np.ndarray, quality: int = 100) -> bytes:
    """(any, any, 3) uint8 RGB -> the bytes of a JPEG, as `st.image` encodes it by itself."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _picture(photo: Photo, key: tuple, encode: Callable[[], Result]) -> Result:
    return _computed_once(("picture", photo.digest, *key), encode, photo, "pictures", MAX_PICTURES)


def _is_sample(photo: Photo) -> bool:
    """Whether a photo is a sample to the last byte, or a crop of one, so that what is computed for
    it may be shared. A visitor's own photo is none, even where its file is the same."""
    file = samples.file_of(photo.sample) if photo.sample else None
    if file is None:
        return False
    there = file.stat()
    return photo.file_digest == cache.file_digest(str(file), there.st_size, there.st_mtime_ns)


def _computed_once(
    key: tuple,
    compute: Callable[[], Result],
    photo: Photo | None = None,
    kept_as: str = "results",
    most: int = MAX_RESULTS,
) -> Result:
    """The session's result under this key, computed at the first call; the oldest ones go.

    Args:
        photo: what it is of, if it may be shared where that is a sample: it is soon computed, and
            without a bar that shows how far it is.
    """
    results = st.session_state.setdefault(kept_as, {})
    if key not in results:
        is_shared = photo is not None and _is_sample(photo)
        results[key] = cache.of_sample(key, compute) if is_shared else compute()
        while len(results) > most:
            del results[next(iter(results))]
    return results[key]
