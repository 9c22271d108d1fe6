"""Slow work that shows how far it is and can be stopped.

A button inside a fragment waits until the script has ended, so this belongs into a page's body.
"""

import time

import streamlit as st

SOON = 0.5  # seconds: what is faster needs no bar


def stopped(key):
    """Whether the visitor has stopped this work; offers to resume it."""
    if key not in st.session_state.get("stopped", ()):
        return False
    st.button(
        "Resume",
        on_click=st.session_state["stopped"].discard,
        args=(key,),
        key=f"again_{key}",
        icon=":material/play_arrow:",
    )
    return True


class ProgressBar:
    """Watches one piece of work of several loops, under one way out.

    Args:
        key: of this work, for `stopped`.
    """

    def __init__(self, key):
        self._key = key
        self._place = st.empty()
        self._bar = None

    def track(self, title):
        """Make what wraps a loop: after half a second it shows a bar, the time left and Stop.

        Args:
            title: what is being computed, in words.
        """

        def tracked(steps):
            started = time.monotonic()
            for num_done, step in enumerate(steps):
                took = time.monotonic() - started
                if took > SOON:
                    left = took / max(num_done, 1) * (len(steps) - num_done)
                    self._show(num_done / len(steps), f"{title}: about {left:.0f} s left")
                yield step

        return tracked

    def over(self):
        """Clear away the bar."""
        self._place.empty()

    def _show(self, share, text):
        if self._bar is None:
            with self._place.container(horizontal=True, vertical_alignment="center"):
                self._bar = st.empty()
                st.button(
                    "Stop",
                    on_click=_stop,
                    args=(self._key,),
                    key=f"stop_{self._key}",
                    icon=":material/stop:",
                )
        self._bar.progress(share, text)


def _stop(key):
    st.session_state.setdefault("stopped", set()).add(key)
