"""The training lesions nearest to a photo, and what they are worth as an answer."""

import streamlit as st

from model.evaluation import neighbour_overlap as neighbour_overlaps
from model.evaluation import neighbour_vote as neighbour_votes
from model.evaluation import same_lesion_spread as same_lesion_spreads
from model.prediction.neighbours import Neighbours


@st.cache_resource(max_entries=8, show_spinner=False)
def _neighbours(digest, _run):
    return Neighbours.from_arrays(_run.neighbour_arrays)


def neighbours(chosen):
    """`model.prediction.neighbours.Neighbours` of a run that has `Run.neighbour_arrays`."""
    return _neighbours(chosen.card_digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _neighbour_vote(digest, _run):
    return neighbour_votes.neighbour_vote(_run)


def neighbour_vote(chosen):
    """`model.evaluation.neighbour_vote.NeighbourVote` of a run on its test photos, or None."""
    return _neighbour_vote(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _same_lesion_spread(digest, _run):
    return same_lesion_spreads.same_lesion_spread(_run)


def same_lesion_spread(chosen):
    """`model.evaluation.same_lesion_spread.SameLesionSpread` of a run, or None."""
    return _same_lesion_spread(chosen.digest, chosen)


@st.cache_resource(max_entries=32, show_spinner="Holding the nearest lesions together")
def _neighbour_overlap(digests, _first, _second):
    return neighbour_overlaps.neighbour_overlap(_first, _second)


def neighbour_overlap(first, second):
    """`model.evaluation.neighbour_overlap.NeighbourOverlap` of two runs, or None."""
    digests = (first.card_digest, second.card_digest)
    return _neighbour_overlap(digests, first, second)
