"""The address of a page holds what was chosen on it, so that a view can be shared; never a photo.

Streamlit's own binding writes labels into the address; runs and samples go by their names here,
because titles change and may be alike.
"""

import streamlit as st


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
    asked = st.query_params.get(name)
    chosen = default
    if asked is not None:
        several = isinstance(default, list)
        wanted = [part for part in (asked.split(",") if several else [asked]) if part in options]
        if wanted:
            chosen = wanted if several else wanted[0]
        else:
            st.warning(f"The address asks for {name} {asked!r}, which is not to be had here.")
    st.session_state[key] = chosen


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
    if st.query_params.get(name) != text:
        st.query_params[name] = text
