"""Ask another model: the same photo, a second answer."""

import streamlit as st

from model.lesions import agree, describe
from model.run import RunError
from pages.explain import expectation
from pages.shared import charts, choices, disagreement, session, statements
from pages.shared.navigation import PAGES
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter, bind

AGREES, DIFFERS = "it gives the same answer", "it gives another answer"


def show(photo: session.Photo, about: Statements) -> None:
    """Ask, let the other run answer, and show both answers side by side."""
    others = choices.known(with_network=True)
    del others[about.run.name]
    if not others:
        st.info("There is no other model with a network here.")
        return
    other = others[
        bind(
            st.selectbox,
            "The other model",
            list(others),
            key=f"explain_other_{about.run.name}",
            name=Parameter.OTHER_RUN,
            default=next(iter(others)),
            format_func=lambda name: choices.label(others[name]),
        )
    ]
    answer = about.prediction.diagnosis
    expected = expectation.ask(
        about.run,
        photo,
        f"another_{other.name}",
        f"This model says {describe(answer).in_text}. Another one, trained otherwise, looks at the "
        "same photo.",
        (AGREES, DIFFERS),
        "Ask it",
    )
    if expected is None:
        return
    try:
        prediction = session.prediction(other, photo)
    except RunError as error:
        st.error(str(error))
        return
    second = statements.about(other, prediction, photo.is_rendered)
    is_same = agree(answer, prediction.diagnosis)
    expectation.compare(expected, AGREES if is_same else DIFFERS)
    titles = choices.labels([about.run, other])
    both = dict(zip(titles, (about, second), strict=True))
    for sentence in disagreement.of(both):
        st.markdown(sentence)
    for number, (column, (title, of_run)) in enumerate(
        zip(st.columns(2), both.items(), strict=True)
    ):
        with column:
            st.markdown(f"**{title}**")
            if not of_run.is_judged:
                st.caption(f"{of_run.headline}.")
            charts.draw(
                charts.probabilities(of_run.prediction, of_run.prediction_set, of_run.is_judged),
                f"explain_answer_{number}",
                f"Probability of every diagnosis by {title}",
            )
    st.page_link(
        PAGES / "compare" / "page.py",
        label="Ask all models",
        query_params={"view": "One photo"} | ({"sample": photo.sample} if photo.sample else {}),
    )
