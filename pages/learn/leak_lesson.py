"""The leak lesson: six steps from a figure that is too good to the habit of asking for its split.

Its figures are those of the recipe whose leak adds most on the very same test photos.
"""

import io

import pandas as pd
import plotly.graph_objects as go
import segno
import streamlit as st

from model.evaluation.protocol_gap import Pair
from model.evaluation.run_sentences import percent
from pages.shared import cache, charts, choices
from pages.shared.navigation import address
from pages.shared.url_state import Parameter

STEPS = ("Guess", "Reveal", "Why", "Met or not", "Find it", "Take away")
COLUMNS = 12  # marks in a row

# An invented list, made for this lesson: three of its test photos have been met in training.
TABLE = pd.DataFrame(
    [
        ("photo_01", "lesion_A", "nevus", "3f9a", "training"),
        ("photo_02", "lesion_B", "melanoma", "81c2", "training"),
        ("photo_03", "lesion_C", "keratosis", "d07e", "training"),
        ("photo_04", "lesion_D", "nevus", "5b11", "training"),
        ("photo_05", "lesion_E", "melanoma", "a4f0", "training"),
        ("photo_06", "lesion_F", "nevus", "92cd", "training"),
        ("photo_07", "lesion_B", "melanoma", "0e3b", "test"),
        ("photo_08", "lesion_G", "nevus", "c75a", "test"),
        ("photo_04_flipped", "lesion_D", "nevus", "7d96", "test"),
        ("photo_09", "lesion_H", "keratosis", "d07e", "test"),
        ("photo_10", "lesion_I", "melanoma", "1fa8", "test"),
        ("photo_11", "lesion_J", "nevus", "e630", "test"),
    ],
    columns=["Photo", "Lesion", "Diagnosis", "Hash of the file", "Part"],
)[["Photo", "Part", "Lesion", "Hash of the file", "Diagnosis"]]  # a phone shows the first three
LEAKS = {
    "photo_07": "another photo of lesion_B, which photo_02 shows in training",
    "photo_04_flipped": "an augmented copy of photo_04, made before the split",
    "photo_09": "the very file of photo_03, under another lesion id",
}


def show() -> None:
    """The step that was chosen, and a button to the next."""
    runs = choices.usable().values()
    with st.spinner("Recomputing the figures of every model from its predictions", show_time=True):
        pairs = cache.pairs(runs)
    pair = next((pair for pair in pairs if pair.paired and pair.paired.difference.low > 0), None)
    if pair is None:
        st.info(
            "The lesson needs a recipe that was trained under both protocols: `python -m train run "
            "demo`, then the same command with `--protocol as-published`."
        )
        return
    numbers = [str(number) for number in range(1, len(STEPS) + 1)]
    step = choices.one_of(
        "Step",
        numbers,
        Parameter.STEP,
        "learn_step",
        lambda number: f"{number} {STEPS[int(number) - 1]}",
        wrap=True,
        label_visibility=choices.HIDDEN,
    )
    draw = {
        "1": _guess,
        "2": lambda pair: _reveal(pair, pairs),
        "3": _why,
        "4": _met_or_not,
        "5": lambda _: _find(),
        "6": lambda _: _take_away(),
    }[step]
    with st.container(key="lesson"):  # in letters for a projector
        draw(pair)
    if step != numbers[-1]:
        st.button("Next", type="primary", key="learn_next", on_click=_go_on, args=(step,))


def _go_on(step: str) -> None:
    st.session_state["learn_step"] = str(int(step) + 1)


def _guess(pair: Pair) -> None:
    paired = pair.paired
    accuracy = percent(paired.as_published.value)
    st.header(f"Right on {accuracy} of {paired.num_photos:,} test photos", anchor=False)
    st.markdown(
        f"A network sorts photos of skin lesions into {len(pair.as_published.run.diagnoses)} "
        f"diagnoses. Split as it was published, it is right on "
        f"{percent(paired.as_published.value)} of {paired.num_photos:,} photos it was tested on. "
        "Now train the same network in the same way, but keep every lesion and every copy of a "
        "photo on one side of the split. Then show it the very same photos."
    )
    st.slider(
        "How often will it be right?",
        0,
        100,
        80,
        1,
        "%d %%",
        key="learn_guess",
        persist_state="session",
    )
    with st.expander("This lesson on another screen", key="learn_elsewhere"):
        _elsewhere()


def _reveal(pair: Pair, pairs: list[Pair]) -> None:
    paired = pair.paired
    st.header(
        f"From {percent(paired.as_published.value)} to {percent(paired.honest.value)}", anchor=False
    )
    guess = st.session_state.get("learn_guess")
    charts.draw(
        charts.shared(slope, pair, guess / 100 if guess is not None else None),
        "learn_slope",
        "Accuracy on the same photos, as published and honest",
    )
    difference = paired.difference
    points, low, high = (100 * end for end in (difference.value, difference.low, difference.high))
    tested = [other for other in pairs if other.paired]
    unshown = sum(other.paired.difference.low <= 0 for other in tested)
    st.markdown(
        f"{pair.title}, the same code and seed, tested on the same {paired.num_photos:,} photos: "
        f"the split as published adds {points:.0f} percentage points (95 % interval {low:.0f} to "
        f"{high:.0f}). Of {len(tested)} recipes that were trained in both ways, this one gains "
        f"most; {unshown} show no gain. The trainings also differ in how many photos they have."
    )


def _why(pair: Pair) -> None:
    paired = pair.paired
    st.header(
        f"Training had met {paired.num_seen:,} of the {paired.num_photos:,} photos", anchor=False
    )
    charts.draw(
        charts.shared(marks, paired.num_seen, paired.num_photos),
        "learn_marks",
        "One mark for each photo",
    )
    st.markdown(
        "Crosses are test photos that the published training had met: as a copy, as an augmented "
        "copy, or as another photo of the same lesion. A split by image does that, above all after "
        "photos were copied to balance the diagnoses. Nobody has to cheat for it."
    )


