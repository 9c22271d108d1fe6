"""Networks in memory: one that could not be loaded is tried again, once for all visitors."""

import pytest

from model import run
from model.run import RunError
from pages.shared import cache, model_loading
from tests import toys


@pytest.fixture
def toy(tmp_path, monkeypatch):
    toys.write(tmp_path, "another")
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])
    return cache.runs()[0]["another"]


@pytest.fixture
def loads(monkeypatch):
    """Runs whose network was loaded; the first try fails."""
    tried = []

    def load(chosen):
        tried.append(chosen.name)
        if len(tried) == 1:
            raise RunError("The network can't be read.")
        return chosen

    monkeypatch.setattr(model_loading, "_load", load)
    return tried


def test_who_learns_late_of_a_failure_does_not_throw_the_next_try_away(toy, loads):
    first_visitors = second_visitors = model_loading.loading(toy)
    assert first_visitors.future.exception(60)
    model_loading.discard_failed_load(toy, first_visitors)
    retry = model_loading.loading(toy)
    assert retry is not first_visitors
    model_loading.discard_failed_load(toy, second_visitors)
    assert model_loading.loading(toy) is retry
    assert retry.future.result(60)
    assert loads == ["another", "another"]


def test_a_failed_load_is_forgotten_and_nothing_is_loaded_for_that(toy, loads):
    with pytest.raises(RunError):
        model_loading.classifier(toy)
    assert loads == ["another"]
    assert model_loading.loading(toy).future.result(60)
    assert loads == ["another", "another"]
