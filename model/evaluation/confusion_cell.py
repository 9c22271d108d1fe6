"""The test photos behind one cell of a confusion matrix."""

from collections.abc import Sequence

import pandas as pd

from model.run.tables import ABOUT_PHOTO


def photos_in_cell(
    rows: pd.DataFrame, diagnoses: Sequence[str], true: str, answered: str
) -> pd.DataFrame:
    """The photos of one diagnosis that got one answer, worst first.

    Worst are wrong answers that were surest, and right ones that were least sure.

    Args:
        rows: predictions of one split and fold.
        diagnoses: codes in the order of the `p_<code>` columns.
        true, answered: codes.
    Returns:
        DataFrame with image_id, lesion_id, probability (of the answer), second (the next most
        probable code), p_second, p_true, and what the data tells of age, sex and so on.
    """
    columns = [f"p_{code}" for code in diagnoses]
    probabilities = rows[columns].to_numpy(float)
    order = (-probabilities).argsort(axis=1, kind="stable")
    chosen = (rows["diagnosis"] == true).to_numpy() & (order[:, 0] == diagnoses.index(answered))
    own, second = rows[chosen], order[chosen, 1]
    probabilities = probabilities[chosen]
    table = pd.DataFrame(
        {
            "image_id": own["image_id"].to_numpy(),
            "lesion_id": own["lesion_id"].to_numpy(),
            "probability": probabilities[:, diagnoses.index(answered)],
            "second": [diagnoses[class_index] for class_index in second],
            "p_second": probabilities[range(len(own)), second],
            "p_true": probabilities[:, diagnoses.index(true)],
        }
    )
    for column in ABOUT_PHOTO:
        if column in own.columns:
            table[column] = own[column].to_numpy()
    return table.sort_values(
        "probability", ascending=true == answered, kind="stable", ignore_index=True
    )
