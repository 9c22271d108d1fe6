"""What the test part shares with the training part, counted from the predictions alone."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Leakage:
    """How many of a run's test photos its training has met before; each counts once.

    `num_augmented` of the `num_photos` are themselves augmented copies. `num_copies`: an augmented
    copy of the picture stands in training, or the test photo is itself an augmented copy of a
    training photo. `num_near_duplicates`: else the same picture stands in training as an exact or near copy.
    `num_same_lesion`: else another photo of the lesion does. `num_contradictory`, counted beside the
    others: the picture stands in training under another diagnosis. Of a run with folds all are
    summed over the folds.
    """

    num_photos: int
    num_augmented: int
    num_copies: int
    num_near_duplicates: int
    num_same_lesion: int
    num_contradictory: int

    @property
    def num_seen_in_training(self):
        return self.num_copies + self.num_near_duplicates + self.num_same_lesion

    @property
    def share(self):
        return self.num_seen_in_training / self.num_photos

    def sentence(self):
        """What was counted, in one sentence."""
        tested = f"{self.num_photos:,} test photo{'' if self.num_photos == 1 else 's'}"
        if self.num_augmented:
            tested += f", {self.num_augmented:,} of them augmented copies,"
        if not self.num_seen_in_training:
            return f"Training had met none of {tested.rstrip(',')}."
        kinds = [
            (self.num_copies, "as an augmented copy"),
            (self.num_near_duplicates, "as an exact or near copy"),
            (self.num_same_lesion, "as another photo of the same lesion"),
        ]
        parts = [f"{number:,} {how}" for number, how in kinds if number]
        listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
        sentence = f"Of {tested} training had met {self.num_seen_in_training:,} ({percent(self.share)}): {listed}"
        if self.num_contradictory:
            sentence += f"; {self.num_contradictory:,} under another diagnosis"
        return sentence + "."


def training_matches(predictions):
    """How training has met each test photo.

    Args:
        predictions: `model.run.Run.predictions`; docs/run_folder.md says which rows it holds.
    Returns:
        DataFrame of bool with `copies`, `twins`, `mates` (at most one of them True) and
        `contradictory`, one row per test photo and fold, indexed as in `predictions`.
    """
    photos = predictions[predictions["fold"] == predictions["fold"].min()]
    photos = photos[photos["copy_of"] == ""]
    return pd.concat([_of_fold(photos, rows) for _, rows in predictions.groupby("fold")])


def leaks(predictions, found=None):
    """`Leakage` of the same table.

    Args:
        found: its `meetings`, where they are known.
    """
    found = training_matches(predictions) if found is None else found
    tested = predictions[predictions["split"] == "test"]
    num_augmented = int((tested["copy_of"] != "").sum())
    return Leakage(len(found), num_augmented, *(int(found[kind].sum()) for kind in found))


def percent(share):
    """A share in whole percent; never 0 % or 100 % of what is a little more or less."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


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
            "twins": is_twin,
            "mates": ~is_copy & ~is_twin & test["lesion_id"].isin(lesions),
            "contradictory": pd.MultiIndex.from_frame(test[["picture", "diagnosis"]]).isin(pairs),
        },
        index=test.index,
    )
