"""From a file of a network to a run that answers as the network did."""

import importlib
import shutil

import keras
import numpy as np
import pytest
from keras import layers

from model.photo.decode import decode, resize
from model.prediction.classifier import Classifier
from model.run import IMPORTED, read
from tests import toys
from tests.train.importing import networks
from train import __main__ as command
from train.data.readers import DataError
from train.importing import ImportRefusedError
from train.importing.card import About, free_name
from train.importing.feeding import AboutNetwork
from train.importing.network import import_network


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return networks.write_photos(tmp_path_factory.mktemp("data") / "photos")


def saved(folder, network, name="network.keras"):
    network.save(folder / name)
    return folder / name


def imported(tmp_path, data, network, **about):
    photos, lesions = data
    path = saved(tmp_path, network)
    return import_network(path, photos, tmp_path / "runs", AboutNetwork(lesions=lesions, **about))


@pytest.fixture(scope="module")
def nested_run(tmp_path_factory, data):
    """A nested network for 0 to 1 whose outputs stand in an order of their own."""
    inner = networks.network("0-1", ("medium", "bright", "dark"))
    nested = keras.Sequential([keras.Input((64, 64, 3)), layers.RandomFlip(), inner])
    return imported(tmp_path_factory.mktemp("nested"), data, nested)


def test_pixels_and_order_are_found_and_said(nested_run):
    assert nested_run.diagnoses == ["medium", "bright", "dark"]
    assert nested_run.card["settings"]["pixels"] == "0-1"
    pixels, order = nested_run.card["imported"]["findings"]
    assert pixels == (
        "Pixels: 0-1. Balanced accuracy is 1.00 with them and 0.33 with 0-255 (36 validation "
        "photos, each in the order of labels that suits it best)."
    )
    assert "in the order medium, bright, dark on 100 %" in order


def test_the_run_does_all_that_a_trained_one_does(nested_run, data):
    run = read(nested_run.path)
    assert run.card["protocol"] == IMPORTED
    assert run.card["heatmap_layer"] == "red"
    assert run.calibration["conformal"]["num_photos"] == 36
    assert len(run.test_photos) == 36
    assert len(run.quality) == 72
    assert run.novelty is not None
    assert (run.path / "README.md").read_text("utf-8").count("- [x]") == 7  # with the ledger
    classifier = Classifier(run)
    photo = decode((data[0] / "dark" / "dark_0.png").read_bytes())
    prediction, maps = classifier.analyze(photo)
    assert prediction.diagnosis == "dark"
    assert set(maps) == set(run.diagnoses)
    # What stands in the file is what the network says.
    row = run.predictions.set_index("image_id").loc["dark_0"]
    assert prediction.probabilities["dark"] == pytest.approx(float(row["p_dark"]), abs=1e-5)


def test_a_run_that_was_told_its_training_photos_is_honest(tmp_path, data):
    split = tmp_path / "split.csv"
    trained = [f"{code}_{number},train" for code in networks.RED for number in range(6)]
    split.write_text("\n".join(["image_id,split", *trained]), "utf-8")
    run = imported(tmp_path, data, networks.network(), split=split, name="told")
    assert (run.name, run.card["protocol"]) == ("told", "honest")
    assert (run.predictions["split"] == "train").sum() == 18


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"pixels": "0-1"}, "Pixels: 0-1. They were set by hand. Balanced"),
        ({"labels": ["dark", "medium", "bright"]}, "The labels were set by hand. In that order"),
    ],
)
def test_what_is_set_by_hand_stays_and_what_would_be_better_is_said(
    tmp_path, data, about, sentence
):
    run = imported(tmp_path, data, networks.network(), **about)
    assert any(finding.startswith(sentence) for finding in run.card["imported"]["findings"])
    if "pixels" in about:
        assert run.card["settings"]["pixels"] == "0-1"
        assert "1.00 with 0-255" in run.card["imported"]["findings"][0]
    else:
        assert run.diagnoses == about["labels"]


