"""The runs here, read once, and their rows."""

import streamlit as st

from model import run
from model.audit import known_lesions as lesions_of_runs
from model.prediction.mix import read_at
from pages.shared.cache import disk


@st.cache_resource(max_entries=4, show_spinner="Reading the models")
def _runs(folders, state):
    return run.read_all(folders)


def runs():
    """(runs by name, reasons of the refused ones by name); read again when a file changes, which
    is seen within `disk.LOOK_EVERY`."""
    folders = tuple(map(str, run.default_folders()))
    return _runs(folders, disk.look(folders))


@st.cache_resource(max_entries=2, show_spinner="Gathering the lesions that the models know")
def _known_lesions(digests, _runs):
    return lesions_of_runs.of_runs(_runs)


def known_lesions():
    """`model.audit.known_lesions.KnownLesions` of the runs here.

    Raises:
        TableError: no run knows any lesion.
    """
    here = list(runs()[0].values())
    return _known_lesions(tuple(of.digest for of in here), here)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_at(digest, mix, _run):
    return read_at(_run, mix)


def run_at(chosen, mix):
    """A run at a `model.prediction.mix.NamedMix`, with what was fitted anew for it."""
    return _read_at(chosen.digest, mix, chosen)


@st.cache_resource(max_entries=12, show_spinner=False)
def _rows(digest, split, fold, _run):
    rows = _run.predictions
    return rows[(rows["fold"] == fold) & (rows["split"] == split)]


def rows(chosen, split, fold):
    """Rows of `Run.predictions` of one split and fold; a table takes about a megabyte."""
    return _rows(chosen.digest, split, fold, chosen)
