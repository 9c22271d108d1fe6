"""What a visitor may choose on several pages: a run, a view, and what is shown of a photo."""

import streamlit as st

from model.run import IMPORTED
from pages.shared import cache, measured
from pages.shared.page import stop
from pages.shared.samples import SAMPLES
from pages.shared.url_state import Parameter, bind

FLAGSHIPS = ("lentigo_second", "lentigo", "ham7_cnn")  # the first that is there opens the app
HIDDEN = "collapsed"  # of labels that say nothing new, but for those who can't see the widget
DEFAULT_OPACITY = 60  # per cent


def label(run):
    """A run's title, with its mark where its protocol leaks or its network is missing."""
    marks = ["as published, leaks"] if run.as_published else []
    marks += [] if run.has_network else ["results only"]
    marks += ["imported"] if run.card["protocol"] == IMPORTED else []
    marks += ["no better than guessing"] if cache.is_guessing(run) else []
    return " · ".join([run.title, *marks])


def labels(runs):
    """A label per run; where two runs share one, their names tell them apart."""
    plain = [label(run) for run in runs]
    return [
        f"{text} ({run.name})" if plain.count(text) > 1 else text
        for text, run in zip(plain, runs, strict=True)
    ]


def choose_run(key, header, with_network=False):
    """Let the visitor choose one run; stops the page with a sentence where there is none.

    Args:
        key: of the widget.
        header: of `pages.shared.page.page`; the run in use stands there as one button.
        with_network: leave out runs that cannot classify a photo.
    """
    runs = usable(with_network)
    readable = cache.runs()[0]
    asked = st.query_params.get(Parameter.RUN)
    if asked in readable and asked not in runs:  # results only: treated as chosen on another page
        st.session_state["last_run"] = asked
        del st.query_params[Parameter.RUN]
    last = st.session_state.get("last_run")  # on another page
    default = last if last in runs else _opens_with(runs)

    def chip(title, options, *, key, **settings):
        run = runs[st.session_state[key]]
        with header.popover(label(run), icon=":material/neurology:", key=f"{key}_chip"):
            name = st.selectbox(title, options, key=key, **settings)
            st.caption(f"{run.card['summary']} {measured.of_run(run)}")
        return name

    name = bind(
        chip,
        "Model",
        list(runs),
        key=key,
        name=Parameter.RUN,
        default=default,
        write="always",
        persist_state=None,  # the last choice on any page counts
        format_func=lambda name: label(runs[name]),
        help="A model is one trained network with the record of its training and its test.",
    )
    if name != default:
        st.session_state["last_run"] = name
    if name == default and last in readable and last not in runs:  # the next page may show it
        st.info(
            f"{label(readable[last])}, chosen before, has no network here to classify a photo "
            f"with: {runs[name].title} stands in."
        )
    if runs[name].as_published:
        st.warning("As published: this model's split leaks, on purpose, to show what that does.")
    if cache.is_guessing(runs[name]):
        st.warning(measured.guessing(runs[name]), icon=":material/casino:")
    return runs[name]


def _opens_with(runs):
    """The name of the run that is shown until one is chosen: a drawing gets one that knows them."""
    photo = st.session_state.get("photo")
    is_drawing = photo.is_rendered if photo else st.query_params.get(Parameter.SAMPLE) in SAMPLES
    drawn = [name for name, run in runs.items() if run.is_rendered]
    if is_drawing and drawn:
        return drawn[0]
    return next((name for name in FLAGSHIPS if name in runs), next(iter(runs)))


def curve_label(run, fold):
    """The run's label, with its fold where it has several."""
    return f"{label(run)}, fold {fold + 1}" if len(run.folds) > 1 else label(run)


def linked_opacity(key):
    """The opacity in per cent that a link asks for, for a slider that the server never hears of."""

    def nothing(label, options, *, key, **settings):
        return st.session_state[key]

    percent = range(0, 101, 5)
    return bind(nothing, "", percent, key=key, name=Parameter.OPACITY, default=DEFAULT_OPACITY)


def by_row(key, default=False):
    """Whether a confusion matrix prints shares of its rows instead of photos."""
    return switch("Shares of the true diagnosis", Parameter.BY_ROW, key, default)


def switch(label, name, key, default=False):
    """Let the visitor switch something on.

    Args:
        label: of the widget.
        name: `pages.shared.url_state.Parameter`.
        key: of the widget.
    """

    def toggle(label, options, **settings):
        return st.toggle(label, **settings)

    return bind(toggle, label, (False, True), key=key, name=name, default=default)


def of_photo(photo, widget, label, options, *, name, default, scope="", **settings):
    """Let the visitor choose something about a photo; the URL holds it for a sample only.

    Args:
        photo: `pages.shared.session.Photo`; the choice stays when the photo is cropped anew.
        widget, label, options, name, default, settings: as `pages.shared.url_state.bind` takes
            them.
        scope: what else the choice belongs to, such as a run's name.
    """
    return bind(
        widget,
        label,
        options,
        key=f"{name}_{scope}_{photo.file_digest[:12]}",
        name=name,
        default=default,
        write="changed" if photo.sample else "never",
        **settings,
    )


def view(views, key, words=str):
    """Let the visitor choose one part of a page and draw it.

    Args:
        views: functions without arguments, by the name of the view; the first is shown at first.
        key: of the widget.
        words: what is shown for a name that stands in links.
    """
    # A hand-made link may name a view by what is shown.
    asked, by_words = st.query_params.get(Parameter.VIEW), {words(name): name for name in views}
    if asked not in views and asked in by_words:
        st.query_params[Parameter.VIEW] = by_words[asked]
    names = list(views)
    name = one_of("Show", names, Parameter.VIEW, key, words, wrap=True, label_visibility=HIDDEN)
    views[name]()


def one_of(label, options, name, key, words=str, **settings):
    """Let the visitor choose one of a few words.

    Args:
        label: of the widget.
        options: list of str; the first is chosen at first.
        name: `pages.shared.url_state.Parameter`.
        key: of the widget.
        words: what is shown for an option.
        settings: of `st.segmented_control`.
    """
    return bind(
        st.segmented_control,
        label,
        options,
        key=key,
        name=name,
        default=options[0],
        write="always",
        required=True,
        format_func=words,
        **settings,
    )


def usable(with_network=False, is_measured=False):
    """Runs by name, see `known`; the refused ones are shown with their reason. Without any run the
    page stops with a sentence."""
    runs = known(with_network, is_measured)
    if not runs:
        st.error("There is no usable model. Train one: `python -m train run demo`, then reload.")
    for reason in cache.runs()[1].values():
        st.warning(f"A model is left out. {reason}", icon=":material/folder_off:")
    if not runs:
        stop()
    return runs


def known(with_network=False, is_measured=False):
    """Runs by name, the flagship first, drawings last.

    Args:
        with_network: leave out runs that cannot classify a photo.
        is_measured: leave out runs that no figure is known of.
    """
    runs = [
        run
        for run in cache.runs()[0].values()
        if (run.has_network or not with_network) and (run.is_measured or not is_measured)
    ]
    runs.sort(key=lambda run: (run.name != FLAGSHIPS[0], run.is_rendered))
    return {run.name: run for run in runs}
