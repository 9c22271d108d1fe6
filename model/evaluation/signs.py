"""The signs on a photo and its prediction, and what each of them costs on test photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation.conformal import prediction_sets
from model.evaluation.photo_faults import FAULTS, effect
from model.evaluation.sign_cost import (
    SignCost,
    SignCosts,
    by_photo,
    is_right,
    sign_cost,
    sign_costs,
)
from model.prediction.prediction import STABLE_WITHIN, is_stable
from model.run import OWN_SOURCE

if TYPE_CHECKING:
    from model.run import Run

TURNS = "differs when turned"
STRESSED = "changes under stress"
NOVEL = "flagged as unusual"
SEVERAL = "several diagnoses in the set"


def costs(run: Run, kind: str | None = None) -> dict[str, SignCosts]:
    """What every sign that was measured costs, by sign.

    Args:
        run: `model.run.Run`.
        kind: as of `model.evaluation.photo_sources.photo_sources`.
    """
    measured: dict[str, SignCosts] = {}
    if run.quality is not None and kind in (None, *run.kinds[:1]):
        measured |= {key: effect(run, key).costs for key in FAULTS}
    measured |= {
        TURNS: turning_costs(run, kind),
        STRESSED: stress_costs(run, kind),
        NOVEL: novelty_costs(run, kind),
        SEVERAL: several_costs(run, kind)[0],
    }
    return {sign: of_sign for sign, of_sign in measured.items() if of_sign.by_source}


def turning_costs(run: Run, kind: str | None = None) -> SignCosts:
    """What it costs where the flips and turns of a photo do not agree; empty where nobody
    measured it."""
    if run.turning is None:
        return SignCosts({})
    table = run.turning.set_index(["source", "image_id"])
    return sign_costs(run, kind, by_photo(~are_stable(table)))


def are_stable(turning: pd.DataFrame) -> pd.Series:
    """`model.prediction.prediction.is_stable` of every row of `Run.turning`."""
    figures = turning[["num_views", "num_agreeing", "low", "high"]].itertuples(index=False)
    return pd.Series([is_stable(*row) for row in figures], index=turning.index, dtype=bool)


def turning_halves(run: Run, split: str = "validation") -> tuple[SignCost, SignCost] | None:
    """What each half of `is_stable` is worth on the run's own photos; None where that was not
    measured.

    Returns:
        What it costs where the flips and turns name several diagnoses; and, where all name one,
        where its probability spans more than `STABLE_WITHIN`.
    """
    if run.turning is None:
        return None
    table = run.turning
    table = table[(table["split"] == split) & (table["source"] == OWN_SOURCE)]
    rows = run.predictions
    rows = rows[(rows["split"] == split) & (rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    rows = rows.merge(table.drop(columns="split"), on="image_id")
    if rows.empty:
        return None
    hits, lesions = is_right(run, rows), rows["lesion_id"].to_numpy()
    agree = (rows["num_agreeing"] == rows["num_views"]).to_numpy()
    is_wide = ((rows["high"] - rows["low"]) > STABLE_WITHIN).to_numpy()
    return (
        sign_cost(hits, lesions, ~agree),
        sign_cost(hits[agree], lesions[agree], is_wide[agree]),
    )


def stress_costs(run: Run, kind: str | None = None) -> SignCosts:
    """What it costs where at least one change of the stress test gives another answer; empty where
    nobody measured it."""
    if run.stress is None:
        return SignCosts({})
    table = run.stress.set_index(["source", "image_id"])
    return sign_costs(run, kind, by_photo(table["num_holding"] < table["num_changes"]))


def novelty_costs(run: Run, kind: str | None = None) -> SignCosts:
    """What it costs where the novelty score flags a photo; without photos that have no score."""

    def is_flagged(rows):
        if "novelty" not in rows.columns:
            return pd.Series(pd.NA, index=rows.index, dtype="boolean")
        return (rows["novelty"] > 1).astype("boolean").where(rows["novelty"].notna())

    return sign_costs(run, kind, is_flagged)


def several_costs(run: Run, kind: str | None = None) -> tuple[SignCosts, SignCosts]:
    """How much less often the answer is right where the prediction set holds several diagnoses, and
    how much less often such a set holds the truth; empty without prediction sets."""
    conformal_fit = run.calibration_of(kind).get("conformal")
    if not conformal_fit:
        return SignCosts({}), SignCosts({})
    quantile = conformal_fit["quantile"]

    def has_several(rows):
        _, sizes = prediction_sets(run, rows, quantile)
        return pd.Series(sizes > 1, index=rows.index, dtype="boolean")

    def is_covered(rows):
        held, _ = prediction_sets(run, rows, quantile)
        return held

    return sign_costs(run, kind, has_several), sign_costs(run, kind, has_several, is_covered)
