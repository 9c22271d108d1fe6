"""Four photos whose prediction sets and malignant sums are known by hand."""

import pytest

from model import run


@pytest.fixture(scope="module")
def toy(toy_runs):
    return run.read(toy_runs / "toy")


@pytest.fixture
def rows(toy):
    rows = toy.predictions.head(4).copy()
    rows["lesion_id"] = ["a", "b", "c", "d"]
    rows["diagnosis"] = ["bcc", "mel", "nv", "bcc"]
    rows[["p_bcc", "p_mel", "p_nv"]] = [
        [0.90, 0.05, 0.05],  # set {bcc} holds the truth; malignant 0.95
        [0.60, 0.30, 0.10],  # set {bcc, mel} holds the truth; malignant 0.90
        [0.50, 0.40, 0.10],  # set {bcc, mel} misses it; malignant 0.90
        [0.05, 0.05, 0.90],  # set {nv} misses it; malignant 0.10
    ]
    return rows
