"""How long a run takes for one photo, here and now."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

NUM_PHOTOS = 20


def milliseconds_per_photo(classifier: Classifier, num_photos: int = NUM_PHOTOS) -> float:
    """Median time from a decoded photo to calibrated probabilities, after one to warm up.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
    Returns:
        float, in milliseconds.
    """
    photo = np.random.default_rng(0).integers(0, 256, (450, 600, 3), dtype=np.uint8)
    classifier.predict([photo])
    times = []
    for _ in range(num_photos):
        started = time.perf_counter()
        classifier.predict([photo])
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)
