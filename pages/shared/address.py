"""The address of a page holds what was chosen on it, so that a view can be shared; never a photo.

Streamlit's own binding writes labels into the address; runs and samples go by their names here,
because titles change and may be alike.
"""

import streamlit as st

LONGEST = 60  # characters of what somebody wrote there that are shown


def asked(name):
    """What somebody asks for in the address, once; None where the app itself has written there,
    maybe for another run or another photo."""
    known = st.session_state.setdefault("in_address", {})
    wish = st.query_params.get(name)
    if wish == known.get(name):
        return None
    known[name] = wish
    return wish


def preset(key, name, options, default, keep=True):
    """Let a widget open with what the address asks for.

    Args:
        key: of the widget, which is to be drawn without a default of its own.
        name: of the choice in the address.
        options: what may be chosen; a list for a widget of several choices.
        default: what the widget opens with otherwise; a list for a widget of several choices.
        keep: whether the choice outlives a time when the widget is not drawn, see `hold`.
    """
    if keep:
        st.session_state.setdefault("held", set()).add(key)
    several = isinstance(default, list)
    if key in st.session_state:
        now = st.session_state[key]
        if all(one in options for one in now) if several else now in options or now == default:
            return
    wish = asked(name)
    chosen = default
    if wish is not None:
        by_word = {str(option): option for option in options}
        parts = dict.fromkeys(wish.split(",") if several else [wish])
        wanted = [by_word[part] for part in parts if part in by_word]
        if wanted:
            chosen = wanted if several else wanted[0]
        else:
            st.warning(f"The address asks for {name} {_plain(wish)}, which is not to be had here.")
    st.session_state[key] = chosen


def hold():
    """Keep what was chosen on views and pages that are not drawn now: Streamlit would forget it."""
    for key in st.session_state.get("held", ()):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _plain(text):
    """What somebody else may have written, as code: links and pictures in it stay text."""
    return f"`{''.join(one for one in text if one.isprintable() and one != '`')[:LONGEST]}`"


def put(name, chosen, default=None):
    """Write a choice into the address.

    Args:
        name: of the choice.
        chosen: its value, a list of several, or None to take it out.
        default: what goes without saying, and out of the address.
    """
    if chosen is None or chosen == default:
        st.query_params.pop(name, None)
        return
    text = ",".join(map(str, chosen)) if isinstance(chosen, list) else str(chosen)
    st.session_state.setdefault("in_address", {})[name] = text
    if st.query_params.get(name) != text:
        st.query_params[name] = text
