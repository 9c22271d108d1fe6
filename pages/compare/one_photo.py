"""One photo through every run: where they disagree, the answers, and the maps on one scale."""

import pandas as pd
import streamlit as st

from model import run as runs
from model.heatmaps.heatmap import density
from model.heatmaps.overlay import overlay
from model.lesions import VERDICTS, describe
from model.prediction.agreement import agreement
from pages.compare import run_choices
from pages.shared import (
    cache,
    charts,
    choices,
    colour_bar,
    crop_picker,
    model_loading,
    photo_picker,
    session,
)
from pages.shared.url_state import Parameter

OWN = "Each run's own answer"
COLUMNS = 3


def show():
    """Ask every chosen run about the visitor's photo, and say first where they disagree."""
    where, which = st.columns(2, gap="large")
    with which:
        chosen = run_choices.choose_networks("compare_networks")
    with where:
        photo = photo_picker.choose("compare")
    if photo is None:
        st.info("Choose a photo to see what each run says about it: a sample takes one click.")
        return
    with which:
        photo = crop_picker.choose_crop(chosen[0], photo, "compare")
    titles = dict(zip([run.name for run in chosen], choices.labels(chosen), strict=True))
    answers = _answers(chosen, photo, titles)
    if not answers:
        return
    strangers = [titles[run.name] for run, _ in answers if run.is_rendered != photo.is_rendered]
    novel = [titles[run.name] for run, one in answers if one.is_novel]
    for line in sentences(
        {titles[run.name]: one.diagnosis for run, one in answers},
        len({*strangers, *novel}) < len(answers),
    ):
        st.markdown(line)
    for line in (_novel(novel, len(answers)), _alarms(answers, titles)):
        if line:
            st.markdown(line)
    if strangers:
        everyone = len(strangers) == len(answers)
        whose = "these runs" if everyone else ", ".join(strangers)
        st.caption(
            f":material/draw: {'Drawings' if photo.is_rendered else 'Photos'} are not what {whose} "
            f"learned, so {'no answer here' if everyone else 'nothing said there'} can be right. "
            "Not every network notices: see Novelty."
        )
    told = table(answers, titles)
    st.dataframe(
        told,
        hide_index=True,
        key="compare_answers",
        column_config={
            name: st.column_config.NumberColumn(name, format=form, help=text)
            for name, form, text in (
                ("Probability", "%.2f", "Of the diagnosis, after calibration."),
                ("Malignant sum", "%.3f", "Of the malignant diagnoses together."),
                ("Threshold", "%.3f", "Above it the malignant sum counts as suspicious."),
                ("Novelty", "%.2f", "Above 1: unlike the run's training photos."),
                (
                    "Balanced accuracy",
                    "%.2f",
                    "On the run's own test photos; runs were tested on "
                    "different photos and diagnoses, so it does not rank them.",
                ),
            )
        },
    )
    charts.csv(told, "one_photo.csv", "compare_answers_csv")
    _maps(answers, photo, titles)


def _answers(chosen, photo, titles):
    """(run, answer) of every run that can answer; the others say why not."""
    found = []
    for run in chosen:
        try:
            found.append((run, session.prediction(run, photo)))
        except runs.RunError as error:
            st.error(f"{titles[run.name]}: {error}")
    return found


def sentences(answers, may_be_right=True):
    """Where the runs disagree, as Markdown lines, the gravest first.

    Args:
        answers: code by title of the run.
        may_be_right: False where the picture is of a kind that none of them has learned.
    """
    if len(answers) < 2:
        return ["Choose a second run to see whether they agree."]
    found = agreement(answers)
    said = []
    if not found.same_verdict:
        said.append(f"**They disagree on malignant or benign**: {_groups(found.verdicts, str)}.")
    elif found.verdicts:
        verdict, names = next(iter(found.verdicts.items()))
        said.append(f"{len(names)} of {len(answers)} answers are {verdict} ones.")
    if found.same_diagnosis and len(found.diagnoses) > 0:
        codes = " or ".join(describe(code).in_text for code in found.diagnoses)
        total = sum(map(len, found.diagnoses.values()))
        said.append(f"{total} of {total} that name a diagnosis say {codes}.")
    elif found.diagnoses:
        num_others = len(answers) - sum(map(len, found.diagnoses.values()))
        others = f" {num_others} can name none." if num_others else ""
        said.append(
            "**They disagree on the diagnosis**: "
            f"{_groups(found.diagnoses, lambda code: describe(code).in_text)}.{others}"
        )
    if may_be_right and not (found.same_verdict and found.same_diagnosis):
        said.append("At least one of them is wrong, and nothing here says which.")
    return said


