"""Files of networks: those of Keras 2 and 3 load, all others end in one sentence."""

import json
import resource
import time
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from model.network.flatten import flatten
from model.network.network_file import NetworkFileError, load

FILES = Path(__file__).with_name("files")


def small(*middle):
    return keras.Sequential([keras.Input((8, 8, 3)), *middle, layers.Flatten(), layers.Dense(4)])


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "network.keras"
    small().save(path)
    return path


def rewritten(path, **changes):
    """A copy of a .keras file with other members: bytes by name, without dots."""
    copy = path.with_name("rewritten.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            change = changes.get(name.split(".")[0])
            target.writestr(name, change(source.read(name)) if change else source.read(name))
    return copy


@pytest.mark.parametrize(
    ("name", "answers", "scale", "offset"),
    [
        ("keras_2_sequential.h5", "sequential", 1, 0),
        ("keras_2_nested.h5", "nested", 2 / 255, -1),
    ],
)
def test_an_h5_file_of_keras_2_answers_as_keras_2_did(name, answers, scale, offset):
    expected = np.load(FILES / "answers.npz")
    network = flatten(load(FILES / name, is_new=True))
    photos = expected["photos"] * np.float32(scale) + np.float32(offset)
    assert np.asarray(network(photos)) == pytest.approx(expected[answers], abs=1e-6)


def test_both_formats_of_keras_3_load_uncompiled(tmp_path):
    network = small(layers.RandomFlip(), layers.Conv2D(2, 3))
    network.compile("adam", "mse")
    photos = np.ones((1, 8, 8, 3), np.float32)
    network.fit(photos, np.zeros((1, 4)), verbose=0)
    for suffix in (".keras", ".h5"):
        path = tmp_path / f"network{suffix}"
        network.save(path)
        loaded = load(path, is_new=True)
        assert not loaded.compiled
        assert np.asarray(loaded(photos)) == pytest.approx(np.asarray(network(photos)), abs=1e-6)


def test_a_custom_loss_is_no_reason_to_refuse_a_network(tmp_path):
    @keras.saving.register_keras_serializable("mine")
    def loss(truth, answer):
        return keras.ops.mean(truth - answer)

    network = small()
    network.compile("adam", loss)
    network.save(tmp_path / "network.keras")
    assert load(tmp_path / "network.keras", is_new=True).count_params() == 772


def test_a_file_of_another_format_says_what_to_do(tmp_path, saved):
    def named(name, content=b"nothing"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").touch()
    weights_only = tmp_path / "only.weights.h5"
    small().save_weights(weights_only)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"")
    for path, sentence in (
        (tmp_path / "none.keras", "There is no file"),
        (tmp_path / "saved_model", "SavedModel folder.*model.save"),
        (named("m.tflite"), "TensorFlow Lite"),
        (named("m.onnx"), "ONNX.*--predictions"),
        (named("m.pth"), "PyTorch"),
        (named("m.keras"), "neither a .keras nor an .h5 file"),
        (weights_only, "holds weights without their network"),
        (tmp_path / "photos.zip", "zip file without a Keras network"),
        (FILES / "keras_2.keras", r'saved by Keras 2\.15\.0.*model\.save\("model\.h5"\)'),
        (named("cut.keras", saved.read_bytes()[:3000]), "was cut off"),
        (named("cut.h5", (FILES / "keras_2_sequential.h5").read_bytes()[:30_000]), "cut.h5 cannot"),
    ):
        with pytest.raises(NetworkFileError, match=sentence):
            load(path, is_new=True)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_is_never_run(tmp_path, suffix):
    path = tmp_path / f"network{suffix}"
    small(layers.Lambda(lambda photos: photos * 2, name="doubles")).save(path)
    with pytest.raises(NetworkFileError, match="'doubles' is a Lambda, which runs code of its own"):
        load(path)


def test_a_file_of_two_kinds_is_read_as_the_kind_it_begins_with(tmp_path):
    """Keras goes by the ending: what was looked into must be what is loaded."""
    small(layers.Lambda(lambda photos: photos, name="hidden")).save(tmp_path / "bad.h5")
    small().save(tmp_path / "good.keras")
    both = tmp_path / "both.h5"
    both.write_bytes((tmp_path / "bad.h5").read_bytes() + (tmp_path / "good.keras").read_bytes())
    with pytest.raises(NetworkFileError, match="'hidden' is a Lambda"):
        load(both)


@pytest.mark.parametrize("name", ["NETWORK.KERAS", "network", "network.h5", "network.zip"])
def test_the_content_counts_and_not_the_ending(tmp_path, saved, name):
    renamed = saved.rename(tmp_path / name)
    assert load(renamed).count_params() == 772


def test_a_layer_of_somebody_s_own_is_named(tmp_path, saved):
    def with_code(content):
        return content.replace(
            b'"module": "keras.layers", "class_name": "Dense"',
            b'"module": "os", "class_name": "system"',
        )

    with pytest.raises(NetworkFileError, match="is a system, a class that is not Keras's own"):
        load(rewritten(saved, config=with_code))


class OwnLayer(layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_class_that_was_never_registered_is_named(tmp_path, suffix):
    path = tmp_path / f"network{suffix}"
    small(OwnLayer(name="mine")).save(path)
    with pytest.raises(NetworkFileError, match="'mine' is a OwnLayer, a class that is not Keras's"):
        load(path)


def test_a_tensorflow_operation_of_keras_2_is_named(tmp_path):
    config = {
        "class_name": "Functional",
        "config": {
            "name": "network",
            "layers": [
                {
                    "class_name": "TFOpLambda",
                    "config": {"name": "tf.math.truediv", "function": "math.truediv"},
                    "name": "tf.math.truediv",
                    "inbound_nodes": [],
                }
            ],
        },
    }
    path = tmp_path / "network.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(NetworkFileError, match=r"'tf\.math\.truediv' is a TensorFlow operation"):
        load(path)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    network = small()
    kernel, bias = network.get_weights()
    kernel[3, 1] = np.inf
    network.set_weights([kernel, bias])
    network.save(tmp_path / "network.keras")
    with pytest.raises(NetworkFileError, match="weights that are no numbers"):
        load(tmp_path / "network.keras")


def bomb(path):
    """3 GB of zeros in a zip file of 3 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
        with archive.open("model.weights.h5", "w", force_zip64=True) as file:
            for _ in range(96):
                file.write(bytes(2**25))
    return "3.0 GB when unpacked"


def h5_bomb(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})
        file.create_dataset("model_weights/a", (10**12,), chunks=(10**4,), compression="gzip")
    return "weights of 3,725.3 GB"


def elsewhere(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})
        file["model_weights"] = h5py.ExternalLink("/etc/passwd", "/")
    return "links to another file"


def other_storage(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})
        file.create_dataset("a", (10,), "u1", external=[("/etc/passwd", 0, 10)])
    return "keeps weights in another file"


def too_deep(path):
    small(layers.Activation("relu")).save(path)

    def repeated(content):
        config = json.loads(content)
        start, layer, *end = config["config"]["layers"]
        copies = [layer | {"config": layer["config"] | {"name": f"a{n}"}} for n in range(10_000)]
        config["config"]["layers"] = [start, *copies, *end]
        return json.dumps(config).encode()

    rewritten(path, config=repeated).rename(path)
    return "more than 3,000 layers"


def too_wide(path):
    small().save(path)

    def widened(content):
        return content.replace(b'"units": 4', b'"units": 4000000000')

    rewritten(path, config=widened).rename(path)
    return "772,000,000,000 weights"


def nested(path):
    small().save(path)
    brackets = b"[" * 200_000 + b"]" * 200_000
    config = b'{"class_name": "Sequential", "config": ' + brackets + b"}"
    rewritten(path, config=lambda content: config).rename(path)
    return "cannot be loaded"


def large_metadata(path):
    small().save(path)
    rewritten(path, metadata=lambda content: b'{"a": "' + b"x" * 2**24 + b'"}').rename(path)
    return "a description of 16 MB"


def in_a_circle(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": 3})
        file["again"] = file["/"]
    return "cannot be loaded"


def no_description(path):
    small().save(path)
    rewritten(path, config=lambda content: b"[1, 2]").rename(path)
    return "does not describe a network"


@pytest.mark.parametrize(
    "make",
    [
        bomb,
        h5_bomb,
        elsewhere,
        other_storage,
        too_deep,
        too_wide,
        nested,
        large_metadata,
        in_a_circle,
        no_description,
    ],
)
def test_a_hostile_file_ends_in_one_sentence_with_little_memory_and_time(tmp_path, make):
    path = tmp_path / (
        "network.h5" if "h5" in make.__name__ or make.__name__[0] == "e" else "n.keras"
    )
    sentence = make(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(NetworkFileError, match=sentence) as caught:
        load(path, is_new=True)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 20
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert more < 500_000  # kilobytes
    with keras.StatelessScope():
        pass  # leaving it, Keras makes all variables that have no values yet
