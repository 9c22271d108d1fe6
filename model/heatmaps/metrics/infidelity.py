"""Infidelity: does the map foretell how the score changes when the photo is changed?"""

import numpy as np

SQUARES = 8  # along each side of the photo, covered one at a time


def infidelity(changes: np.ndarray, foretold: np.ndarray) -> float:
    """Mean squared difference of the changes of a score and of those that a map foretells.

    Args:
        changes: (n,) float: the score of the photo less that of each changed picture.
        foretold: (n,) float, of `foretell`.
    Source:
        Yeh et al. 2019, https://arxiv.org/abs/1901.09392, definition 2.1.
    """
    return float(np.mean((foretold - changes) ** 2))


def foretell(values: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The changes of the score that a map foretells.

    Args:
        values: (height, width) float.
        moved: (n, height, width) float: how far each picture was moved at each place. Of a heat
            map, which says how much a place gave to the score and not how much it would give by
            grey level, 1 where the place was covered and 0 elsewhere.
    Returns:
        (n,) float.
    """
    return np.tensordot(moved, values, axes=2)


def relative_infidelity(changes: np.ndarray, foretold: np.ndarray) -> float:
    """Infidelity of the map at the scale that suits it best, as a share of the changes' own size.

    Heat maps have no unit: what they foretell is right up to a factor, which may not be below
    zero.

    Args:
        changes, foretold: (n,) float, as `infidelity`.
    Returns:
        float in [0, 1]: 1 where the map foretells nothing. NaN where nothing is foretold or
        nothing changes.
    Source:
        The scale is that of the paper's experiments.
    """
    if not (foretold.any() and changes.any()):
        return float("nan")
    scale = max(0.0, float(foretold @ changes / (foretold @ foretold)))
    return infidelity(changes, scale * foretold) / float(np.mean(changes**2))


def squares(height: int, width: int, number: int = SQUARES) -> np.ndarray:
    """Squares that tile a photo: (number * number, height, width) bool."""
    row, column = (
        np.arange(side) * number // side == np.arange(number)[:, None] for side in (height, width)
    )
    return (row[:, None, :, None] & column[None, :, None, :]).reshape(-1, height, width)
