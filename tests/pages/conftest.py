"""What every test of a page stands on."""

import pytest

from model import run
from pages.shared.cache import disk, samples
from pages.shared.streamlit_patches import patch_streamlit
from tests import toys

patch_streamlit()  # as app.py does when a server imports it


@pytest.fixture(autouse=True)
def only_toy_runs(toy_runs, monkeypatch):
    """The app sees the toys alone, so that texts and figures are known."""
    monkeypatch.setattr(run, "default_folders", lambda: [toy_runs])


@pytest.fixture(autouse=True)
def every_look_is_new(monkeypatch):
    """A test changes run folders sooner than the app would look again."""
    monkeypatch.setattr(disk, "look", disk.look.__wrapped__)


@pytest.fixture(autouse=True)
def no_sample_is_known():
    """A test that plants something finds no result of an earlier one."""
    samples._of_samples.clear()


@pytest.fixture
def published(tmp_path, monkeypatch):
    """One recipe under both protocols, with the figure it was published with."""
    figure = {"accuracy": 0.95, "compared_with": "test", "said": "accuracy 0.95 in some year"}
    for seed, protocol in enumerate(run.PROTOCOLS):
        name = "one--as-published" if protocol == run.AS_PUBLISHED else "one"
        toys.write(
            tmp_path,
            name,
            title="Toy",
            rows=toys.predictions(seed=seed),
            protocol=protocol,
            published=figure,
            recipe="one",
            with_network=protocol == "honest",
        )
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return tmp_path
