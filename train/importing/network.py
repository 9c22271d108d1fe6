"""Importing a Keras network: from its file and photos of known diagnosis to a run folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from model.lesions import code_of
from model.network import network_file
from model.network.compiled import CompiledNetwork, NetworkError
from model.network.flatten import FlattenError
from model.network.layer_gradients import last_feature_maps
from model.network.softmax import softmax
from model.photo.decode import decode, resize
from model.prediction.novelty import Novelty
from model.run import LOCALISATION, MAP_BASELINES, Run
from model.run.schema import RESIZINGS
from model.run.writer import RunContents, add_table, write
from train.fitting import calibrate
from train.fitting.checkpoint import fingerprint
from train.fitting.novelty import fit_novelty
from train.fitting.prediction_table import prediction_table
from train.importing import ImportRefusedError
from train.importing.card import (
    NO_MEASURE,
    SAME_SOURCE,
    UNKNOWN_TRAINING,
    card,
    command_line,
    free_name,
)
from train.importing.feeding import NUM_TRIAL_PHOTOS, AboutNetwork, find_out
from train.importing.labels import check_malignant
from train.importing.photos import NOT_A_LABEL, read_parts
from train.importing.pixels import WAYS
from train.progress import track
from train.reports import (
    heatmap_accuracy,
    ledger_entries,
    map_baselines,
    model_card,
    photo_quality,
)
from train.reports.run_card import counts_by_split, counts_left_out

MASKED_METHODS = ("grad_cam",)  # the cheap one; `explain-report` measures all


def import_network(
    file: Path, data: Path | None, out: Path, about: AboutNetwork | None = None
) -> Run:
    """Import a network.

    Args:
        file: `.keras` or `.h5`.
        data: photos of known diagnosis in any layout of `train.data.readers`; None: none are at
            hand, so nothing can be found out or measured.
        out: folder of runs.
        about: what is known about the network.
    Returns:
        The run, written whole; nothing is left behind where that fails.
    Raises:
        ImportRefusedError, NetworkFileError, DataError, RunError: with a sentence for the user.
    """
    about, file = about or AboutNetwork(), Path(file)
    _check(about)
    name = free_name(about, file, out)
    network = network_file.load(file, is_new=True)
    size = (about.size, about.size) if about.size else None
    plain = _opened(network, WAYS["0-255"], size)
    layer = about.heatmap_layer or last_feature_maps(plain)
    if layer is None:
        raise ImportRefusedError(
            "The network has no layer with feature maps (rows x columns x channels) on the way to "
            "its output, so no heat map can be made of it."
        )
    opened = _compiled(plain, layer)
    if about.heatmap_layer:
        _check_layer(opened, layer)
    parts = None
    if data is not None:
        known = list(about.labels) if about.labels else None
        parts = read_parts(data, known, about.lesions, about.split)
        _check_labels(known, parts)
    labels = _labels(about, parts, opened.num_outputs)
    check_malignant(about.malignant, labels)
    fed = find_out(network, plain, parts, labels, about)
    flat = _opened(network, WAYS[fed.way.pixels], size)
    compiled = _compiled(flat, layer)
    contents = RunContents(
        _card(name, about, file, data, parts, fed, flat, layer),
        None,
        None,
        {"temperature": 1.0},
        save_network=flat.save,
    )
    if parts is not None:
        contents = _measured(contents, compiled, parts, fed, about.malignant)
    run = write(out, contents)
    try:
        ledger_entries.record_import(run)
        if data is not None:
            run = _localised(run, flat, data)
        model_card.write(run)
    except BaseException:  # Ctrl-C, too, leaves nothing half
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run


def _card(name, about, file, data, parts, fed, flat, layer):
    height, width = flat.input_shape[1:3]
    is_honest = parts is not None and parts.is_training_known
    limits = [NO_MEASURE] if parts is None else [SAME_SOURCE]
    if parts is not None and not is_honest:
        limits.append(UNKNOWN_TRAINING)
    claims = card(
        name,
        about,
        file,
        fed.diagnoses,
        _about_photos(data, parts),
        is_honest=is_honest,
        limits=limits,
        settings={
            "command": command_line(file.name, data, about),
            "pixels": fed.way.pixels,
            "resizing": fed.way.resizing,
            "num_parameters": int(flat.count_params()),
        },
        summary=f"Imported from {file.name}; trained elsewhere.",
    )
    claims["imported"] |= {"trials": fed.trials, "findings": fed.findings}
    return claims | {
        "input": {
            "height": height,
            "width": width,
            "dtype": "uint8",
            "range": [0, 255],
            "colour": "RGB",
            "resizing": fed.way.resizing,
        },
        "heatmap_layer": layer,
    }


def _about_photos(data, parts):
    if parts is None:
        none = {"fingerprint": "", "num_photos": 0, "num_lesions": 0, "counts": {}}
        return none | {"name": "photos that nobody named"}
    return {
        "name": f"photos of {data.resolve().name}",
        "fingerprint": fingerprint(parts.photos),
        "num_photos": len(parts.photos),
        "num_lesions": int(parts.photos["group"].nunique()),
        "counts": counts_by_split(parts.photos),
        "left_out": counts_left_out(parts.left_out),
    }


def _check(about):
    if about.pixels and about.pixels not in WAYS:
        raise ImportRefusedError(f"There are no pixels {about.pixels!r}. Known: {', '.join(WAYS)}.")
    if about.size is not None and not 8 <= about.size <= 2048:
        raise ImportRefusedError(f"--size must be from 8 to 2048, not {about.size}.")
    if about.resizing and about.resizing not in RESIZINGS:
        raise ImportRefusedError(
            f"There is no resizing {about.resizing!r}. Known: {', '.join(RESIZINGS)}."
        )


def _opened(network, pixels, size):
    try:
        return pixels.into(network, size)
    except FlattenError as error:
        raise ImportRefusedError(str(error)) from error
    except ValueError as error:
        raise ImportRefusedError(
            f"The network cannot be built for photos of this size: {str(error).splitlines()[0]}"
        ) from error


def _compiled(network, layer):
    try:
        return CompiledNetwork(network, layer)
    except NetworkError as error:
        raise ImportRefusedError(str(error)) from error


def _check_layer(compiled, layer):
    """ImportRefusedError where no way leads from a layer to the output."""
    try:
        compiled.with_heatmaps(np.zeros((1, compiled.height, compiled.width, 3), np.uint8))
    except ValueError as error:  # there is no gradient
        raise ImportRefusedError(
            f"The answers do not depend on the layer {layer!r}, so no heat map can come from it. "
            "Leave --heatmap-layer out, or name another."
        ) from error


def _check_labels(labels, parts):
    """ImportRefusedError where a label has no photo and photos have no label: one is misspelt."""
    if labels is None:
        return
    silent = [code for code in labels if code not in set(parts.photos["diagnosis"])]
    left = parts.left_out[parts.left_out["reason"] == NOT_A_LABEL]["diagnosis"].unique()
    if silent and len(left):
        raise ImportRefusedError(
            f"No photo shows {', '.join(silent)}, and no label fits the photos of "
            f"{', '.join(sorted(left))}. If they are the same, give them one name; else leave "
            "those photos out."
        )


def _labels(about, parts, num_outputs):
    """The codes of the outputs, as given or in the order of the alphabet."""
    if about.labels:
        if len(about.labels) != num_outputs:
            raise ImportRefusedError(
                f"The network has {num_outputs} outputs, but {len(about.labels)} labels were "
                f"given: {', '.join(about.labels)}."
            )
        return list(about.labels)
    if parts is None:
        raise ImportRefusedError(
            f"Say what the {num_outputs} outputs stand for, with --labels, or give photos of known "
            "diagnosis with --data."
        )
    # Keras sorts the names of folders as they are written: "Melanoma" comes before "benign".
    folders = {code_of(path.parent.name): path.parent.name for path in parts.photos["path"]}
    found = sorted(parts.photos["diagnosis"].unique(), key=lambda code: folders.get(code, code))
    if len(found) != num_outputs:
        raise ImportRefusedError(
            f"The network has {num_outputs} outputs, the photos show {len(found)} diagnoses "
            f"({', '.join(found)}). Say what the outputs stand for, in their order, with --labels."
        )
    return found


def _measured(contents, compiled, parts, fed, malignant):
    """The contents with everything that photos of known diagnosis tell."""
    photos, diagnoses = parts.photos, fed.diagnoses
    pixels = np.empty((len(photos), compiled.height, compiled.width, 3), np.uint8)
    for row, path in enumerate(track(photos["path"], "Resizing the photos")):
        photo = decode(Path(path).read_bytes())
        pixels[row] = resize(photo, compiled.height, compiled.width, fed.way.resizing)
    output = compiled(pixels, lambda batches: track(batches, "Predicting every photo"))
    if not np.isfinite(output.logits).all():
        raise ImportRefusedError(
            "The network answers some photos with something that is no number."
        )
    split = photos["split"].to_numpy()
    labels = photos["diagnosis"].map({code: index for index, code in enumerate(diagnoses)})
    labels = labels.to_numpy()
    chosen = split == "validation"
    calibration = calibrate.fit(output.logits[chosen], labels[chosen], diagnoses, malignant)
    rows = prediction_table(photos, diagnoses, softmax(output.logits, calibration["temperature"]))
    novelty = _novelty(output.features, photos)
    if novelty is not None:
        scores = Novelty.from_arrays(novelty).score(output.features)
        rows["novelty"] = pd.Series(scores, photos.index)
    measured = photos[split != "train"]
    quality = photo_quality.measured(measured, compiled.height, compiled.width, track)
    return replace(
        contents, predictions=rows, calibration=calibration, novelty=novelty, quality=quality
    )


def _novelty(features, photos):
    """The novelty score, from the training photos where they are known; else from two thirds of the
    validation photos, and its threshold from the last third. None where all photos give the same
    features, as a dead layer does, or where there are too few lesions."""
    split = photos["split"].to_numpy()
    training, validation = split == "train", split == "validation"
    if not training.any():
        is_last_third = photos["group"].to_numpy() % 3 == 0
        training, validation = validation & ~is_last_third, validation & is_last_third
    if not training.any() or not validation.any():
        return None
    arrays = fit_novelty(features[training], features[validation])
    return arrays if arrays["cut"] > 0 else None


def _localised(run, flat, data):
    """The run with its heat maps held against lesion masks, where the data has them."""
    from model.prediction.classifier import Classifier

    if not data.is_dir() or not any(data.rglob(f"*{heatmap_accuracy.SUFFIX}")):
        return run
    try:
        masked = heatmap_accuracy.lesions_of(data)
    except heatmap_accuracy.ReportError:  # masks of other photos
        return run
    if not run.test_photos["image_id"].isin(masked.index).any():
        return run
    table = heatmap_accuracy.measure(
        Classifier(run, flat), masked, MASKED_METHODS, NUM_TRIAL_PHOTOS, track
    )
    run = add_table(run, LOCALISATION, table)
    ledger_entries.record_reading(run, LOCALISATION, table)
    table = map_baselines.measure(run, masked)
    run = add_table(run, MAP_BASELINES, table)
    ledger_entries.record_reading(run, MAP_BASELINES, table)
    return run
