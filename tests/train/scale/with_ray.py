"""Trainings on a real Ray, whose processes are killed. `make scale` runs this; it takes minutes.

The rendered pictures are trained on, in two folds, with one thread each.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from model import run
from tests.conftest import ROOT
from train.recipes.demo import DEMO

COMMAND = [sys.executable, "-m", "train", "run", "demo", "--quick", "--folds", "2", "--out"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
# What a training decides: the rest tells when it was made and how long it took.
SAME = ("predictions.csv", "calibration.json", "novelty.npz", "quality.csv")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same run by one process with one thread, without Ray."""
    out = tmp_path_factory.mktemp("alone")
    subprocess.run(
        [*COMMAND, str(out)], env=os.environ | ONE_THREAD, check=True, capture_output=True, cwd=ROOT
    )
    return out / "demo"


def start(out, *arguments):
    return subprocess.Popen(
        [*COMMAND, str(out), "--ray", "--workers", "2", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def process_of(out, number):
    """The process that has a fold, once its first epoch is done."""
    workspace = out / ".demo.unfinished"
    deadline = time.monotonic() + 240
    while not (workspace / f"fold_{number}" / "history.csv").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    log = (workspace / "processes" / f"fold_{number}.txt").read_text()
    return int(re.findall(r"Begun by process (\d+) on", log)[-1])


def is_gone(process):
    deadline = time.monotonic() + 20
    while Path(f"/proc/{process}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def check(folder, alone):
    written = run.read(folder)
    assert [
        name for name in SAME if (folder / name).read_bytes() != (alone / name).read_bytes()
    ] == []
    assert written.ledger.fault is None
    assert len(written.ledger.entries) == len(run.read(alone).ledger.entries)
    for fold in (0, 1):
        rows = written.history[written.history["fold"] == fold]
        assert list(rows["epoch"]) == list(range(1, DEMO.quickly().epochs + 1))
    assert [path.name for path in folder.parent.iterdir()] == ["demo"]


def test_a_fold_whose_process_is_killed_goes_on_and_the_run_is_the_same(tmp_path, alone):
    command = start(tmp_path)
    killed = process_of(tmp_path, 1)
    os.kill(killed, signal.SIGKILL)
    log, said = tmp_path / ".demo.unfinished" / "processes" / "fold_1.txt", ""
    while command.poll() is None:
        if log.exists():
            said = log.read_text() or said
        time.sleep(0.05)
    printed, errors = command.communicate()
    assert command.returncode == 0, errors
    assert said.count("Begun by process") == 2
    assert "Going on after epoch 1 of an interrupted training." in said
    assert re.search(r"demo, fold 1: .*begun again 1 x", printed)
    assert not re.search(r"demo, fold 0: .*begun again", printed)
    check(tmp_path / "demo", alone)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_the_same_command_goes_on_where_the_whole_was_stopped(tmp_path, alone, sent):
    command = start(tmp_path)
    worker = process_of(tmp_path, 0)
    command.send_signal(sent)
    _, errors = command.communicate()
    assert command.returncode == (130 if sent == signal.SIGINT else -9)
    if sent == signal.SIGINT:
        assert errors.startswith("Stopped. Run the same command to go on after")
    assert is_gone(worker)
    assert not (tmp_path / "demo").exists()
    kept = pd.read_csv(tmp_path / ".demo.unfinished" / "fold_0" / "history.csv")
    subprocess.run(
        [*COMMAND, str(tmp_path)],
        env=os.environ | ONE_THREAD,
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    # An epoch that was trained again would have taken another time; the run rounds to six digits.
    history = pd.read_csv(tmp_path / "demo" / "history.csv")
    assert len(kept)
    assert list(history["seconds"][: len(kept)]) == pytest.approx(list(kept["seconds"]), rel=1e-5)
    check(tmp_path / "demo", alone)
