"""What every test of a page stands on."""

import pytest

from model import run


@pytest.fixture(autouse=True)
def only_toy_runs(toy_runs, monkeypatch):
    """The app sees the toys alone, so that texts and figures are known."""
    monkeypatch.setattr(run, "default_folders", lambda: [toy_runs])
