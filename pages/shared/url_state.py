"""The address of a page holds what was chosen on it, so that a view can be shared; never a photo.

Streamlit's own binding writes labels into the address; runs and samples go by their names here,
because titles change and may be alike. What is chosen in one run of a page is written at its end,
all at once, so that the browser's Back takes one step.
"""

from dataclasses import dataclass, field

import streamlit as st

LONGEST = 60  # characters of what somebody wrote there that are shown


@dataclass
class _Here:
    """What is known of one session's address.

    `known` is the address as the app last wrote or read it; `held` the default of each widget whose
    choice is kept, by key; `seen` what they stood at when the last run ended; `pending` what is to
    be written when this one ends, None where no whole run is under way (a fragment writes at once);
    `is_clicked` whether the visitor has just chosen something: the address may then lag behind.
    """

    known: dict = field(default_factory=dict)
    held: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)
    pending: dict | None = None
    is_clicked: bool = False


def _here():
    return st.session_state.setdefault("address", _Here())


def begin():
    """Start the run of a page. What was chosen on views and pages that are not drawn now is kept:
    Streamlit would forget it."""
    here = _here()
    for key in here.held:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
    here.is_clicked = any(st.session_state.get(key) != was for key, was in here.seen.items())
    here.pending = {}


def end():
    """End the run of a page: write what was chosen. Each page's last line; a run that the visitor
    cuts short by clicking on never comes here, and need not: the next one knows better."""
    here = _here()
    pending, here.pending = here.pending, None
    if pending:
        _write(pending)
    here.seen = {key: st.session_state[key] for key in here.held if key in st.session_state}


def stop():
    """`st.stop` for pages; after it nothing could be written any more."""
    end()
    st.stop()


def asked(name):
    """What somebody asks for in the address, once; None where the app itself has written there,
    maybe for another run or another photo."""
    here = _here()
    wish = st.query_params.get(name)
    if wish == here.known.get(name):
        return None
    here.known[name] = wish
    return wish


def preset(key, name, options, default, most=None, keep=True):
    """Let a widget open with what the address asks for.

    What was chosen before stays, but for what is no longer to be had, and where Back or a link has
    changed the address; a choice nobody has made follows its default.

    Args:
        key: of the widget, which is to be drawn without a default of its own.
        name: of the choice in the address.
        options: what may be chosen; a list for a widget of several choices.
        default: what the widget opens with otherwise; a list for a widget of several choices.
        most: how many of several may be chosen at once.
        keep: whether the choice outlives a time when the widget is not drawn, see `begin`.
    """
    here = _here()
    several = isinstance(default, list)
    is_gone = bool(here.known.get(name) and st.query_params and name not in st.query_params)
    wish = asked(name)
    chosen = default
    if key in st.session_state:
        now = st.session_state[key]
        is_there = all(one in options for one in now) if several else now in (*options, default)
        is_back = (is_gone or wish is not None) and not here.is_clicked
        if is_there and now != here.held.get(key, default) and not is_back:
            chosen, wish = now, None
    if wish is not None:
        by_word = {str(option): option for option in options}
        parts = dict.fromkeys(wish.split(",") if several else [wish])
        wanted = [by_word[part] for part in parts if part in by_word]
        if wanted:
            chosen = wanted[:most] if several else wanted[0]
        else:
            st.warning(f"The address asks for {name} {plain(wish)}, which is not to be had here.")
    st.session_state[key] = chosen
    if keep:
        here.held[key] = default
        if here.pending is None:
            here.seen[key] = chosen


def put(name, chosen, default=None):
    """Write a choice into the address.

    Args:
        name: of the choice.
        chosen: its value, a list of several, or None to take it out.
        default: what goes without saying, and out of the address.
    """
    text = None
    if chosen is not None and chosen != default:
        text = ",".join(map(str, chosen)) if isinstance(chosen, list) else str(chosen)
    here = _here()
    if here.pending is None:
        _write({name: text})
    else:
        here.pending[name] = text


def forget(part):
    """Let go of every choice whose key holds a word, such as a photo's digest."""
    here = _here()
    for key in [key for key in here.held if part in key]:
        del here.held[key]
        here.seen.pop(key, None)
        st.session_state.pop(key, None)


def plain(text):
    """What somebody else may have written, as code: links and pictures in it stay text."""
    return f"`{''.join(one for one in text if one.isprintable() and one != '`')[:LONGEST]}`"


def _write(choices):
    here = _here()
    here.known |= choices
    now = st.query_params.to_dict()
    new = {name: text for name, text in (now | choices).items() if text is not None}
    if new != now:
        st.query_params.from_dict(new)
