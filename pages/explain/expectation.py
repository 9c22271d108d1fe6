"""What a visitor expects of an experiment is asked before it is done, and held against it after."""

from collections.abc import Sequence

import streamlit as st

from model.run import Run
from pages.shared import session

NOTHING = "I can't say"


def ask(
    run: Run,
    photo: session.Photo,
    experiment: str,
    question: str,
    options: Sequence[str],
    button: str,
) -> str | None:
    """Ask what the visitor expects, until the experiment was asked for.

    Args:
        experiment: its name, and what else it depends on, such as the heat map.
        question: what will be done, as Markdown.
        options: what may be expected of it, each a clause in running text.
        button: what sets it going.
    Returns:
        What was expected; None: the experiment was not asked for.
    """
    expected = session.expectation(run, photo, experiment)
    if expected is not None:
        return expected
    st.markdown(question)
    key = f"explain_expect_{run.name}_{photo.digest[:12]}_{experiment}"
    chosen = st.radio(
        "What do you expect?",
        [*options, NOTHING],
        index=None,
        key=key,
        format_func=lambda option: option[:1].upper() + option[1:],
    )
    st.button(
        button,
        key="explain_try",
        type="primary",
        disabled=chosen is None,
        on_click=session.expect,
        args=(run, photo, experiment, chosen),
    )
    return None


def compare(expected: str, happened: str) -> None:
    """Say what was expected and what happened.

    Args:
        expected: of `ask`.
        happened: one of the options.
    """
    if expected == NOTHING:
        st.markdown(f"**{happened[:1].upper()}{happened[1:]}.**")
    elif expected == happened:
        st.markdown(f"**As you expected, {happened}.**")
    else:
        st.markdown(f"You expected: {expected}. **Instead, {happened}.**")
