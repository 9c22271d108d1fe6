"""How well a run performs: metrics, the confusion matrix with its photos, every diagnosis."""

import math

import streamlit as st

from model.evaluation import findings, seed_spread
from model.evaluation import tables as figures
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.run_sentences import seed_sentences
from model.lesions import describe
from pages.shared import cache, charts, choices, tables, url_state
from pages.shared.url_state import Parameter
from pages.shared.words import WORDS
from pages.training import confusion_photos

# Titles, and where `WORDS` says what they mean.
SUMMARY = {
    "balanced_accuracy": ("Balanced accuracy", "Balanced accuracy"),
    "accuracy": ("Accuracy", "Accuracy"),
    "macro_auc": ("Macro AUC", "AUC"),
    "macro_f1": ("Macro F1", "F1"),
    "ece": ("Calibration error", "Calibration error"),
}


def show(run):
    """Let the visitor choose the photos, and draw the figures of them."""
    of(run, *choose_photos(run))


def of(run, rows, split, fold):
    """Metrics, confusion matrix and diagnoses of one split of a run.

    Args:
        rows: of its predictions, those of `split` in `fold`.
    """
    evaluation = cache.evaluation(run, split, fold)
    with st.container(horizontal=True, key="training_summary"):
        for name, (title, word) in SUMMARY.items():
            estimate = evaluation.summary[name]
            interval = "" if math.isnan(estimate.low) else str(estimate).split(" ", 1)[1]
            st.metric(
                title,
                f"{estimate.value:.2f}",
                interval or None,
                delta_color="off",
                delta_arrow="off",
                width="content",
                help=WORDS[word],
            )
    st.caption(
        f"{evaluation.num_photos:,} {split} photos of {evaluation.num_lesions:,} lesions"
        f"{augmented(run, split, fold)}. "
        f"In brackets: 95 % intervals, from resampling lesions {NUM_RESAMPLES:,} times."
    )
    st.header("Confusion matrix", anchor=False)
    matrix = f"training_confusion_{run.name}_{split}_{fold}"
    confusion = cache.confusion(evaluation)
    drawn, beside = st.columns([2, 3], gap="large")
    with drawn:
        charts.show_and_listen(
            charts.shared(charts.confusion, confusion, choices.by_row("training_by_row")),
            matrix,
            "Confusion matrix",
            "Rows are true diagnoses, columns are answers; the diagonal is correct. Colour shows "
            f"the share of the row. {evaluation.num_photos:,} {split} photos. "
            f"{codes(run.diagnoses)}",
            charts.file(tables.confusion, confusion),
            lambda points: confusion_photos.clicked(matrix, points),
            cache.shared(findings.most_mistaken, confusion),
        )
    with beside, st.container(key="training_cell"):
        chosen = confusion_photos.show(run, rows, matrix)
    if chosen:
        confusion_photos.pictures(run, *chosen)
    st.header("By diagnosis", anchor=False)
    st.dataframe(cache.shared(figures.per_diagnosis, evaluation), key="training_per_diagnosis")
    st.caption(
        "Each diagnosis against all others, with 95 % intervals by lesion. Recall, also called "
        "sensitivity, is the share of the photos of a diagnosis that the network recognised."
    )
    if split == "test":
        _trained_again(run)


def _trained_again(run):
    """What the same recipe reaches with another seed, where somebody tried."""
    spreads = cache.shared(seed_spread.by_source, run)
    if not spreads:
        return
    st.header("Trained again with another seed", anchor=False)
    st.markdown(" ".join(seed_sentences(run, spreads)))
    st.dataframe(
        cache.shared(figures.seed_spread, spreads, run.card["seed"]),
        hide_index=True,
        height="content",
        key="training_seed_spread",
    )
    st.caption(
        "The other intervals tell what other photos might give. These rows tell what another "
        "training might: photos and split are the same. Where the code has changed, its changes "
        "count, too. In brackets: 95 % intervals, from resampling people or lesions."
    )


def augmented(run, split, fold):
    """How many of a run's photos are augmented copies, as the rest of a sentence."""
    num_copies = cache.shared(_num_copies, run, split, fold)
    return f", {num_copies:,} of them augmented copies" if num_copies else ""


def codes(diagnoses):
    """What the codes on the axes stand for, as a sentence."""
    return f"{'; '.join(f'{code}: {describe(code).in_text}' for code in diagnoses)}."


def choose_photos(run):
    """Let the visitor choose which of a run's photos to show.

    Returns:
        (rows, split, fold): the rows of its predictions, of `split` in `fold`.
    """
    fold = run.folds[0]
    if len(run.folds) > 1:
        folds = {str(fold + 1): fold for fold in run.folds}
        fold = folds[
            choices.one_of("Fold", list(folds), Parameter.FOLD, f"training_fold_{run.name}")
        ]
    else:
        url_state.put(Parameter.FOLD, None)
    splits = cache.shared(_splits, run, fold)
    split = choices.one_of(
        "Photos of",
        splits,
        Parameter.SPLIT,
        f"training_split_{run.name}",
        "{} photos".format,
        label_visibility=choices.HIDDEN,
    )
    if split != "test":
        st.info(
            "Training photos fitted the network, and validation photos chose its epoch. Only test "
            "photos show how it performs on new ones."
        )
    return cache.rows(run, split, fold), split, fold


def tested(run):
    """The same for the test photos of the first fold."""
    fold = run.folds[0]
    return cache.rows(run, "test", fold), "test", fold


def _splits(run, fold):
    """The splits that a fold has photos of."""
    there = set(run.predictions["split"][run.predictions["fold"] == fold])
    return [name for name in ("test", "validation", "train") if name in there]


def _num_copies(run, split, fold):
    return int((cache.rows(run, split, fold)["copy_of"] != "").sum())
