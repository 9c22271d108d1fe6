"""What a visitor may choose: runs, their photos, views, and what is shown of a photo."""

import streamlit as st

from pages.shared import cache, model_loading, url_state

FLAGSHIPS = ("lentigo", "ham7_cnn")  # the first that is there opens the app
MOST_CURVES = 6  # as many as there are colours
OPACITY = 60  # per cent


def label(run):
    """A run's title, with its mark where its protocol leaks or its network is missing."""
    marks = ["as published, leaks"] if run.as_published else []
    marks += [] if run.has_network else ["results only"]
    return " · ".join([run.title, *marks])


def labels(runs):
    """A label per run; where two runs share one, their names tell them apart."""
    plain = [label(run) for run in runs]
    return [
        f"{text} ({run.name})" if plain.count(text) > 1 else text
        for text, run in zip(plain, runs, strict=True)
    ]


def run(key, with_network=False):
    """Let the visitor choose one run; stops the page with a sentence where there is none.

    Args:
        key: of the widget.
        with_network: leave out runs that cannot look at a photo.
    """
    found = usable(with_network)
    first = next((name for name in FLAGSHIPS if name in found), next(iter(found)))
    last = st.session_state.get("last_run")  # on another page
    wanted = last if last in found else first
    # Not kept for this page alone: the last choice on any page counts.
    url_state.preset(key, "run", list(found), wanted, keep=False)
    chosen = st.selectbox(
        "Run",
        list(found),
        format_func=lambda name: label(found[name]),
        key=key,
        help="A run is one trained network with the record of its training and its test.",
    )
    everyone = cache.runs()[0]
    if chosen != wanted or last not in everyone:
        st.session_state["last_run"] = last = chosen
    elif last not in found:  # the next page may show it again
        st.info(
            f"{label(everyone[last])}, chosen before, has no network here to look at a photo with: "
            f"{found[chosen].title} stands in."
        )
    url_state.put("run", chosen)
    if found[chosen].as_published:
        st.warning("As published: this run's split leaks, on purpose, to show what that does.")
    return found[chosen]


def two_runs(key):
    """Let the visitor choose two runs, at first two honest ones tested on the same photos."""
    found = usable()
    names = list(found)
    chosen = []
    for place, (column, name) in enumerate(
        zip(st.columns(2), _pair_to_open_with(found), strict=True)
    ):
        title = ("First run", "Second run")[place]
        asked = title.lower().replace(" ", "_")
        url_state.preset(f"{key}_{place}", asked, names, name)
        with column:
            chosen.append(
                st.selectbox(
                    title,
                    names,
                    format_func=lambda name: label(found[name]),
                    key=f"{key}_{place}",
                )
            )
        url_state.put(asked, chosen[-1])
    return [found[name] for name in chosen]


def _pair_to_open_with(found):
    tested = {}
    for name, run in found.items():
        if not run.as_published:
            rows = run.predictions
            photos = frozenset(rows["image_id"][rows["split"] == "test"])
            tested.setdefault((photos, tuple(run.diagnoses)), []).append(name)
    pairs = [
        # Those that can be tried, too, come first.
        sorted(names, key=lambda name: not found[name].has_network)[:2]
        for names in tested.values()
        if len(names) > 1
    ]
    pairs.sort(key=lambda pair: sum(not found[name].has_network for name in pair))
    names = list(found)
    return pairs[0] if pairs else [names[0], names[min(1, len(names) - 1)]]


def several_runs(key, num_first=3):
    """Let the visitor choose runs, at first a few; stops the page where there is none."""
    found = usable()
    # Honest runs with a network first: what a visitor can try at once.
    first = sorted(found, key=lambda name: (found[name].as_published, not found[name].has_network))
    return _several(key, "runs", found, first[:num_first])


def measured_runs(key, measured, num_first=2):
    """The same among the runs whose heat maps were measured.

    Args:
        measured: `Run`s by name, at least one.
    """
    return _several(key, "heat_maps_of", measured, list(measured)[:num_first])


def networks(key):
    """Let the visitor choose runs that can look at a photo, at first all that learned photos."""
    found = usable(with_network=True)
    first = [name for name, one in found.items() if not one.is_rendered] or list(found)
    most = model_loading.MOST_NETWORKS
    chosen = _several(key, "networks", found, first[:most], most)
    num_others = len(cache.runs()[0]) - len(found)
    if num_others:
        st.caption(
            f"{num_others} more are here with their results only, without a network; About has the "
            "command that trains each."
        )
    return chosen


def _several(key, name, found, first, most=None):
    url_state.preset(key, name, list(found), first, most)
    chosen = st.multiselect(
        "Runs",
        list(found),
        format_func=lambda name: label(found[name]),
        max_selections=most,
        key=key,
        help=most and f"{most} at most: so many networks are kept in memory.",
    )
    url_state.put(name, chosen or None)
    if not chosen:
        st.info("Choose at least one run.")
        url_state.stop()
    return [found[name] for name in chosen]


