"""What all visitors share is read and computed once, read anew where it changes, and no photo of a
visitor is in it."""

import functools
import hashlib
import os
import pickle
import shutil
import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image
from streamlit.runtime.caching.cache_resource_api import ResourceCache

from model import run
from model.evaluation.bootstrap import Estimate
from model.prediction.classifier import Classifier
from model.prediction.prediction import Prediction
from pages.shared import cache, charts, network_queue, session
from pages.shared.cache import comparisons, disk, figures, heatmaps, samples
from pages.shared.data_url import data_url
from pages.shared.photo import Photo
from pages.shared.samples import SAMPLES
from tests import toys
from tests.pages.driver import texts, upload, visit

EVEN = SAMPLES["even"]
LOOK = disk.look


@pytest.fixture(autouse=True)
def a_look_is_good_for_a_second(monkeypatch):
    monkeypatch.setattr(disk, "look", LOOK)
    LOOK.clear()


@pytest.fixture
def own_runs(tmp_path, monkeypatch, toy_runs):
    """A folder of runs that a test may change."""
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

    monkeypatch.setattr(disk.os, "scandir", watched)
    return listed


@pytest.fixture
def asked(monkeypatch):
    """The photos that a network looks at while the test goes on; nothing is known of samples."""
    seen, examine = [], Classifier.examine

    def watched(self, photo):
        if photo.any():  # a network that has just been loaded looks at nothing first
            seen.append(photo)
        return examine(self, photo)

    monkeypatch.setattr(Classifier, "examine", watched)
    samples._of_samples.clear()
    return seen


def a_second_passes():
    disk.look.clear()


def counted(monkeypatch, owner, name):
    """Calls of a function from now on."""
    calls, original = [], getattr(owner, name)

    def watched(*arguments, **named):
        calls.append(arguments)
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, watched)
    return calls


def two(first, second):
    return first, second


def table_of(probability):
    return pd.DataFrame({"p": [probability, 1.0]}, index=["mel", "nv"])


def test_a_page_does_not_list_the_run_folders_again_within_a_second(own_runs, looks):
    app = visit("training")
    assert str(own_runs) in looks
    looks.clear()
    for _ in range(3):
        app.run()
    assert looks.count(str(own_runs)) <= 1  # a slow machine takes more than a second


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


def test_a_look_is_good_for_a_second_only():
    assert disk.look._info.ttl == disk.LOOK_EVERY == 1


def test_a_run_that_is_being_written_or_a_folder_that_is_missing_is_no_trouble(own_runs):
    (own_runs / ".writing").mkdir()
    (own_runs / "a file").write_text("")
    a_second_passes()
    assert disk.look((str(own_runs), str(own_runs / "missing")))
    assert set(cache.runs()[0]) == {"toy", "toy_results"}


def test_what_is_shared_is_made_once_from_equal_arguments(own_runs):
    toy, other = cache.runs()[0].values()
    table = cache.shared(table_of, 0.5)
    made = cache.shared(two, toy, [table, Estimate(0.5, 0.4, 0.6)])
    assert cache.shared(two, toy, [table, Estimate(0.5, 0.4, 0.6)]) is made
    assert cache.shared(two, run.read(toy.path), [table, Estimate(0.5, 0.4, 0.6)]) is made
    for changed in (
        (other, [table, Estimate(0.5, 0.4, 0.6)]),
        (toy, [cache.shared(table_of, 0.6), Estimate(0.5, 0.4, 0.6)]),
        (toy, [table, Estimate(0.5, 0.4, 0.61)]),
    ):
        assert cache.shared(two, *changed) is not made
        assert cache.shared(two, *changed)[0] is changed[0]


def test_a_table_that_was_not_made_of_runs_is_refused():
    made = cache.shared(table_of, 0.5)
    for table in (made.copy(), made["p"], pd.DataFrame({"File": ["mine.png"], "p": [0.5]})):
        for hidden in (table, [table], {"of": (table,)}):
            with pytest.raises(cache.NotSharedError):
                cache.shared(two, hidden, 1)


