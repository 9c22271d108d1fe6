"""`python -m model` as a user types it."""

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from tests import toys


@pytest.fixture
def command(toy_runs, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "model", *map(str, arguments)],
            env=os.environ | {"LENTIGO_RUNS": str(toy_runs)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    red = toys.encoded(toys.flat((255, 0, 0)), "JPEG")
    (folder / "a_good.jpg").write_bytes(red)
    (folder / "b_text.jpg").write_text("I am a text")
    (folder / "c_empty.jpg").write_bytes(b"")
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), dtype=np.uint8)
    noise = toys.encoded(noise, "JPEG")
    (folder / "d_cut.jpg").write_bytes(noise[: len(noise) // 2])
    (folder / "deeper" / "läsion, 2.PNG").write_bytes(toys.encoded(toys.flat((0, 0, 255))))
    (folder / "notes.txt").write_text("not a photo and not meant as one")
    return folder


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_folder_gives_a_row_for_each_photo_and_the_broken_ones_say_why(command, photos):
    done = command("predict", photos, "--run", "toy")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "photo,diagnosis,p_bcc,p_mel,p_nv,novelty,status"
    table = rows(done.stdout)
    assert [row["photo"].removeprefix(f"{photos}/") for row in table] == [
        "a_good.jpg",
        "b_text.jpg",
        "c_empty.jpg",
        "d_cut.jpg",
        "deeper/läsion, 2.PNG",
    ]
    assert [row["diagnosis"] for row in table] == ["bcc", "", "", "", "nv"]
    assert [row["status"] for row in table][::4] == ["ok", "ok"]
    assert "JPEG, PNG, WebP or HEIC" in table[1]["status"]
    assert "empty" in table[2]["status"]
    assert "damaged" in table[3]["status"]
    assert sum(float(table[0][f"p_{code}"]) for code in toys.CODES) == pytest.approx(1, abs=1e-5)
    assert done.stderr == ""


def test_rows_go_to_a_file_when_asked(command, photos, tmp_path):
    target = tmp_path / "out.csv"
    done = command("predict", photos / "a_good.jpg", "--run", "toy", "--csv", target)
    assert done.returncode == 0
    assert done.stdout == ""
    assert rows(target.read_text("utf-8"))[0]["diagnosis"] == "bcc"
    assert not (tmp_path / "out.csv.part").exists()


def test_what_was_stopped_after_its_last_row_goes_on(photos, toy_runs, tmp_path, monkeypatch):
    monkeypatch.setenv("LENTIGO_RUNS", str(toy_runs))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")  # which the command would leave behind
    target = tmp_path / "out.csv"
    arguments = ["predict", str(photos / "a_good.jpg"), "--run", "toy", "--csv", str(target)]

    def refuse(*_):
        raise PermissionError(13, "It is open elsewhere")

    with monkeypatch.context() as patched:
        patched.setattr("model.scoring.table.os.replace", refuse)
        assert main(arguments) == 2
    assert (tmp_path / "out.csv.part").exists()
    assert main(arguments) == 0
    assert rows(target.read_text("utf-8"))[0]["diagnosis"] == "bcc"
    assert not (tmp_path / "out.csv.part").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "missing_folder", "--run", "toy"], "There is no photo or folder"),
        (["predict", "{photos}", "--run", "nope"], "Runs here: "),
        (["predict", "{photos}", "--run", "toy_results"], "python -m train run toy"),
        (["predict", "{empty}", "--run", "toy"], "holds no JPEG, PNG, WebP or HEIC"),
        (["predict", "{photos}", "--run", "toy", "--csv", "/nowhere/x.csv"], "cannot be written"),
        (["predict", "{photos}", "--run", "toy", "--csv", "{empty}"], "cannot be written"),
        (["predict", "{photos}", "--run", "toy", "--workers", "0"], "a number from 1"),
        (["predict", "{photos}", "--run", "toy", "--kind", "phone"], "leave out --kind"),
        (["predict", "{photos}", "--run", "toy", "--mix", "validation"], "Mixes: equal."),
        (["predict", "{photos}", "--run", "toy", "--mix", "screening"], "go together"),
        (["predict", "{photos}", "--run", "toy", "--malignant-of-100", "5"], "go together"),
        (
            ["predict", "x", "--run", "toy", "--mix", "screening", "--malignant-of-100", "100"],
            "between 0 and 100",
        ),
        (["explain", "missing.jpg", "--run", "toy", "--png", "x.png"], "There is no photo"),
        (["explain", "{photos}/b_text.jpg", "--run", "toy", "--png", "x.png"], "JPEG, PNG"),
        (
            ["explain", "{photos}/a_good.jpg", "--run", "toy", "--png", "x.png", "--method", "m"],
            "Methods: grad_cam",
        ),
    ],
)
def test_what_the_user_must_change_is_said_in_one_line(
    command, photos, tmp_path, arguments, sentence
):
    (tmp_path / "empty").mkdir()
    done = command(*[part.format(photos=photos, empty=tmp_path / "empty") for part in arguments])
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_the_kind_of_photo_may_be_named_and_stands_in_the_rows(tmp_path, photos, monkeypatch):
    toys.write(tmp_path / "runs", has_kinds=True)

    def probabilities(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "model", "predict", photos / "a_good.jpg", *arguments],
            env=os.environ | {"LENTIGO_RUNS": str(tmp_path / "runs")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return done.stderr
        row = rows(done.stdout)[0]
        return row["kind"], float(row["p_bcc"])

    as_seen = probabilities("--run", "toy")  # red photos are phone photos, with a temperature of 4
    assert as_seen == probabilities("--run", "toy", "--kind", "phone")
    assert as_seen == (
        "phone photo",
        pytest.approx(np.exp(10 / 4) / (np.exp(10 / 4) + 2), abs=0.01),
    )
    corrected = probabilities("--run", "toy", "--kind", "dermatoscopic photo")
    assert corrected == (
        "dermatoscopic photo",
        pytest.approx(np.exp(5) / (np.exp(5) + 2), abs=0.02),
    )
    assert "Kinds: dermatoscopic photo, phone photo." in probabilities(
        "--run", "toy", "--kind", "x"
    )


def test_explain_draws_the_map_over_the_photo(command, tmp_path):
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:50, :50, 0] = 255
    (tmp_path / "photo.png").write_bytes(toys.encoded(pixels))
    target = tmp_path / "map.png"
    done = command(
        "explain", tmp_path / "photo.png", "--run", "toy", "--png", target, "--diagnosis", "bcc"
    )
    assert done.returncode == 0, done.stderr
    drawn = np.asarray(Image.open(target))
    assert drawn.shape == pixels.shape
    assert drawn[10, 10, 1] > 100  # the bright end of the scale, over pure red
    assert np.array_equal(drawn[80, 80], (0, 0, 0))