def curves(key, run):
    """Let the visitor choose whose learning curves to lay over each other.

    Args:
        key: of the widget.
        run: the run whose folds are chosen at first.
    Returns:
        List of (run, fold), at least one.
    """
    found = usable()
    options = {
        f"{name}:{fold + 1}": (one, fold) for name, one in found.items() for fold in one.folds
    }
    own = [f"{run.name}:{fold + 1}" for fold in run.folds][:MOST_CURVES]
    widget = f"{key}_{run.name}"
    url_state.preset(widget, "curves", list(options), own, MOST_CURVES)
    chosen = st.multiselect(
        "Curves",
        list(options),
        format_func=lambda option: curve_label(*options[option]),
        max_selections=MOST_CURVES,
        key=widget,
        help=f"Runs and folds to lay over each other, {MOST_CURVES} at most.",
    )
    url_state.put("curves", chosen or None, own)
    return [options[option] for option in chosen or own]


def curve_label(run, fold):
    """The run's label, with its fold where it has several."""
    return f"{label(run)}, fold {fold + 1}" if len(run.folds) > 1 else label(run)


def part(run):
    """Let the visitor choose which of a run's photos to look at.

    Returns:
        (rows, split, fold): the rows of its predictions, of `split` in `fold`.
    """
    fold = run.folds[0]
    if len(run.folds) > 1:
        by_name = {str(number + 1): number for number in run.folds}
        fold = by_name[one_of("Fold", list(by_name), "fold", f"training_fold_{run.name}")]
    else:
        url_state.put("fold", None)
    own = run.predictions[run.predictions["fold"] == fold]
    splits = [name for name in ("test", "validation", "train") if name in set(own["split"])]
    split = one_of("Photos of", splits, "split", f"training_split_{run.name}")
    if split != "test":
        st.info(f"The {split} photos took part in the training or chose its end: only test counts.")
    return own[own["split"] == split], split, fold


def opacity(label, key):
    """How strongly maps are laid over a photo: from 0 to 1."""
    url_state.preset(key, "strength", range(0, 101, 5), OPACITY)
    chosen = st.slider(label, 0, 100, step=5, format="%d %%", key=key)
    url_state.put("strength", chosen, OPACITY)
    return chosen / 100


def by_row(key, default=False):
    """Whether a confusion matrix prints shares of its rows instead of photos."""
    url_state.preset(key, "shares", (False, True), default)
    chosen = st.toggle("Shares of the true diagnosis", key=key)
    url_state.put("shares", chosen, default)
    return chosen


def of_photo(photo, name, options, default, draw, scope=""):
    """Let the visitor choose something about a photo; the address says it of a sample only.

    Args:
        photo: `pages.shared.session.Photo`; the choice stays when it is framed anew.
        name: of the choice in the address.
        options, default: as `pages.shared.url_state.preset` takes them.
        draw: called with `key=`, draws the widget and returns what is chosen.
        scope: what else the choice belongs to, such as a run's name.
    """
    key = f"{name}_{scope}_{photo.file_digest[:12]}"
    url_state.preset(key, name, options, default)
    chosen = draw(key=key)
    url_state.put(name, (chosen or None) if photo.is_rendered else None, default)
    return chosen


def view(views, key):
    """Let the visitor choose one part of a page and draw it.

    Args:
        views: functions without arguments, by the name of the view; the first is shown at first.
        key: of the widget.
    """
    views[one_of("Show", list(views), "view", key, wrap=True)]()


def one_of(label, options, name, key, words=str, **options_of_widget):
    """Let the visitor choose one of a few words, which the address keeps.

    Args:
        label: of the widget.
        options: list of str; the first is chosen at first.
        name: of the choice in the address.
        key: of the widget.
        words: what is shown for an option.
        options_of_widget: for `st.segmented_control`.
    """
    url_state.preset(key, name, options, options[0])
    chosen = st.segmented_control(
        label, options, required=True, format_func=words, key=key, **options_of_widget
    )
    url_state.put(name, chosen)
    return chosen


def usable(with_network=False):
    """Runs by name; the refused ones are shown with their reason."""
    runs, refused = cache.runs()
    usable = [one for one in runs.values() if one.has_network or not with_network]
    # The flagship first, drawings last.
    usable.sort(key=lambda one: (one.name != FLAGSHIPS[0], one.is_rendered))
    found = {one.name: one for one in usable}
    if not found:
        st.error("There is no usable run. Train one: `python -m train run demo`, then reload.")
    for reason in refused.values():
        st.warning(f"A run is left out. {reason}", icon=":material/folder_off:")
    if not found:
        url_state.stop()
    return found
