"""`make scale`: scoring with Ray as a user types it, and with a process killed meanwhile.

Starting Ray and TensorFlow takes most of the time, about half a minute, so `make test` leaves it
out.
"""

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests import toys
from tests.conftest import ROOT

NUM_PHOTOS = 200


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Large photos of eight colours, so that scoring takes some seconds, and one that is none."""
    folder = tmp_path_factory.mktemp("photos")
    sources = tmp_path_factory.mktemp("sources")
    for number in range(8):
        colour = np.random.default_rng(number).integers(0, 256, 3)
        (sources / f"{number}.jpg").write_bytes(
            toys.encoded(toys.flat(colour, 2000, 3000), "JPEG", quality=90)
        )
    for number in range(NUM_PHOTOS):
        (folder / f"{number:03}.jpg").symlink_to(sources / f"{number % 8}.jpg")
    (folder / "150.jpg").unlink()
    (folder / "150.jpg").write_text("I am a text")
    return folder


def command(toy_runs, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "model", "predict", *map(str, arguments), "--run", "toy"],
        cwd=ROOT,
        env=os.environ | {"LENTIGO_RUNS": str(toy_runs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers_of(pid):
    """Process ids of Ray's workers below a process that score photos."""
    parents, names = {}, {}
    for folder in os.listdir("/proc"):
        if folder.isdigit():
            try:
                with open(f"/proc/{folder}/stat") as stat, open(f"/proc/{folder}/cmdline") as line:
                    parents[int(folder)] = int(stat.read().rpartition(")")[2].split()[1])
                    names[int(folder)] = line.read()
            except OSError:
                continue

    def is_below(other):
        while other in parents:
            other = parents[other]
            if other == pid:
                return True
        return False

    return [other for other, name in names.items() if "MapWorker" in name and is_below(other)]


def test_a_killed_worker_costs_time_only(toy_runs, photos, tmp_path):
    plain = command(toy_runs, photos, "--csv", tmp_path / "plain.csv")
    assert plain.communicate(timeout=200)[1] == ""
    running = command(toy_runs, photos, "--csv", tmp_path / "ray.csv", "--ray", "--workers", "2")
    part = tmp_path / "ray.csv.part"
    until = time.monotonic() + 120
    while not (part.exists() and part.read_bytes().count(b"\n") > 1):
        assert running.poll() is None, running.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)
    victim = workers_of(running.pid)[0]
    os.kill(victim, signal.SIGKILL)
    out, errors = running.communicate(timeout=200)
    assert (running.returncode, out, errors) == (0, "", "")
    rows = (tmp_path / "ray.csv").read_bytes()
    assert rows == (tmp_path / "plain.csv").read_bytes()
    assert len(list(csv.reader(rows.decode().splitlines()))) == 1 + NUM_PHOTOS


def test_what_was_killed_goes_on_with_ray_or_without(toy_runs, photos, tmp_path):
    target = tmp_path / "out.csv"
    running = command(toy_runs, photos, "--csv", target, "--ray", "--workers", "2")
    part = tmp_path / "out.csv.part"
    until = time.monotonic() + 120
    while not (part.exists() and part.read_bytes().count(b"\n") > 1):
        assert running.poll() is None, running.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)
    running.kill()
    running.communicate(timeout=30)
    before = part.read_bytes()
    assert not target.exists()
    finished = command(toy_runs, photos, "--csv", target)
    assert finished.communicate(timeout=200)[1] == ""
    rows = target.read_bytes()
    assert rows.startswith(before[: before.rindex(b"\n") + 1])
    names = [row["photo"] for row in csv.DictReader(rows.decode().splitlines())]
    assert names == [str(photos / f"{number:03}.jpg") for number in range(NUM_PHOTOS)]
