"""One photo through several runs: where they disagree, their predictions, their heat maps."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import streamlit as st

from model.heatmaps.heatmap import Heatmap, density
from model.heatmaps.overlay import overlay
from model.lesions import VERDICTS, describe
from model.prediction.agreement import agreement
from model.prediction.prediction import Prediction
from model.run import Run, RunError
from pages.compare import run_choices
from pages.shared import (
    cache,
    charts,
    choices,
    colour_bar,
    model_loading,
    photo_picker,
    session,
    statements,
)
from pages.shared.statements import Statements
from pages.shared.url_state import Parameter

INVITATION = "See what each model says about one photo, and where they disagree."
OWN = "Each model's own answer"
COLUMNS = 3


def show() -> None:
    """Ask every chosen run about the visitor's photo, and say first where they disagree."""
    runs = run_choices.choose_networks("compare_networks")
    photo = photo_picker.choose("compare", runs[0], INVITATION).photo
    if photo is None:
        return
    by_title = _predictions(dict(zip(choices.labels(runs), runs, strict=True)), photo)
    if not by_title:
        return
    together = statements.together(by_title)
    diagnoses = {title: about.prediction.diagnosis for title, about in by_title.items()}
    verdicts = {title: about.run.verdict(diagnoses[title]) for title, about in by_title.items()}
    for sentence in (
        *filter(None, (together.alarms, together.novelty)),
        *sentences(diagnoses, together.may_be_right, verdicts),
    ):
        st.markdown(sentence)
    if together.drawing_warning:
        st.caption(f":material/draw: {together.drawing_warning}")
    rows = table(by_title)
    st.dataframe(
        rows,
        hide_index=True,
        key="compare_answers",
        column_config={
            name: st.column_config.NumberColumn(name, format=form, help=text)
            for name, form, text in (
                ("Probability", "%.2f", "Of the diagnosis, after calibration."),
                ("Malignant sum", "%.3f", "Of the malignant diagnoses together."),
                (
                    "Threshold",
                    "%.3f",
                    "Above it, the malignant sum counts as suspicious. Empty where it was not "
                    "tested on photos like this one.",
                ),
                ("Novelty", "%.2f", "Above 1: unlike the model's training photos."),
                (
                    "Balanced accuracy",
                    "%.2f",
                    "On the model's own test photos; models were tested on different photos and "
                    "diagnoses, so it does not rank them.",
                ),
            )
        },
    )
    charts.csv(rows, "one_photo.csv", "compare_answers_csv")
    _heatmaps(by_title, photo)


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


def sentences(
    diagnoses: dict[str, str],
    may_be_right: bool = True,
    verdicts: dict[str, str | None] | None = None,
) -> list[str]:
    """Where the runs disagree, as Markdown, the gravest first.

    Args:
        diagnoses: code by title of the run.
        may_be_right: False where the photo is familiar to none of them.
        verdicts: malignant or benign by title of the run, see `Run.verdict`.
    """
    if len(diagnoses) < 2:
        return ["Choose a second model to see whether they agree."]
    result = agreement(diagnoses, verdicts)
    lines = []
    if not result.same_verdict:
        groups = _groups(result.verdicts, str)
        lines.append(f"**They disagree on malignant or benign**: {groups}.")
    elif result.verdicts:
        verdict, titles = next(iter(result.verdicts.items()))
        harmless = ", which does not mean harmless" if verdict == "benign" else ""
        lines.append(f"{len(titles)} of {len(diagnoses)} answers are {verdict}{harmless}.")
    total = sum(map(len, result.diagnoses.values()))
    if result.same_diagnosis and result.diagnoses:
        codes = " or ".join(describe(code).in_text for code in result.diagnoses)
        lines.append(f"{total} of {total} that name a diagnosis say {codes}.")
    elif result.diagnoses:
        num_others = len(diagnoses) - total
        others = f" {num_others} can name none." if num_others else ""
        groups = _groups(result.diagnoses, lambda code: describe(code).in_text)
        lines.append(f"**They disagree on the diagnosis**: {groups}.{others}")
    if may_be_right and not (result.same_verdict and result.same_diagnosis):
        lines.append("At least one of them is wrong, and nothing here shows which.")
    return lines


def _groups(groups: dict[str, list[str]], words: Callable[[str], str]) -> str:
    return "; ".join(
        f"{len(titles)} say{'s' * (len(titles) == 1)} {words(answer)} ({', '.join(titles)})"
        for answer, titles in groups.items()
    )


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
        opacity = choices.opacity("Opacity of the heat maps", "compare_map_opacity")
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
                picture = overlay(photo.display, shown, opacity)
                _heatmap(title, by_title[title].prediction, heatmaps[title], picture)
                if values.any():
                    st.caption(f"Strongest cell: {values.max():.1f} times the average.")
    if is_one_scale:
        colour_bar.of_density(opacity, top)
    else:
        colour_bar.of_map(opacity)


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


def _heatmap(title: str, prediction: Prediction, heatmap: Heatmap, picture: np.ndarray) -> None:
    """(height, width, 3) uint8 RGB, the photo under its heat map, with a caption."""
    name = describe(heatmap.diagnosis).in_text
    st.image(picture, width="stretch", alt=f"Heat map of {name} by {title}")
    probability = prediction.probabilities[heatmap.diagnosis]
    empty = " The heat map is empty: nothing in the photo raised it." if heatmap.is_empty else ""
    st.caption(f"{name.capitalize()}, probability {probability:.2f}.{empty}")
