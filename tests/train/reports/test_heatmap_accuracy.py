"""Measuring heat maps against masks, with a network whose maps are known: it sees red."""

import shutil

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import localisation
from model.prediction.classifier import Classifier
from tests import toys
from tests.toys import encoded
from train.__main__ import main
from train.data.readers import DataError
from train.reports import heatmap_accuracy

NUM_PHOTOS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """HAM10000 in small: red squares on grey, each with its mask; the last two off the centre."""
    folder = tmp_path_factory.mktemp("ham")
    names = [f"test_{number}" for number in range(NUM_PHOTOS)]
    pd.DataFrame(
        {
            "lesion_id": names,
            "image_id": names,
            "dx": "bcc",
            "dx_type": "histo",
            "age": 50.0,
            "sex": "male",
            "localization": "back",
        }
    ).to_csv(folder / "HAM10000_metadata.csv", index=False)
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    for number, name in enumerate(names):
        top = 0 if number >= NUM_PHOTOS - 2 else 24
        lesion = np.zeros((64, 64), np.uint8)
        lesion[top : top + 24, 24:48] = 255
        photo = np.full((64, 64, 3), 60, np.uint8)
        photo[lesion > 0] = (255, 0, 0)
        (folder / "images" / f"{name}.jpg").write_bytes(encoded(photo, "JPEG", quality=95))
        (folder / "masks" / f"{name}_segmentation.png").write_bytes(encoded(lesion))
    return folder


@pytest.fixture
def runs(tmp_path):
    toys.write(tmp_path, "toy")
    toys.write(tmp_path, "toy_results", with_network=False)
    return tmp_path


def test_a_true_map_finds_every_lesion_and_is_written_beside_the_weights(runs, data, capsys):
    assert main(["explain-report", "--data", str(data), "--runs", str(runs)]) == 0
    toy_run = run.read(runs / "toy")
    table = toy_run.localisation
    assert set(table["version"]) == {"whole", "shifted"}
    by_method = {row.method: row for row in localisation.accuracy_by_method(table)}
    assert set(by_method) == {*heatmap_accuracy.METHODS}
    assert by_method["grad_cam"].num_photos == NUM_PHOTOS
    assert by_method["score_cam"].num_photos == NUM_PHOTOS  # a tenth of 300 is more than there are
    assert by_method["grad_cam"].pointing.value == 1
    assert by_method["grad_cam"].energy.value > 2
    off_centre = {row.method: row for row in localisation.accuracy_by_method(table, "off_centre")}
    assert off_centre["grad_cam"].num_photos == 2
    assert off_centre["grad_cam"].pointing.value == 1
    assert "Grad-CAM" in capsys.readouterr().out
    # The run still reads back whole, and its card tells what was measured.
    assert Classifier(toy_run).predict([np.zeros((16, 16, 3), np.uint8)])
    assert "## Heat maps against lesion masks" in (runs / "toy" / "README.md").read_text("utf-8")


def test_slow_methods_see_fewer_photos(runs, data):
    photos = heatmap_accuracy.lesions_of(data)
    classifier = Classifier(run.read(runs / "toy"))
    table = heatmap_accuracy.measure(classifier, photos, ["grad_cam", "smooth_grad"], 3)
    whole = table[table["version"] == "whole"]
    assert whole["grad_cam_energy"].notna().sum() == NUM_PHOTOS
    assert whole["smooth_grad_energy"].notna().sum() == 3
    # The same photos and crops at every call.
    again = heatmap_accuracy.measure(classifier, photos, ["grad_cam", "smooth_grad"], 3)
    pd.testing.assert_frame_equal(table, again)


def test_a_stopped_measurement_goes_on_and_ends_in_the_same_table(runs, data, monkeypatch, capsys):
    def stops(rows, title):
        yield from rows[:5]
        raise KeyboardInterrupt

    ask = ["explain-report", "--data", str(data), "--runs", str(runs), "--run", "toy"]
    ask += ["--only", "masks", "--methods", "grad_cam", "smooth_grad"]
    assert main(ask) == 0
    first = (runs / "toy" / "localisation.csv").read_bytes()
    left = runs / ".toy.localisation.csv.jsonl"
    assert not left.exists()
    with monkeypatch.context() as patched:
        patched.setattr("train.progress.track", stops)
        assert main(ask) == 130
    assert "The same command goes on" in capsys.readouterr().err
    assert len(left.read_bytes().splitlines()) == 1 + 5
    num_measured = []
    measure = localisation.measure
    patch = lambda *given: (num_measured.append(1), measure(*given))[1]  # noqa: E731
    monkeypatch.setattr(localisation, "measure", patch)
    assert main(ask) == 0
    # Of a photo: Grad-CAM, SmoothGrad and the centre, whole and shifted.
    assert 0 < len(num_measured) <= (NUM_PHOTOS - 5) * 2 * 3
    assert (runs / "toy" / "localisation.csv").read_bytes() == first
    assert not list(runs.glob(".*"))


def test_crops_hold_half_of_the_lesion_at_least():
    lesion = np.zeros((50, 80), bool)
    lesion[:20, 60:] = True
    draw = np.random.default_rng(0)
    places = set()
    for _ in range(20):
        crop = heatmap_accuracy.shifted(lesion, draw)
        places.add((crop[0].start, crop[1].start))
        assert lesion[crop].shape == (30, 48)
        assert lesion[crop].sum() >= 200
    assert len(places) > 5
    # A lesion all over the photo fits no crop.
    assert heatmap_accuracy.shifted(np.ones((50, 80), bool), draw) is None


def test_what_cannot_be_measured_is_said_in_one_sentence(runs, data, tmp_path, capsys):
    folder = ["--runs", str(runs)]
    assert main(["explain-report", "--data", str(data), *folder, "--methods", "magic"]) == 2
    assert "There is no method 'magic'. Methods: grad_cam," in capsys.readouterr().err
    assert main(["explain-report", "--data", str(data), *folder, "--run", "nope"]) == 2
    assert "There is no run 'nope'" in capsys.readouterr().err
    assert main(["explain-report", "--data", str(tmp_path / "none"), *folder]) == 2
    assert "There is no folder" in capsys.readouterr().err
    results_only = ["--run", "toy_results"]
    assert main(["explain-report", "--data", str(data), *folder, *results_only]) == 2
    assert "results only" in capsys.readouterr().err


def test_a_folder_without_masks_says_so(data, tmp_path):
    (tmp_path / "HAM10000_metadata.csv").write_bytes((data / "HAM10000_metadata.csv").read_bytes())
    with pytest.raises((heatmap_accuracy.ReportError, DataError)):
        heatmap_accuracy.lesions_of(tmp_path)
    shutil.copytree(data / "images", tmp_path / "images")
    with pytest.raises(heatmap_accuracy.ReportError, match="holds no masks"):
        heatmap_accuracy.lesions_of(tmp_path)


def test_a_broken_table_refuses_the_run(runs, data):
    from model.run import LOCALISATION
    from model.run.writer import add_table

    toy_run = run.read(runs / "toy")
    table = heatmap_accuracy.measure(
        Classifier(toy_run), heatmap_accuracy.lesions_of(data), ["grad_cam"], 1
    )
    with pytest.raises(run.RunError, match="lacks the columns centred"):
        add_table(toy_run, LOCALISATION, table.drop(columns="centred"))
    with pytest.raises(run.RunError, match="other than numbers in area"):
        add_table(toy_run, LOCALISATION, table.assign(area="wide"))
    assert run.read(runs / "toy").localisation is None  # the old one stands