def _met_or_not(pair: Pair) -> None:
    side = pair.as_published
    st.header("Is it the photos it had met?", anchor=False)
    if side.accuracy_seen and side.accuracy_unseen:
        num_seen = side.leakage.num_seen_in_training
        charts.draw(
            charts.shared(
                charts.intervals,
                {
                    f"met in training (n = {num_seen:,})": side.accuracy_seen,
                    f"never met (n = {side.leakage.num_photos - num_seen:,})": side.accuracy_unseen,
                },
                "Accuracy as published",
            ),
            "learn_seen",
            "Accuracy on photos met in training and on the others",
        )
    st.markdown(
        f"All {side.leakage.num_photos:,} test photos of the published split, "
        f"{side.leakage.num_augmented:,} of them augmented copies: those that training had met, "
        "and the others. The two groups may differ in other ways, too. So this is a hint and no "
        "proof, and its figures can't be held against those of step 2, which compares two networks "
        "on the same photos."
    )


def _find() -> None:
    st.header("Find the leak", anchor=False)
    st.markdown(
        "An invented list of twelve photos. Which test photos has the training met? A hash is the "
        "fingerprint of a file: where two are the same, so are the files."
    )
    st.dataframe(TABLE, hide_index=True, key="learn_table", height="content")
    test = list(TABLE.loc[TABLE["Part"] == "test", "Photo"])
    chosen = st.multiselect(
        "Test photos that training has met", test, key="learn_leaks", persist_state="session"
    )
    if st.button("Check", key="learn_check"):
        for line in checked(chosen):
            st.markdown(line)


def checked(chosen: list[str]) -> list[str]:
    """What was found and what was not, as Markdown."""
    found = [photo for photo in LEAKS if photo in chosen]
    lines = [f"**Found {len(found)} of {len(LEAKS)}.**"]
    lines += [
        f"- {photo}: {reason}{'' if photo in chosen else ' (missed)'}."
        for photo, reason in LEAKS.items()
    ]
    wrong = [photo for photo in chosen if photo not in LEAKS]
    if wrong:
        lines.append(f"No leak: {', '.join(wrong)}. Neither lesion nor file is in the training.")
    return lines


def _take_away() -> None:
    st.header("What to ask of any figure", anchor=False)
    st.markdown(
        "1. How many photos, and of how many lesions and people?\n"
        "2. Split by lesion or person, and before anything was copied?\n"
        "3. Were copies looked for, and what was chosen on the test photos?\n"
        "4. What would a network score that always gives the most frequent answer?"
    )
    _elsewhere()


def _elsewhere() -> None:
    """How others get to this lesson: its QR code, or what to do first."""
    here = address()
    host = here.partition("//")[2].partition("/")[0].partition(":")[0]
    if host in ("", "localhost", "127.0.0.1"):
        st.markdown(
            "Others in your network can open this lesson once the app is started with `make app "
            "ADDRESS=0.0.0.0`. Open it by this computer's own address then, and a QR code of it "
            "stands here."
        )
    else:
        st.markdown("This lesson on another screen:")
        picture = io.BytesIO()
        segno.make(here, error="m").save(picture, kind="png", scale=6)
        st.image(picture.getvalue(), alt="QR code of this page")
        st.code(here, language=None)


def slope(pair: Pair, guess: float | None) -> go.Figure:
    """Accuracy on the same photos under both protocols, with the visitor's guess.

    Args:
        guess: from 0 to 1; None: there is none.
    """
    values = [pair.paired.as_published, pair.paired.honest]
    figure = go.Figure(
        go.Scatter(
            x=["as published", "honest"],
            y=[value.value for value in values],
            mode="lines+markers+text",
            text=[percent(value.value) for value in values],
            textposition=["middle left", "middle right"],
            line={"color": charts.OWN, "width": 3},
            marker={"size": 14},
            error_y=charts.whiskers(values),
            name="this network",
        )
    )
    if guess is not None:
        figure.add_scatter(
            x=["honest"],
            y=[guess],
            mode="markers",
            marker={"symbol": "diamond-open", "size": 16, "color": charts.MALIGNANT},
            name="your guess",
        )
    figure.update_layout(
        height=380, margin=charts.margin(), legend=charts.legend(), showlegend=guess is not None
    )
    figure.update_xaxes(range=[-0.5, 1.5])
    figure.update_yaxes(title="Accuracy", range=[0, 1.02], **charts.PERCENT)
    return figure


def marks(num_seen: int, num_photos: int) -> go.Figure:
    """A mark for each test photo: a cross where training had met it, else a ring."""
    figure = go.Figure()
    for first, last, symbol, colour, name in (
        (0, num_seen, "x", charts.MALIGNANT, "met in training"),
        (num_seen, num_photos, "circle-open", charts.OWN, "never met"),
    ):
        places = range(first, last)
        figure.add_scatter(
            x=[place % COLUMNS for place in places],
            y=[-(place // COLUMNS) for place in places],
            mode="markers",
            marker={"symbol": symbol, "size": 13, "color": colour},
            name=f"{name} ({last - first:,})",
            hoverinfo="skip",
        )
    rows = -(-num_photos // COLUMNS)
    figure.update_layout(height=60 + 28 * rows, margin=charts.margin(), legend=charts.legend())
    figure.update_xaxes(visible=False, range=[-0.7, COLUMNS - 0.3])
    figure.update_yaxes(visible=False, range=[0.7 - rows, 0.7])
    return figure
