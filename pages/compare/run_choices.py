"""Which runs to compare: two, several, those with measured heat maps, those with a network."""

import streamlit as st

from pages.shared import cache, choices, model_loading, url_state
from pages.shared.page import stop
from pages.shared.url_state import Parameter, bind


def choose_pair(key):
    """Let the visitor choose two runs, at first two honest ones tested on the same photos; the
    first of them is the one that was chosen before, on another page or by a link."""
    runs = choices.usable(is_measured=True)
    asked = url_state.requested(Parameter.RUN)
    if asked in runs:
        st.session_state["last_run"] = asked
    names = [
        bind(
            column.selectbox,
            title,
            list(runs),
            key=f"{key}_{index}",
            name=parameter,
            default=default,
            write="always",
            format_func=lambda name: choices.label(runs[name]),
            label_visibility=choices.HIDDEN,
        )
        for index, (column, title, parameter, default) in enumerate(
            zip(
                st.columns(2),
                ("First model", "Second model"),
                (Parameter.FIRST_RUN, Parameter.SECOND_RUN),
                _first_pair(runs, st.session_state.get("last_run")),
                strict=True,
            )
        )
    ]
    return [runs[name] for name in names]


def _first_pair(runs, last):
    """Names of two runs, one of them `last` where that is among them."""
    tested = {}
    for name, run in runs.items():
        if not run.as_published:
            rows = run.predictions
            photos = frozenset(rows["image_id"][rows["split"] == "test"])
            tested.setdefault((photos, tuple(run.diagnoses)), []).append(name)
    pairs = [
        # Those that can be tried, too, come first.
        sorted(names, key=lambda name: not runs[name].has_network)[:2]
        for names in tested.values()
        if len(names) > 1
    ]
    if last in runs:
        alike = next((names for names in tested.values() if last in names), [])
        others = [name for name in (*alike, *runs) if name != last]
        return [last, *(others or [last])[:1]]
    pairs.sort(key=lambda pair: sum(not runs[name].has_network for name in pair))
    names = list(runs)
    return pairs[0] if pairs else [names[0], names[min(1, len(names) - 1)]]


def choose_several(key, num_first=3):
    """Let the visitor choose runs, at first a few; stops the page where there is none."""
    runs = choices.usable(is_measured=True)
    # Honest runs with a network first: what a visitor can try at once.
    first = sorted(runs, key=lambda name: (runs[name].as_published, not runs[name].has_network))
    return _several(key, Parameter.RUNS, runs, first[:num_first])


def choose_measured(key, measured, num_first=2):
    """The same among the runs whose heat maps were measured.

    Args:
        measured: `Run`s by name, at least one.
    """
    return _several(key, Parameter.HEATMAPS_OF, measured, list(measured)[:num_first])


def choose_networks(key):
    """Let the visitor choose runs with a network, at first all that were trained on photos."""
    runs = choices.usable(with_network=True)
    first = [name for name, run in runs.items() if not run.is_rendered] or list(runs)
    most = model_loading.MAX_NETWORKS
    with st.popover("Choose models", icon=":material/tune:", key=f"{key}_choice"):
        return _several(key, Parameter.NETWORKS, runs, first[:most], most)


def say_what_is_left_out():
    """How many runs have no network here, for the end of a view of those that have one."""
    num_others = sum(not run.has_network for run in cache.runs()[0].values())
    if num_others:
        st.caption(
            f"{num_others} more are here with their results only, without a network; Training, "
            "Settings, has the command that trains each."
        )


def _several(key, name, runs, default, most=None):
    names = bind(
        st.multiselect,
        "Models",
        list(runs),
        key=key,
        name=name,
        default=default,
        write="always",
        format_func=lambda name: choices.label(runs[name]),
        max_selections=most,
        label_visibility=choices.HIDDEN,
        help=most and f"{most} at most: so many networks are kept in memory.",
    )
    if not names:
        st.info("Choose at least one model.")
        stop()
    return [runs[name] for name in names]
