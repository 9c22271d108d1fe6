"""Slow work that shows how far it is and can be stopped.

A button inside a fragment waits until the script has ended, so this belongs into a page's body.
"""

import time

import streamlit as st

SOON = 0.5  # seconds: what is faster needs no bar


def stopped(key):
    """Whether the visitor has stopped this work; offers to take it up again."""
    if key not in st.session_state.get("stopped", ()):
        return False
    st.button(
        "Compute it after all",
        on_click=st.session_state["stopped"].discard,
        args=(key,),
        key=f"again_{key}",
        icon=":material/play_arrow:",
    )
    return True


def track(title, key):
    """Make what wraps a loop: after half a second it shows a bar, the time left and a way out.

    Args:
        title: what is being computed, in words.
        key: of this work, for `stopped`.
    """

    def tracked(steps):
        started = time.monotonic()
        place = st.empty()
        bar = None
        for num_done, step in enumerate(steps):
            took = time.monotonic() - started
            if took > SOON:
                if bar is None:
                    with place.container(horizontal=True, vertical_alignment="center"):
                        bar = st.empty()
                        st.button(
                            "Stop",
                            on_click=_stop,
                            args=(key,),
                            key=f"stop_{key}",
                            icon=":material/stop:",
                        )
                left = took / max(num_done, 1) * (len(steps) - num_done)
                bar.progress(num_done / len(steps), f"{title}: about {left:.0f} s left")
            yield step
        place.empty()

    return tracked


def _stop(key):
    st.session_state.setdefault("stopped", set()).add(key)
