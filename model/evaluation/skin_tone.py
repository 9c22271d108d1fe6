"""How well a run does by the skin tone in its photos, and how far that tone is to be believed.

The tone is the individual typology angle of the skin around the lesion, `Run.skin_tone`, larger for
lighter skin. Nobody calibrated the cameras, so it is held against Fitzpatrick types where a data
set records them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from model.evaluation import bootstrap, subgroups
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate
from model.evaluation.external_results import OWN
from model.evaluation.subgroups import RecallGap, Subgroup
from model.photo.kind import plural
from model.run import Run

TONE = "ita"  # a key of `subgroups.CHARACTERISTICS`
WEAK = 0.5  # an absolute rank correlation; below it, one tells little about the other
DARKER = ("brown", "dark")


class Verdict(Enum):
    """What an agreement is worth: none shown (its interval holds 0), one that may be nearer to 0
    than `WEAK`, one that is not, or one of the wrong sign."""

    NONE = auto()
    WEAK = auto()
    FAIR = auto()
    WRONG = auto()


@dataclass(frozen=True)
class Agreement:
    """How the angle and the Fitzpatrick type go together over photos that have both.

    `correlation` is Spearman's, with its interval by person; -1 where they order all photos alike,
    because a higher type is darker skin and a larger angle lighter.
    """

    correlation: Estimate
    num_photos: int
    num_people: int

    @property
    def verdict(self) -> Verdict:
        if self.correlation.low > 0:
            return Verdict.WRONG
        if not self.correlation.high < 0:
            return Verdict.NONE
        return Verdict.FAIR if self.correlation.high < -WEAK else Verdict.WEAK


@dataclass(frozen=True)
class ToneResult:
    """What a run reached on photos of one source, by the tone of the skin in them.

    `groups` and `gaps` are of all malignant diagnoses together, over the `num_measured` photos that
    have an angle; `num_darker` of these are in the groups `DARKER`.
    """

    title: str
    num_photos: int
    num_measured: int
    num_darker: int
    groups: tuple[Subgroup, ...]
    gaps: tuple[RecallGap, ...]

    @property
    def tells_of_darker_skin(self) -> bool:
        """Whether a group of `DARKER` holds enough malignant lesions to say anything."""
        return any(group.name in DARKER and not group.is_small for group in self.groups)


def by_source(run: Run) -> list[ToneResult]:
    """Measure a run by skin tone on its own test photos, then on those of each other source.

    Returns:
        List of `ToneResult`s; empty where the run has no `Run.skin_tone` or nothing malignant.
    """
    if run.skin_tone is None or not run.malignant:
        return []
    results = [_measure(run, OWN, run.test_photos)]
    if run.external is not None:
        rows = run.external[(run.external["split"] == "test") & (run.external["diagnosis"] != "")]
        rows = rows.assign(lesion_id=rows["person_id"])
        for (kind, source), of_source in rows.groupby(["kind", "source"], sort=False):
            title = ", ".join(filter(None, (plural(str(kind)), str(source))))
            results.append(_measure(run, title, of_source))
    return [result for result in results if result.num_measured]


def _measure(run, title, rows):
    tones = run.skin_tone.set_index("image_id")[TONE]
    # Without the other characteristics, which nobody asked for here.
    rows = rows.drop(columns=list(subgroups.CHARACTERISTICS), errors="ignore")
    num_photos = len(rows)
    rows = rows.assign(**{TONE: rows["image_id"].map(tones)}).dropna(subset=TONE)
    names = subgroups.named(TONE, rows[TONE])
    return ToneResult(
        title,
        num_photos,
        len(rows),
        int(names.isin(DARKER).sum()),
        tuple(subgroups.subgroups(rows, run.diagnoses, run.malignant)),
        tuple(subgroups.recall_gaps(rows, run.diagnoses, run.malignant)),
    )


def agreement(run: Run, num_resamples: int = NUM_RESAMPLES, seed: int = 0) -> Agreement | None:
    """Hold the angle against the Fitzpatrick types that a run's external photos come with.

    Photos of every split count: no network takes part in this.

    Returns:
        `Agreement`, or None where fewer than `subgroups.FEW` photos have both, or all are of one
        type.
    """
    if run.skin_tone is None or run.external is None or "skin_type" not in run.external.columns:
        return None
    rows = run.external.merge(run.skin_tone, on="image_id")
    rows = rows[rows["skin_type"].notna() & rows[TONE].notna()]
    if len(rows) < subgroups.FEW or rows["skin_type"].nunique() < 2:
        return None
    types, angles = rows["skin_type"].to_numpy(), rows[TONE].to_numpy()
    weights = bootstrap.lesion_weights(rows["person_id"], num_resamples, seed)
    drawn = [_rank_correlation(types, angles, row.astype(int)) for row in weights]
    return Agreement(
        bootstrap.estimate(
            _rank_correlation(types, angles, np.ones(len(rows), int)), np.array(drawn)
        ),
        len(rows),
        rows["person_id"].nunique(),
    )


def _rank_correlation(first, second, counts):
    """Spearman's correlation of pairs that count as often as `counts` says; NaN without variety."""
    from scipy.stats import rankdata

    ranks = np.stack([rankdata(np.repeat(values, counts)) for values in (first, second)])
    return np.nan if (np.ptp(ranks, axis=1) == 0).any() else np.corrcoef(ranks)[0, 1]
