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


def preset(key, name, options, default):
    """Let a widget open with what the address asks for.

    Args:
        key: of the widget, which is to be drawn without a default of its own.
        name: of the choice in the address.
        options: what may be chosen; a list for a widget of several choices.
        default: what the widget opens with otherwise; a list for a widget of several choices.
    """
    if key in st.session_state:
        return
    wish = asked(name)
    chosen = default
    if wish is not None:
        several = isinstance(default, list)
        parts = dict.fromkeys(wish.split(",") if several else [wish])
        wanted = [part for part in parts if part in options]
        if wanted:
            chosen = wanted if several else wanted[0]
        else:
            st.warning(f"The address asks for {name} {_plain(wish)}, which is not to be had here.")
    st.session_state[key] = chosen


def _plain(text):
    """What somebody else may have written, as code: links and pictures in it stay text."""
    return f"`{''.join(one for one in text if one.isprintable() and one != '`')[:LONGEST]}`"


def put(name, chosen):
    """Write a choice into the address.

    Args:
        name: of the choice.
        chosen: its value, a list of several, or None to take it out.
    """
    if chosen is None:
        st.query_params.pop(name, None)
        return
    text = ",".join(chosen) if isinstance(chosen, list) else chosen
    st.session_state.setdefault("in_address", {})[name] = text
    if st.query_params.get(name) != text:
        st.query_params[name] = text
