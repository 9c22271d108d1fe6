"""The tables of a run folder: what each must hold, and one sentence for each way it can be wrong.

Every reader takes the `Run` whose folder is read, and raises `RunError` with such a sentence.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.photo.quality import MEASURES
from model.photo.shortcuts import SHORTCUTS
from model.run.files import (
    ATLAS,
    COVERING,
    EXTERNAL,
    HEATMAP_METRICS,
    HISTORY,
    LOCALISATION,
    MAP_BASELINES,
    NEIGHBOUR_VOTES,
    NEIGHBOURS,
    PLANTED,
    PREDICTIONS,
    QUALITY,
    RANDOMISATION,
    REPEATS,
    SKIN_TONE,
    STRESS,
    TURNING,
    RunError,
)

if TYPE_CHECKING:
    from model.run import Run

OWN_SOURCE = ""  # of the photos in predictions.csv; others name theirs, as outside.csv does
UNKNOWN_LESION = "group_"  # opens the lesion_id of a photo whose lesion nobody recorded
SPLITS = ("train", "validation", "test")
HISTORY_COLUMNS = (
    "fold",
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
)
PREDICTION_COLUMNS = ("split", "fold", "image_id", "lesion_id", "diagnosis")
ABOUT_PHOTO = ("age", "sex", "body_site", "confirmed_by")
LOCALISATION_COLUMNS = (
    "image_id",
    "lesion_id",
    "version",
    "area",
    "centred",
    "centre_energy",
    "centre_iou",
)
MAP_BASELINE_COLUMNS = ("image_id", "version", "centre_spread")
HEATMAP_METRIC_COLUMNS = ("image_id", "lesion_id", "method")
COVERING_NUMBERS = (
    "share",
    "probability",
    "covered",
    "lowest_by_chance",
    "num_as_good_elsewhere",
    "num_as_good_on_lesion",
)
COVERING_OPTIONAL = ("num_as_good_reordered",)  # older files have no such areas
VERDICTS = ("better", "no better", "unclear")
COVERING_COLUMNS = ("image_id", "lesion_id", "map", "verdict", *COVERING_NUMBERS)
RANDOMISATION_COLUMNS = ("image_id", "lesion_id", "seed", "num_layers", "layer")
TURNING_NUMBERS = ("num_views", "num_agreeing", "low", "high")
STRESS_NUMBERS = ("num_changes", "num_holding")
PLANTED_SUMS = ("malignant_before", "malignant_after")
PLANTED_ANSWERS = ("answer_before", "answer_after")
QUALITY_COLUMNS = ("split", "image_id", *MEASURES)
ATLAS_COLUMNS = ("image_id", "lesion_id", "cluster")
ATLAS_NUMBERS = ("x", "y", "distance", "dark_corners")
ATLAS_CELL = "cell_"  # opens the columns of a map's places, row by row
SKIN_TONE_NUMBERS = ("ita", "share")
EXTERNAL_COLUMNS = ("kind", "image_id", "person_id", "diagnosis", "novelty")
REPEAT_COLUMNS = ("seed", "revision", "kind", "source", "image_id")
NUM_NEAREST = 5  # training photos that neighbours.csv names for each photo
NEIGHBOUR_VOTE_COLUMNS = ("split", "image_id", "lesion_id", "nearest")


def _read_table(run, name):
    try:
        return pd.read_csv(
            io.BytesIO((run.path / name).read_bytes()),
            dtype=dict.fromkeys(
                (
                    "split",
                    "image_id",
                    "lesion_id",
                    "diagnosis",
                    "picture",
                    "copy_of",
                    "kind",
                    "recognised",
                    "source",
                    "person_id",
                    "sex",
                    "body_site",
                    "confirmed_by",
                    "revision",
                ),
                str,
            ),
            keep_default_na=False,
            na_values={key: [""] for key in ("age", "skin_type", "novelty", *HISTORY_COLUMNS)},
        )
    except (OSError, ValueError) as error:
        raise RunError(f"{run.name}: {name} cannot be read ({error}).") from error


def _check_columns(run, name, table, columns):
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise RunError(f"{run.name}: {name} lacks the columns {', '.join(missing)}.")
    if table.empty:
        raise RunError(f"{run.name}: {name} has no rows.")


def read_history(run: Run) -> pd.DataFrame:
    """history.csv: numbers in every column of `HISTORY_COLUMNS`."""
    table = _read_table(run, HISTORY)
    _check_columns(run, HISTORY, table, HISTORY_COLUMNS)
    for column in HISTORY_COLUMNS:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise RunError(f"{run.name}: {HISTORY} holds something other than numbers in {column}.")
    for column in ("val_loss", "val_accuracy"):
        if not np.isfinite(table[column]).groupby(table["fold"]).any().all():
            raise RunError(f"{run.name}: {HISTORY} has a fold without any {column}.")
    return table


def _check_probabilities(run, name, table):
    try:
        probabilities = table[run.probability_columns].to_numpy(dtype=float)
    except ValueError as error:
        raise RunError(f"{run.name}: {name} holds a probability that is no number.") from error
    if not (
        np.all((probabilities >= 0) & (probabilities <= 1))
        and np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    ):
        raise RunError(f"{run.name}: {name} has rows whose probabilities do not add up to 1.")
    for column in ("novelty", "age", "skin_type"):
        if column in table.columns and not pd.api.types.is_numeric_dtype(table[column]):
            raise RunError(f"{run.name}: {name} holds something other than numbers in {column}.")


def read_external(run: Run) -> pd.DataFrame:
    """outside.csv: what the run says about photos from other data sets."""
    table = _read_table(run, EXTERNAL)
    _check_columns(run, EXTERNAL, table, (*EXTERNAL_COLUMNS, *run.probability_columns))
    unknown = sorted(set(table["diagnosis"]) - set(run.diagnoses) - {""})
    if unknown:
        raise RunError(f"{run.name}: {EXTERNAL} names {unknown[0]!r}, not a diagnosis of the run.")
    _check_probabilities(run, EXTERNAL, table)
    if table["novelty"].isna().any():
        raise RunError(f"{run.name}: {EXTERNAL} has a row without a novelty score.")
    # Older files hold test photos of one source per kind.
    defaults = {"source": "", "split": "test"}
    return table.assign(**{key: defaults[key] for key in defaults if key not in table.columns})


def read_localisation(run: Run) -> pd.DataFrame:
    """localisation.csv: numbers in every column but the ids and the version."""
    table = _read_table(run, LOCALISATION)
    _check_columns(run, LOCALISATION, table, LOCALISATION_COLUMNS)
    return _numbers(
        run, LOCALISATION, table, table.columns.drop(["image_id", "lesion_id", "version"])
    )


def read_map_baselines(run: Run) -> pd.DataFrame:
    """map_baselines.csv: numbers in every column but the ids and the version; each photo once."""
    table = _read_table(run, MAP_BASELINES)
    _check_columns(run, MAP_BASELINES, table, MAP_BASELINE_COLUMNS)
    _check_once(run, MAP_BASELINES, table, ["image_id", "version"])
    return _numbers(run, MAP_BASELINES, table, table.columns.drop(["image_id", "version"]))


def read_heatmap_metrics(run: Run) -> pd.DataFrame:
    """heatmap_metrics.csv: numbers in every column but the ids and the method; each map once."""
    table = _read_table(run, HEATMAP_METRICS)
    _check_columns(run, HEATMAP_METRICS, table, HEATMAP_METRIC_COLUMNS)
    _check_once(run, HEATMAP_METRICS, table, ["image_id", "method"])
    return _numbers(run, HEATMAP_METRICS, table, table.columns.drop(list(HEATMAP_METRIC_COLUMNS)))


def _check_once(run, name, table, columns):
    """Rows that stand for each other in pairs must be single."""
    twice = table[table.duplicated(columns)]
    if not twice.empty:
        row = " and ".join(map(str, twice.iloc[0][columns]))
        raise RunError(f"{run.name}: {name} has two rows of {row}.")


def read_covering(run: Run) -> pd.DataFrame:
    """covering.csv: numbers, and verdicts that are known."""
    table = _read_table(run, COVERING)
    _check_columns(run, COVERING, table, COVERING_COLUMNS)
    unknown = sorted(set(table["verdict"]) - set(VERDICTS))
    if unknown:
        raise RunError(
            f"{run.name}: {COVERING} has the verdict {unknown[0]!r}, not one of "
            f"{', '.join(VERDICTS)}."
        )
    optional = [column for column in COVERING_OPTIONAL if column in table.columns]
    return _numbers(run, COVERING, table, [*COVERING_NUMBERS, *optional])


def read_randomisation(run: Run) -> pd.DataFrame:
    """randomisation.csv: correlations of each method, and how many layers were shuffled."""
    table = _read_table(run, RANDOMISATION)
    numbers = table.columns.drop(["image_id", "lesion_id", "layer"], errors="ignore")
    methods = numbers.drop(["seed", "num_layers"], errors="ignore")
    others = [f"{name}_others" for name in methods if not name.endswith("_others")]
    _check_columns(run, RANDOMISATION, table, (*RANDOMISATION_COLUMNS, *others))
    table = _numbers(run, RANDOMISATION, table, numbers)
    if table[["seed", "num_layers"]].isna().any(axis=None):
        raise RunError(f"{run.name}: {RANDOMISATION} has a map without its seed or its layers.")
    return table


def read_quality(run: Run) -> pd.DataFrame:
    """quality.csv: numbers in every measure, and validation photos to draw the borders by."""
    table = _read_measured(run, QUALITY, QUALITY_COLUMNS, MEASURES)
    if not (table["split"] == "validation").any():
        raise RunError(f"{run.name}: {QUALITY} holds no validation photos.")
    return table


def read_turning(run: Run) -> pd.DataFrame:
    """turning.csv: numbers for each photo, none of them missing."""
    return _read_measured(run, TURNING, ("image_id", *TURNING_NUMBERS), TURNING_NUMBERS)


def read_stress(run: Run) -> pd.DataFrame:
    """stress.csv: whole figures for each photo; no answer holds after more changes than all."""
    table = _read_measured(run, STRESS, ("image_id", *STRESS_NUMBERS), STRESS_NUMBERS)
    if (table["num_holding"] > table["num_changes"]).any():
        raise RunError(f"{run.name}: {STRESS} counts more changes that leave an answer than all.")
    return table


def read_planted(run: Run) -> pd.DataFrame:
    """planted.csv: sums in [0, 1] and known answers, each of a test photo; every photo with every
    thing that was planted once."""
    table = _read_table(run, PLANTED)
    _check_columns(run, PLANTED, table, ("image_id", "planted", *PLANTED_SUMS, *PLANTED_ANSWERS))
    _check_once(run, PLANTED, table, ["image_id", "planted"])
    table = _numbers(run, PLANTED, table, PLANTED_SUMS)
    unknown = sorted(set(table["planted"]) - set(SHORTCUTS))
    if unknown:
        raise RunError(f"{run.name}: {PLANTED} names {unknown[0]!r}, which nobody can draw.")
    if not ((table[[*PLANTED_SUMS]] >= 0) & (table[[*PLANTED_SUMS]] <= 1.0001)).all(axis=None):
        raise RunError(f"{run.name}: {PLANTED} has a malignant sum that is not between 0 and 1.")
    unknown = sorted(set(table[[*PLANTED_ANSWERS]].to_numpy().ravel()) - set(run.diagnoses))
    if unknown:
        raise RunError(f"{run.name}: {PLANTED} names {unknown[0]!r}, not a diagnosis of the run.")
    unknown = sorted(set(table["image_id"]) - set(run.test_photos["image_id"]))
    if unknown:
        raise RunError(f"{run.name}: {PLANTED} names {unknown[0]}, which is no test photo of it.")
    return table


def _read_measured(run, name, columns, numbers):
    """A table of what was measured of photos, own ones and those of other sources."""
    table = _read_table(run, name)
    _check_columns(run, name, table, columns)
    table = _numbers(run, name, table, numbers)
    if not np.isfinite(table[list(numbers)]).all(axis=None):
        raise RunError(f"{run.name}: {name} has a photo that was not measured.")
    # Older files hold the run's own photos alone, and of these the test photos where no split is.
    defaults = {"split": "test", "source": OWN_SOURCE}
    table = table.assign(**{key: defaults[key] for key in defaults if key not in table.columns})
    if table.duplicated(["source", "image_id"]).any():
        raise RunError(f"{run.name}: {name} has one photo twice.")
    return table


def read_skin_tone(run: Run) -> pd.DataFrame:
    """skin_tone.csv: each photo once, with the share it rests on; its angle may be missing."""
    table = _read_table(run, SKIN_TONE)
    _check_columns(run, SKIN_TONE, table, ("image_id", *SKIN_TONE_NUMBERS))
    table = _numbers(run, SKIN_TONE, table, SKIN_TONE_NUMBERS)
    if table["image_id"].duplicated().any():
        raise RunError(f"{run.name}: {SKIN_TONE} has one photo twice.")
    if not table["share"].between(0, 1).all():
        raise RunError(f"{run.name}: {SKIN_TONE} has a share that is not between 0 and 1.")
    if (table["ita"].abs() > 180).any():
        raise RunError(f"{run.name}: {SKIN_TONE} has an angle beyond 180 degrees.")
    return table


def read_atlas(run: Run) -> pd.DataFrame:
    """atlas.csv: each photo once, in a cluster, with a square map; one without a map, cluster 0,
    has no place."""
    table = _read_table(run, ATLAS)
    _check_columns(run, ATLAS, table, (*ATLAS_COLUMNS, *ATLAS_NUMBERS))
    cells = [column for column in table.columns if column.startswith(ATLAS_CELL)]
    if not cells or math.isqrt(len(cells)) ** 2 != len(cells):
        raise RunError(f"{run.name}: {ATLAS} has maps of {len(cells)} places, which is no square.")
    table = _numbers(run, ATLAS, table, [*ATLAS_NUMBERS, *cells])
    _check_once(run, ATLAS, table, ["image_id"])
    if not pd.api.types.is_integer_dtype(table["cluster"]) or (table["cluster"] < 0).any():
        raise RunError(f"{run.name}: {ATLAS} has a cluster that is no whole number from 0 on.")
    placed = table.loc[table["cluster"] > 0, [*ATLAS_NUMBERS, *cells]]
    if not np.isfinite(placed).all(axis=None) or (placed[cells] < 0).any(axis=None):
        raise RunError(f"{run.name}: {ATLAS} has a photo in a cluster without a place or a map.")
    strangers = sorted(set(table["image_id"]) - set(run.test_photos["image_id"]))
    if strangers:
        raise RunError(f"{run.name}: {ATLAS} has {strangers[0]}, which is no test photo of it.")
    return table


def _numbers(run, name, table, columns):
    """The table with some columns as float."""
    for column in columns:
        # A column without any value reads as text.
        table[column] = table[column].replace("", np.nan)
        try:
            table[column] = table[column].astype(float)
        except ValueError as error:
            raise RunError(
                f"{run.name}: {name} holds something other than numbers in {column}."
            ) from error
    return table


def read_predictions(run: Run) -> pd.DataFrame:
    """predictions.csv: known splits and diagnoses, probabilities that add up to 1.

    `picture`, `copy_of` and `num_copies` are filled in where the file lacks them.
    """
    table = _read_table(run, PREDICTIONS)
    _check_columns(run, PREDICTIONS, table, (*PREDICTION_COLUMNS, *run.probability_columns))
    unknown = sorted(set(table["split"]) - set(SPLITS))
    if unknown:
        raise RunError(f"{run.name}: {PREDICTIONS} names the split {unknown[0]!r}.")
    unknown = sorted(set(table["diagnosis"]) - set(run.diagnoses))
    if unknown:
        raise RunError(
            f"{run.name}: {PREDICTIONS} names {unknown[0]!r}, not a diagnosis of the run."
        )
    _check_probabilities(run, PREDICTIONS, table)
    if not (table["split"] == "test").any():
        raise RunError(f"{run.name}: {PREDICTIONS} holds no test photos.")
    if table.duplicated(["fold", "image_id"]).any():
        raise RunError(f"{run.name}: {PREDICTIONS} has one photo twice in a fold.")
    # A run from elsewhere may not know its copies: each photo is then a picture of its own.
    defaults = {"picture": table["image_id"], "copy_of": "", "num_copies": 0}
    table = table.assign(**{key: defaults[key] for key in defaults if key not in table.columns})
    if not pd.api.types.is_integer_dtype(table["num_copies"]):
        raise RunError(f"{run.name}: {PREDICTIONS} has num_copies that are no whole numbers.")
    return table


def read_neighbour_votes(run: Run) -> pd.DataFrame:
    """neighbours.csv: shares that sum to 1, and training photos of neighbours.npz."""
    table = _read_table(run, NEIGHBOUR_VOTES)
    _check_columns(run, NEIGHBOUR_VOTES, table, (*NEIGHBOUR_VOTE_COLUMNS, *run.probability_columns))
    _check_once(run, NEIGHBOUR_VOTES, table, ["image_id"])
    _check_probabilities(run, NEIGHBOUR_VOTES, table)
    unknown = sorted(set(table["split"]) - {"validation", "test"})
    if unknown:
        raise RunError(f"{run.name}: {NEIGHBOUR_VOTES} names the split {unknown[0]!r}.")
    arrays = run.neighbour_arrays
    known = set() if arrays is None else set(arrays["image_ids"].tolist())
    named = table["nearest"].str.split()
    if not named.map(len).between(1, NUM_NEAREST).all() or not known.issuperset(named.explode()):
        raise RunError(
            f"{run.name}: {NEIGHBOUR_VOTES} has a photo whose nearest are not 1 to {NUM_NEAREST} "
            f"photos of {NEIGHBOURS}."
        )
    return table


def read_repeats(run: Run) -> pd.DataFrame:
    """repeats.csv: of every seed the run's own test photos, each once, and known photos of
    outside.csv."""
    table = _read_table(run, REPEATS)
    _check_columns(run, REPEATS, table, (*REPEAT_COLUMNS, *run.probability_columns))
    _check_probabilities(run, REPEATS, table)
    is_whole = pd.api.types.is_integer_dtype(table["seed"])
    if not is_whole or (table["seed"] == run.card["seed"]).any():
        raise RunError(f"{run.name}: {REPEATS} has a seed that is not another whole number.")
    _check_once(run, REPEATS, table, ["seed", "source", "image_id"])
    own = set(run.test_photos["image_id"])
    external = set() if run.external is None else set(run.external["image_id"])
    num_seeds = table.groupby(["source", "image_id"])["seed"].nunique()
    if (num_seeds != table["seed"].nunique()).any():
        raise RunError(f"{run.name}: {REPEATS} has a photo for one seed and not for another.")
    for seed, of_seed in table.groupby("seed"):
        is_own = of_seed["source"] == OWN_SOURCE
        if set(of_seed.loc[is_own, "image_id"]) != own:
            raise RunError(
                f"{run.name}: {REPEATS} has for seed {seed} other test photos than {PREDICTIONS}."
            )
        if not external.issuperset(of_seed.loc[~is_own, "image_id"]):
            raise RunError(
                f"{run.name}: {REPEATS} has for seed {seed} a photo that {EXTERNAL} lacks."
            )
    return table
