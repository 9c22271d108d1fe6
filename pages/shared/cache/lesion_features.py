"""The network that finds outlines, and what was measured inside them."""

import streamlit as st

from model.evaluation import lesion_outlines


@st.cache_resource(max_entries=2, show_spinner=False)
def _outlines(folder, written):
    return lesion_outlines.read(folder)


def outlines():
    """`model.evaluation.lesion_outlines.Outlines` that ship.

    Raises:
        OutlineError: they are missing or were changed.
    """
    card = lesion_outlines.FOLDER / lesion_outlines.CARD
    written = card.stat().st_mtime_ns if card.is_file() else None
    return _outlines(lesion_outlines.FOLDER, written)


@st.cache_data(max_entries=32, show_spinner=False)
def _outline_sentences(digest, _outlines):
    return lesion_outlines.sentences(_outlines)


@st.cache_resource(max_entries=8, show_spinner=False)
def _feature_differences(digest, feature, _outlines):
    return lesion_outlines.same_lesion_differences(_outlines, feature)


def feature_differences(feature):
    """`model.evaluation.lesion_outlines.same_lesion_differences`; raises as `outlines`."""
    found = outlines()
    return _feature_differences(found.digest, feature, found)


@st.cache_resource(max_entries=8, show_spinner=False)
def _feature_separation(digest, feature, _outlines):
    return lesion_outlines.separation(_outlines, feature)


def feature_separation(feature):
    """`model.evaluation.lesion_outlines.separation`; raises as `outlines`."""
    found = outlines()
    return _feature_separation(found.digest, feature, found)


def outline_sentences():
    """How good the outline is, in sentences; raises as `outlines`."""
    found = outlines()
    return _outline_sentences(found.digest, found)
