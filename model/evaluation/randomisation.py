"""Do heat maps change when the network's weights are shuffled? By method and depth.

The yardstick is measured: how alike the shuffled network's map of a photo is to the maps of *other*
photos. What all maps share, such as a bright middle, is in both figures; what is left of this one
photo's map is their difference.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.heatmaps.methods import METHODS

FEW = 10  # photos: fewer can't convict a method
ABOUT_MAPS = ("image_id", "lesion_id", "seed", "num_layers", "layer")


@dataclass(frozen=True)
class PatternKept:
    """What is left of a method's maps once some layers of the network are shuffled.

    `num_layers` are shuffled, counted from the output, `layer` is the last of them. `correlation`
    is the mean absolute rank correlation of a photo's maps before and after: a pattern upside down
    is the same pattern. `others` is the same of the map after with the maps of other photos before,
    `difference` the first less the second; intervals by lesion. `num_undefined` of `num_maps` maps
    had no ranks (empty or constant) and count in nothing else; without any other the figures are
    NaN.
    """

    method: str
    num_layers: int
    layer: str
    num_photos: int
    num_maps: int
    num_undefined: int
    correlation: Estimate
    others: Estimate
    difference: Estimate

    @property
    def is_kept(self) -> bool:
        """Whether the maps are shown to keep a pattern of their photo."""
        return not self.is_unknown and self.difference.low > 0

    @property
    def is_unknown(self) -> bool:
        """Whether too few maps have ranks to tell."""
        return self.num_photos < FEW


def methods_of(table: pd.DataFrame) -> list[str]:
    """The methods measured in a table of `Run.randomisation`, in the order of `METHODS`."""
    return [name for name in METHODS if name in table.columns]


def by_depth(table: pd.DataFrame, method: str) -> list[PatternKept]:
    """Sum up one method, from the output layer alone to every layer.

    Args:
        table: `Run.randomisation`.
        method: one of `methods_of`.
    """
    return [_summed_up(rows, method) for _, rows in table.groupby("num_layers")]


def all_shuffled(table: pd.DataFrame, method: str) -> PatternKept:
    """The last of `by_depth`: every layer is shuffled."""
    return _summed_up(table[table["num_layers"] == table["num_layers"].max()], method)


def _summed_up(rows, method):
    defined = rows[rows[method].notna() & rows[f"{method}_others"].notna()]
    figures = pd.DataFrame(
        {
            "lesion_id": defined["lesion_id"],
            "own": defined[method].abs(),
            "others": defined[f"{method}_others"],
        }
    )
    by_photo = figures.groupby(defined["image_id"]).agg(
        {"lesion_id": "first", "own": "mean", "others": "mean"}
    )
    lesions = by_photo["lesion_id"]
    first = rows.iloc[0]
    return PatternKept(
        method,
        int(first["num_layers"]),
        str(first["layer"]),
        len(by_photo),
        len(rows),
        len(rows) - len(defined),
        _mean(by_photo["own"], lesions),
        _mean(by_photo["others"], lesions),
        _mean(by_photo["own"] - by_photo["others"], lesions),
    )


def _mean(values, lesion_ids):
    if values.empty:
        return Estimate(*3 * (np.nan,))
    weights = bootstrap.lesion_weights(lesion_ids, bootstrap.NUM_RESAMPLES, seed=0)
    drawn = bootstrap.ratio(weights @ values.to_numpy(), weights.sum(axis=1))
    return bootstrap.estimate(values.mean(), drawn)
