"""A sentence that judges or compares must rest on evidence that still carries it.

`sentences` finds such sentences in the documents and in what the code says, `bound` names the
evidence of those that claim something about the runs that ship, `unbound` says why the others need
none. What stands on screen only under a condition is bound to that condition.
"""

import importlib
from functools import reduce

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import randomisation
from tests.claims import sentences
from tests.claims.bound import BOUND, EDITIONS, document
from tests.claims.unbound import UNBOUND, Why
from tests.conftest import ROOT

RUNS = ROOT / "assets" / "runs"
EVIDENCE = sorted({evidence for of in BOUND.values() for evidence in of.values()}, key=str)
PLACES = sentences.documents() + sentences.modules() + sentences.templates()


@pytest.fixture(scope="module")
def runs():
    readable, refused = run.read_all([RUNS])
    assert refused == {}
    return readable


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda evidence: evidence.__name__)
def test_the_runs_carry_what_is_claimed(runs, evidence):
    assert evidence(runs)


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda evidence: evidence.__name__)
def test_other_runs_would_not_carry_it(runs, evidence):
    assert any(_fails(evidence, others(runs)) for others in TAMPERED)


@pytest.mark.parametrize("place", PLACES)
def test_every_sentence_that_judges_is_bound(place):
    known = [*BOUND.get(place, {}), *UNBOUND.get(place, {})]
    unknown = [
        sentence
        for sentence in sentences.judging(place)
        if not any(quote in sentence for quote in known)
    ]
    assert not unknown, (
        f"{place} judges without evidence. Bind each sentence in tests/claims/bound.py, or say in "
        f"tests/claims/unbound.py why it needs none: {unknown}"
    )


@pytest.mark.parametrize("place", sorted({*BOUND, *UNBOUND}))
def test_every_quote_still_stands_where_it_was_found(place):
    found = document(place) if place.endswith(".md") else " ".join(sentences.judging(place))
    quotes = [*BOUND.get(place, {}), *UNBOUND.get(place, {})]
    assert not [quote for quote in quotes if quote not in found]


@pytest.mark.parametrize(
    "condition",
    sorted({why for of in UNBOUND.values() for why in of.values() if not isinstance(why, Why)}),
)
def test_every_condition_is_in_the_code(condition):
    module, _, names = condition.partition(":")
    assert reduce(getattr, names.split("."), importlib.import_module(module)) is not None


@pytest.mark.parametrize(
    ("sentence", "judges"),
    [
        ("The maps of this network are better.", True),
        ("Its probabilities are calibrated.", True),
        ("No copy is on two sides.", True),
        ("It has eight views.", False),
    ],
)
def test_a_verb_that_judges_is_noticed(sentence, judges):
    assert bool(sentences.JUDGING.search(sentence)) == judges


def test_sentences_are_those_of_the_text_and_not_of_the_commands():
    text = "# A title\n\nOne is better. Two\nis not.\n\n    python   # best\n\n- Worse: x\n"
    found = [sentence for sentence in sentences.in_markdown(text) if sentence]
    assert found == ["# A title", "One is better.", "Two is not.", "- Worse:", "x"]
    code = '"""Better."""\nNAME = "better"\nTEXT = f"the better {NAME} of\\ntwo"\n'
    assert list(sentences.in_code(code)) == ["the better", "of two"]


def _fails(evidence, runs):
    try:
        return not evidence(runs)
    except (AssertionError, ValueError, IndexError, RuntimeWarning):  # what it needs is gone
        return True


def _with(original, **tables):
    changed = run.Run(original.path, original.card)
    vars(changed).update(tables)  # where cached_property keeps them
    return changed


def swapped(runs):
    """Every edition is another one, and every leaking run the honest one."""
    names = dict(zip(EDITIONS, (*EDITIONS[1:], EDITIONS[0]), strict=True))
    names |= {name: name.removesuffix("--as-published") for name in runs if "--" in name}
    return {name: runs[names.get(name, name)] for name in runs}


def turned_round(runs):
    """What was most probable is least probable, and what was found was not."""
    return {name: _turned_round(of) for name, of in runs.items()}


def _turned_round(original):
    tables = {"predictions": original.predictions.copy()}
    changing = ("external", "turning", "localisation", "covering_test")
    for name in (*changing, "randomisation", "heatmap_metrics"):
        table = getattr(original, name)
        if table is not None:
            tables[name] = table.copy()
    for name in ("predictions", "external"):
        if name in tables:
            columns = original.probability_columns
            odds = 1 - tables[name][columns].to_numpy(float)
            tables[name][columns] = odds / odds.sum(axis=1, keepdims=True)
    if "localisation" in tables:
        for column in ("grad_cam_hit", "grad_cam_energy"):
            tables["localisation"][column] = 1 - tables["localisation"][column]
    if "heatmap_metrics" in tables:
        for column in ("road", "infidelity", "random_logit"):
            tables["heatmap_metrics"][column] = 1 - tables["heatmap_metrics"][column]
    if "randomisation" in tables:
        table = tables["randomisation"]
        for method in randomisation.methods_of(table):
            table[method], table[f"{method}_others"] = table[f"{method}_others"], table[method]
    if "covering_test" in tables:
        other = {"better": "no better", "no better": "better", "unclear": "unclear"}
        tables["covering_test"]["verdict"] = tables["covering_test"]["verdict"].map(other)
    return _with(original, **tables)


def leaking(runs):
    """Every photo is of one of ten lesions, in all parts, and no answer depends on the photo."""
    changed = {}
    for name, of in runs.items():
        rows = of.predictions.copy()
        rows["lesion_id"] = [f"lesion_{number % 10}" for number in range(len(rows))]
        external = of.external
        if external is not None:
            external = external.assign(**dict.fromkeys(of.probability_columns, 0.5))
        rows[of.probability_columns] = 1 / len(of.diagnoses)
        changed[name] = _with(of, predictions=rows, external=external)
    return changed


def shuffled(runs):
    """The answers belong to other photos."""
    draw = np.random.default_rng(0)

    def mixed(of, table):
        if table is None:
            return None
        columns = of.probability_columns
        order = draw.permutation(len(table))
        values = pd.DataFrame(table[columns].to_numpy()[order], table.index, columns)
        return table.assign(**dict(values.items()))

    return {
        name: _with(of, predictions=mixed(of, of.predictions), external=mixed(of, of.external))
        for name, of in runs.items()
    }


TAMPERED = [swapped, turned_round, leaking, shuffled]
