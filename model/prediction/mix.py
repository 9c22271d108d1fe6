"""A run read at a named mix of the diagnoses, with decision rules that fit it.

How probable a diagnosis is depends on how frequent it is among the photos one has in mind. A run
whose calibration.json says how its probabilities change with the mix can be read at several; then
its prediction sets and thresholds are fitted anew on the validation photos, read at that mix, so
that answer, bars, sets and thresholds never contradict each other. What they reach is measured on
the test photos as it is for any run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

import numpy as np
import pandas as pd

from model.network.softmax import at_mix
from model.prediction import decision_rules
from model.run import EXTERNAL, OptionalPart, Run
from model.run.schema import Calibration, KindCalibration


class MixName(StrEnum):
    """Which mix of diagnoses; the values stand in URLs, on the command line and in files."""

    AS_GIVEN = "equal"  # as the network was calibrated: after balanced training, all as frequent
    VALIDATION = "validation"
    SCREENING = "screening"


@dataclass(frozen=True)
class NamedMix:
    """A mix of diagnoses.

    `prevalence` in (0, 1) belongs to `SCREENING` alone: the share of malignant lesions, where the
    malignant diagnoses among each other, and the others, are as frequent as in the validation
    photos.
    """

    name: MixName
    prevalence: float | None = None


def mixes(run: Run) -> tuple[MixName, ...]:
    """The mixes that a run can be read at; `AS_GIVEN` alone where none was fitted."""
    fits = [run.calibration_of(kind).get("mix") for kind in run.kinds or (None,)]
    if any(fit is None for fit in fits):
        return (MixName.AS_GIVEN,)
    malignant = [
        sum(share for code, share in fit["shares"].items() if code in run.malignant)
        for fit in fits
        if fit
    ]
    if all(0 < share < 1 for share in malignant):
        return tuple(MixName)
    return (MixName.AS_GIVEN, MixName.VALIDATION)


def read_at(run: Run, mix: NamedMix) -> Run:
    """The run at a mix, which must be one of `mixes`; for `AS_GIVEN` the run itself."""
    return run if mix.name is MixName.AS_GIVEN else RunAtMix(run.path, run.card, run, mix)


@dataclass(frozen=True)
class RunAtMix(Run):
    """A run whose probabilities, prediction sets and thresholds are those at a mix.

    `base` is the run as its folder tells it. What was measured with its probabilities as given,
    and can't be had from predictions alone, is not known of this one.
    """

    base: Run
    mix: NamedMix

    @cached_property
    def digest(self) -> str:
        return sha256(f"{self.base.digest}:{self.mix}".encode()).hexdigest()

    def at_its_mix(self, probabilities: np.ndarray, kind: str | None) -> np.ndarray:
        """Probabilities as the run gives them -> at this mix.

        To the validation photos' mix by the fit (`model.run.schema.Mix`); from there to a screening
        by the ratio of the shares, as Bayes's rule has it where only the shares differ.

        Args:
            probabilities: (..., diagnoses).
            kind: of photo.
        Returns:
            (..., diagnoses) float64.
        Source:
            Saerens et al. 2002, https://doi.org/10.1162/089976602753284446.
        """
        fit = self.base.calibration_of(kind)["mix"]
        shares = np.array([fit["shares"].get(code, 0.0) for code in self.diagnoses])
        mixed = at_mix(probabilities, shares, fit["sharpness"], fit["prior_weight"])
        if self.mix.prevalence is None:
            return mixed
        is_malignant = np.isin(self.diagnoses, self.malignant)
        before = shares[is_malignant].sum()
        mixed *= np.where(
            is_malignant, self.mix.prevalence / before, (1 - self.mix.prevalence) / (1 - before)
        )
        return mixed / mixed.sum(axis=-1, keepdims=True)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return self._mixed(self.base.predictions, None)

    def _external(self):
        by_kind = self.base.external.groupby("kind")  # type: ignore[union-attr] # the card lists it
        parts = [self._mixed(of, str(kind)) for kind, of in by_kind]
        return pd.concat(parts).sort_index()

    external = OptionalPart(EXTERNAL, _external)

    @cached_property
    def calibration(self) -> Calibration:
        fitted = self.base.calibration
        kinds = {
            kind: self._refitted(of_kind, self._validation_photos(kind))
            for kind, of_kind in fitted.get("kinds", {}).items()
        }
        own: Calibration = {**self._refitted(fitted, self._validation_photos(None))}
        return own | ({"kind": fitted["kind"], "kinds": kinds} if kinds else {})

    # Measured with the answers as given, which a mix may change.
    turning = covering_test = stress = planted = atlas = repeats = None

    def _mixed(self, rows, kind):
        columns = self.probability_columns
        mixed = self.at_its_mix(rows[columns].to_numpy(dtype=float), kind)
        return rows.assign(**dict(zip(columns, mixed.T, strict=True)))

    def _validation_photos(self, kind):
        if kind is None:
            rows = self.predictions
            rows = rows[(rows["fold"] == self.folds[0]) & (rows["copy_of"] == "")]
        elif self.external is None:
            return self.predictions.iloc[:0]
        else:
            rows = self.external[self.external["kind"] == kind]
        return rows[rows["split"] == "validation"]

    def _refitted(self, fitted: KindCalibration, rows: pd.DataFrame) -> KindCalibration:
        """The decision rules of a kind of photo for the same targets; none without photos to fit
        them on."""
        refitted: KindCalibration = {"temperature": fitted["temperature"]}
        if rows.empty:
            return refitted
        probabilities = rows[self.probability_columns].to_numpy()
        if "conformal" in fitted:
            labels = rows["diagnosis"].map(self.diagnoses.index).to_numpy()
            coverage = fitted["conformal"]["coverage"]
            refitted["conformal"] = decision_rules.conformal(probabilities, labels, coverage)
        refitted["operating_points"] = []
        for point in fitted.get("operating_points", []):
            truth = rows["diagnosis"].isin(point["of"]).to_numpy()
            if truth.all() or not truth.any():
                continue
            scores = probabilities[:, np.isin(self.diagnoses, point["of"])].sum(axis=1)
            fit = decision_rules.threshold(truth, scores, point["wanted_sensitivity"])
            refitted["operating_points"].append({**point, **fit})
        return refitted
