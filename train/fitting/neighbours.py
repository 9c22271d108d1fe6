"""What a run keeps of its training photos, so that the app can find those most like a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from model.prediction.neighbours import WEIGHTINGS, Neighbours, numbered, votes
from model.run.tables import NUM_NEAREST

# More would not change who is nearest by much, and fill the run folder.
NUM_COMPONENTS = 64
NUMBERS_VOTING = (1, 3, 5, 8, 16, 32, 64, 128)  # lesions, of which the validation photos choose


def fit_neighbours(
    features: np.ndarray, photos: pd.DataFrame, diagnoses: Sequence[str]
) -> dict[str, np.ndarray]:
    """Reduce the training photos by their principal components, and let validation photos choose
    how many lesions vote, and with which weight.

    They choose by balanced accuracy; of equally good choices, the one with the fewest lesions.

    Args:
        features: (photos, features) float32.
        photos: with `split`, `image_id`, `lesion_id` (one id for all photos of a lesion),
            `diagnosis` and `confirmed_by`.
        diagnoses: of the run, in their order.
    Returns:
        Arrays for neighbours.npz, see `model.prediction.neighbours.Neighbours`.
    """
    is_training = (photos["split"] == "train").to_numpy()
    training = photos[is_training]
    num_components = min(NUM_COMPONENTS, *features[is_training].shape)
    reduction = PCA(num_components, svd_solver="covariance_eigh").fit(features[is_training])
    components = reduction.components_.T.astype(np.float32)
    arrays = {
        "mean": reduction.mean_.astype(np.float32),
        "components": components,
        "values": ((features[is_training] - reduction.mean_) @ components).astype(np.float16),
        "unit": np.float32(1),
        **{
            name: training[column].to_numpy(dtype=str)
            for name, column in (
                ("image_ids", "image_id"),
                ("lesion_ids", "lesion_id"),
                ("diagnoses", "diagnosis"),
                ("confirmed_by", "confirmed_by"),
            )
        },
        "num_voting": np.int32(1),
        "weighting": np.array(next(iter(WEIGHTINGS))),
    }
    is_validation = (photos["split"] == "validation").to_numpy()
    validation = photos[is_validation]
    found = Neighbours.from_arrays(arrays)
    results = searched(found, features[is_validation], validation["lesion_id"])
    arrays["unit"] = np.float32(np.median([distances[0] for _, distances in results]) or 1)
    arrays |= _choice(found, results, validation["diagnosis"].to_numpy(dtype=str), diagnoses)
    return arrays


def searched(
    found: Neighbours, features: np.ndarray, lesion_ids: pd.Series
) -> list[tuple[np.ndarray, np.ndarray]]:
    """`Neighbours.nearest` of photos, each without its own lesion."""
    points = found.projected(features)
    return [found.nearest(*of) for of in zip(points, lesion_ids, strict=True)]


def _choice(found, results, truth, diagnoses):
    largest = min(max(NUMBERS_VOTING), min(len(rows) for rows, _ in results))
    nearest = np.stack([found.diagnoses[rows[:largest]] for rows, _ in results])
    numbers, true = numbered(nearest, diagnoses), numbered(truth, diagnoses)
    counts = found.lesion_counts(diagnoses)
    reached = {
        (number, weighting): _balanced_accuracy(true, votes(numbers, number, weighting, counts))
        for number, weighting in product(NUMBERS_VOTING, WEIGHTINGS)
        if number <= largest
    }
    number, weighting = max(reached, key=reached.__getitem__)  # the first of equals
    return {"num_voting": np.int32(number), "weighting": np.array(weighting)}


def _balanced_accuracy(true, shares):
    right = shares.argmax(axis=1) == true
    return float(np.mean([right[true == number].mean() for number in np.unique(true)]))


def vote_table(
    arrays: Mapping[str, np.ndarray],
    features: np.ndarray,
    photos: pd.DataFrame,
    diagnoses: Sequence[str],
) -> pd.DataFrame:
    """What the nearest training lesions say about validation and test photos.

    Args:
        arrays: of `fit_neighbours`.
        features, photos, diagnoses: as it takes them.
    Returns:
        DataFrame as `model.run.Run.neighbour_votes` gives it.
    """
    found = Neighbours.from_arrays(arrays)
    others = (photos["split"] != "train").to_numpy()
    rows = photos[others]
    results = searched(found, features[others], rows["lesion_id"])
    shares = np.stack([found.vote(nearest, diagnoses) for nearest, _ in results])
    table = rows[["split", "image_id", "lesion_id"]].reset_index(drop=True)
    table["nearest"] = [" ".join(found.image_ids[own[:NUM_NEAREST]]) for own, _ in results]
    return table.join(pd.DataFrame(shares, columns=[f"p_{code}" for code in diagnoses]))
