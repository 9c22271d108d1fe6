"""Reading a Keras network from a file that anybody may have made.

The file is looked into before Keras gets it: no code, no more memory than a network of a photo
needs. Each way it can be wrong has a sentence of its own.
"""

from __future__ import annotations

import copy
import io
import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

MAX_BYTES = 2 * 2**30  # unpacked; 500 million weights in float32 have as many
MAX_PARAMETERS = 500_000_000
MAX_LAYERS = 3000  # the deepest of keras.applications, NASNetLarge, has about 1,040
MAX_CONFIG_BYTES = 8 * 2**20  # that of NASNetLarge has 0.7 MB

# What runs code of its own, or reads another file, when it is loaded or called.
_RUNS_CODE = {
    "Lambda",
    "__lambda__",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "StringLookup",
    "IntegerLookup",
    "TextVectorization",
}
_PLACES = (
    keras,
    keras.layers,
    keras.initializers,
    keras.regularizers,
    keras.constraints,
    keras.activations,
)
_CLASSES_OF_KERAS_2 = {"Functional", "Model", "Policy", "__keras_tensor__", "__tuple__"}
_OF_KERAS_2 = {"TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod"}
_SAVE_ANEW = 'Load it where it was made, save it with model.save("model.keras") and import that.'
_OTHER_FORMATS = {
    ".tflite": "is a TensorFlow Lite file, which no longer has the layers that heat maps need.",
    ".onnx": "is an ONNX file; heat maps need the layers of a Keras network.",
    ".pt": "is a PyTorch file; heat maps need the layers of a Keras network.",
    ".pth": "is a PyTorch file; heat maps need the layers of a Keras network.",
    ".safetensors": "holds weights without their network.",
    ".pb": "belongs to a SavedModel, which Keras 3 can run but not open.",
    ".json": "holds a network without its weights.",
}
_PREDICTIONS_INSTEAD = (
    " If there is no Keras network, import its predictions: python -m train import --predictions "
    "FILE.csv."
)


class NetworkFileError(ValueError):
    """A file that holds no usable network; the message says what came and what to do."""


def load(path: Path | str, is_new: bool = False) -> keras.Model:
    """Load a network for inference.

    Args:
        path: a `.keras` file, or an `.h5` file that holds a whole network, of Keras 2 or 3.
        is_new: count its weights before there is memory for them; takes as long as loading it.
    Returns:
        The network as it was saved, not compiled.
    Raises:
        NetworkFileError: another format, damaged, hostile, too large, or with code of its own.
    """
    path = Path(path)
    _check_format(path)
    try:
        with warnings.catch_warnings():
            # Keras warns of the style in which an older one wrote the file.
            warnings.simplefilter("ignore", UserWarning)
            network = _load(path, is_new)
    except NetworkFileError:
        raise
    # Keras, h5py and zipfile raise errors of every kind over a damaged file.
    except Exception as error:
        raise NetworkFileError(
            f"{path.name} cannot be loaded: {_first_line(error)} Save it again with Keras "
            f"{keras.__version__} or an older one."
        ) from error
    _check_weights(path, network)
    return network


def _load(path, is_new):
    is_keras_file = _is_zip(path)
    config = _config_of_keras_file(path) if is_keras_file else _config_of_h5_file(path)
    if is_new:
        _check_size(config)
    # Keras goes by the ending of the name, and so might read another part of a file than this did.
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / ("network.keras" if is_keras_file else "network.h5")
        named.symlink_to(path.resolve())
        if is_keras_file:
            return keras.saving.load_model(named, compile=False, safe_mode=True)
        network = _from_config(config)
        network.load_weights(named)
        return network


