"""Audit of a list of photos that somebody published: which lesions are on both sides."""

import re

import streamlit as st

from model.audit import certificate
from model.audit.list_audit import audit_lists
from model.audit.lists import read_lists, read_metadata
from model.audit.own_table import MAX_BYTES, OwnTable, TableError, opened
from model.audit.published_lists import PUBLISHED_LISTS
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.run import PREDICTIONS
from pages.shared import cache, charts, choices
from pages.shared.url_state import Parameter

OWN = "own"
EXAMPLES = ("lentigo", "ham7_cnn--as-published")  # two ids of one lesion; a split by image
KIND = f"A table (CSV), up to {MAX_BYTES // 2**20} MB"
SUBSETS = {"all": "All", "met": "Lesion is<br>in training", "others": "The others"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # opens what a spreadsheet would carry out
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>$~])")


def show():
    """Let the visitor bring a list, or take that of a model, and say what it lets through."""
    st.markdown(
        "Many results come with a list of their photos: a split file, or a table of predictions. "
        "The list alone says whether lesions were on both sides of the split. No photo is needed."
    )
    runs = choices.usable()
    examples = [name for name in EXAMPLES if name in runs]
    chosen = choices.one_of(
        "List",
        [OWN, *PUBLISHED_LISTS, *examples],
        Parameter.LIST,
        "compare_list",
        lambda name: _title(name, runs),
        wrap=True,
    )
    try:
        if chosen == OWN:
            files, fold = _brought(), ""
        elif chosen in PUBLISHED_LISTS:
            files, fold = _published(PUBLISHED_LISTS[chosen]), ""
        else:
            files, fold = _of_run(runs[chosen])
        if files["predictions"] is not None:
            _show_audit(*_audited(files, fold))
    except TableError as error:
        st.error(MARKDOWN.sub(r"\\\1", str(error)))


def _title(name, runs):
    if name == OWN:
        return "Your own"
    listed = PUBLISHED_LISTS.get(name)
    return f"Example: {listed.title if listed else choices.label(runs[name])}"


def _brought():
    """The visitor's files by their option of the command; None where there is none."""
    files = {
        "predictions": st.file_uploader(
            "List of photos",
            key="compare_list_file",
            help=f"{KIND}: the photo's id (image_id), its part (split: train, validation, test) "
            "and, where they are known, its diagnosis and a probability p_<diagnosis> of each "
            "diagnosis. Or one id per line.",
        )
    }
    with st.expander("Training photos in a list of their own, or photos of another data set"):
        files["train"] = st.file_uploader(
            "List of training photos",
            key="compare_list_train",
            help=f"{KIND}, or one id per line. The first list then has the test photos alone.",
        )
        files["metadata"] = st.file_uploader(
            "Metadata of the data set",
            key="compare_list_metadata",
            help=f"{KIND}: image_id, lesion_id and, where they are known, diagnosis (dx) and how "
            "it was confirmed (dx_type).",
        )
    st.caption(
        "The files stay in this session's memory. They are never stored or sent anywhere. "
        f"{_default_metadata()} For photos of another data set, add a table that says which lesion "
        "each photo shows. HAM10000's own is HAM10000_metadata.csv, from the Harvard Dataverse "
        "(doi:10.7910/DVN/DBW86T)."
    )
    return {
        option: None if file is None else OwnTable(file.name, file.getvalue())
        for option, file in files.items()
    }


def _default_metadata():
    try:
        return cache.known_lesions().sentence
    except TableError:
        return "The models here know no lesions, so the metadata is needed."


def _published(listed):
    """A list that ships, as files."""
    st.markdown(f"{listed.about} {cache.known_lesions().sentence}")
    content = opened(listed.path).content
    named = OwnTable(f"assets/lists/{listed.path.name}", content)
    return {"predictions": named, "train": None, "metadata": None}


def _of_run(run):
    """The predictions of a model as files, and the fold to read."""
    file = opened(run.path / PREDICTIONS)
    st.caption(
        f"The predictions that {run.title} comes with. {cache.known_lesions().sentence}"
        + (f" Of its {len(run.folds)} folds this is the first." if len(run.folds) > 1 else "")
    )
    named = OwnTable(f"assets/runs/{run.name}/{PREDICTIONS}", file.content)
    fold = str(run.folds[0]) if len(run.folds) > 1 else ""
    return {"predictions": named, "train": None, "metadata": None}, fold


def _audited(files, fold):
    """(`ListAudit`, certificate), kept in the session for as long as the files are the same."""
    given = {option: file for option, file in files.items() if file is not None}
    names = {option: file.name for option, file in given.items()}
    # By option, too: two lists may have one name.
    hashes = {f"--{option} {file.name}": file.sha256 for option, file in given.items()}
    known = None if "metadata" in given else cache.known_lesions()
    key = names, hashes, fold, known and known.hashes
    kept = st.session_state.get("list_audit")
    if kept is None or kept[0] != key:
        with st.spinner("Auditing the list", show_time=True):
            listed = read_lists(files["predictions"], files["train"], fold)
            table = known.table if known else read_metadata(files["metadata"])
            audit = audit_lists(listed, table)
            command = certificate.command(
                names["predictions"], names.get("train"), names.get("metadata"), fold
            )
            page = certificate.page(audit, hashes | (known.hashes if known else {}), command)
        st.session_state["list_audit"] = kept = key, audit, page
    return kept[1:]


def _show_audit(audit, page):
    st.header(certificate.verdict(audit), anchor=False)
    st.markdown("\n".join(f"- {sentence}" for sentence in certificate.sentences(audit)))
    st.download_button(
        "Save the leak certificate",
        page,
        "leaks.html",
        "text/html",
        key="compare_list_certificate",
        icon=":material/description:",
        help="One HTML file with all of this, the first "
        f"{certificate.MOST_ROWS:,} rows of each table, the hashes of the files, and the command "
        "that makes it again.",
    )
    reached = {
        f"{SUBSETS[name]}<br>{figure.num_photos:,} photos": figure.accuracy
        for name, figure in audit.figures.items()
        if figure is not None
    }
    if reached:
        st.header("With and without the lesions that training has seen", anchor=False)
        table = certificate.figures(audit)
        charts.show(
            charts.intervals(reached, "Accuracy"),
            "compare_list_figures",
            "Accuracy on all test photos, on those whose lesion is in training, and on the others",
            "By the list's probabilities. Lines are 95 % intervals, from resampling lesions "
            f"{NUM_RESAMPLES:,} times. Photos whose lesion is in training may also be harder or "
            "easier than the others.",
            table,
        )
        st.dataframe(table, hide_index=True, key="compare_list_table")
    for number, (title, table) in enumerate(certificate.tables(audit).items()):
        table = _harmless(table)
        with st.expander(f"{title} ({len(table):,})", expanded=title.startswith("Lesions")):
            st.dataframe(table, hide_index=True, key=f"compare_list_cases_{number}")
            charts.csv(table, f"leaks_{number + 1}.csv", f"compare_list_csv_{number}")


def _harmless(table):
    """A table whose texts no spreadsheet takes for a formula: the ids are somebody else's."""
    return table.map(
        lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
    )