def test_a_double_rescaling_is_called_by_its_name(tmp_path, data):
    """Trained on 0 to 1 with a layer that divides by 255 once more."""
    inner = networks.network("0-1")
    photo = keras.Input((64, 64, 3))
    again = layers.Rescaling(1 / 255, name="again")
    # The first layer undoes it, so that the network works on what it was trained on.
    kernel, bias = inner.get_layer("red").get_weights()
    inner.get_layer("red").set_weights([kernel * 255, bias])
    run = imported(tmp_path, data, keras.Model(photo, inner(again(photo))))
    assert any(
        finding.startswith("Pixels are rescaled twice: to 0-1, and by its own layer 'again'")
        for finding in run.card["imported"]["findings"]
    )


def test_an_untrained_head_is_noticed(tmp_path, data):
    keras.utils.set_random_seed(8)
    fresh = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.Rescaling(0.0),  # whatever it is shown, it sees nothing
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )
    run = imported(tmp_path, data, fresh)
    assert run.card["imported"]["findings"][0].startswith(
        "On 36 validation photos it tells the diagnoses apart no better than chance: in 100 % of "
        "200 draws"
    )
    assert run.diagnoses == list(networks.CODES)


def test_one_sigmoid_for_two_diagnoses(tmp_path, data):
    photo = keras.Input((64, 64, 3))
    red = layers.Conv2D(1, 1, name="red")
    answer = layers.Dense(1, activation="sigmoid")
    network = keras.Model(photo, answer(layers.GlobalAveragePooling2D()(red(photo))))
    kernel = np.zeros((1, 1, 3, 1))
    kernel[0, 0, 0] = 1 / 255
    red.set_weights([kernel, np.zeros(1)])
    answer.set_weights([np.array([[20.0]]), np.array([-6.5])])  # bright and medium against dark
    photos, lesions = data
    labels = ["dark", "medium"]
    run = import_network(
        saved(tmp_path, network),
        photos,
        tmp_path / "runs",
        AboutNetwork(lesions=lesions, labels=labels, malignant=["medium"]),
    )
    assert run.malignant == ["medium"]
    assert run.calibration["operating_points"][0]["of"] == ["medium"]
    assert run.card["data"]["left_out"] == [
        {"reason": "not among the network's labels", "diagnosis": "bright", "num_photos": 24}
    ]
    prediction = Classifier(run).predict([toys.flat((230, 0, 0))])[0]
    assert prediction.malignant_sum == prediction.probabilities["medium"] > 0.9


def test_without_photos_it_answers_and_says_what_nobody_knows(tmp_path):
    path = saved(tmp_path, networks.network("-1-1"))
    with pytest.raises(ImportRefusedError, match="Say what the 3 outputs stand for"):
        import_network(path, None, tmp_path / "runs")
    labels = ["bright", "dark", "medium"]
    with pytest.raises(ImportRefusedError, match="nobody can find out what pixels"):
        import_network(path, None, tmp_path / "runs", AboutNetwork(labels=labels))
    about = AboutNetwork(labels=labels, pixels="-1-1")
    run = import_network(path, None, tmp_path / "runs", about)
    assert not run.is_measured
    assert run.test_photos.empty
    assert run.folds == [0]
    prediction = Classifier(read(run.path)).predict([toys.flat((250, 9, 9))])[0]
    assert prediction.diagnosis == "bright"
    assert prediction.prediction_set == ()
    assert prediction.novelty is None
    assert "none of its figures is known" in (run.path / "README.md").read_text("utf-8")


def test_another_resizing_is_used_where_it_was_set(tmp_path):
    labels = ["bright", "dark", "medium"]
    path = saved(tmp_path, networks.network())
    about = AboutNetwork(labels=labels, resizing="nearest", pixels="0-255")
    run = import_network(path, None, tmp_path / "runs", about)
    photo = np.random.default_rng(0).integers(0, 256, (100, 90, 3)).astype(np.uint8)
    prepared = Classifier(run).prepare(photo)
    assert np.array_equal(prepared, resize(photo, 64, 64, "nearest"))
    assert not np.array_equal(prepared, resize(photo, 64, 64))