def _is_zip(path):
    """Whether a file begins as a zip file; whatever else stands in it is not looked at."""
    with open(path, "rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _is_h5(path):
    with open(path, "rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _check_format(path):
    if path.is_dir():
        what = "a SavedModel folder, which Keras 3 can run but not open"
        if not (path / "saved_model.pb").exists():
            what = "a folder"
        raise NetworkFileError(
            f"{path.name} is {what}; a .keras or .h5 file is needed. {_SAVE_ANEW}"
        )
    if not path.is_file():
        raise NetworkFileError(
            f"There is no file {path}. Give the .keras or .h5 file of a network."
        )
    if path.suffix.lower() in _OTHER_FORMATS:
        raise NetworkFileError(
            f"{path.name} {_OTHER_FORMATS[path.suffix.lower()]} Import a .keras or .h5 file."
            f"{_PREDICTIONS_INSTEAD}"
        )
    is_zip, is_h5 = _is_zip(path) and zipfile.is_zipfile(path), _is_h5(path)
    if not is_zip and not is_h5:
        raise NetworkFileError(
            f"{path.name} is neither a .keras nor an .h5 file: its content is something else, or "
            f"was cut off. {_SAVE_ANEW}{_PREDICTIONS_INSTEAD}"
        )
    if path.stat().st_size > MAX_BYTES:
        raise NetworkFileError(_too_large(path, f"{path.stat().st_size / 2**30:.1f} GB"))


def _config_of_keras_file(path):
    with zipfile.ZipFile(path) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if "config.json" not in sizes or "model.weights.h5" not in sizes:
            raise NetworkFileError(
                f"{path.name} is a zip file without a Keras network in it. {_SAVE_ANEW}"
            )
        if sum(sizes.values()) > MAX_BYTES:
            raise NetworkFileError(
                _too_large(path, f"{sum(sizes.values()) / 2**30:.1f} GB when unpacked")
            )
        texts = sizes["config.json"] + sizes.get("metadata.json", 0)
        if texts > MAX_CONFIG_BYTES:
            raise NetworkFileError(_too_large(path, f"a description of {texts / 2**20:.0f} MB"))
        version = str(json.loads(archive.read("metadata.json")).get("keras_version", ""))
        if version.startswith("2."):
            raise NetworkFileError(
                f"{path.name} was saved by Keras {version}, whose .keras files Keras 3 cannot "
                'read. Save it there as .h5, with model.save("model.h5"), and import that.'
            )
        config = json.loads(archive.read("config.json"))
        if isinstance(config, dict):
            config.pop("compile_config", None)  # loss and optimizer, which are not loaded
        _check_config(path, config)
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            _check_datasets(path, weights)
    return config


def _config_of_h5_file(path):
    with h5py.File(path) as file:
        _check_datasets(path, file)
        config = file.attrs.get("model_config")
        if config is None:
            raise NetworkFileError(
                f"{path.name} holds weights without their network. Save the whole network: "
                'model.save("model.keras"), not save_weights.'
            )
        if len(config) > MAX_CONFIG_BYTES:
            raise NetworkFileError(
                _too_large(path, f"a description of {len(config) / 2**20:.0f} MB")
            )
        config = json.loads(config)
    _check_config(path, config)
    return _in_words_of_keras_3(config)


def _check_size(config):
    """NetworkFileError where the network would need too much memory."""
    # Keras remembers, per thread, the variables without values, and gives them some at its next
    # chance: with this thread they are forgotten.
    with ThreadPoolExecutor(1) as thread:
        num_parameters = thread.submit(_num_parameters, config).result()
    if num_parameters > MAX_PARAMETERS:
        raise NetworkFileError(
            f"The network has {num_parameters:,} weights; at most {MAX_PARAMETERS:,} are accepted."
        )


def _num_parameters(config):
    # Keras gives variables no values in this scope, and none on leaving it.
    with keras.StatelessScope(initialize_variables=False):
        skeleton = _from_config(config)
    return sum(math.prod(weight.shape) for weight in skeleton.weights)


def _from_config(config):
    config = copy.deepcopy(config)  # Keras takes it apart
    if config.get("module"):
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    return kind.from_config(config["config"])


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every object that a network's description names, the network itself first."""
    waiting = [config]
    while waiting:  # no recursion: a hostile description may be nested to any depth
        part = waiting.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _check_config(path, config):
    """NetworkFileError where a network is too large or names code that is not Keras's own."""
    if not isinstance(config, dict) or "class_name" not in config:
        raise NetworkFileError(f"{path.name} does not describe a network. {_SAVE_ANEW}")
    num_layers = 0
    for part in _objects(config):
        kind, module = str(part["class_name"]), str(part.get("module") or "keras")
        name = part.get("name") or (part.get("config") or {})
        name = name.get("name", kind) if isinstance(name, dict) else name
        if kind.split(".")[-1] in _RUNS_CODE:
            raise NetworkFileError(
                f"The layer {name!r} is a {kind}, which runs code of its own or reads another "
                "file. Neither is done here. Build it from Keras's own layers and save again."
            )
        if kind in _OF_KERAS_2:
            raise NetworkFileError(
                f"The layer {name!r} is a TensorFlow operation that Keras 2 saved ({kind}), which "
                "Keras 3 cannot read. If it is preprocessing, save the network without it: the "
                "import finds out what pixels the network takes."
            )
        if not _is_kerass(part, kind, module):
            raise NetworkFileError(
                f"The layer {name!r} is a {kind}, a class that is not Keras's own; its code is "
                "never run here. Build the network from Keras's own layers and save it again."
            )
        settings = part.get("config")
        layers = settings.get("layers") if isinstance(settings, dict) else None
        num_layers += len(layers) if isinstance(layers, list) else 0
        if num_layers > MAX_LAYERS:
            raise NetworkFileError(
                f"{path.name} describes more than {MAX_LAYERS:,} layers; the deepest networks in "
                "use have about a thousand."
            )


def _is_kerass(part, kind, module):
    """Whether a class is one of Keras's own."""
    registered = part.get("registered_name")
    if "module" in part and part["module"] is None:
        return registered is None  # Keras leaves the module of its own classes out with the name
    if "module" in part:
        return module.split(".")[0] in ("keras", "builtins") and ">" not in str(registered)
    # Older files name classes alone.
    return kind in _CLASSES_OF_KERAS_2 or any(hasattr(place, kind) for place in _PLACES)


def _check_datasets(path, file):
    """NetworkFileError where an HDF5 file points elsewhere or holds more than it seems to."""
    num_bytes = 0
    groups, seen = [file], set()
    while groups:
        group = groups.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:  # a group may hold itself
            continue
        seen.add(address)
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise NetworkFileError(
                    f"{path.name} links to another file ({name}), which is never followed. "
                    f"{_SAVE_ANEW}"
                )
            part = group[name]
            if isinstance(part, h5py.Group):
                groups.append(part)
                continue
            if part.external or part.is_virtual:
                raise NetworkFileError(
                    f"{path.name} keeps weights in another file ({name}), which is never opened. "
                    f"{_SAVE_ANEW}"
                )
            num_bytes += part.size * part.dtype.itemsize if part.shape is not None else 0
    if num_bytes > MAX_BYTES:
        raise NetworkFileError(_too_large(path, f"weights of {num_bytes / 2**30:,.1f} GB"))


def _in_words_of_keras_3(config):
    """The description of an .h5 file as Keras 3 reads it.

    Keras 2 writes `groups` for depthwise convolutions, which take none, lists of one for the axis
    of a batch normalisation and for the only input and output of a network, the shape of the input
    in every first layer, and names of modules that are gone.
    """
    for part in _objects(config):
        settings = part.get("config")
        if not isinstance(settings, dict):
            continue
        if part["class_name"] == "DepthwiseConv2D":
            settings.pop("groups", None)
        if part["class_name"] == "BatchNormalization" and isinstance(settings.get("axis"), list):
            settings["axis"] = settings["axis"][0]
        for ends in ("input_layers", "output_layers"):
            if isinstance(settings.get(ends), list) and len(settings[ends]) == 1:
                settings[ends] = settings[ends][0]
        if str(part.get("module", "")).startswith("keras.src.engine"):
            part["module"] = (
                "keras" if part["class_name"] == "Sequential" else "keras.src.models.functional"
            )
        if "module" in part:
            shape = settings.pop("batch_input_shape", None)
            if part["class_name"] == "InputLayer" and shape is not None:
                settings["batch_shape"] = shape
    return config


def _check_weights(path, network):
    for weight in network.weights:
        values = np.asarray(weight)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise NetworkFileError(
                f"{path.name} has weights that are no numbers (in {weight.path}); it can answer "
                "nothing. Its training has failed: take an earlier checkpoint."
            )


def _too_large(path, size):
    return (
        f"{path.name} has {size}; at most {MAX_BYTES // 2**30} GB are accepted, with "
        f"{MAX_CONFIG_BYTES // 2**20} MB of description."
    )


def _first_line(error):
    """What an error says, short and as a sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    sentence = text.split(". ")[0][:200].rstrip(".")
    return f"{sentence}."
