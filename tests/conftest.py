"""Fixtures that several tests share."""

import os
from pathlib import Path

import hypothesis
import pytest

from tests import toys

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"

# A mutant must fall by the same examples every time, and not because the machine was busy.
hypothesis.settings.register_profile("mutants", derandomize=True, deadline=None, database=None)
# Nor may any other test fail because of that.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")
if os.environ.get("LENTIGO_MUTANTS"):
    hypothesis.settings.load_profile("mutants")


def pytest_collection_modifyitems(items):
    if DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=f"no photos in {DATA}"))


@pytest.fixture(scope="session")
def toy_runs(tmp_path_factory):
    """A folder with one toy run that has a network and one that is results only."""
    folder = tmp_path_factory.mktemp("runs")
    toys.write(folder, "toy")
    toys.write(folder, "toy_results", with_network=False)
    return folder


@pytest.fixture(scope="session")
def toy_classifier(toy_runs):
    from model import run
    from model.prediction.classifier import Classifier

    return Classifier(run.read(toy_runs / "toy"))
