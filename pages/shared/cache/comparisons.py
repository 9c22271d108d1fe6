"""Runs held against each other, and trainings with and without a leak or a shortcut."""

import streamlit as st

from model import run
from model.evaluation import injection, leak_effect, paired_runs, protocol_gap
from model.evaluation import learned_shortcut as learned
from model.evaluation import without_lesion as masked
from pages.shared.cache import disk


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _side(digest, _run):
    return protocol_gap.side(_run)


def side(chosen):
    """`model.evaluation.protocol_gap.Side` of a run."""
    return _side(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _paired_gap(digests, _as_published, _honest):
    return protocol_gap.paired_gap(_as_published, _honest)


def paired_gap(as_published, honest):
    """`model.evaluation.protocol_gap.PairedGap` of two runs of a recipe, or None."""
    return _paired_gap((as_published.digest, honest.digest), as_published, honest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _pairs(digests, _runs):
    return protocol_gap.pairs(_runs, side, paired_gap)


def pairs(runs):
    """`model.evaluation.protocol_gap.pairs` of some runs."""
    runs = list(runs)
    return _pairs(tuple(of.digest for of in runs), runs)


@st.cache_resource(max_entries=2, show_spinner=False)
def _injections(folder, state):
    return injection.read_all(folder)


def injections():
    """The `model.evaluation.injection.Injection`s that ship, and those beside one's own runs."""
    folders = dict.fromkeys(folder.parent / "injections" for folder in run.default_folders())
    return [found for folder in folders for found in _injections(folder, disk.look((str(folder),)))]


@st.cache_resource(max_entries=16, show_spinner="Comparing trainings with and without a leak")
def _leak_effects(digests, _injection):
    return {(group, found.dose): found for group, found in leak_effect.effects(_injection)}


def leak_effects(injection):
    """`model.evaluation.leak_effect.Effect`s of an injection by (group, dose)."""
    return _leak_effects(tuple(sorted(injection.card["files"].items())), injection)


@st.cache_resource(max_entries=16, show_spinner="Comparing photo by photo")
def _pairing(digests, kind, _first, _second):
    return paired_runs.compare(_first, _second, kind)


def pairing(first, second, kind=None):
    """`model.evaluation.paired_runs.Comparison` of two runs on photos of a kind, which both tell
    apart; None: that of their own photos.

    Raises:
        ComparisonError: they have too little in common.
    """
    return _pairing((first.digest, second.digest), kind, first, second)


@st.cache_resource(max_entries=16, show_spinner="Comparing photo by photo")
def _pairing_elsewhere(digests, _first, _second):
    return paired_runs.compare_elsewhere(_first, _second)


def pairing_elsewhere(first, second):
    """`model.evaluation.paired_runs.Comparison` of two runs on photos of other data sets, by the
    title of the photos."""
    return _pairing_elsewhere((first.digest, second.digest), first, second)


@st.cache_resource(max_entries=2, show_spinner=False)
def _without_lesion(folder, state):
    table = masked.read(folder)
    return [] if table is None else masked.results(table)


def without_lesion():
    """`model.evaluation.without_lesion.VariantResult`s; empty where nobody measured them.

    Raises:
        ResultsError: their table is malformed.
    """
    return _without_lesion(masked.FOLDER, disk.look((str(masked.FOLDER.parent),)))


@st.cache_resource(max_entries=2, show_spinner=False)
def _learned_shortcut(folder, state):
    tables = learned.read(folder)
    return None if tables is None else (learned.results(tables[0]), learned.ruler_found(tables[1]))


def learned_shortcut():
    """(`model.evaluation.learned_shortcut.ConditionResult`s, `RulerFound`s), or None where nobody
    measured them.

    Raises:
        ResultsError: a table is malformed.
    """
    return _learned_shortcut(masked.FOLDER, disk.look((str(masked.FOLDER.parent),)))
