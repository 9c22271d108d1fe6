"""Garbage collection that does not stop every visitor for a quarter of a second."""

import gc
import threading
import time

import streamlit as st

_one_at_a_time = threading.Lock()


def collect_garbage():
    """Free what is no longer used, and keep the rest out of Streamlit's way until the next time.

    Streamlit collects garbage after every run of a page. It would look through all of TensorFlow
    each time, for a quarter of a second in which no other page is drawn, were it not frozen. What
    is frozen is never freed, a visitor's photo neither, so this is done again every minute.
    """
    with _one_at_a_time:  # another thread would freeze what this one is about to free
        gc.unfreeze()
        gc.collect()
        gc.freeze()


def _collect_every_minute():
    while True:
        time.sleep(60)
        collect_garbage()


@st.cache_resource(max_entries=1, show_spinner=False)
def gc_thread():
    thread = threading.Thread(target=_collect_every_minute, name="garbage collector", daemon=True)
    thread.start()
    return thread
