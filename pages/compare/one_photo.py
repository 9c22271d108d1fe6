"""One photo through several runs: where they disagree, their predictions, their heat maps."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import streamlit as st

from model.evaluation.run_sentences import percent
from model.heatmaps.heatmap import Heatmap, density
from model.lesions import VERDICTS, describe
from model.run import Run, RunError
from pages.compare import nearest_lesions, run_choices
from pages.shared import (
    blend,
    cache,
    charts,
    choices,
    colour_bar,
    disagreement,
    mix_words,
    model_loading,
    photo_picker,
    session,
    statements,
)
from pages.shared.statements import Statements
from pages.shared.together import together
from pages.shared.url_state import Parameter

INVITATION = "See what each model says about one photo, and where they disagree."
OWN = "Each model's own answer"
COLUMNS = 3


def show() -> None:
    """Ask every chosen run about the visitor's photo, and say first where they disagree."""
    bar, answers, which = st.container(), st.container(), st.container()
    with which:  # below the answers, which are what one comes for
        runs = run_choices.choose_networks("compare_networks")
    with bar:
        photo = photo_picker.choose("compare", runs[0], INVITATION).photo
    if photo is None:
        return
    by_title = _predictions(dict(zip(choices.labels(runs), runs, strict=True)), photo)
    if not by_title:
        return
    with answers:
        _answers(by_title)
    _heatmaps(by_title, photo)
    nearest_lesions.show(by_title, photo)
    run_choices.say_what_is_left_out()


def _answers(by_title: dict[str, Statements]) -> None:
    """Where the runs disagree, and a row for the answer of each."""
    of_all = together(by_title)
    for sentence in (of_all.alarms, of_all.novelty, *disagreement.of(by_title)):
        if sentence:
            st.markdown(sentence)
    if of_all.drawing_warning:
        st.caption(f":material/draw: {of_all.drawing_warning}")
    rows = table(by_title)
    shares = ["Probability", "Malignant sum", "Threshold", "Balanced accuracy"]
    st.dataframe(
        rows.assign(**{name: 100 * rows[name].astype(float) for name in shares}),
        hide_index=True,
        key="compare_answers",
        column_config={
            name: st.column_config.NumberColumn(name, format=form, help=text)
            for name, form, text in (
                ("Probability", "%.0f %%", "Of the diagnosis, after calibration."),
                ("Malignant sum", "%.1f %%", "Of the malignant diagnoses together."),
                (
                    "Threshold",
                    "%.1f %%",
                    "Above it, the malignant sum counts as suspicious. Empty where it was not "
                    "tested on photos like this one.",
                ),
                ("Novelty", "%.2f", "Above 1: unlike the model's training photos."),
                (
                    "Balanced accuracy",
                    "%.0f %%",
                    "On the model's own test photos; models were tested on different photos and "
                    "diagnoses, so it does not rank them.",
                ),
            )
        },
    )
    for words, titles in mix_words.by_sentence(
        {title: about.run for title, about in by_title.items()}
    ).items():
        st.caption(f"{words.removesuffix('.')}: {', '.join(titles)}.")
    charts.csv(rows, "one_photo.csv", "compare_answers_csv")


def _predictions(runs: dict[str, Run], photo: session.Photo) -> dict[str, Statements]:
    """By title of the run, without the runs that fail; these say why."""
    by_title = {}
    for title, run in runs.items():
        try:
            prediction = session.prediction(run, photo)
        except RunError as error:
            st.error(f"{title}: {error}")
            continue
        by_title[title] = statements.about(run, prediction, photo.is_rendered)
    return by_title


def table(by_title: dict[str, Statements]) -> pd.DataFrame:
    """One row per run, for reading and for a file.

    Args:
        by_title: what may be said about each run's prediction.
    """
    rows = []
    for title, about in by_title.items():
        prediction = about.prediction
        test = cache.evaluation_of_test_photos(about.run)
        others = [describe(code).name for code in (about.prediction_set or ())[1:]]
        rows.append(
            {
                "Model": title,
                "Diagnosis": describe(prediction.diagnosis).name,
                "Probability": prediction.probability,
                "Malignant sum": prediction.malignant_sum,
                "Threshold": about.threshold,
                "Novelty": prediction.novelty,
                "Balanced accuracy": test.summary["balanced_accuracy"].value,
                "Test photos": test.num_photos,
                "Can't rule out": (
                    statements.NOT_TESTED if about.prediction_set is None else ", ".join(others)
                ),
            }
        )
    return pd.DataFrame(rows)


