"""A network that was taught a shortcut: what it reaches by it, and whether heat maps find it.

In training, rulers were drawn on most malignant photos and on few benign ones. Where the ruler is,
is known, so a method can be held against it; lesion masks can't tell whether a map shows what the
network looks at. The tables are written by `python -m train shortcuts --only learned`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import NUM_RESAMPLES, Estimate, Resampled, estimate, lesion_weights
from model.evaluation.without_lesion import FOLDER, ResultsError, diagnoses
from model.heatmaps.methods import METHODS
from model.lesions import malignant_codes

FILE, MAPS_FILE = "ruler.csv", "ruler_maps.csv"
MALIGNANT_SHARE, BENIGN_SHARE = 0.9, 0.1  # of the photos that get a ruler, in training
NUM_MAPS = 100  # test photos whose heat maps are measured
AS_TRAINED, SWAPPED, NONE = "as_trained", "swapped", "none"
CONDITIONS = {
    NONE: "no rulers",
    AS_TRAINED: "rulers as in training",
    SWAPPED: "rulers the other way round",
}
LEARNED, PLAIN = "learned", "plain"
COLUMNS = ("condition", "image_id", "lesion_id", "diagnosis", "has_ruler")
MAP_COLUMNS = ("network", "image_id", "lesion_id", "method", "area", "energy")


@dataclass(frozen=True)
class ConditionResult:
    """What the network reaches on `num_photos` test photos with rulers as the condition says.

    `balanced_accuracy` is the mean recall of the diagnoses, `difference` that less the one without
    rulers, on the same photos (None of these). `found` and `false_alarms` are the shares of the
    malignant and of the benign photos that get a malignant diagnosis. Intervals by lesion.
    """

    condition: str
    num_photos: int
    num_lesions: int
    balanced_accuracy: Estimate
    difference: Estimate | None
    found: Estimate
    false_alarms: Estimate


@dataclass(frozen=True)
class RulerFound:
    """Whether the maps of a method find the ruler.

    `learned` is the share of a map's energy on the ruler over the ruler's share of the photo, for
    the network that was taught it, on `num_photos` test photos with a ruler; `plain` the same for a
    network that was not, and `difference` the first less the second. Intervals by lesion.
    `num_empty` photos have an empty map of either network and count in nothing else.
    """

    method: str
    num_photos: int
    num_empty: int
    learned: Estimate
    plain: Estimate
    difference: Estimate

    @property
    def is_found(self) -> bool:
        """Whether its maps are shown to mark the ruler more than the rest of the photo, and more
        than those of the network that was not taught it."""
        return round(self.learned.low, 2) > 1 and self.difference.is_above_zero


def read(folder: Path | None = None) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The tables of predictions and of maps.

    Args:
        folder: that they stand in; None: `model.evaluation.without_lesion.FOLDER`.
    Returns:
        (predictions with `COLUMNS` and a probability column per diagnosis; maps with `MAP_COLUMNS`,
        `energy` missing where a map is empty), or None where nobody measured them.
    Raises:
        ResultsError: one is malformed.
    """
    folder = folder or FOLDER
    if not (folder / FILE).exists() or not (folder / MAPS_FILE).exists():
        return None
    texts = dict.fromkeys((*COLUMNS[:4], *MAP_COLUMNS[:4]), str)
    try:
        table, maps = (pd.read_csv(folder / name, dtype=texts) for name in (FILE, MAPS_FILE))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{FILE} or {MAPS_FILE} cannot be read ({error}).") from error
    for name, rows, columns in ((FILE, table, COLUMNS), (MAPS_FILE, maps, MAP_COLUMNS)):
        missing = [column for column in columns if column not in rows.columns]
        if missing or rows.empty:
            raise ResultsError(f"{name} lacks {', '.join(missing) or 'rows'}.")
    if set(table["condition"]) != set(CONDITIONS) or set(maps["network"]) != {LEARNED, PLAIN}:
        raise ResultsError(f"{FILE} or {MAPS_FILE} lacks a condition or a network.")
    unknown = sorted(set(maps["method"]) - set(METHODS))
    unknown += sorted(set(table["diagnosis"]) - set(diagnoses(table)))
    if unknown:
        raise ResultsError(f"{FILE} or {MAPS_FILE} names {unknown[0]!r}, which is not known.")
    if table.groupby("condition")["image_id"].agg(frozenset).nunique() > 1:
        raise ResultsError(f"{FILE} has other photos under one condition than under another.")
    return table, maps


def results(table: pd.DataFrame) -> list[ConditionResult]:
    """Sum up the predictions, in the order of `CONDITIONS`, on the same resamples.

    Args:
        table: of `read`.
    """
    codes = diagnoses(table)
    malignant = malignant_codes(codes)
    columns = [f"p_{code}" for code in codes]
    found: list[ConditionResult] = []
    without: tuple[float, np.ndarray] | None = None
    for condition in CONDITIONS:
        rows = table[table["condition"] == condition].sort_values("image_id")
        truth = rows["diagnosis"].map(codes.index).to_numpy()
        probabilities = rows[columns].to_numpy(float)
        answers = probabilities.argmax(axis=1)
        weights = lesion_weights(rows["lesion_id"], NUM_RESAMPLES, seed=0)
        drawn = Resampled(truth, probabilities, weights).balanced_accuracy()
        right = answers == truth
        value = float(np.mean([right[truth == index].mean() for index in np.unique(truth)]))
        is_malignant = rows["diagnosis"].isin(malignant).to_numpy()
        says_malignant = np.isin(np.array(codes)[answers], malignant)
        lesions = rows["lesion_id"].to_numpy()
        found.append(
            ConditionResult(
                condition,
                len(rows),
                rows["lesion_id"].nunique(),
                estimate(value, drawn),
                None if without is None else estimate(value - without[0], drawn - without[1]),
                *(
                    bootstrap.share(says_malignant[part], lesions[part])
                    for part in (is_malignant, ~is_malignant)
                ),
            )
        )
        without = without or (value, drawn)
    return found


def ruler_found(maps: pd.DataFrame) -> list[RulerFound]:
    """Sum up the maps by method, on photos where neither network's map is empty.

    Args:
        maps: of `read`.
    """
    found = []
    for method in METHODS:
        of_method = maps[maps["method"] == method]
        if of_method.empty:
            continue
        wide = of_method.pivot(index="image_id", columns="network", values="energy")
        facts = of_method.drop_duplicates("image_id").set_index("image_id")
        rows = wide.join(facts[["lesion_id", "area"]])
        full = rows.dropna(subset=[LEARNED, PLAIN])
        if full.empty:
            continue
        weights = lesion_weights(full["lesion_id"], NUM_RESAMPLES, seed=0)
        area = full["area"].to_numpy()
        ratios = [
            (energy.sum() / area.sum(), bootstrap.ratio(weights @ energy, weights @ area))
            for energy in (full[LEARNED].to_numpy(), full[PLAIN].to_numpy())
        ]
        (learned, of_learned), (plain, of_plain) = ratios
        found.append(
            RulerFound(
                method,
                len(full),
                len(rows) - len(full),
                estimate(learned, of_learned),
                estimate(plain, of_plain),
                estimate(learned - plain, of_learned - of_plain),
            )
        )
    return found
