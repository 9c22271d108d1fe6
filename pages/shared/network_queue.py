"""The one queue to the networks that all visitors share, and what who must wait is told."""

import math
import time

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from model.network.request_queue import POLL_SECONDS, RequestQueue


def leave_if_over():
    """End this run of the page where its visitor has left or has clicked something else."""
    check = get_run_yield_check()
    if check is not None:
        check()


def _wait_for_room(seconds):
    """Say how long it takes, and wait that long; the queue is asked again then."""
    with st.spinner(waiting_sentence(seconds)):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))
            leave_if_over()


def waiting_sentence(seconds):
    """How long a visitor waits whom the queue has no room for."""
    return (
        f"Many visitors are asking at once. Your turn comes in about {math.ceil(seconds)} s; "
        "you need do nothing."
    )


queue = RequestQueue(while_waiting=leave_if_over, when_full=_wait_for_room)
