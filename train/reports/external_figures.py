"""What a trained run reaches on external photos, added to its folder."""

import pandas as pd

from model.evaluation import external_results, tables
from model.prediction.classifier import Classifier
from model.run import Run, RunError
from model.run.files import EXTERNAL
from model.run.writer import add_table
from train.data.external_photos import in_splits_of
from train.fitting.predict_external import predict_external
from train.reports import model_card


def measure(run: Run, photos: pd.DataFrame) -> Run:
    """Predict external photos and keep the predictions beside the run's weights.

    Predictions for photos of other sources, measured before, stay.

    Args:
        run: with its network.
        photos: of `train.data.external.read`.
    Returns:
        The run, read back, with its model card written anew.
    Raises:
        RunError: the run has no network, or no photo can be read.
    """
    table = predict_external(Classifier(run), in_splits_of(photos, run.external))
    if table is None:
        raise RunError(f"None of the {len(photos)} external photos can be read.")
    if run.external is not None:
        before = run.external
        is_new = _sources(before).isin(_sources(table))
        # Older tables do not name the source; the same photos must not stand there twice.
        is_new |= (before["source"] == "") & _photos(before).isin(_photos(table))
        table = pd.concat([before[~is_new], table], ignore_index=True)
    run = add_table(run, EXTERNAL, table)
    model_card.write(run)
    return run


def table(run: Run) -> pd.DataFrame:
    """The figures as text, one row per source, the run's own test photos last."""
    return tables.test_parts([*external_results.by_source(run), external_results.own(run)])


def _photos(rows):
    return rows["kind"] + ":" + rows["image_id"]


def _sources(rows):
    return rows["kind"] + rows["source"].where(rows["kind"] != rows["source"], "")
