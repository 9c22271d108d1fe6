"""What was measured about the heat maps of a run."""

import streamlit as st

from model.evaluation import covering_rates as measured_covering
from model.evaluation import heatmap_metrics, map_baselines, run_sentences
from model.evaluation import localisation as localised
from model.evaluation import randomisation as shuffling
from model.evaluation.strategy_atlas import atlas as measured_atlas


@st.cache_resource(max_entries=16, show_spinner="Summing up the heat maps")
def _localisation(digest, _run):
    table, randomised = _run.localisation, _run.randomisation
    methods = localised.methods_of(table)
    return (
        {subset: localised.accuracy_by_method(table, subset) for subset in localised.SUBSETS},
        {method: localised.shuffled(table, method) for method in methods},
        {method: run_sentences.heatmap_faults(table, method, randomised) for method in methods},
    )


def localisation(chosen):
    """What was measured about the heat maps of a run that has a `Run.localisation`.

    Returns:
        (list of `model.evaluation.localisation.MethodAccuracy` by subset, `WeightShuffling` by
        method, faults by method).
    """
    return _localisation(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner="Summing up the heat maps")
def _randomisation(digest, _run):
    table = _run.randomisation
    return {name: shuffling.by_depth(table, name) for name in shuffling.methods_of(table)}


def randomisation(chosen):
    """Lists of `model.evaluation.randomisation.PatternKept` by method, from the output layer alone
    to every layer, of a run that has a `Run.randomisation`."""
    return _randomisation(chosen.digest, chosen)


@st.cache_resource(max_entries=64, show_spinner="Holding the heat maps against simpler maps")
def _map_baselines(digest, subset, _run):
    if _run.map_baselines is None:
        return {}
    table = _run.localisation
    return {
        method: map_baselines.comparisons(table, _run.map_baselines, method, subset)
        for method in localised.methods_of(table)
    }


def against_baselines(chosen, subset):
    """`model.evaluation.map_baselines.Comparison`s by method, of a run that has a
    `Run.localisation`; empty where nobody measured the baselines."""
    return _map_baselines(chosen.digest, subset, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _metric_means(digest, _run):
    return heatmap_metrics.means(_run.heatmap_metrics)


def metric_means(chosen):
    """`model.evaluation.heatmap_metrics.MetricMean`s of a run that has a `Run.heatmap_metrics`."""
    return _metric_means(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _covering_rates(digest, _run):
    return measured_covering.rates(_run.covering_test)


def covering_rates(chosen):
    """`model.evaluation.covering_rates.Rates` of a run that has a
    `Run.covering_test`."""
    return _covering_rates(chosen.digest, chosen)


@st.cache_resource(max_entries=16, show_spinner="Holding the groups against each other")
def _atlas(digest, _run):
    return measured_atlas(_run)


def atlas(chosen):
    """`model.evaluation.strategy_atlas.Atlas` of a run that has a `Run.atlas`."""
    return _atlas(chosen.digest, chosen)


def heatmap_faults(chosen):
    """Sentences by method that fails a check on this run; empty where nobody measured."""
    if chosen.localisation is None:
        return {}
    return {method: sentences for method, sentences in localisation(chosen)[2].items() if sentences}
