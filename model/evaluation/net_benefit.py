"""Whether acting on a threshold does more good than harm: net benefit, a decision curve.

Somebody who would act on a lesion from a probability p of being malignant weighs one false alarm as
p / (1 - p) of a malignant lesion found. Net benefit counts in that currency, per photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate

# From which probability one would act: from very cautious to what a clinic may use.
ACT_FROM = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True)
class NetBenefit:
    """Net benefit per photo for those who would act from the probability `act_from`.

    `threshold` is that of acting above a run's threshold, `everyone` that of acting on every photo;
    acting on none has 0. `gain` is the first less the better of the other two.
    """

    act_from: float
    threshold: Estimate
    everyone: Estimate
    gain: Estimate

    @property
    def is_better(self) -> bool:
        """Whether the threshold is shown to do better than acting on all and acting on none, by one
        in 1,000 photos at least: an end nearer to 0 depends on the draws."""
        return round(1000 * self.gain.low) > 0

    @property
    def is_worse(self) -> bool:
        """Whether it is shown to do worse than the better of the two."""
        return round(1000 * self.gain.high) < 0


def net_benefit(
    rows: pd.DataFrame,
    codes: Sequence[str],
    threshold: float,
    act_from: Sequence[float] = ACT_FROM,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> list[NetBenefit]:
    """The decision curve of one threshold on the summed probability of some diagnoses.

    The mix of diagnoses is that of the photos. The better of all and none is chosen anew in every
    resample, so that `gain` counts the doubt about which it is.

    Args:
        rows: predictions of one split.
        codes: of the diagnoses that are looked for.
        threshold: of their sum; a photo at or above it is acted on.
        act_from: probabilities in (0, 1).
    Returns:
        List of `NetBenefit`, one for each of `act_from`, with intervals by lesion; empty where all
        photos or none are of these diagnoses.
    Source:
        Vickers and Elkin 2006, https://doi.org/10.1177/0272989X06295361.
    """
    own = rows["diagnosis"].isin(codes).to_numpy()
    if own.all() or not own.any():
        return []
    above = rows[[f"p_{code}" for code in codes]].sum(axis=1).to_numpy() >= threshold
    weights = bootstrap.lesion_weights(rows["lesion_id"], num_resamples, seed)
    # The photos as they are come first, then the resamples: (1 + resamples, photos).
    weights = np.concatenate([np.ones((1, len(rows)), weights.dtype), weights])
    num_photos = weights.sum(axis=1)
    found, alarms, malignant, others = (
        weights @ marked.astype(float) / num_photos
        for marked in (above & own, above & ~own, own, ~own)
    )
    curve = []
    for probability in act_from:
        price = probability / (1 - probability)
        acting, everyone = found - price * alarms, malignant - price * others
        gain = acting - np.maximum(everyone, 0)
        curve.append(
            NetBenefit(
                probability,
                *(bootstrap.estimate(values[0], values[1:]) for values in (acting, everyone, gain)),
            )
        )
    return curve