def test_explain_says_when_the_map_is_empty(command, tmp_path):
    (tmp_path / "red.png").write_bytes(toys.encoded(toys.flat((255, 0, 0))))
    target = tmp_path / "map.png"
    done = command(
        "explain", tmp_path / "red.png", "--run", "toy", "--png", target, "--diagnosis", "mel"
    )
    assert "The map is empty" in done.stdout
    assert np.array_equal(np.asarray(Image.open(target)), toys.flat((255, 0, 0)))


def test_an_unknown_diagnosis_is_named_beside_those_there_are(command, photos):
    photo = photos / "a_good.jpg"
    done = command("explain", photo, "--run", "toy", "--png", "x.png", "--diagnosis", "acne")
    assert done.returncode == 2
    assert "Its diagnoses: bcc, mel, nv" in done.stderr


def test_probabilities_may_be_asked_for_at_a_mix(tmp_path, photos):
    mix = {"sharpness": 1.0, "prior_weight": 1.0, "shares": {"bcc": 0.1, "mel": 0.1, "nv": 0.8}}
    toys.write(tmp_path / "runs", calibration=toys.CALIBRATION | {"mix": mix})

    def odds(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "model", "predict", photos / "a_good.jpg", *arguments],
            env=os.environ | {"LENTIGO_RUNS": str(tmp_path / "runs")},
            capture_output=True,
            text=True,
            check=True,
        )
        row = rows(done.stdout)[0]
        return float(row["p_nv"]) / float(row["p_bcc"])

    toy = ("--run", "toy")
    given = odds(*toy)
    assert odds(*toy, "--mix", "validation") == pytest.approx(8 * given, rel=0.05)
    # 99 others for one malignant lesion, where validation photos have four.
    screening = odds(*toy, "--mix", "screening", "--malignant-of-100", "1")
    assert screening == pytest.approx(8 * 99 / 4 * given, rel=0.05)