def off_the_path():
    """A network with a layer whose maps are multiplied by nothing that counts."""
    plain = networks.network()
    aside = layers.Conv2D(3, 1, name="aside")(plain.inputs[0])
    nothing = keras.ops.stop_gradient(layers.GlobalAveragePooling2D()(aside)) * 0
    return keras.Model(plain.inputs[0], plain.outputs[0] + nothing)


def test_an_answer_in_a_dict_is_an_answer(tmp_path, data):
    plain = networks.network()
    named = keras.Model(plain.inputs[0], {"answer": plain.outputs[0]})
    assert (
        imported(tmp_path, data, named)
        .card["imported"]["findings"][0]
        .startswith("Pixels: 0-255. Balanced accuracy is 1.00")
    )


@pytest.mark.parametrize(
    ("build", "about", "sentence"),
    [
        (
            lambda: keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten(), layers.Dense(3)]),
            {},
            "no layer with feature maps",
        ),
        (lambda: networks.network(), {"heatmap_layer": "conv9"}, "has no layer 'conv9'"),
        (off_the_path, {"heatmap_layer": "aside"}, "do not depend on the layer 'aside'"),
        (lambda: networks.network(), {"pixels": "0-2"}, "There are no pixels '0-2'. Known: 0-255"),
        (lambda: networks.network(), {"labels": ["dark", "bright"]}, "3 outputs, but 2 labels"),
        (lambda: networks.network(), {"malignant": ["mel"]}, "'mel' is called malignant"),
        (lambda: networks.network(), {"size": 32}, "takes 64 x 64 pixels, not 32 x 32"),
        (lambda: networks.network(), {"size": 4000}, "--size must be from 8 to 2048"),
        (
            lambda: networks.network(),
            {"labels": ["dark", "medum", "bright"]},
            "No photo shows medum, and no label fits the photos of medium",
        ),
        (
            lambda: keras.Model(
                (inner := networks.network()).inputs[0], layers.Reshape((3,))(inner.outputs[0])
            ),
            {},
            "answers are probabilities already",
        ),
        (
            lambda: keras.Sequential(
                [keras.Input((64, 64, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()]
            ),
            {},
            "4 outputs, the photos show 3 diagnoses .* with --labels",
        ),
    ],
)
def test_what_cannot_be_imported_is_refused_and_leaves_nothing(
    tmp_path, data, build, about, sentence
):
    with pytest.raises(ImportRefusedError, match=sentence):
        imported(tmp_path, data, build(), **about)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("module", "step"), [("photo_quality", "measured"), ("model_card", "write")]
)
def test_ctrl_c_leaves_nothing(tmp_path, data, monkeypatch, capsys, module, step):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module(f"train.reports.{module}"), step, interrupted)
    path = saved(tmp_path, networks.network())
    status = command.main(
        ["import", str(path), "--data", str(data[0]), "--out", str(tmp_path / "runs")]
    )
    assert status == 130
    assert "Nothing was written" in capsys.readouterr().err
    assert not list((tmp_path / "runs").glob("*"))


def test_the_command_ends_with_a_check_list_and_an_address(tmp_path, data, capsys):
    path = saved(tmp_path, networks.network("caffe"), "my_cnn.keras")
    photos, lesions = data
    out = tmp_path / "runs"
    arguments = [str(path), "--data", str(photos), "--lesions", str(lesions), "--out", str(out)]
    assert command.main(["import", *arguments, "--title", "My CNN"]) == 0
    said = capsys.readouterr().out
    assert "Pixels: caffe. Balanced accuracy is 1.00" in said
    assert "yes  Answers and heat maps: Heat maps come from red." in said
    assert "no   Training photos are known" in said
    assert said.strip().endswith("http://localhost:8501/?run=my_cnn")
    assert read(out / "my_cnn").title == "My CNN"
    # A second time the first is not replaced.
    assert command.main(["import", *arguments]) == 2
    assert (
        "exists already. Delete it to import it again, or choose another name"
        in capsys.readouterr().err
    )


