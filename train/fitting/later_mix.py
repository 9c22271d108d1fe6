"""Fitting, for a run that is trained already, how its probabilities change with the mix."""

from __future__ import annotations

import pandas as pd

from model.run import Run, RunError
from model.run.writer import replace_calibration
from train.fitting import calibrate


def fit_mix(run: Run) -> tuple[Run, pd.DataFrame]:
    """Fit the mix on the run's own validation photos and put it into its calibration.json.

    Args:
        run: an older fit, if it has one, is replaced.
    Returns:
        (the run, read back; the rows of the validation photos).
    Raises:
        RunError: it lists no validation photos.
    """
    rows = run.predictions
    own = (rows["split"] == "validation") & (rows["fold"] == run.folds[0])
    rows = rows[own & (rows["copy_of"] == "")]
    if rows.empty:
        raise RunError(f"{run.name} lists no validation photos, which the mix is fitted on.")
    labels = rows["diagnosis"].map(run.diagnoses.index).to_numpy()
    probabilities = rows[run.probability_columns].to_numpy()
    mix = calibrate.mix(probabilities, labels, run.diagnoses)
    return replace_calibration(run, {**run.calibration, "mix": mix}), rows
