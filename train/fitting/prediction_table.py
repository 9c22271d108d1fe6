"""predictions.csv: what a network predicts for the photos of a split."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model.run import ABOUT_PHOTO, SPLITS, UNKNOWN_LESION


def prediction_table(
    photos: pd.DataFrame, diagnoses: Sequence[str], probabilities: np.ndarray, fold: int = 0
) -> pd.DataFrame:
    """The rows of one fold, as docs/run_folder.md tells them.

    Augmented copies of the training part stay out: `num_copies` of their photo counts them. So do
    the training photos of every fold but the first: they are the photos that it does not name.

    Args:
        photos: rows of `train.data.splits.folds`.
        diagnoses: codes in the order of the network's outputs.
        probabilities: (photos, diagnoses) float, calibrated.
        fold: the number of the fold, from 0.
    Returns:
        DataFrame: training, validation and test photos in this order.
    """
    table = pd.DataFrame({"split": photos["split"], "fold": fold})
    table["image_id"] = photos["image_id"]
    table["lesion_id"] = lesion_ids(photos)
    table["diagnosis"] = photos["diagnosis"]
    # The file keeps the older name of the column.
    table["picture"] = photos.groupby("duplicate_group")["image_id"].transform("first")
    table["copy_of"] = photos["copy_of"]
    table["num_copies"] = photos["num_copies"]
    for class_index, code in enumerate(diagnoses):
        table[f"p_{code}"] = probabilities[:, class_index]
    table["novelty"] = np.nan
    for column in ABOUT_PHOTO:
        if photos[column].astype(str).replace({"nan": ""}).any():
            table[column] = photos[column]
    training = table["split"] == "train"
    return in_order(table[~training if fold else ~training | (table["copy_of"] == "")])


def lesion_ids(photos: pd.DataFrame) -> pd.Series:
    """The lesion id of each photo; one without is a lesion of its own, or shares one with its near
    copies."""
    return photos["lesion_id"].where(
        photos["lesion_id"] != "", UNKNOWN_LESION + photos["group"].astype(str)
    )


def in_order(photos: pd.DataFrame) -> pd.DataFrame:
    """Rows with a `split`, those of the training part first, then validation and test."""
    order = pd.Categorical(photos["split"], SPLITS, ordered=True)
    return photos.iloc[np.argsort(order.codes, kind="stable")]
