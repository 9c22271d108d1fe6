"""What all visitors share is read and computed once, and read anew where it changes."""

import os
import shutil

import pytest

from model import run
from pages.shared import cache
from tests import toys
from tests.pages.driver import visit


@pytest.fixture
def own_runs(tmp_path, monkeypatch, toy_runs):
    """A folder of runs that a test may change, and a clock that stands still."""
    folder = tmp_path / "runs"
    shutil.copytree(toy_runs, folder)
    monkeypatch.setattr(run, "default_folders", lambda: [folder])
    return folder


@pytest.fixture
def looks(monkeypatch):
    """Every folder that is listed while the test goes on."""
    listed, scandir = [], os.scandir

    def watched(folder):
        listed.append(str(folder))
        return scandir(folder)

    monkeypatch.setattr(cache.os, "scandir", watched)
    return listed


def a_second_passes():
    cache._look.clear()


def test_a_page_does_not_list_the_run_folders_again_within_a_second(own_runs, looks):
    app = visit("training")
    assert str(own_runs) in looks
    looks.clear()
    for _ in range(3):
        app.run()
    assert len(looks) <= 1 + len(os.listdir(own_runs))  # a slow machine takes more than a second


@pytest.mark.parametrize("change", ["added", "removed", "replaced", "touched"])
def test_a_change_of_a_run_folder_is_seen(own_runs, change):
    before = cache.runs()
    assert cache.runs() is before
    card = own_runs / "toy" / "card.json"
    if change == "added":
        toys.write(own_runs, "another", with_network=False)
    elif change == "removed":
        shutil.rmtree(own_runs / "toy")
    elif change == "replaced":
        card.write_text("{}")
    else:
        os.utime(card, ns=(1, 1))
    a_second_passes()
    after = cache.runs()
    assert after is not before
    assert ("another" in after[0]) == (change == "added")
    assert ("toy" in after[0]) == (change in ("added", "touched"))
    assert ("toy" in after[1]) == (change == "replaced")


def test_the_look_is_good_for_a_second_only(own_runs, monkeypatch):
    assert cache._look._info.ttl == cache.LOOK_EVERY == 1


def test_a_run_that_is_being_written_or_a_folder_that_is_missing_is_no_trouble(own_runs):
    (own_runs / ".writing").mkdir()
    (own_runs / "a file").write_text("")
    monkey = own_runs / "missing"
    a_second_passes()
    assert cache._look((str(own_runs), str(monkey)))
