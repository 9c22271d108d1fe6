"""What a run reached on its test photos, recomputed from its predictions."""

import math

import streamlit as st

from model.evaluation import conformal, metrics, operating_points, reference_standard, run_sentences
from model.evaluation import external_results as outside
from model.evaluation import planted as planted_effects
from model.evaluation import skin_tone as skin_tone_of
from model.evaluation.malignancy import malignancy as measured_malignancy
from model.evaluation.net_benefit import net_benefit as decision_curve
from model.evaluation.roc import roc_curve
from model.evaluation.subgroups import recall_gaps as recall_gaps_of
from model.evaluation.subgroups import subgroups
from model.run import IMPORTED
from pages.shared.cache import sharing


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _evaluation(digest, split, fold, _run):
    rows = _run.predictions
    if fold is not None:
        rows = rows[rows["fold"] == fold]
    return metrics.evaluate(rows, _run.diagnoses, split)


def evaluation(chosen, split="test", fold=None):
    """`model.evaluation.metrics.Evaluation` of one fold of a run, or of all folds together."""
    return _evaluation(chosen.digest, split, fold, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _evaluation_of_test_photos(digest, _run):
    return metrics.evaluate(_run.test_photos, _run.diagnoses)


def evaluation_of_test_photos(run):
    """`model.evaluation.metrics.Evaluation` of `Run.test_photos`: the network that ships, without
    augmented copies."""
    return _evaluation_of_test_photos(run.digest, run)


def confusion(evaluation):
    """`Evaluation.confusion`, as a table that `shared` takes."""
    return sharing.shared(_confusion, evaluation)


def _confusion(evaluation):
    return evaluation.confusion


def is_guessing(run):
    """Whether an imported run is not shown to be better than guessing on its test photos."""
    if run.card["protocol"] != IMPORTED or not run.is_measured or run.test_photos.empty:
        return False
    reached = evaluation_of_test_photos(run).summary["balanced_accuracy"]
    low = reached.value if math.isnan(reached.low) else reached.low
    return low <= 1 / len(run.diagnoses)


@st.cache_resource(max_entries=16, show_spinner=False)
def _reached(digest, kind, _run):
    rows = _run.test_photos_of(kind)
    return conformal.coverage(_run, rows, kind), operating_points.thresholds(_run, rows, kind)


def reached_on_test(chosen, kind=None):
    """(`Coverage`, `MeasuredThreshold`) of the network that ships, on its test photos of a kind
    (None: its own); each may be None."""
    coverage, thresholds = _reached(chosen.digest, kind, chosen)
    return coverage, operating_points.most_sensitive_malignant(thresholds, chosen.malignant)


@st.cache_resource(max_entries=32, show_spinner=False)
def _thresholds(digest, reference, _run):
    rows = reference_standard.photos_of(_run.test_photos, reference)
    return operating_points.thresholds(_run, rows)


def thresholds_on_test(chosen, reference):
    """Every `model.evaluation.operating_points.MeasuredThreshold` of the network that ships, on the
    test photos of a `model.evaluation.reference_standard.Reference`."""
    return _thresholds(chosen.digest, reference, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _elsewhere(digest, _run):
    results = outside.by_source(_run)
    return [*results, outside.own(_run)] if results else []


def external(chosen):
    """`model.evaluation.external_results.ExternalResult` of every source of external photos, the
    run's own test photos last; empty where it was not tried on any."""
    return _elsewhere(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _own_results(digest, _run):
    return outside.own(_run)


def own_results(chosen):
    """`model.evaluation.external_results.ExternalResult` of a run's own test photos."""
    return _own_results(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner="Recomputing the figures from the predictions")
def _groups(digest, watched, _run):
    return subgroups(_run.test_photos, _run.diagnoses, watched)


def groups(chosen, watched):
    """`model.evaluation.subgroups.Subgroup`s of the test photos, with the recall of `watched`."""
    return _groups(chosen.digest, tuple(watched), chosen)


@st.cache_resource(max_entries=64, show_spinner=False)
def _recall_gaps(digest, targets, _run):
    return recall_gaps_of(_run.test_photos, _run.diagnoses, targets)


def recall_gaps(chosen, targets):
    """`model.evaluation.subgroups.RecallGap`s of the test photos of some diagnoses."""
    return _recall_gaps(chosen.digest, tuple(targets), chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _skin_tone(digest, _run):
    return run_sentences.skin_tone_sentences(_run), skin_tone_of.by_source(_run)


def skin_tone(chosen):
    """(sentences, `model.evaluation.skin_tone.ToneResult`s) of a run; both empty where nobody
    measured the skin in its photos."""
    return _skin_tone(chosen.digest, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _ranking(digest, codes, reference, _run):
    return roc_curve(reference_standard.photos_of(_run.test_photos, reference), codes)


def ranking(chosen, codes, reference):
    """`model.evaluation.roc.RocCurve` by the sum of some codes, or None, on the test photos of a
    `model.evaluation.reference_standard.Reference`."""
    return _ranking(chosen.digest, tuple(codes), reference, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _net_benefit(digest, threshold, reference, _run):
    rows = reference_standard.photos_of(_run.test_photos, reference)
    return decision_curve(rows, _run.malignant, threshold)


def net_benefit(chosen, threshold, reference):
    """`model.evaluation.net_benefit.NetBenefit`s of a threshold on the malignant sum, on the test
    photos of a `model.evaluation.reference_standard.Reference`."""
    return _net_benefit(chosen.digest, threshold, reference, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _malignancy(digest, _run):
    return measured_malignancy(_run)


def malignancy(chosen):
    """`model.evaluation.malignancy.Malignancy` of a run's own test photos by reference standard."""
    return _malignancy(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _planted(digest, _run):
    return planted_effects.effects(_run)


def planted(chosen):
    """`model.evaluation.planted.PlantedEffect`s of a run; empty where nobody measured them."""
    return _planted(chosen.digest, chosen)
