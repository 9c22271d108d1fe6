"""The URL of a page holds what was chosen on it, so that a view can be shared; never a photo.

Streamlit's own `bind=` (1.67) writes labels instead of names into the URL, drops unknown values
without a word, and would write the choices about a visitor's own photo, too.

What is chosen in one run of a page is written at its end, all at once, so that the browser's Back
takes one step.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import streamlit as st

MAX_SHOWN = 60  # characters of a foreign text that are shown


class Parameter(StrEnum):
    """Names of the choices in the URL. Links in use hold them: none may change."""

    VIEW = "view"
    RUN = "run"
    RUNS = "runs"
    FIRST_RUN = "first_run"
    SECOND_RUN = "second_run"
    NETWORKS = "networks"
    HEATMAPS_OF = "heat_maps_of"
    CURVES = "curves"
    CURVE = "curve"
    METRIC = "metric"
    MEASURE = "measure"
    PHOTOS = "photos"
    FOLD = "fold"
    SPLIT = "split"
    BY_ROW = "shares"
    TRUE = "true"
    ANSWERED = "answered"
    THRESHOLD = "threshold"
    PREVALENCE = "malignant_of_100"
    REFERENCE = "confirmed_by"
    RECALL_OF = "recall_of"
    STEP = "step"
    ONE_SCALE = "one_scale"
    METHODS = "methods"
    LAYER = "layer"
    OPACITY = "strength"
    EXPERIMENT = "experiment"
    MIX = "mix"
    OTHER_RUN = "other_run"
    LIST = "list"
    NEAREST = "nearest"
    NEIGHBOUR_MAPS = "their_maps"
    # About a sample; a visitor's own photo never puts them into the URL.
    SAMPLE = "sample"
    OWN = "own"  # the number of the visitor's own photo in this session; elsewhere it means nothing
    CROP = "frame"
    SHOWN_DIAGNOSIS = "shows"
    DIAGNOSES = "diagnoses"
    WHY = "why"
    WHY_NOT = "and_not"
    TESTED_MAP = "tested"
    MAP_OF = "map_of"
    PLANTED = "planted"
    AGAIN = "again"


OF_SAMPLE = (
    Parameter.SAMPLE,
    Parameter.CROP,
    Parameter.SHOWN_DIAGNOSIS,
    Parameter.DIAGNOSES,
    Parameter.WHY,
    Parameter.WHY_NOT,
    Parameter.TESTED_MAP,
    Parameter.MAP_OF,
    Parameter.PLANTED,
    Parameter.AGAIN,
)


@dataclass
class UrlState:
    """What is known of the URL of one session.

    `known` is the text of each parameter as the app last wrote or read it. `drawn` holds by widget
    key the default and the value a bound widget had when it was last drawn. `pending` is what the
    end of this run will write; None outside a whole run, where a fragment writes at once.
    `is_clicked`: the visitor has just chosen something, so the URL may lag behind. `has_begun`: the
    visitor has seen a page. `page`: the last one seen. `is_new_page`: it is another than before.
    """

    known: dict = field(default_factory=dict)
    drawn: dict = field(default_factory=dict)
    pending: dict | None = None
    is_clicked: bool = False
    has_begun: bool = False
    page: str = ""
    is_new_page: bool = True


def _state():
    return st.session_state.setdefault("url_state", UrlState())


def begin(page):
    """Start a run of a page, named by its title."""
    state = _state()
    state.page, state.is_new_page = page, page != state.page
    state.pending = {}
    state.is_clicked = any(
        key in st.session_state and st.session_state[key] != value
        for key, (_, value) in state.drawn.items()
    )


def end():
    """End a run of a page: write what was chosen, and drop what only another view asks.

    The first page of a visit writes nothing, for nothing was chosen yet: the browser would take it
    for a step, and Back would need two presses to leave.
    """
    state = _state()
    pending, state.pending = state.pending, None
    if state.has_begun:
        _write(dict.fromkeys(state.known) | pending)
    state.has_begun = True


def bind(widget, label, options, *, key, name, default, write="changed", **settings):
    """Draw a widget and write its choice into the URL; returns the choice.

    The widget opens with what a link or Back asks for, else with what was chosen before if that is
    still available, else with its default. Choices outlive a change of view or page.

    Args:
        widget: such as `st.selectbox`; called with `label`, `options`, `key` and `settings`.
        options: what may be chosen. The URL holds `str` of it.
        key: of the widget.
        name: `Parameter`.
        default: a list for a widget of several choices.
        write: `changed` writes a choice that is not the default, `always` any choice, for defaults
            that differ between visitors, `never` none: it is about a visitor's own photo.
        settings: of the widget. `persist_state=None` keeps the choice only while it is drawn.
    """
    state = _state()
    value = default
    if key in st.session_state:
        last_default, _ = state.drawn.get(key, (default, None))
        current = st.session_state[key]
        if current != last_default and _is_available(current, options, default):
            value = current
    text = requested(name)
    if text is not None:
        value = _parsed(text, name, options, default, settings.get("max_selections"))
    st.session_state[key] = value
    chosen = widget(label, options, key=key, **({"persist_state": "session"} | settings))
    state.drawn[key] = default, chosen
    is_written = write == "always" or (write == "changed" and chosen != default)
    put(name, chosen if is_written else None)
    return chosen


def _is_available(value, options, default):
    if isinstance(default, list):
        return all(item in options for item in value)
    return value == default or value in options


def _parsed(text, name, options, default, max_selections):
    """The choice that a text in the URL means; "" means the default."""
    if not text:
        return default
    by_text = {str(option): option for option in options}
    parts = dict.fromkeys(text.split(",") if isinstance(default, list) else [text])
    values = [by_text[part] for part in parts if part in by_text]
    if not values:
        warn_unavailable(name, text)
        return default
    return values[:max_selections] if isinstance(default, list) else values[0]


def requested(name):
    """What a link or Back newly asks for: a text, "" where it was removed; None where nothing."""
    state = _state()
    text = st.query_params.get(name)
    is_emptied = not st.query_params and state.is_new_page  # as a change of page does
    if is_emptied or text == state.known.get(name):
        return None
    is_behind = state.is_clicked and name in state.known
    was_removed = text is None
    state.known[name] = text
    if is_behind:
        return None
    return "" if was_removed else text


def put(name, choice):
    """Write a choice, or a list of choices, into the URL; None or an empty list takes it out."""
    text = ",".join(map(str, choice)) if isinstance(choice, list) else choice
    text = None if text in (None, "") else str(text)
    state = _state()
    if state.pending is None:
        _write({name: text})
    else:
        state.pending[name] = text


def forget_sample():
    """Take everything about a sample out of the URL."""
    for name in OF_SAMPLE:
        put(name, None)


def forget(part):
    """Forget every choice whose key holds a word, such as a photo's digest."""
    drawn = _state().drawn
    for key in [key for key in drawn if part in key]:
        del drawn[key]
        st.session_state.pop(key, None)


def warn_unavailable(name, text):
    """Say that the URL asks for something that does not exist."""
    st.warning(f"The address asks for {name} {plain(text)}, which is not available here.")


def plain(text):
    """A foreign text as code: links and images in it stay text."""
    printable = (letter for letter in text if letter.isprintable() and letter != "`")
    return f"`{''.join(printable)[:MAX_SHOWN]}`"


def _write(choices):
    _state().known |= choices
    present = st.query_params.to_dict()
    wanted = {name: text for name, text in (present | choices).items() if text is not None}
    if wanted != present:
        st.query_params.from_dict(wanted)
