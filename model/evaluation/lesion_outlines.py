"""assets/outline: the network that outlines a lesion, how well it does, and what it measured.

Written by `python -m train outline`: card.json, outline.npz (the weights), dice.csv (a row per
validation and test photo: how well its outline covers its mask), features.csv (a row per photo of
the data set), elsewhere.csv (photos of other data sets, which have no masks), history.csv and
ledger.csv. Every figure is computed from these files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.evaluation import bootstrap
from model.evaluation.bootstrap import Estimate
from model.lesions import describe
from model.photo.kind import NO_LESION, plural
from model.photo.lesion_features import FEATURES
from model.run.files import LEDGER, sha256
from model.run.schema import SHARE, TEXT, first_fault
from model.run.tables import UNKNOWN_LESION

__all__ = ["LEDGER", "Outlines", "read", "sentences"]

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "outline"
CARD, WEIGHTS, HISTORY = "card.json", "outline.npz", "history.csv"
DICE, FEATURES_FILE, ELSEWHERE = "dice.csv", "features.csv", "elsewhere.csv"
IDS = ("split", "image_id", "lesion_id", "diagnosis")
COLUMNS = {
    DICE: (*IDS, "dice", "certainty", "agreement", "classical"),
    FEATURES_FILE: (*IDS, "certainty", "at_edge", *FEATURES),
    ELSEWHERE: ("kind", "source", "image_id", "certainty"),
}
CARD_SCHEMA = {
    "type": "object",
    "required": ["title", "command", "data", "chosen", "files"],
    "properties": {
        **dict.fromkeys(("title", "command", "revision"), TEXT),
        "data": {"type": "object", "required": ["name", "licence", "masks"]},
        "chosen": {
            "type": "object",
            "required": ["doubted_below", "classical"],
            "properties": {"doubted_below": SHARE, "classical": TEXT},
        },
        "files": {
            "type": "object",
            "required": [WEIGHTS, DICE, FEATURES_FILE, ELSEWHERE],
            "additionalProperties": TEXT,
        },
    },
}
FAILED = 0.7  # an outline of less Dice counts as failed
FEW = 10  # lesions: of fewer there is no distribution to show
ONE, OTHER = "mel", "nv"  # the pair that the ABCD rule was made to tell apart


class OutlineError(ValueError):
    """A folder of outlines that cannot be trusted; the message says what is wrong with it."""


@dataclass(frozen=True)
class Fit:
    """How well outlines cover their masks: photos, lesions, median Dice and the share that failed,
    both with intervals by lesion."""

    num_photos: int
    num_lesions: int
    median: Estimate
    failed: Estimate


@dataclass(frozen=True)
class Doubt:
    """What a doubted outline is worth on test photos: how many are doubted, and the share of them
    and of the others that failed, with intervals by lesion."""

    num_doubted: int
    num_others: int
    doubted: Estimate
    others: Estimate


@dataclass(frozen=True)
class Outlines:
    """The folder. `card` is card.json; the tables are checked at first use."""

    path: Path
    card: Mapping[str, Any]

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Weights as `model.photo.outline.outline` takes them."""
        with np.load(self.path / WEIGHTS, allow_pickle=False) as stored:
            return dict(stored)

    @cached_property
    def dice(self) -> pd.DataFrame:
        """A row per validation and test photo, with `COLUMNS`."""
        return _table(self.path, DICE)

    @cached_property
    def features(self) -> pd.DataFrame:
        """A row per photo of the data set, with `COLUMNS`; features are NaN where nothing was
        found."""
        return _table(self.path, FEATURES_FILE)

    @cached_property
    def elsewhere(self) -> pd.DataFrame:
        """A row per photo of another data set, with `COLUMNS`; may be empty."""
        return _table(self.path, ELSEWHERE)

    @property
    def digest(self) -> str:
        """What tells these from others."""
        return "".join(self.card["files"].values())

    @property
    def doubted_below(self) -> float:
        """The certainty below which an outline is not relied on."""
        return float(self.card["chosen"]["doubted_below"])

    @property
    def tested(self) -> pd.DataFrame:
        """Rows of `dice`: the test photos."""
        return self.dice[self.dice["split"] == "test"]

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Rows of `features`: of each lesion of the test part the first photo whose outline is not
        doubted."""
        rows = self.features
        rows = rows[(rows["split"] == "test") & (rows["certainty"] >= self.doubted_below)]
        return rows.sort_values("image_id").drop_duplicates("lesion_id")

    @cached_property
    def of_photo(self) -> dict[str, dict[str, float]]:
        """The features of each photo of the data set whose outline is not doubted, by image_id."""
        rows = self.features[self.features["certainty"] >= self.doubted_below]
        values = rows[list(FEATURES)].to_dict("records")
        return {
            str(image_id): {str(name): float(value) for name, value in of_photo.items()}
            for image_id, of_photo in zip(rows["image_id"], values, strict=True)
        }


def read(folder: Path | None = None) -> Outlines:
    """Read the folder, the one that ships where None is named.

    Raises:
        OutlineError: a file is missing, was changed or does not hold what it should.
    """
    folder = folder or FOLDER
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        fault = first_fault(card, CARD_SCHEMA)
        if fault:
            raise OutlineError(f"{folder.name}: {CARD} is not that of outlines ({fault}).")
        for name, digest in card["files"].items():
            if Path(name).name != name or sha256(folder / name) != digest:
                raise OutlineError(
                    f"{folder.name}: {name} is not the file that {CARD} was written for. Restore "
                    "it, or train the outline again."
                )
    except (OSError, ValueError) as error:
        if isinstance(error, OutlineError):
            raise
        raise OutlineError(f"{folder.name} cannot be read: {error}.") from error
    return Outlines(folder, card)


def _table(folder, name):
    table = pd.read_csv(folder / name, dtype=dict.fromkeys((*IDS, "kind", "source"), str))
    missing = [column for column in COLUMNS[name] if column not in table]
    if missing:
        raise OutlineError(f"{folder.name}: {name} lacks the column {missing[0]}.")
    return table


def fit(rows: pd.DataFrame, column: str = "dice") -> Fit:
    """How well outlines cover their masks.

    Args:
        rows: of `Outlines.dice`, at least one.
        column: `dice`, or `classical` for the outlines that need no network.
    """
    values, ids = rows[column].to_numpy(), rows["lesion_id"]
    weights = bootstrap.lesion_weights(ids, bootstrap.NUM_RESAMPLES, 0)
    order = np.argsort(values, kind="stable")
    drawn = np.cumsum(weights[:, order], axis=1)
    middle = (drawn < drawn[:, -1:] / 2).sum(axis=1)  # the first that half of the photos reach
    medians = values[order][np.minimum(middle, len(values) - 1)]
    return Fit(
        len(rows),
        ids.nunique(),
        bootstrap.estimate(float(np.median(values)), medians),
        bootstrap.share(values < FAILED, ids),
    )


def doubt(outlines: Outlines) -> Doubt:
    """What doubting an outline is worth on test photos."""
    rows = outlines.tested
    failed, is_doubted = rows["dice"] < FAILED, rows["certainty"] < outlines.doubted_below

    def share(part):
        if not part.any():
            return Estimate(*3 * (float("nan"),))
        return bootstrap.share(failed[part], rows["lesion_id"][part])

    return Doubt(
        int(is_doubted.sum()), int((~is_doubted).sum()), share(is_doubted), share(~is_doubted)
    )


def _whole(outlines):
    rows = outlines.measured
    return rows[rows["at_edge"] == 0]


def separation(outlines: Outlines, feature: str) -> Estimate:
    """How well one feature alone tells melanoma from nevus: the share of pairs of a melanoma and a
    nevus in which the melanoma has the higher value, with its interval by lesion.

    One test photo of each lesion counts, without lesions that reach the edge of the photo, which
    are not measured whole. Without one or the other, nothing is defined.
    """
    rows = _whole(outlines)
    rows = rows[rows["diagnosis"].isin((ONE, OTHER))]
    own, values = (rows["diagnosis"] == ONE).to_numpy(), rows[feature].to_numpy()
    if not own.any() or own.all():
        return Estimate(*3 * (float("nan"),))
    (value,) = bootstrap.weighted_auc(own, values, np.ones((1, len(rows))))
    weights = bootstrap.lesion_weights(rows["lesion_id"], bootstrap.NUM_RESAMPLES, 0)
    resampled = bootstrap.weighted_auc(own, values, weights)
    return bootstrap.area(float(value), resampled, own, rows["lesion_id"].to_numpy())


def distributions(outlines: Outlines, feature: str) -> pd.DataFrame:
    """A feature over the lesions of each diagnosis, the diagnoses of fewer than `FEW` left out.

    Returns:
        DataFrame indexed by code, highest median first: `num_lesions` and the quantiles `low`
        (0.05), `lower` (0.25), `median`, `upper` (0.75) and `high` (0.95).
    """
    names = {"low": 0.05, "lower": 0.25, "median": 0.5, "upper": 0.75, "high": 0.95}
    rows = {}
    for code, values in outlines.measured.groupby("diagnosis")[feature]:
        if len(values) >= FEW:
            quantiles = {name: float(values.quantile(share)) for name, share in names.items()}
            rows[str(code)] = {"num_lesions": len(values), **quantiles}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["num_lesions", *names])
    return table.sort_values("median", ascending=False)


def share_below(outlines: Outlines, feature: str, value: float) -> dict[str, tuple[int, int]]:
    """Of the lesions of each diagnosis: how many have a lower value, and how many there are.

    Returns:
        By code, in the order of `distributions`.
    """
    rows = outlines.measured
    counted = {}
    for code in distributions(outlines, feature).index:
        values = rows.loc[rows["diagnosis"] == code, feature]
        counted[code] = int((values < value).sum()), len(values)
    return counted


def same_lesion_differences(outlines: Outlines, feature: str) -> np.ndarray:
    """How much a feature differs between two photos of one lesion, without its sign: the first two
    test photos, by their id, of each lesion that has several whose outline is not doubted.

    Returns:
        (lesions,) float, ascending.
    """
    rows = outlines.features
    rows = rows[(rows["split"] == "test") & (rows["certainty"] >= outlines.doubted_below)]
    rows = rows[~rows["lesion_id"].str.startswith(UNKNOWN_LESION)]
    rows = rows[rows.groupby("lesion_id")["image_id"].transform("size") > 1]
    pairs = rows.sort_values(["lesion_id", "image_id"]).groupby("lesion_id").head(2)
    values = pairs[feature].to_numpy(dtype=float).reshape(-1, 2)
    return np.sort(np.abs(values[:, 0] - values[:, 1]))


def sentences(outlines: Outlines) -> list[str]:
    """How good the outline is, in sentences with n and interval."""
    found = [fit_sentence(outlines)]
    if not outlines.tested.empty:
        found.append(classical_sentence(outlines))
        found.append(doubt_sentence(outlines))
    return [*found, *elsewhere_sentences(outlines)]


def fit_sentence(outlines: Outlines) -> str:
    """How well the outlines of test photos cover their masks."""
    if outlines.tested.empty:
        return "How good this outline is was not measured."
    own = fit(outlines.tested)
    return (
        f"On {own.num_photos:,} test photos of {own.num_lesions:,} lesions, the outline covers the "
        f"mask of the data set with a median Dice of {own.median} (1 is perfect); it fails, with "
        f"a Dice below {FAILED}, on a share of {own.failed}."
    )


def classical_sentence(outlines: Outlines) -> str:
    """The same of the outline that needs no network."""
    classical = fit(outlines.tested, "classical")
    return (
        "The dark area in the middle, cut by Otsu's threshold, needs no network: on the same "
        f"photos its median Dice is {classical.median}, and it fails on a share of "
        f"{classical.failed}."
    )


def doubt_sentence(outlines: Outlines) -> str:
    """What a doubted outline is worth."""
    worth = doubt(outlines)
    return (
        f"The network doubts the outline of {worth.num_doubted:,} of these photos, and a share of "
        f"{worth.doubted} of them did fail; of the other {worth.num_others:,}, {worth.others}."
    )


def elsewhere_sentences(outlines: Outlines) -> list[str]:
    """How often the outline is doubted on photos of other data sets, which have no masks."""
    found = []
    table = outlines.elsewhere
    table = table.assign(source=table["source"].fillna(""))
    for (kind, source), rows in table.groupby(["kind", "source"], sort=False):
        doubted = int((rows["certainty"] < outlines.doubted_below).sum())
        share = bootstrap.wilson(doubted, len(rows))
        name = f" ({source})" if source else ""
        unmasked = "" if kind == NO_LESION else ", without masks"
        found.append(
            f"Of {len(rows):,} {plural(str(kind))} from elsewhere{name}{unmasked}, the network "
            f"doubts the outline of {doubted:,}: {share}."
        )
    return found


def separation_sentence(outlines: Outlines) -> str:
    """How little each feature alone tells melanoma from nevus."""
    rows = _whole(outlines)["diagnosis"]
    num_of, num_others = int((rows == ONE).sum()), int((rows == OTHER).sum())
    if not num_of or not num_others:
        return "How well these features tell diagnoses apart was not measured."
    each = ", ".join(f"{feature} {separation(outlines, feature)}" for feature in FEATURES)
    return (
        f"Alone, each feature tells {describe(ONE).in_text} from {describe(OTHER).in_text} with "
        f"this AUC (0.5 is guessing; {num_of:,} and {num_others:,} lesions of test "
        f"photos, none cut off by its edge): {each}."
    )