def test_photos_that_were_left_out_are_counted_at_the_end(tmp_path, data, capsys):
    photos = tmp_path / "photos"
    shutil.copytree(data[0], photos)
    broken = next(path for path in sorted(photos.rglob("*")) if path.suffix in (".png", ".jpg"))
    broken.write_bytes(b"no photo")
    path = saved(tmp_path, networks.network())
    out = str(tmp_path / "runs")
    assert command.main(["import", str(path), "--data", str(photos), "--out", out]) == 0
    assert "Left out: 1 photo (unreadable)." in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--out", "--data"])
def test_a_folder_without_a_name_is_refused(option, capsys):
    """As a variable that is not set gives it."""
    with pytest.raises(SystemExit):
        command.main(["import", "mine.keras", option, ""])
    assert "no folder is named; is the variable set?" in capsys.readouterr().err


def test_one_thing_is_imported_at_a_time(tmp_path, capsys):
    assert command.main(["import"]) == 2
    assert "Give one thing to import" in capsys.readouterr().err
    assert command.main(["import", "a.keras", "--predictions", "b.csv"]) == 2
    assert command.main(["import", "--predictions", "b.csv", "--data", "c"]) == 2
    assert "--data cannot be used with --predictions" in capsys.readouterr().err
    assert command.main(["import", str(tmp_path / "none.onnx")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_heat_maps_are_held_against_masks_where_there_are_some(tmp_path, data):
    from PIL import Image

    photos, _ = data
    folder = tmp_path / "with_masks"
    for path in sorted(photos.rglob("*.png")):
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    (folder / "masks").mkdir()
    for code in networks.RED:
        for number in range(24):
            Image.fromarray(mask).save(folder / "masks" / f"{code}_{number}_segmentation.png")
    # Masks in a folder of their own would be a diagnosis; a table says which are photos.
    rows = [
        f"{code}/{code}_{n}.png,{code},{code}_{n // 2}" for code in networks.RED for n in range(24)
    ]
    (folder / "photos.csv").write_text("\n".join(["file,diagnosis,lesion_id", *rows]), "utf-8")
    run = import_network(saved(tmp_path, networks.network()), folder, tmp_path / "runs")
    assert run.localisation["image_id"].nunique() == len(run.test_photos)
    assert "grad_cam_hit" in run.localisation.columns
    keys = ["image_id", "version"]
    assert (run.map_baselines[keys] == run.localisation[keys]).all(axis=None)


@pytest.mark.parametrize("name", ["my run 1", "../up", ".hidden", "x[old]y", ""])
def test_a_name_that_cannot_stand_in_an_address_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="A run cannot be called"):
        free_name(About(name=name or None), tmp_path / "+.keras", tmp_path)


def test_the_name_of_a_model_of_the_app_is_taken(tmp_path, data):
    with pytest.raises(DataError, match="A model of the app is called demo already"):
        imported(tmp_path, data, networks.network(), name="demo")


def test_the_card_has_the_command_that_does_the_same_again(tmp_path, data):
    run = imported(tmp_path, data, networks.network(), name="it", title="My own", pixels="0-255")
    assert run.command == (
        "python -m train import network.keras --data photos --name it --title 'My own' "
        "--lesions photos_lesions.csv --pixels 0-255"
    )


def test_labels_follow_the_names_of_folders_as_keras_sorts_them(tmp_path):
    """Capitals come first, and a code of ours may sort elsewhere than the name of its folder."""
    for folder, code in {"Nevus": "dark", "Melanoma": "medium", "benign": "bright"}.items():
        networks.write_photos(tmp_path / "all" / folder)
        (tmp_path / "all" / folder / code).rename(tmp_path / folder)
    photos = tmp_path / "photos"
    photos.mkdir()
    for folder in ("Nevus", "Melanoma", "benign"):
        (tmp_path / folder).rename(photos / folder)
    network = networks.network(order=("medium", "dark", "bright"))  # Melanoma, Nevus, benign
    run = import_network(saved(tmp_path, network), photos, tmp_path / "runs")
    assert run.diagnoses == ["mel", "nv", "benign"]
    assert len(run.card["imported"]["findings"]) == 1  # nothing about another order
