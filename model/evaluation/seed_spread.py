"""How much of a run's figures is due to the seed: the same recipe trained again, on the same split.

Intervals from resampling photos tell what other photos might give. They hold the network as it is,
and leave out that another training gives another network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation import bootstrap, differences
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, estimate
from model.evaluation.differences import Figure
from model.evaluation.external_results import OWN
from model.photo.kind import plural
from model.run.tables import OWN_SOURCE

if TYPE_CHECKING:
    from model.run import Run

# Those that follow from probabilities alone: thresholds and prediction sets are fitted anew by each
# training, and those of a repeat are not kept.
FIGURES = (
    Figure.ACCURACY,
    Figure.BALANCED_ACCURACY,
    Figure.MACRO_AUC,
    Figure.MALIGNANT_AUC,
    Figure.ECE,
)


@dataclass(frozen=True)
class Repeat:
    """One training with another seed, on some photos, beside the run's own.

    `figures` and `differences` (less the run's own, on the same photos) are by `Figure`;
    `answered_differently` is the share of photos that it gives another diagnosis.
    """

    seed: int
    revision: str
    figures: dict[Figure, Estimate]
    differences: dict[Figure, Estimate]
    answered_differently: Estimate


@dataclass(frozen=True)
class SeedSpread:
    """The trainings of one recipe on photos of one source; people count as lesions there.

    `figures` are those of the run's own network, by `Figure`.
    """

    title: str
    num_photos: int
    num_lesions: int
    figures: dict[Figure, Estimate]
    repeats: tuple[Repeat, ...]


def by_source(run: Run, num_resamples: int = NUM_RESAMPLES) -> list[SeedSpread]:
    """Hold a run's repeats against it: on its own test photos, then on those of other data sets.

    Photos, lesions and resamples are the same for all trainings.

    Args:
        run: `model.run.Run`.
        num_resamples: for the intervals.
    Returns:
        One `SeedSpread` for each source; empty where nobody trained the recipe again.
    """
    if run.repeats is None:
        return []
    return [
        _spread(run, title, rows, repeats, num_resamples)
        for title, rows, repeats in _sources(run)
        if len(rows)
    ]


def _sources(run):
    """(title, rows with truth and the run's own probabilities, rows of the repeats) by source."""
    found = [(OWN, run.test_photos, run.repeats[run.repeats["source"] == OWN_SOURCE])]
    external = run.repeats[run.repeats["source"] != OWN_SOURCE]
    for (kind, source), repeats in external.groupby(["kind", "source"], sort=False):
        rows = run.external
        rows = rows[(rows["kind"] == kind) & (rows["source"] == source)]
        rows = rows.assign(lesion_id=rows["person_id"])
        found.append((f"{plural(kind)}, {source}", rows, repeats))
    return [
        (title, rows[rows["image_id"].isin(repeats["image_id"])], repeats)
        for title, rows, repeats in found
    ]


def _spread(run, title, rows, repeats, num_resamples):
    weights = bootstrap.lesion_weights(rows["lesion_id"], num_resamples, seed=0)
    own = _figures(run, rows, weights)
    answers = _answers(run, rows)
    measured = []
    for (seed, revision), of_seed in repeats.groupby(["seed", "revision"]):
        columns = run.probability_columns
        probabilities = of_seed.set_index("image_id").loc[rows["image_id"], columns]
        again = rows.assign(**{column: probabilities[column].to_numpy() for column in columns})
        figures = _figures(run, again, weights)
        differs = _answers(run, again) != answers
        measured.append(
            Repeat(
                int(seed),
                str(revision),
                _estimates(figures),
                {
                    figure: estimate(
                        figures[figure].value - own[figure].value,
                        figures[figure].resampled - own[figure].resampled,
                    )
                    for figure in own
                },
                bootstrap.share(pd.Series(differs), rows["lesion_id"].reset_index(drop=True)),
            )
        )
    return SeedSpread(
        title, len(rows), rows["lesion_id"].nunique(), _estimates(own), tuple(measured)
    )


def _figures(run, rows, weights):
    found = differences.drawn(run, rows, None, weights)
    return {figure: found[figure] for figure in FIGURES if figure in found}


def _estimates(figures):
    return {
        figure: drawn.alone or estimate(drawn.value, drawn.resampled)
        for figure, drawn in figures.items()
    }


def _answers(run, rows):
    return rows[run.probability_columns].to_numpy(dtype=float).argmax(axis=1)
