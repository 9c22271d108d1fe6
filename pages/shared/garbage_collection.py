"""Garbage collection that does not stop every visitor for a quarter of a second."""

import gc
import threading
import time

import streamlit as st
from streamlit import runtime

from pages.shared.memory import give_memory_back

_one_at_a_time = threading.Lock()


def collect_garbage():
    """Free what is no longer used, and keep the rest out of Streamlit's way until the next time.

    Python looks through everything from time to time, and would through all of TensorFlow, for a
    quarter of a second in which no page is drawn, were it not frozen. Streamlit would do so after
    every run of a page, too (`runner.postScriptGC`, which .streamlit/config.toml turns off). What
    is frozen is never freed, a visitor's photo neither, so this is done again every minute.
    """
    with _one_at_a_time:  # another thread would freeze what this one is about to free
        gc.unfreeze()
        gc.collect()
        gc.freeze()


def forget_closed_sessions():
    """Let go of the sessions whose tabs were closed two minutes ago, and of their photos.

    Streamlit keeps them that long for a connection that was only interrupted, but lets go of them
    only when another tab is closed: the last visitors' photos would stay for the night (1.67,
    `MemorySessionStorage`).
    """
    if not runtime.exists():
        return
    sessions = getattr(runtime.get_instance(), "_session_mgr", None)
    if sessions is None:  # a test's stand-in for the server
        return
    with sessions._storage_lock:
        sessions._session_storage._cache.expire()


def _collect_every_minute():
    while True:
        time.sleep(60)
        forget_closed_sessions()
        collect_garbage()
        give_memory_back()


@st.cache_resource(max_entries=1, show_spinner=False)
def gc_thread():
    thread = threading.Thread(target=_collect_every_minute, name="garbage collector", daemon=True)
    thread.start()
    return thread