class Asked:
    """Something that can be called, and holds what nobody looks at."""

    __module__ = "model.evaluation.metrics"

    def __init__(self, photo):
        self.photo = photo

    def __call__(self):
        return self.photo


@pytest.mark.parametrize(
    "function",
    [
        functools.partial(two, b"a photo"),
        Asked(b"a photo").__call__,
        Asked(b"a photo"),
        b"a photo".hex,
        [].append,
    ],
    ids=["partial", "method", "object", "method of bytes", "method of a list"],
)
def test_a_function_that_holds_something_is_refused(function):
    for arguments in ((function,), (two, function, 1), (two, [function], 1)):
        with pytest.raises(cache.NotSharedError):
            cache.shared(*arguments)


def test_nothing_of_a_visitor_can_be_shared(toy_classifier):
    pixels = toys.flat((255, 0, 0))
    answer = toy_classifier.predict([pixels])[0]
    assert isinstance(answer, Prediction)
    data = toys.encoded(pixels)
    photo = Photo.read("mine.png", data)
    contents = (data, bytearray(data), data_url(data, "png"), pixels.astype(np.float32))
    for private in (pixels, answer, photo, toy_classifier, *contents):
        for hidden in (private, [private], {"of": (private,)}):
            with pytest.raises(cache.NotSharedError):
                cache.shared(two, hidden, 1)
    with pytest.raises(cache.NotSharedError):
        cache.shared(lambda: pixels)  # what it holds nobody can see


def test_a_chart_that_is_ready_is_the_one_that_plotly_would_send():
    figure = go.Figure(go.Bar(x=[1, 2], y=["a", "b"]), {"xaxis": {"title": "Share"}})
    ready = charts.Chart(figure).to_dict()
    figure.update_layout(font_size=14, legend_font_size=14)
    figure.update_xaxes(tickfont_size=14, title_font_size=14)
    figure.update_yaxes(tickfont_size=14, title_font_size=14)
    assert go.Figure(ready) == figure


def test_a_second_visitor_of_a_sample_asks_no_network(asked):
    first = visit("classify", sample="even", run="toy")
    assert len(asked) == 1
    second = visit("classify", sample="even", run="toy")
    assert len(asked) == 1
    assert first.header[0].value == second.header[0].value
    assert texts(first) == texts(second)
    visit("classify", sample="ragged", run="toy")
    assert len(asked) == 2


def test_a_crop_of_a_sample_and_another_kind_or_run_have_results_of_their_own(asked, own_runs):
    visit("classify", sample="even", run="toy")
    visit("classify", sample="even", run="toy", frame="0,0,200,200")
    assert len(asked) == 2
    toys.write(own_runs, "third", rows=toys.predictions(seed=5))
    a_second_passes()
    visit("classify", sample="even", run="third")
    assert len(asked) == 3


def test_no_upload_is_ever_taken_for_a_sample(asked):
    """Not even the file of a sample, whose results are known by then."""
    visit("classify", sample="even", run="toy")
    known = dict(samples._of_samples()._found)
    assert known
    pages = ("explain", "compare")
    for data in (toys.encoded(toys.flat((255, 0, 0))), EVEN.read_bytes()):
        asked.clear()
        app = upload(visit("classify", run="toy"), data, EVEN.name)
        assert len(asked) == 1
        for page in pages:
            app.switch_page(f"pages/{page}/page.py").run()
            assert not app.exception
        assert app.session_state["photo"].sample == ""
        assert dict(samples._of_samples()._found) == known


@pytest.mark.parametrize("name", ["even", "nothing", "../even", "PAT_1"])
def test_a_photo_that_says_it_is_a_sample_is_looked_at(asked, name):
    forged = Photo.read("even.jpg", toys.encoded(toys.flat((255, 0, 0))), sample=name)
    assert not session._is_sample(forged)
    known = hashlib.sha256(EVEN.read_bytes()).hexdigest()
    assert session._is_sample(replace(forged, file_digest=known)) == (name == "even")
    assert not session._is_sample(replace(forged, file_digest=known, sample=""))