def _alarms(answers, titles):
    """Who lies above the own threshold for malignant diagnoses, whatever the first diagnosis is."""
    judged = [
        (titles[run.name], one.malignant_sum >= threshold.value)
        for run, one in answers
        if (threshold := cache.reached_on_test(run)[1]) and not one.is_novel
    ]
    above = [title for title, is_above in judged if is_above]
    if not judged:
        return ""
    names = f" ({', '.join(above)})" if above else ""
    rest = "" if len(judged) == len(answers) else "the other "
    return (
        f"Above the own threshold for malignant diagnoses, whichever comes first: {len(above)} of "
        f"{rest}{len(judged)}{names}."
    )


def _novel(novel, num_answers):
    """Whose answers mean little."""
    if not novel:
        return ""
    return (
        f"**{len(novel)} of {num_answers} call the photo unlike their training photos** "
        f"({', '.join(novel)}): their answers mean little."
    )


def _groups(groups, words):
    return "; ".join(
        f"{len(names)} say{'s' * (len(names) == 1)} {words(said)} ({', '.join(names)})"
        for said, names in groups.items()
    )


def table(answers, titles):
    """One row per run, for reading and for a file.

    Args:
        answers: (`Run`, `Prediction`) pairs.
        titles: by name of the run.
    """
    rows = []
    for run, answer in answers:
        _, threshold = cache.reached_on_test(run)
        test = cache.evaluation_of_test_photos(run)
        others = [describe(code).name for code in answer.prediction_set[1:]]
        rows.append(
            {
                "Run": titles[run.name],
                "Diagnosis": describe(answer.diagnosis).name,
                "Probability": answer.probability,
                "Malignant sum": answer.malignant_sum,
                "Threshold": threshold.value if threshold else None,
                "Novelty": answer.novelty,
                "Balanced accuracy": test.summary["balanced_accuracy"].value,
                "Test photos": test.num_photos,
                "Can't rule out": ", ".join(others),
            }
        )
    return pd.DataFrame(rows)


@st.fragment
def _maps(answers, photo, titles):
    """A map per run on one scale; diagnosis and strength rerun this part only."""
    st.header("Where each run looked", anchor=False)
    first, second = st.columns(2)
    said = [answer.diagnosis for _, answer in answers]
    known = dict.fromkeys([*said, *(code for run, _ in answers for code in run.diagnoses)])
    options = [OWN, *(code for code in known if code not in VERDICTS)]
    wanted = choices.of_photo(
        photo,
        first.selectbox,
        "Grad-CAM of",
        options,
        name=Parameter.MAP_OF,
        default=OWN,
        format_func=lambda code: code if code == OWN else f"{describe(code).name} ({code})",
    )
    with second:
        opacity = choices.opacity("Strength of the maps", "compare_map_opacity")
    maps = {}
    for run, answer in answers:
        code = answer.diagnosis if wanted == OWN else wanted
        maps[run.name] = session.heatmap(run, photo, code) if code in run.diagnoses else None
    grids = [
        model_loading.explainer(run).layers[model_loading.explainer(run).own_layer]
        for run, _ in answers
    ]
    rows, columns = min(grid[0] for grid in grids), min(grid[1] for grid in grids)
    densities = {name: density(one, rows, columns) for name, one in maps.items() if one}
    top = max((float(one.max()) for one in densities.values()), default=0) or 1
    st.caption(
        f"One scale for all: how many times as strong a place is as that map's average, over "
        f"{rows} by {columns} places, as many as the coarsest of these networks has. A map that "
        "lies on one spot is bright there; one that lies everywhere stays dim, which does not make "
        "it weak: raw strengths are in each network's own units and can't be compared. Explain "
        "shows each map as fine as it is."
    )
    for start in range(0, len(answers), COLUMNS):
        row = answers[start : start + COLUMNS]
        for column, (run, answer) in zip(st.columns(COLUMNS), row, strict=False):
            with column:
                st.markdown(f"**{titles[run.name]}**")
                if maps[run.name] is None:
                    st.caption("This run does not know the diagnosis.")
                else:
                    values = densities[run.name]
                    _map(titles[run.name], answer, maps[run.name], photo, values / top, opacity)
                    if values.any():
                        st.caption(f"Strongest place: {values.max():.1f} times the average.")
    colour_bar.of_density(opacity, top)


def _map(title, answer, found, photo, values, opacity):
    name = describe(found.diagnosis).in_text
    st.image(
        overlay(photo.display, values, opacity),
        width="stretch",
        alt=f"Heat map of {name} by {title}",
    )
    text = f"{name.capitalize()}, probability {answer.probabilities[found.diagnosis]:.2f}."
    empty = " The map is empty: nothing in the photo raised it." if found.is_empty else ""
    st.caption(text + empty)
