"""What a visitor shows stays in the visitor's session, and nothing leaves this computer."""

import gc
import inspect
import sys
import threading
import time
import weakref
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numpy as np

from model import run
from pages.shared import cache, garbage_collection, model_loading
from pages.shared.samples import SAMPLES
from tests import toys
from tests.apart import run_apart
from tests.pages.driver import upload, visit


def test_streamlit_never_asks_outside_for_this_computer_s_address(monkeypatch):
    """A visitor whose page stands on another host makes it ask, unless it is told not to."""
    from streamlit import net_util
    from streamlit.web.server import server_util

    asked = []
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *a, **k: asked.append(a))
    visit("about")
    assert not server_util.is_url_from_allowed_origins("http://elsewhere.example:8501")
    assert asked == []


def test_streamlit_never_clears_keras_under_a_network_that_is_kept(monkeypatch):
    import keras
    from streamlit.runtime.scriptrunner import script_runner

    cleared = []
    clean = script_runner._clean_problem_modules
    monkeypatch.setattr(script_runner, "_clean_problem_modules", clean)
    monkeypatch.setattr(keras.backend, "clear_session", lambda: cleared.append(True))
    visit("classify")
    assert cleared == []


def test_what_was_frozen_is_freed_the_next_time_it_is_tidied():
    class Photo:
        pass

    photo = Photo()
    photo.itself = photo  # only the collector can free it
    watched = weakref.ref(photo)
    garbage_collection.collect_garbage()  # it is in use: frozen
    del photo
    gc.collect()
    assert watched() is not None
    # Where another thread is in the middle of a collection, this one does nothing.
    for _ in range(20):
        garbage_collection.collect_garbage()
        if watched() is None:
            break
        time.sleep(0.1)
    assert watched() is None


def test_an_upload_as_large_as_is_accepted_is_never_written_down():
    """While it arrives, too: what is over a megabyte went to a temporary file."""
    from starlette.datastructures import Headers
    from starlette.formparsers import MultiPartParser

    photo = bytes(10 * 2**20)
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'

    async def chunks():
        yield head
        for start in range(0, len(photo), 2**16):
            yield photo[start : start + 2**16]
        yield b"\r\n--b--\r\n"

    async def received():
        headers = Headers({"content-type": "multipart/form-data; boundary=b"})
        form = await MultiPartParser(headers, chunks()).parse()
        file = form["file"].file
        file.seek(0)
        assert file.read() == photo
        is_on_disk = file._rolled
        file.close()
        return is_on_disk

    assert not run_apart(received())


def test_sessions_whose_tab_was_closed_are_let_go_after_two_minutes(monkeypatch):
    """Also where nobody comes after them, for Streamlit looks only when another tab is closed."""
    from streamlit import runtime
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    now = [1000.0]
    storage = MemorySessionStorage()
    storage._cache = type(storage._cache)(maxsize=128, ttl=120, timer=lambda: now[0])
    manager = SimpleNamespace(_session_storage=storage, _storage_lock=threading.Lock())
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))

    class Session:
        id = "left"

    info = SimpleNamespace(session=Session())
    watched = weakref.ref(info.session)
    storage.save(info)
    del info
    now[0] += 119
    garbage_collection.forget_closed_sessions()
    assert storage.get("left") is not None
    now[0] += 2
    gc.collect()
    assert watched() is not None
    garbage_collection.forget_closed_sessions()
    gc.collect()
    assert watched() is None


def test_no_photo_reaches_another_session():
    upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    other = visit("classify")
    assert "photo" not in other.session_state
    assert not other.header


def test_no_photo_and_no_answer_reaches_a_shared_cache_or_the_disk(tmp_path, monkeypatch):
    """Every call of a shared cache is watched while a photo is classified and explained."""

    seen = []
    caches = [module for name, module in sys.modules.items() if name.startswith(cache.__name__)]
    public = {
        (module, name): function
        for module in (*caches, model_loading)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__.startswith(module.__name__) and not name.startswith("_")
    }
    names = {name for _, name in public}
    assert {"classifier", "explainer", "evaluation", "runs"} <= names
    for (module, name), original in public.items():

        def watched(*arguments, original=original, **named):
            seen.append((*arguments, *named.values()))
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, watched)
    monkeypatch.chdir(tmp_path)
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    app.switch_page("pages/explain/page.py").run()
    assert len(seen) > 4
    for arguments in seen:
        assert not any(isinstance(argument, bytes | np.ndarray) for argument in arguments)
        # A kind of photo is a name, or None where the run tells none apart; a path is a sample's;
        # a function makes what `cache.shared` then holds, from nothing but the rest; several words
        # are the folders that are looked at.
        for argument in arguments:
            if isinstance(argument, tuple):
                assert all(isinstance(folder, str) for folder in argument)
                continue
            assert isinstance(argument, run.Run | str | int | float | Path | FunctionType | None)
            assert not isinstance(argument, Path) or argument in SAMPLES.values()
    assert list(tmp_path.iterdir()) == []


def test_a_photo_that_is_taken_away_leaves_with_its_answer():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    assert app.header
    digest = app.session_state["photo"].file_digest[:12]
    keys = [key for key in app.session_state["url_state"].drawn if digest in key]
    assert keys
    assert all(key in app.session_state for key in keys)
    app.button(key="classify_remove").click().run()
    assert not app.exception
    assert not app.header
    assert "photo" not in app.session_state
    assert "results" not in app.session_state
    assert "pictures" not in app.session_state
    assert not any(digest in key for key in app.session_state["url_state"].drawn)
    assert not any(key in app.session_state for key in keys)
