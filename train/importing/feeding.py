"""How an imported network is fed, and what its outputs stand for: found out, or set by hand."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model.network.compiled import before_activation, output_activation
from model.photo.decode import decode, resize
from model.run import UNKNOWN_LESION
from model.run.schema import RESIZINGS
from train.importing import ImportRefusedError, findings
from train.importing.card import About
from train.importing.photos import Parts
from train.importing.pixels import WAYS, rescaling_layers
from train.importing.trials import Way, choose
from train.progress import track

NUM_TRIAL_PHOTOS = 300
SAME = 1e-5  # of the largest output: how far a flat graph may be from the network it was made from
SEED = 21


@dataclass(frozen=True)
class AboutNetwork(About):
    """What the one who imports a network says about it; None: found out, or not known.

    `labels` are codes in the order of the outputs. `lesions` and `split` are tables, see
    `train.importing.photos.read_parts`. `size` is the side that photos are resized to, `pixels` a
    key of `train.importing.pixels.WAYS`, `resizing` one of `model.run.schema.RESIZINGS`,
    `heatmap_layer` a name in the flat graph.
    """

    labels: Sequence[str] | None = None
    lesions: Path | None = None
    split: Path | None = None
    size: int | None = None
    pixels: str | None = None
    resizing: str | None = None
    heatmap_layer: str | None = None


@dataclass(frozen=True)
class Fed:
    """How a network is fed, and the codes of its outputs; `trials` and `findings` led to that."""

    way: Way
    diagnoses: list[str]
    trials: list[dict[str, Any]]
    findings: list[str]


def find_out(
    network: keras.Model,
    plain: keras.Model,
    parts: Parts | None,
    labels: list[str],
    about: AboutNetwork,
) -> Fed:
    """Find out how to feed a network and what its outputs stand for, on validation photos.

    Args:
        network: as it was loaded.
        plain: the same, flat.
        parts: photos of known diagnosis, or None: nothing can be tried.
        labels: codes of the outputs, as given or in the order of the alphabet.
        about: what was set by hand, which stays.
    Raises:
        ImportRefusedError: opened layer by layer, the network answers otherwise.
    """
    first = Way(about.resizing or RESIZINGS[0], about.pixels or next(iter(WAYS)))
    height, width = plain.input_shape[1:3]
    if parts is None:
        if about.pixels is None:
            raise ImportRefusedError(
                "Without photos of known diagnosis nobody can find out what pixels the network "
                f"takes. Say it with --pixels: {', '.join(WAYS)}."
            )
        noise = np.random.default_rng(SEED).uniform(0, 255, (4, height, width, 3))
        _check_same(network, plain, noise.astype(np.float32))
        return Fed(first, labels, [], [findings.NOTHING_TRIED])
    rows = parts.photos[parts.photos["split"] == "validation"]
    rows = rows.sample(min(len(rows), NUM_TRIAL_PHOTOS), random_state=SEED)
    photos = {name: np.empty((len(rows), height, width, 3), np.uint8) for name in RESIZINGS}
    for row, path in enumerate(rows["path"]):
        original = decode(Path(path).read_bytes())  # one at a time: a phone's takes 36 MB
        for name, resized in photos.items():
            resized[row] = resize(original, height, width, name)
    _check_same(network, plain, photos[first.resizing][:8].astype(np.float32))
    graph = keras.Model(plain.inputs[0], before_activation(plain))

    def logits(way):
        output = graph.predict(WAYS[way.pixels](photos[way.resizing]), batch_size=64, verbose=0)
        return np.pad(output, ((0, 0), (1, 0))) if output.shape[1] == 1 else output

    truth, lesions = rows["diagnosis"].tolist(), _lesions(rows)
    ways = sorted((Way(first.resizing, name) for name in WAYS), key=lambda way: way != first)
    tried = {way: logits(way) for way in track(ways, "Trying ways to feed the network")}
    tried = {way: values for way, values in tried.items() if np.isfinite(values).all()}
    if first not in tried and (about.pixels or not tried):
        raise ImportRefusedError(
            "The network answers with something that is no number, whatever pixels it gets. "
            "Choose other pixels with --pixels, or another checkpoint of it."
        )
    if output_activation(plain) == "linear" and all(map(_are_probabilities, tried.values())):
        raise ImportRefusedError(
            "The network's answers are probabilities already, but its last layer is no softmax or "
            "sigmoid, so what comes before them cannot be told. Let the network end in its "
            "activation, without a layer behind it, and save it again."
        )
    chosen = choose(
        tried,
        truth,
        labels,
        lesions,
        is_order_fixed=bool(about.labels),
        fixed=first if about.pixels else None,
    )
    best = chosen.best
    trials = [chosen.given, *chosen.by_way.values()]
    if not about.resizing and not chosen.is_untrained:
        ways = [Way(resizing, best.way.pixels) for resizing in RESIZINGS]
        by_resizing = choose(
            {way: logits(way) for way in ways}, truth, best.order, lesions, is_order_fixed=True
        )
        trials += list(by_resizing.by_way.values())
        best = by_resizing.best
    sentences = findings.sentences(chosen, best, rescaling_layers(plain), about)
    return Fed(best.way, list(best.order), findings.table(trials), sentences)


def _are_probabilities(logits):
    """Whether what passes for logits looks like the output of a softmax or a sigmoid."""
    if not logits[:, 0].any():  # of one output, z stands beside a column of 0
        return bool(((logits >= 0) & (logits <= 1)).all() and np.ptp(logits) > 0)
    return bool((logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-3))


def _lesions(rows):
    return rows["lesion_id"].where(
        rows["lesion_id"] != "", UNKNOWN_LESION + rows["group"].astype(str)
    )


def _check_same(network, flat, photos):
    """ImportRefusedError where the flat graph answers otherwise than its original."""
    theirs, ours = (_answers(one, photos) for one in (network, flat))
    difference = float(np.abs(theirs - ours).max())
    if not difference <= SAME * max(1.0, float(np.abs(theirs).max())):
        raise ImportRefusedError(
            f"Opened layer by layer, the network answers differently (by {difference:.2g} at "
            "most), so its heat maps would not be about its answers. Please report this network."
        )


def _answers(network, photos):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a list where one photo would do
        answers = network(photos, training=False)
    return np.asarray(keras.tree.flatten(answers)[0])
