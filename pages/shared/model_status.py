"""While the visitor chooses a photo, TensorFlow and the network load; this says how far that is."""

import time

import streamlit as st

from pages.shared import cache, model_loading

EVERY = 2  # seconds between two looks: each costs the loading some time


def status(run):
    """Set the loading of a run's network going and say truly whether it is ready."""
    is_over = model_loading.loading(run).is_over
    # A fragment that has nothing more to tell stops asking.
    st.fragment(_say, run_every=None if is_over else EVERY)(run, is_over, time.monotonic())
    # The page is drawn by now; the first answer will need these.
    cache.reached_on_test(run)
    cache.flagged_on_test(run)


def _say(run, was_over, drawn):
    loading = model_loading.loading(run)
    if not loading.is_over:
        st.caption(
            ":material/hourglass_top: TensorFlow and the network are loading, "
            f"{loading.seconds:.0f} s so far. You need not wait: choose a photo."
        )
        return
    if not was_over and time.monotonic() - drawn > EVERY / 2:  # not while the page is being drawn
        st.rerun()
    if loading.future.exception():
        st.error(str(loading.future.exception()))
        model_loading.discard_failed_load(run)
    else:
        st.caption(":material/check: The network is loaded.")
