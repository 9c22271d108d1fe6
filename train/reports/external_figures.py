"""What a trained run reaches on external photos, added to its folder."""

import pandas as pd

from model.evaluation import external_results, tables
from model.prediction.classifier import Classifier
from model.run import Run, RunError
from model.run.files import EXTERNAL
from model.run.writer import add_table
from train.data.external_photos import in_splits_of
from train.fitting.predict_external import join_diagnoses, predict_external
from train.reports import ledger_entries, model_card


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
    ledger_entries.refuse_broken(run.path)
    measured = predict(Classifier(run), in_splits_of(photos, run.external))
    if measured is None:
        raise RunError(f"None of the {len(photos)} external photos can be read.")
    table = measured
    if run.external is not None:
        before = run.external
        is_new = _sources(before).isin(_sources(table))
        # Older tables do not name the source; the same photos must not stand there twice.
        is_new |= (before["source"] == "") & _photos(before).isin(_photos(table))
        table = pd.concat([before[~is_new], table], ignore_index=True)
    run = store(run, table, measured)
    model_card.write(run)
    return run


def predict(classifier: Classifier, photos: pd.DataFrame) -> pd.DataFrame | None:
    """Predict external photos; the run's ledger holds the predictions before diagnoses join them.

    Args:
        classifier: of the run.
        photos: of `train.data.external_photos.read`, in the run's splits.
    Returns:
        DataFrame as `model.run.Run.external`; None where no file can be read.
    """
    predicted = predict_external(classifier, photos)
    if predicted is None:
        return None
    run = classifier.run
    ledger_entries.record(
        run, *ledger_entries.external_predictions(predicted, run.probability_columns)
    )
    return join_diagnoses(predicted, photos, run.diagnoses)


def store(run: Run, table: pd.DataFrame, measured: pd.DataFrame) -> Run:
    """Write outside.csv, and the reading into the ledger.

    Args:
        run: the run.
        table: all that the file will hold.
        measured: the rows of it that were predicted now.
    Returns:
        The run, read back.
    """
    run = add_table(run, EXTERNAL, table)
    ledger_entries.record(run, *ledger_entries.external_readings(run, measured))
    return run


def table(run: Run) -> pd.DataFrame:
    """The figures as text, one row per source, the run's own test photos last."""
    return tables.test_parts([*external_results.by_source(run), external_results.own(run)])


def _photos(rows):
    return rows["kind"] + ":" + rows["image_id"]


def _sources(rows):
    return rows["kind"] + rows["source"].where(rows["kind"] != rows["source"], "")
