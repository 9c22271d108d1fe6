"""Shortcuts: what a ruler, ink or hair changes, and what a network tells without the lesion."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from model.evaluation import shortcut_tables
from model.evaluation.learned_shortcut import BENIGN_SHARE, MALIGNANT_SHARE
from model.evaluation.planted import BENIGN, PlantedEffect
from model.evaluation.shortcut_sentences import (
    largest,
    learned_sentence,
    planted_sentence,
    ruler_sentence,
    without_lesion_finding,
    without_lesion_sentences,
)
from model.evaluation.without_lesion import VARIANTS, ResultsError, VariantResult
from model.photo.decode import decode, within
from model.photo.shortcuts import SHORTCUTS, plant
from model.run import Run
from pages.shared import cache, charts, choices, session
from pages.shared.samples import SAMPLES

Measured = Sequence[tuple[Run, Sequence[PlantedEffect]]]
DRAWING = "even"  # the sample that shows what is drawn
WIDTH = 120  # pixels: several beside each other on a phone
BAND = 0.8  # of the distance between two things that the marks of all runs take


def show() -> None:
    """What drawn things change, what is told without the lesion, and a shortcut that was taught."""
    _drawn()
    _masked()
    _learned()
    st.caption("Lesion masks: Tschandl et al. 2020, https://doi.org/10.1038/s41591-020-0942-0.")


def _drawn() -> None:
    """What drawn things change."""
    st.header("Drawn on benign photos", anchor=False)
    st.markdown(
        "A network may take something beside the lesion for a sign of its diagnosis. Here a "
        "program draws such things on test photos, and the network answers again. The lesion is "
        "the same, so the answer should be, too."
    )
    _pictures()
    runs = choices.usable(with_network=True).values()
    measured = [(run, cache.planted(run)) for run in runs if cache.planted(run)]
    missing = [run for run in runs if not cache.planted(run) and not run.is_rendered]
    if measured:
        _planted(measured)
    if missing:
        st.markdown(
            f"Not measured yet: {', '.join(map(choices.label, missing))}. `python -m train "
            "shortcuts --only planted --run NAME --data DIR` does that with the model's photos."
        )


def _masked() -> None:
    """What a network still tells without the lesion."""
    st.header("Without the lesion", anchor=False)
    st.markdown(
        "One small network, trained and tested each time on photos that show less. What it still "
        "tells without the lesion, it tells by something else. Published: networks without any "
        "of the lesion reached more than a benchmark set by dermatologists (Bissoto et al. "
        "2019, https://arxiv.org/abs/1904.08818)."
    )
    try:
        results = cache.without_lesion()
    except ResultsError as error:
        st.error(str(error))
        return
    if results:
        _without_lesion(results)
    if len(results) < len(VARIANTS):
        left = [VARIANTS[key].lower() for key in VARIANTS if key not in _measured_keys(results)]
        st.markdown(
            f"Not measured yet: {', '.join(left)}. `python -m train shortcuts --only masked --data "
            "DIR` trains them, about six minutes each, with HAM10000 and its lesion masks."
        )


def _measured_keys(results: Sequence[VariantResult]) -> list[str]:
    return [result.variant for result in results]


def _learned() -> None:
    """The network that was taught a shortcut, and the heat maps that should show it."""
    st.header("A shortcut that was taught", anchor=False)
    st.markdown(
        f"The same network, with rulers drawn on {100 * MALIGNANT_SHARE:.0f} % of the malignant "
        f"training and validation photos and on {100 * BENIGN_SHARE:.0f} % of the benign ones. "
        "Where the ruler is, is known, so heat maps can be held against it."
    )
    try:
        found = cache.learned_shortcut()
    except ResultsError as error:
        st.error(str(error))
        return
    if found is None:
        st.markdown(
            "Not measured yet: `python -m train shortcuts --only learned --data DIR` trains it in "
            "about six minutes."
        )
        return
    results, maps = found
    st.markdown(f"**{learned_sentence(results)}**")
    st.dataframe(shortcut_tables.learned(results), hide_index=True)
    st.caption(
        f"{results[0].num_photos:,} test photos, the same ones in each row; rulers the other way "
        "round stand on the benign photos instead. One training. In brackets: 95 % intervals by "
        "lesion."
    )
    st.markdown(ruler_sentence(maps))
    st.dataframe(shortcut_tables.ruler_found(maps), hide_index=True)
    st.caption(
        "Share of a map's energy on the ruler, as a multiple of the ruler's share of the photo: a "
        "random map has 1. Maps of the most probable malignant diagnosis, of test photos with a "
        "ruler. A method finds the ruler if the interval lies above 1 and it marks the ruler more "
        "than on the network that was not taught it."
    )


def _pictures() -> None:
    """Each thing on a drawing."""
    with st.container(horizontal=True, key="compare_shortcuts_drawn"):
        for name, shortcut in SHORTCUTS.items():
            with st.container(width=WIDTH, key=f"compare_shortcut_{name}", gap="xxsmall"):
                st.image(
                    cache.shared(_picture, name),
                    width="stretch",
                    alt=f"A drawn lesion with {shortcut.in_text}",
                )
                st.caption(f"{shortcut.title}, on a drawing")


def _picture(name: str) -> bytes:
    drawing = within(decode(SAMPLES[DRAWING].read_bytes()), 2 * WIDTH)
    return session.jpeg(plant(drawing, name, seed=1).photo)


def _planted(measured: Measured) -> None:
    charts.show(
        charts.shared(figure, measured),
        "compare_planted",
        "Change of the malignant sum of benign photos by what is drawn on them and by model",
        "Mean change of the malignant sum: right of the line, the photos look more malignant to "
        "the network. Lines are 95 % intervals by lesion, of each figure for itself: of so many, "
        "one in twenty may miss 0 by chance. "
        f"{_counts(measured)}",
        charts.file(numbers, measured),
        largest(measured),
    )
    for run, effects in measured:
        st.markdown(f"- {planted_sentence(run, effects)}")
    st.dataframe(cache.shared(table, measured), hide_index=True, key="compare_planted_table")
    st.caption(
        "Another answer: share of the photos whose most probable diagnosis changes. Crosses the "
        "threshold: share of the photos below the model's most sensitive threshold that are "
        "not below it after. Source for comparison: ink marks raised a network's false positives "
        "by about 40 % (Winkler et al. 2019, https://doi.org/10.1001/jamadermatol.2019.1735)."
    )


def _counts(measured: Measured) -> str:
    parts = [
        f"{choices.label(run)} {next(effect.num_photos for effect in benign):,}"
        for run, effects in measured
        if (benign := of_benign(effects))
    ]
    return f"Benign test photos, chosen by a seed: {'; '.join(parts)}."


def of_benign(effects: Sequence[PlantedEffect]) -> list[PlantedEffect]:
    """Those of benign photos."""
    return [effect for effect in effects if effect.verdict == BENIGN]


def figure(measured: Measured) -> go.Figure:
    """A mark with its interval for each thing and run; each run has its colour and symbol."""
    figure = go.Figure()
    figure.add_vline(x=0, line={"dash": "dot", "color": charts.CHANCE}, layer="below")
    places = {name: -number for number, name in enumerate(SHORTCUTS)}
    step = BAND / len(measured)
    for number, (run, effects) in enumerate(measured):
        benign = of_benign(effects)
        changes = [effect.change for effect in benign]
        shift = (len(measured) - 1) / 2 * step - number * step
        figure.add_scatter(
            x=[change.value for change in changes],
            y=[places[effect.planted] + shift for effect in benign],
            name=choices.label(run),
            mode="markers",
            marker={
                "size": 10,
                "color": charts.COLOURS[number % len(charts.COLOURS)],
                "symbol": charts.SYMBOLS[number % len(charts.SYMBOLS)],
            },
            error_x=charts.whiskers(changes),
            customdata=[
                [SHORTCUTS[effect.planted].title, str(effect.change), f"{effect.num_photos:,}"]
                for effect in benign
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}, n = %{customdata[2]}"
            f"<extra>{choices.label(run)}</extra>",
        )
    figure.update_layout(
        height=160 + len(places) * (30 + 18 * len(measured)),
        margin=charts.margin(),
        legend=charts.legend(),
        showlegend=True,
    )
    figure.update_xaxes(title="Change of the malignant sum", tickformat="+.2f", nticks=6)
    figure.update_yaxes(
        tickvals=[*places.values()],
        ticktext=[SHORTCUTS[name].title for name in places],
        range=[0.6 - len(places), 0.6],
        showgrid=False,
        zeroline=False,
    )
    return figure


def table(measured: Measured) -> pd.DataFrame:
    """One row per run, thing and kind of photo, as text."""
    parts = []
    for run, effects in measured:
        part = shortcut_tables.planted(effects)
        part.insert(0, "Model", choices.label(run))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def numbers(measured: Measured) -> pd.DataFrame:
    """The same as numbers for a file."""
    return pd.DataFrame(
        {
            "model": choices.label(run),
            "planted": effect.planted,
            "photos": effect.verdict,
            "num_photos": effect.num_photos,
            "num_lesions": effect.num_lesions,
            **{
                f"{name}{end}": getattr(estimate, part, None)
                for name, estimate in (
                    ("change", effect.change),
                    ("flipped", effect.flipped),
                    ("crossing", effect.crossing),
                )
                for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
            },
            "num_below": effect.num_below,
        }
        for run, effects in measured
        for effect in effects
    )


def _without_lesion(results: Sequence[VariantResult]) -> None:
    first = results[0]
    charts.show(
        charts.shared(without_lesion_figure, results),
        "compare_without_lesion",
        "Balanced accuracy by what the photos show, with a line at chance",
        f"{first.num_photos:,} test photos of {first.num_lesions:,} lesions; lines are 95 % "
        "intervals by lesion. The dashed line is a network that guesses. Each mark is one "
        "training, so differences between trainings are not in the intervals. The black box "
        "still tells the lesion's size and place, which the outline tells, too, and leaves what "
        "lies just outside the mask, such as reddened skin.",
        shortcut_tables.without_lesion_numbers(results),
        without_lesion_finding(results),
    )
    for sentence in without_lesion_sentences(results):
        st.markdown(f"- {sentence}")
    st.dataframe(shortcut_tables.without_lesion(results), hide_index=True)


def without_lesion_figure(results: Sequence[VariantResult]) -> go.Figure:
    """A mark with its interval for each variant, and a line at chance."""
    estimates = {VARIANTS[result.variant]: result.balanced_accuracy for result in results}
    figure = charts.intervals(estimates, "Balanced accuracy")
    figure.add_vline(
        x=results[0].chance,
        line={"dash": "dash", "color": charts.CHANCE},
        annotation_text="chance",
        annotation_position="bottom right",
    )
    return figure
