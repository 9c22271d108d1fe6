"""The prediction of a run for one photo: probabilities, prediction set, novelty, stability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.prediction.kind_classifier import SURE

if TYPE_CHECKING:
    from model.run import Run

# Of probability, between the flips and turns of one photo: a convention of ours, not measured.
STABLE_WITHIN = 0.3


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on the summed probability of some diagnoses, fitted on validation photos."""

    of: tuple[str, ...]
    target_sensitivity: float
    threshold: float


@dataclass(frozen=True)
class Stability:
    """What the flips and turns of one photo say, each for itself.

    `num_agreeing` of `num_views` name the diagnosis that their average names; `low` and `high` are
    the ends of its probability over the views, `malignant` the ends of the malignant sum, or None
    where no diagnosis is known to be malignant.
    """

    num_views: int
    num_agreeing: int
    low: float
    high: float
    malignant: tuple[float, float] | None

    @property
    def is_stable(self) -> bool:
        """All views name one diagnosis, about equally sure."""
        return is_stable(self.num_views, self.num_agreeing, self.low, self.high)


def is_stable(num_views: int, num_agreeing: int, low: float, high: float) -> bool:
    """`Stability.is_stable` of its figures."""
    return num_agreeing == num_views and high - low <= STABLE_WITHIN


@dataclass(frozen=True)
class Prediction:
    """Probabilities of one photo, in [0, 1], by code in the run's order, and what follows.

    `novelty` is None where the run cannot tell; above 1 the photo is unlike 95 % of the
    validation photos. `stability` is None where the run looks at a photo only once. `kind` is the
    kind of photo whose calibration was used, `recognised` what the network took the photo for,
    with its probability; both are None where the run tells no kinds apart. `malignant` are the
    codes that count as such.
    """

    probabilities: dict[str, float]
    prediction_set: tuple[str, ...]
    novelty: float | None
    stability: Stability | None = None
    kind: str | None = None
    recognised: tuple[str, float] | None = None
    malignant: tuple[str, ...] = ()

    @property
    def is_kind_sure(self) -> bool:
        """Whether the network is sure of the kind of photo; False where it knows no kinds."""
        return self.recognised is not None and self.recognised[1] >= SURE

    @property
    def diagnosis(self) -> str:
        """Code of the most probable diagnosis."""
        return self.ranking[0]

    @property
    def probability(self) -> float:
        return self.probabilities[self.diagnosis]

    @property
    def ranking(self) -> list[str]:
        """Codes, most probable first."""
        return sorted(self.probabilities, key=self.probabilities.__getitem__, reverse=True)

    @property
    def malignant_sum(self) -> float | None:
        """Summed probability of the malignant diagnoses, or None where none is known."""
        if not self.malignant:
            return None
        return sum(self.probabilities[code] for code in self.malignant)

    @property
    def is_novel(self) -> bool:
        return self.novelty is not None and self.novelty > 1


def make_prediction(
    run: Run,
    probabilities: np.ndarray,
    novelty: float | None = None,
    by_view: np.ndarray | None = None,
    kind: str | None = None,
    recognised: tuple[str, float] | None = None,
) -> Prediction:
    """Make a `Prediction` from one photo's probabilities.

    Args:
        run: `model.run.Run`.
        probabilities: (diagnoses,) float, in the run's order.
        novelty: the score of `model.prediction.novelty`, or None.
        by_view: (views, diagnoses) float, the same for each flip and turn alone, or None.
        kind: of photo that the probabilities were calibrated for, or None.
        recognised: see `Prediction`.
    """
    by_code = {code: float(value) for code, value in zip(run.diagnoses, probabilities, strict=True)}
    conformal = run.calibration_of(kind).get("conformal")
    chosen = prediction_set(by_code, conformal["quantile"]) if conformal else ()
    stability = None
    if by_view is not None and len(by_view) > 1:
        top = int(probabilities.argmax())
        own = by_view[:, top]
        num_agreeing = int((by_view.argmax(axis=1) == top).sum())
        columns = [run.diagnoses.index(code) for code in run.malignant]
        sums = by_view[:, columns].sum(axis=1)
        stability = Stability(
            len(by_view),
            num_agreeing,
            float(own.min()),
            float(own.max()),
            (float(sums.min()), float(sums.max())) if columns else None,
        )
    score = None if novelty is None else float(novelty)
    malignant = tuple(run.malignant)
    return Prediction(by_code, chosen, score, stability, kind, recognised, malignant)


# Recorded predictions have six digits: a set must not depend on whether it is made of those.
ROUNDING = 1e-6


def prediction_set(probabilities: Mapping[str, float], quantile: float) -> tuple[str, ...]:
    """Codes that cannot be ruled out, most probable first; never empty.

    An empty set would be a valid conformal answer but a useless one, so the most probable
    diagnosis always stays; coverage can only rise by it.
    """
    ranking = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    kept = [code for code in ranking if 1 - probabilities[code] <= quantile + ROUNDING]
    return tuple(kept or ranking[:1])


def operating_points(run: Run, kind: str | None = None) -> list[OperatingPoint]:
    """The run's `OperatingPoint`s for a kind of photo; empty where its diagnoses leave nothing to
    tell apart."""
    return [
        OperatingPoint(tuple(point["of"]), point["wanted_sensitivity"], point["threshold"])
        for point in run.calibration_of(kind).get("operating_points", [])
    ]
