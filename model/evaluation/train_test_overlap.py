"""What the test part shares with the training part, counted from the predictions alone."""

from dataclasses import dataclass

import pandas as pd

SEEN = ("copies", "near_duplicates", "same_lesion")  # columns of `training_matches`


@dataclass(frozen=True)
class Leakage:
    """How many of a run's test photos its training has met before; each counts once.

    `num_augmented` of the `num_photos` are themselves augmented copies. `num_copies`: an augmented
    copy of the picture stands in training, or the test photo is itself an augmented copy of a
    training photo. `num_near_duplicates`: else the same picture is in training as an exact or near
    copy. `num_same_lesion`: else another photo of the lesion is. `num_contradictory`, counted
    beside the others: the picture is in training under another diagnosis. Of a run with folds all
    are summed over the folds.
    """

    num_photos: int
    num_augmented: int
    num_copies: int
    num_near_duplicates: int
    num_same_lesion: int
    num_contradictory: int

    @property
    def num_seen_in_training(self) -> int:
        return self.num_copies + self.num_near_duplicates + self.num_same_lesion

    @property
    def share(self) -> float:
        return self.num_seen_in_training / self.num_photos


def training_matches(predictions: pd.DataFrame) -> pd.DataFrame:
    """In what form training has seen each test photo.

    Args:
        predictions: `model.run.Run.predictions`; docs/run_folder.md says which rows it holds.
    Returns:
        DataFrame of bool with `copies`, `near_duplicates`, `same_lesion` (at most one of them True)
        and `contradictory`, one row per test photo and fold, indexed as in `predictions`.
    """
    photos = predictions[predictions["fold"] == predictions["fold"].min()]
    photos = photos[photos["copy_of"] == ""]
    return pd.concat([_of_fold(photos, rows) for _, rows in predictions.groupby("fold")])


def leakage(predictions: pd.DataFrame, matches: pd.DataFrame | None = None) -> Leakage:
    """Count how many test photos training has seen.

    Args:
        predictions: as for `training_matches`.
        matches: its result, where it is known.
    """
    matches = training_matches(predictions) if matches is None else matches
    tested = predictions[predictions["split"] == "test"]
    num_augmented = int((tested["copy_of"] != "").sum())
    return Leakage(len(matches), num_augmented, *(int(matches[kind].sum()) for kind in matches))


def _of_fold(photos, rows):
    """One row of bool per test photo of a fold."""
    held = rows[rows["split"] != "train"]
    # What a fold does not hold out it has trained on, whether its rows are written or not.
    trained = photos[~photos["image_id"].isin(held["image_id"])]
    copied = photos.set_index("image_id")
    own = rows.set_index("image_id")["num_copies"].reindex(copied.index)
    copied["num_copies"] = own.fillna(copied["num_copies"])
    num_held = held["copy_of"].value_counts().reindex(copied.index, fill_value=0)
    copied = copied[copied["num_copies"] > num_held]

    test = rows[rows["split"] == "test"]
    is_copy = test["picture"].isin(copied["picture"]) | (
        (test["copy_of"] != "") & test["picture"].isin(trained["picture"])
    )
    is_twin = ~is_copy & test["picture"].isin(trained["picture"])
    lesions = {*trained["lesion_id"], *copied["lesion_id"]}
    shown = pd.concat([trained, copied.reset_index()])
    under = shown[["picture", "diagnosis"]].drop_duplicates()
    beside = test[["picture", "diagnosis"]].merge(under, on="picture", suffixes=("", "_shown"))
    others = beside[beside["diagnosis"] != beside["diagnosis_shown"]]
    pairs = pd.MultiIndex.from_frame(others[["picture", "diagnosis"]])
    return pd.DataFrame(
        {
            "copies": is_copy,
            "near_duplicates": is_twin,
            "same_lesion": ~is_copy & ~is_twin & test["lesion_id"].isin(lesions),
            "contradictory": pd.MultiIndex.from_frame(test[["picture", "diagnosis"]]).isin(pairs),
        },
        index=test.index,
    )
