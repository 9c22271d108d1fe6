"""What the signs of a doubtful answer are worth: faults of a photo, turns, stress, novelty."""

import streamlit as st

from model.evaluation import photo_faults, signs


@st.cache_resource(max_entries=16, show_spinner=False)
def _fault_limits(digest, _run):
    return photo_faults.limits(_run)


def fault_limits(chosen):
    """`model.evaluation.photo_faults.limits` of a run that has a `Run.quality`."""
    return _fault_limits(chosen.card_digest, chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _worth(digest, key, _run):
    return photo_faults.effect(_run, key)


def fault_effect(chosen, key):
    """`model.evaluation.photo_faults.FaultEffect` of a fault, of a run that has a
    `Run.quality`."""
    return _worth(chosen.digest, key, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _turning(digest, kind, _run):
    return signs.turning_costs(_run, kind)


def turning_costs(chosen, kind=None):
    """`model.evaluation.sign_cost.SignCosts` where a photo's answer depends on how it is turned."""
    return _turning(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _stress(digest, kind, _run):
    return signs.stress_costs(_run, kind)


def stress_costs(chosen, kind=None):
    """The same where a change of the stress test gives another answer."""
    return _stress(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _novelty(digest, kind, _run):
    return signs.novelty_costs(_run, kind)


def novelty_costs(chosen, kind=None):
    """The same where the novelty score flags a photo."""
    return _novelty(chosen.digest, kind, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _several(digest, kind, _run):
    return signs.several_costs(_run, kind)


def several_costs(chosen, kind=None):
    """The same where a prediction set holds several diagnoses: of right answers, and of sets that
    hold the truth."""
    return _several(chosen.digest, kind, chosen)
