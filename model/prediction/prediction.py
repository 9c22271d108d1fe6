"""What a run says about one photo, in the terms a person reads."""

from dataclasses import dataclass

from model.lesions import malignant_codes

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
    def is_stable(self):
        """All views name one diagnosis, about equally sure."""
        return self.num_agreeing == self.num_views and self.high - self.low <= STABLE_WITHIN


@dataclass(frozen=True)
class Prediction:
    """Probabilities of one photo, in [0, 1], by code in the run's order, and what follows.

    `novelty` is None where the run cannot tell; above 1 the photo is unlike 95 % of the
    validation photos. `stability` is None where the run looks at a photo only once.
    """

    probabilities: dict[str, float]
    prediction_set: tuple[str, ...]
    novelty: float | None
    stability: Stability | None = None

    @property
    def diagnosis(self):
        """Code of the most probable diagnosis."""
        return self.ranking[0]

    @property
    def probability(self):
        return self.probabilities[self.diagnosis]

    @property
    def ranking(self):
        """Codes, most probable first."""
        return sorted(self.probabilities, key=self.probabilities.get, reverse=True)

    @property
    def malignant_sum(self):
        """Summed probability of the malignant diagnoses, or None where none is known."""
        codes = malignant_codes(self.probabilities)
        return sum(self.probabilities[code] for code in codes) if codes else None

    @property
    def is_novel(self):
        return self.novelty is not None and self.novelty > 1


def answer(run, probabilities, novelty=None, by_view=None):
    """Put one photo's probabilities into a person's terms.

    Args:
        run: `model.run.Run`.
        probabilities: (diagnoses,) float, in the run's order.
        novelty: the score of `model.prediction.novelty`, or None.
        by_view: (views, diagnoses) float, the same for each flip and turn alone, or None.
    """
    by_code = {code: float(value) for code, value in zip(run.diagnoses, probabilities, strict=True)}
    conformal = run.calibration.get("conformal")
    chosen = prediction_set(by_code, conformal["quantile"]) if conformal else ()
    stability = None
    if by_view is not None and len(by_view) > 1:
        place = int(probabilities.argmax())
        own = by_view[:, place]
        num_agreeing = int((by_view.argmax(axis=1) == place).sum())
        columns = [run.diagnoses.index(code) for code in malignant_codes(run.diagnoses)]
        sums = by_view[:, columns].sum(axis=1)
        stability = Stability(
            len(by_view),
            num_agreeing,
            float(own.min()),
            float(own.max()),
            (float(sums.min()), float(sums.max())) if columns else None,
        )
    return Prediction(by_code, chosen, None if novelty is None else float(novelty), stability)


def prediction_set(probabilities, quantile):
    """Codes that cannot be ruled out, most probable first; never empty.

    An empty set would be a valid conformal answer but a useless one, so the most probable
    diagnosis always stays; coverage can only rise by it.
    """
    ranking = sorted(probabilities, key=probabilities.get, reverse=True)
    kept = [code for code in ranking if 1 - probabilities[code] <= quantile]
    return tuple(kept or ranking[:1])


def operating_points(run):
    """The run's `OperatingPoint`s; empty where its diagnoses leave nothing to tell apart."""
    return [
        OperatingPoint(tuple(point["of"]), point["wanted_sensitivity"], point["threshold"])
        for point in run.calibration.get("operating_points", [])
    ]