def test_a_sample_whose_file_was_changed_is_read_anew(tmp_path, monkeypatch):
    file = tmp_path / "even.jpg"
    shutil.copy(EVEN, file)
    monkeypatch.setitem(SAMPLES, "even", file)
    data = file.read_bytes()
    photo = Photo.read("even.jpg", data, sample="even")
    assert session._is_sample(photo)
    file.write_bytes(data + b" ")
    assert not session._is_sample(photo)


def test_what_is_kept_for_samples_is_bounded(monkeypatch):
    monkeypatch.setattr(samples, "MAX_OF_SAMPLES", 3)
    samples._of_samples.clear()
    for number in range(3):
        cache.of_sample((number,), lambda number=number: number)
    assert cache.of_sample((0,), None) == 0  # asked for last
    cache.of_sample((3,), lambda: 3)
    assert list(samples._of_samples()._found) == [(2,), (0,), (3,)]
    assert not samples._of_samples()._computing


def test_a_result_for_a_sample_that_failed_is_computed_again():
    samples._of_samples.clear()
    with pytest.raises(ZeroDivisionError):
        cache.of_sample(("a",), lambda: 1 / 0)
    assert cache.of_sample(("a",), lambda: 1) == 1


def test_who_waits_for_a_result_of_another_visitor_and_leaves_waits_no_longer(monkeypatch):
    class LeftError(Exception):
        pass

    samples._of_samples.clear()
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go_on.wait(60)
        return 1

    def leave():
        raise LeftError

    other = threading.Thread(target=cache.of_sample, args=(("a",), slow))
    other.start()
    try:
        assert begun.wait(60)
        monkeypatch.setattr(network_queue, "get_run_yield_check", lambda: leave)
        started = time.monotonic()
        with pytest.raises(LeftError):
            cache.of_sample(("a",), lambda: 2)
        assert time.monotonic() - started < 30
    finally:
        go_on.set()
        other.join()
    assert cache.of_sample(("a",), lambda: 2) == 1


@pytest.mark.parametrize("page", ["classify", "explain"])
def test_a_rerun_with_a_photo_encodes_and_measures_nothing_anew(page, monkeypatch):
    photo = toys.flat((128, 128, 128), 160, 160)
    photo[:80] = (255, 128, 128)
    app = upload(visit(page), toys.encoded(photo))
    assert not app.exception
    saved = counted(monkeypatch, Image.Image, "save")
    built = counted(monkeypatch, go.Figure, "__init__")
    measured = counted(monkeypatch, session, "measure")
    app.run()
    assert not app.exception
    assert [saved, built, measured] == [[], [], []]


@pytest.mark.parametrize(
    ("page", "view"),
    [
        *(("training", view) for view in ("Results", "Calibration", "Thresholds")),
        *(("training", view) for view in ("Learning curves", "Where it is weak")),
        *(("compare", view) for view in ("Leak meter", "Several runs", "Heat maps")),
    ],
)
def test_a_view_that_is_the_same_for_all_is_drawn_from_what_is_ready_and_changes_none_of_it(
    page, view, monkeypatch
):
    written, write = [], ResourceCache.write_result

    def watched(self, key, value, messages):
        written.append((value, _bytes(value)))
        return write(self, key, value, messages)

    monkeypatch.setattr(ResourceCache, "write_result", watched)
    for cached in (figures._evaluation, comparisons._side, figures._groups, heatmaps._localisation):
        cached.clear()
    first = visit(page, view=view)
    assert not first.exception
    built = counted(monkeypatch, go.Figure, "__init__")
    second = visit(page, view=view)
    second.run()
    assert built == []
    assert texts(first) == texts(second)
    specs = [[chart.proto.spec for chart in app.get("plotly_chart")] for app in (first, second)]
    assert specs[0] == specs[1]
    assert all(_bytes(value) == before for value, before in written)


def _bytes(value):
    try:
        return pickle.dumps(value)
    except (TypeError, AttributeError, pickle.PicklingError):
        return None
