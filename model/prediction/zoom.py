"""Does a prediction depend on how closely its photo is cropped?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.photo.crop import crop, within_photo
from model.photo.decode import MIN_SIDE
from model.prediction.prediction import Prediction

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

SHARES = (1, 0.8, 0.6, 0.4)  # of each side of the photo


@dataclass(frozen=True)
class Zoom:
    """The middle of a photo: its share of each side, its pixels as (height, width, 3) uint8 RGB,
    and the prediction for it."""

    share: float
    pixels: np.ndarray
    prediction: Prediction


def zoom(classifier: Classifier, photo: np.ndarray, kind: str | None = None) -> list[Zoom]:
    """Look at a photo ever more closely.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photo: (any, any, 3) uint8, RGB.
        kind: of photo, for the crops, too; None: what the network takes each of them for.
    Returns:
        A `Zoom` for each of `SHARES`, the whole photo first, without crops that are smaller than a
        photo may be.
    """
    height, width = photo.shape[:2]
    shares = [share for share in SHARES if share * min(height, width) >= MIN_SIDE]
    edges = [((1 - share) / 2, (1 + share) / 2) for share in shares]
    crops = [
        np.ascontiguousarray(crop(photo, within_photo(low, low, high, high, height, width)))
        for low, high in edges
    ]
    predictions = classifier.predict(crops, [kind] * len(crops))
    return [Zoom(*each) for each in zip(shares, crops, predictions, strict=True)]
