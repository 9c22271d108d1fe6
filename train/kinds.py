"""Fit anew, for a run that is trained already, what tells its kinds of photo apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from model.network import network_file
from model.network.compiled import CompiledNetwork
from model.prediction.kind_classifier import SURE, KindClassifier
from model.run import NETWORK, PREDICTIONS, Run
from model.run.writer import replace_kinds
from train.data import readers
from train.data.external_photos import in_splits_of
from train.data.pictures import decoded
from train.fitting.features import in_sharpnesses
from train.fitting.kinds import tell_apart
from train.recipes import RECIPES
from train.reports import external_figures, ledger_entries


class KindsError(ValueError):
    """Kinds of photo that cannot be fitted anew; the message says why."""


def fit_again(run: Run, data: Path, external: pd.DataFrame) -> Run:
    """Fit what tells the kinds apart on the run's training photos, and ask it about all others.

    The network, its calibration and its novelty scores stay as they are.

    Args:
        run: one that tells kinds of photo apart.
        data: the data folder it was trained on.
        external: of `train.data.external_photos.read`, of every source that the run was asked
            about: what the network takes those photos for changes, too.
    Returns:
        The run, read back, with its model card written anew.
    Raises:
        KindsError, DataError, LedgerError, RunError: with one sentence.
    """
    recipe = RECIPES.get(run.card["recipe"])
    if not run.kinds or run.kind_arrays is None or run.external is None or recipe is None:
        raise KindsError(f"{run.name} tells no kinds of photo apart, so there is nothing to fit.")
    missing = sorted(_sources(run.external) - _sources(external))
    if missing:
        raise KindsError(
            f"{run.name} was asked about {missing[0]}, too. Give the folder of these photos: what "
            "the network takes them for changes."
        )
    ledger_entries.refuse_broken(run.path)
    own = _own_photos(run, data, recipe)
    others = in_splits_of(external, run.external)
    by_kind = [own, *(others[others["kind"] == kind] for kind in run.kinds[1:])]
    features, parts, as_they_are = _features(run, recipe, by_kind)
    arrays = {**run.kind_arrays, **tell_apart(run.kinds, features, parts)}
    recognised = KindClassifier.from_arrays(arrays).recognised(as_they_are)
    names = pd.Series([name if sure >= SURE else "" for name, sure in recognised], own["image_id"])
    rows = run.predictions
    is_own = (rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")
    rows = rows.assign(
        recognised=rows["image_id"].map(names).where(is_own, rows.get("recognised", ""))
    )
    training = pd.concat([of.loc[of["split"] == "train", "image_id"] for of in by_kind])
    fitted_on = f"{', '.join(run.kinds)}, train parts"
    ledger_entries.record(run, ledger_entries.kinds_choice(run.kinds, fitted_on, training))
    run = replace_kinds(run, arrays, rows)
    ledger_entries.record_reading(run, PREDICTIONS, run.test_photos)
    return external_figures.measure(run, external)


def _features(run, recipe, by_kind):
    """(features and splits of each kind in all sharpnesses, features of the first as it is)."""
    network = network_file.load(run.path / NETWORK)
    recipe = replace(recipe, views=1)  # of the views only the first gives features
    single = CompiledNetwork(
        network, recipe.heatmap_layer, feature_layers=recipe.novelty_layers or None
    )
    features, parts, as_they_are = [], [], []
    for photos in by_kind:
        pixels = decoded(photos, recipe)
        output = single(pixels)
        values, splits = in_sharpnesses(network, recipe, photos, pixels, output)
        features.append(values)
        parts.append(splits)
        as_they_are.append(output.features)
    return features, parts, as_they_are[0]


def _own_photos(run, data, recipe):
    """The run's own photos with their split and files; those of the first fold."""
    rows = run.predictions
    rows = rows[(rows["fold"] == run.folds[0]) & (rows["copy_of"] == "")]
    table = readers.read(data, readers.layout_of(data), recipe.lowest_resolution)
    files = table.drop_duplicates("image_id")
    files = files[[name for name in ("image_id", "path", "high_res_path") if name in files]]
    photos = rows[["split", "image_id"]].merge(files, on="image_id")
    if len(photos) < len(rows):
        raise KindsError(
            f"{len(rows) - len(photos):,} of the {len(rows):,} photos of {run.name} are not in "
            f"{data}. Give the folder it was trained on."
        )
    return photos


def _sources(photos):
    names = photos["source"].where(photos["source"] != "", photos["kind"])
    return set(names.unique())