@st.fragment
def _heatmaps(by_title: dict[str, Statements], photo: session.Photo) -> None:
    """A heat map per run, each on its own scale or all on one; what is chosen here reruns this part
    only."""
    st.header("What raised it, model by model", anchor=False)
    first, second = st.columns(2)
    wanted = _diagnosis(by_title.values(), photo, first)
    with second:
        blend.opacity("Heat maps", "compare_map_opacity")
    is_one_scale = choices.switch("One scale for all", Parameter.ONE_SCALE, "compare_one_scale")
    heatmaps = {}
    for title, about in by_title.items():
        code = about.prediction.diagnosis if wanted == OWN else wanted
        if code in about.run.diagnoses:
            heatmaps[title] = session.heatmap(about.run, photo, code)
    explainers = [model_loading.explainer(about.run) for about in by_title.values()]
    sizes = [explainer.layers[explainer.own_layer] for explainer in explainers]
    rows, columns = min(size[0] for size in sizes), min(size[1] for size in sizes)
    densities = {title: density(heatmap, rows, columns) for title, heatmap in heatmaps.items()}
    top = max((float(values.max()) for values in densities.values()), default=0) or 1
    st.caption(
        "How many times the heat map's average a cell has, over "
        f"{rows} by {columns} cells, as many as the coarsest of these networks has. A heat map "
        "that covers one spot is bright there; one that covers everything stays dim, which does "
        "not make it weak: peaks are in each network's own units and can't be compared."
        if is_one_scale
        else "Each heat map is stretched to its own maximum. The number says how far it gathers in "
        f"one place: over {rows} by {columns} cells, the strongest against the average."
    )
    titles = list(by_title)
    for start in range(0, len(titles), COLUMNS):
        row = titles[start : start + COLUMNS]
        for column, title in zip(st.columns(COLUMNS), row, strict=False):
            with column:
                st.markdown(f"**{title}**")
                if title not in heatmaps:
                    st.caption("This model does not know the diagnosis.")
                    continue
                values = densities[title]
                shown = values / top if is_one_scale else heatmaps[title].values
                _heatmap(title, by_title[title], heatmaps[title], photo, shown)
                if values.any():
                    st.caption(f"Strongest cell: {values.max():.1f} times the average.")
    if is_one_scale:
        colour_bar.of_density("compare_scale", top)
    else:
        colour_bar.of_map("compare_scale")


def _diagnosis(
    several: Iterable[Statements],
    photo: session.Photo,
    column: st.delta_generator.DeltaGenerator,
) -> str:
    """Let the visitor choose a diagnosis to show heat maps of, or `OWN`."""
    several = list(several)
    answers = [about.prediction.diagnosis for about in several]
    known = dict.fromkeys([*answers, *(code for about in several for code in about.run.diagnoses)])
    options = [OWN, *(code for code in known if code not in VERDICTS)]
    return choices.of_photo(
        photo,
        column.selectbox,
        "Grad-CAM of",
        options,
        name=Parameter.MAP_OF,
        default=OWN,
        format_func=lambda code: code if code == OWN else f"{describe(code).name} ({code})",
    )


def _heatmap(
    title: str, about: Statements, heatmap: Heatmap, photo: session.Photo, shown: np.ndarray
) -> None:
    """The photo under its heat map, drawn from `shown` in [0, 1], with a caption."""
    name = describe(heatmap.diagnosis).in_text
    alt = f"Heat map of {name} by {title}"
    key = f"compare_map_{about.run.name}"
    keep = session.keep(photo)
    blend.cell(lambda: photo.display, photo.display_size, shown, alt, key, keep)
    probability = about.prediction.probabilities[heatmap.diagnosis]
    empty = " The heat map is empty: nothing in the photo raised it." if heatmap.is_empty else ""
    st.caption(f"{name.capitalize()}, {percent(probability)}.{empty}")
