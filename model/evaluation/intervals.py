"""Intervals in closed form, for where resampling lesions has too little to draw from.

Each takes counts of lesions, or what several photos of one lesion are worth together. SciPy is
imported where it is used: it takes half a second that a page without figures must not wait for.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

Z = NormalDist().inv_cdf(0.975)


def wilson(share: float, number: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    Args:
        share: in [0, 1].
        number: of what it is a share of, above 0; need not be whole, see `effective_number`.
    Source:
        Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    centre = (share + Z**2 / (2 * number)) / (1 + Z**2 / number)
    spread = share * (1 - share) / number + Z**2 / (4 * number**2)
    half = Z * math.sqrt(spread) / (1 + Z**2 / number)
    return max(0.0, centre - half), min(1.0, centre + half)


def all_or_none(share: float, number: int) -> tuple[float, float]:
    """The exact 95 % interval of a share of 0 or 1: Clopper and Pearson's.

    Args:
        share: 0 or 1.
        number: of lesions that it is a share of.
    """
    tail = 0.025 ** (1 / number)
    return (tail, 1.0) if share else (0.0, 1 - tail)


def effective_number(hits: np.ndarray, lesion_ids: Sequence[str] | pd.Series | np.ndarray) -> float:
    """How many photos of different lesions would tell as much about a share.

    The number of photos over the design effect: the variance of the share when whole lesions are
    drawn, over that when photos are. Never more than there are photos; where all photos agree,
    which leaves no variance to compare, the number of lesions.

    Args:
        hits: (n,) bool or 0 and 1, at least one.
        lesion_ids: (n,) the lesion of each photo.
    Source:
        Korn and Graubard 1998, Survey Methodology 24, 193-201; within Wilson's interval, Dean and
        Pagano 2015, https://doi.org/10.1093/jssam/smv024.
    """
    hits = np.asarray(hits, dtype=float)
    lesions, index = np.unique(np.asarray(lesion_ids, dtype=str), return_inverse=True)
    num_photos, share = len(hits), hits.mean()
    if share in (0, 1):
        return float(len(lesions))
    by_lesion = (np.bincount(index, hits - share) ** 2).sum() / num_photos**2
    by_photo = share * (1 - share) / num_photos
    return float(num_photos * min(1.0, by_photo / by_lesion)) if by_lesion else float(num_photos)


def area(value: float, num_of: int, num_others: int) -> tuple[float, float]:
    """95 % interval of an area under a ROC curve, also of one that is 1.

    Args:
        value: of the area, in [0, 1].
        num_of, num_others: lesions on either side.
    Source:
        Method 5 of Newcombe 2006, https://doi.org/10.1002/sim.2324: all areas from which this one
        is at most 1.96 standard errors away, by Hanley and McNeil 1982,
        https://doi.org/10.1148/radiology.143.1.7063747, with both numbers less 1 replaced by their
        mean less 1.
    """
    from scipy.optimize import brentq

    mean = (num_of + num_others) / 2 - 1

    def excess(true):
        pairs = 1 + mean * ((1 - true) / (2 - true) + true / (1 + true))
        return (value - true) ** 2 - Z**2 * true * (1 - true) * pairs / (num_of * num_others)

    # The variance is 0 at 0 and 1, so the excess is above 0 there, and below 0 at the area itself.
    low = brentq(excess, 0, min(value, 1 - 1e-9)) if value > 0 else 0.0
    high = brentq(excess, max(value, 1e-9), 1) if value < 1 else 1.0
    return float(low), float(high)


def difference(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """95 % interval of the second figure less the first, which are of different photos.

    Args:
        first, second: each a figure and the ends of its 95 % interval.
    Source:
        Newcombe 1998, method 10, for two shares,
        https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; for any
        two figures, Zou and Donner 2008, https://doi.org/10.1002/sim.3095.
    """
    value = second[0] - first[0]
    low = math.hypot(second[0] - second[1], first[2] - first[0])
    high = math.hypot(second[2] - second[0], first[0] - first[1])
    return value - low, value + high
