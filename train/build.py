"""From a recipe and a data folder to a run folder."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from model import run as runs
from model.lesions import describe
from model.network.softmax import softmax
from model.network.tensorflow_startup import load_tensorflow
from model.photo.kind import DERMATOSCOPIC, PHONE
from model.prediction.kind_classifier import SURE, KindClassifier
from model.prediction.novelty import Novelty
from model.run.ledger import append
from model.run.writer import RunContents, write
from train.data import balance, duplicates, readers, rendered, splits
from train.data.external_photos import in_splits_of, split_by_person
from train.data.pictures import decoded
from train.data.pictures import labels as labels_of
from train.fitting import calibrate, checkpoint
from train.fitting.fit import Part, fit
from train.fitting.kinds import fit_kinds
from train.fitting.novelty import fit_novelty
from train.fitting.prediction_table import prediction_table
from train.progress import console, track
from train.recipe import Recipe
from train.reports import ledger_entries, model_card, neighbours, photo_quality
from train.reports.run_card import TrainedOn, card, revision

QUICK_LESIONS = 40  # per diagnosis
DEMO_LESIONS = 160  # per pattern


class BuildError(ValueError):
    """A run that cannot be built as asked; the message says why."""


@dataclass(frozen=True)
class BuildOptions:
    """How a recipe is built.

    `protocol` is `honest` or `as-published`, see `train.data.splits`. With `num_folds` above 1 the
    network that ships is the first fold's. `lesions` is a table with image_id and lesion_id for
    data without lesion ids. `with_network` is False for a results-only run. `external_photos`, of
    `train.data.external_photos.read`, are predicted by a run that keeps its network; a recipe
    that asks for phone photos also trains on some of them.
    """

    protocol: str = runs.HONEST
    num_folds: int = 1
    lesions: Path | None = None
    with_network: bool = True
    external_photos: pd.DataFrame | None = None
    fit_only: bool = False


def build(
    recipe: Recipe, data: Path | None, out: Path, options: BuildOptions | None = None
) -> runs.Run | None:
    """Train a recipe under one protocol and write its run folder.

    An interrupted build leaves `<out>/.<name>.unfinished` and goes on from there when asked again
    for the same settings and the same photos.

    Args:
        recipe: what to train.
        data: data folder, or None for the rendered pictures.
        out: folder of runs.
        options: the honest protocol without folds where None.
    Returns:
        The run; None with `fit_only`.
    Raises:
        DataError, BuildError: with a sentence for the user.
    """
    prepared = prepare(recipe, data, out, options)
    if prepared.options.fit_only:
        for number in range(len(prepared.folds)):
            fit_fold(prepared, number)
        return None
    return write_run(prepared)


@dataclass(frozen=True)
class Prepared:
    """What the trainings of a run stand on; it can be sent to another process.

    `photos` is the table of those that take part, `pixels` the same photos, (n, height, width, 3)
    uint8, and `folds` the table once for each fold, with its `split`. `left_out` are the others
    with the reason, as the card tells it. `phone` are the phone photos that take part, or None.
    """

    recipe: Recipe
    options: BuildOptions
    out: Path
    commit: str
    photos: pd.DataFrame
    left_out: pd.DataFrame
    folds: list[pd.DataFrame]
    diagnoses: list[str]
    pixels: np.ndarray
    phone: pd.DataFrame | None
    fingerprint: str

    @property
    def workspace(self) -> Path:
        """The folder of the unfinished training."""
        return workspace_of(self.recipe, self.options.protocol, self.out)


def workspace_of(recipe: Recipe, protocol: str, out: Path) -> Path:
    """Where an unfinished training lies."""
    return out / f".{recipe.run_name(protocol)}.unfinished"


def checkpoints_of(workspace: Path, fold: int) -> Path:
    """Where one fold keeps what it needs to go on, see `train.fitting.fit`."""
    return workspace / f"fold_{fold}"


def prepare(
    recipe: Recipe, data: Path | None, out: Path, options: BuildOptions | None = None
) -> Prepared:
    """Read the photos, split them, and begin a training or find the one to go on with.

    Args, Raises: as `build`.
    """
    options = options or BuildOptions()
    protocol, num_folds, lesions = options.protocol, options.num_folds, options.lesions
    with_network, external_photos = options.with_network, options.external_photos
    out = Path(out)
    commit = revision()
    name = recipe.run_name(protocol)
    _refuse_to_downgrade(recipe, out / name, with_network)
    ledger_entries.refuse_broken(out / name)
    workspace = workspace_of(recipe, protocol, out)
    if recipe.layout == "rendered":
        data, lesions = _draw(workspace, recipe)
    if data is None:
        raise BuildError(f"{recipe.name} needs photos: name their folder.")

    layout = "folders" if recipe.layout == "rendered" else recipe.layout
    if layout == "folders" and readers.layout_of(data) == "table":
        layout = "table"
    table = readers.read(data, layout, recipe.lowest_resolution)
    if lesions is not None:
        table = readers.with_lesions(table, lesions)
    if recipe.quick:
        table = _few(table, recipe.split_seed)
        if external_photos is not None:
            external_photos = external_photos.groupby("kind").head(QUICK_LESIONS)
    table = duplicates.fingerprint(
        table, lambda photos: track(photos, "Reading the photos", total=len(table))
    )
    cleaned = splits.clean(table, protocol)
    photos, left_out = cleaned.photos, cleaned.left_out
    if recipe.by_verdict:
        photos, others = balance.by_verdict(photos)
        left_out = pd.concat([left_out, others], ignore_index=True)
    diagnoses = sorted(photos["diagnosis"].unique())
    folds = splits.folds(photos, recipe, protocol, num_folds)
    for fold in folds:
        _check_parts(fold)
    _report(left_out, folds)

    phone = _phone_photos(recipe, external_photos, diagnoses)
    fingerprint = checkpoint.fingerprint(photos)
    if not options.fit_only:  # Keras trains on any of its backends, all that follows needs this one
        load_tensorflow()
        _check_network(recipe, len(diagnoses))
    state = checkpoint.state(recipe, protocol, fingerprint, folds, diagnoses)
    if phone is not None:
        state["phone_photos"] = checkpoint.fingerprint(phone)
        state["phone_splits"] = checkpoint.splits_fingerprint([phone])
    checkpoint.start_or_resume(workspace, state)

    ledger_entries.record_once(
        workspace, ledger_entries.begin_training(protocol, folds, state, out / name)
    )
    return Prepared(
        recipe,
        replace(options, external_photos=external_photos),
        out,
        commit,
        photos,
        cleaned.left_out,
        folds,
        diagnoses,
        decoded(photos, recipe),
        phone,
        fingerprint,
    )


def fit_fold(prepared: Prepared, number: int) -> None:
    """Train one fold, or go on where it was interrupted; its checkpoints hold the result.

    Folds may be trained in any order, and by several processes if each has its own.
    """
    fold = prepared.folds[number]
    _fit(prepared, number, balance.draw_copies(prepared.pixels, fold, prepared.recipe))


def _fit(prepared, number, pictures):
    """(network, history) of a fold, see `train.fitting.fit.fit`."""
    fold, diagnoses = prepared.folds[number], prepared.diagnoses
    labels = labels_of(fold, diagnoses)
    training, validation = (
        Part(pictures[fold["split"] == split], labels[fold["split"] == split])
        for split in ("train", "validation")
    )
    if prepared.phone is not None:
        training = _with_phone_photos(training, prepared.phone, prepared.recipe, diagnoses)
    checkpoints = checkpoints_of(prepared.workspace, number)
    return fit(prepared.recipe, training, validation, len(diagnoses), checkpoints, number)


def write_run(prepared: Prepared) -> runs.Run:
    """Train what is not trained yet, measure the networks and write the run folder."""
    from model.prediction.classifier import Classifier  # these need TensorFlow
    from train.fitting import features
    from train.reports import external_figures

    recipe, options, phone = prepared.recipe, prepared.options, prepared.phone
    diagnoses, folds, workspace = prepared.diagnoses, prepared.folds, prepared.workspace
    with_network, external_photos = options.with_network, options.external_photos

    def record(*entries):
        ledger_entries.record_once(workspace, *entries)

    histories, predictions, kind_arrays = [], [], None
    similar: tuple[dict[str, np.ndarray] | None, pd.DataFrame | None] = None, None
    for fold_index, fold in enumerate(folds):
        pictures = balance.draw_copies(prepared.pixels, fold, recipe)
        labels = labels_of(fold, diagnoses)
        network, history = _fit(prepared, fold_index, pictures)
        histories.append(history)
        record(ledger_entries.epoch_choice(history, recipe.monitor, fold, fold_index))
        compiled, output = _network_output(network, recipe, pictures)
        calibration = _calibrate(output.logits, labels, fold["split"], diagnoses)
        record(*ledger_entries.fold_choices(calibration, fold, fold_index))
        about_photos: dict[str, np.ndarray | list[str]] = {}
        if fold_index == 0:
            values, parts = features.in_sharpnesses(network, recipe, fold, pictures, output)
            novelty_arrays = fit_novelty(
                values[parts == "train"], values[parts == "validation"], recipe.novelty_layers
            )
            scores = Novelty.from_arrays(novelty_arrays).score(output.features)
            about_photos["novelty"] = scores
            record(ledger_entries.novelty_choice(float(novelty_arrays["cut"]), fold))
            if phone is not None:
                kind_arrays, calibration = _fit_kinds(
                    recipe, network, compiled, phone, (values, parts), calibration, diagnoses
                )
                recognised = KindClassifier.from_arrays(kind_arrays).recognised(output.features)
                names = [name if sure >= SURE else "" for name, sure in recognised]
                about_photos["recognised"] = names
                record(*ledger_entries.kind_choices(phone, kind_arrays["names"], calibration))
            others = fold[(fold["split"] != "train") & (fold["copy_of"] == "")]
            quality = photo_quality.measured(others, recipe.height, recipe.width, track)
            record(ledger_entries.quality_choice(quality))
            is_honest = options.protocol == runs.HONEST  # else other photos of test lesions trained
            if with_network and is_honest and neighbours.unnameable(fold) is None:
                arrays, votes = _neighbours(network, recipe, fold, pictures, diagnoses)
                similar = arrays, votes
                asked = votes.loc[votes["split"] == "validation", "image_id"]
                record(ledger_entries.neighbours_choice(arrays, asked))
            first = network, calibration
        probabilities = softmax(output.logits, calibration["temperature"])
        record(ledger_entries.own_prediction(fold, diagnoses, probabilities, fold_index))
        # Only now do predictions and diagnoses of the test photos meet.
        rows = prediction_table(fold, diagnoses, probabilities, fold_index)
        for column, known in about_photos.items():
            rows[column] = pd.Series(known, fold.index)
        predictions.append(rows)
    network, calibration = first
    trained_on = TrainedOn(
        prepared.photos, prepared.left_out, folds, diagnoses, prepared.fingerprint, phone
    )
    claims = card(recipe, options.protocol, trained_on, prepared.commit)
    claims["settings"]["num_parameters"] = int(network.count_params())
    run = write(
        prepared.out,
        RunContents(
            claims,
            pd.concat(histories, ignore_index=True),
            pd.concat(predictions, ignore_index=True),
            calibration,
            novelty_arrays if with_network else None,
            None,
            quality,
            network.save if with_network else None,
            kind_arrays if with_network else None,
            *similar,
        ),
    )
    append(run.path, *ledger_entries.of_training(workspace), *ledger_entries.own_readings(run))
    if with_network and external_photos is not None and len(external_photos):
        photos_in_splits = in_splits_of(external_photos, phone)
        predicted = external_figures.predict(Classifier(run, network), photos_in_splits)
        if predicted is not None:
            run = external_figures.store(run, predicted, predicted)
    if with_network:
        model_card.write(run)
    shutil.rmtree(workspace)
    return run


def _refuse_to_downgrade(recipe, folder, with_network):
    """Neither a quick trial nor bare results take the place of a full run."""
    if not folder.exists() or (with_network and not recipe.quick):
        return
    try:
        older = runs.read(folder)
    except runs.RunError:
        return
    if recipe.quick and not older.card["settings"].get("quick"):
        raise BuildError(
            f"{folder} holds a full run, which a quick trial would replace. "
            "Choose another folder with --out."
        )
    if not with_network and older.has_network:
        raise BuildError(
            f"{folder} holds a run with its network, which bare results would replace. "
            "Choose another folder with --out."
        )


def _draw(workspace, recipe):
    num_lesions = QUICK_LESIONS if recipe.quick else DEMO_LESIONS
    folder = workspace / f"drawings_{num_lesions}"
    if not (folder / "lesions.csv").exists():
        rendered.write(folder, num_lesions)
    return folder / "photos", folder / "lesions.csv"


def _few(table, seed):
    shuffled = table.sample(frac=1, random_state=seed)
    few = shuffled.groupby("diagnosis").head(QUICK_LESIONS)
    return few.sort_values(["image_id", "path"], ignore_index=True)


def _check_parts(fold):
    counts = pd.crosstab(fold["diagnosis"], fold["split"])
    counts = counts.reindex(columns=runs.SPLITS, fill_value=0)
    empty = counts[(counts == 0).any(axis=1)]
    if not empty.empty:
        raise readers.DataError(
            f"{describe(empty.index[0]).name} has too few lesions to stand in training, "
            f"validation and test: {dict(empty.iloc[0])}. Add photos or leave the diagnosis out."
        )


def _report(left_out, folds):
    for (reason, diagnosis), rows in left_out.groupby(["reason", "diagnosis"]):
        console.print(f"Left out: {len(rows)} x {diagnosis} ({reason})")
    counts = pd.crosstab(folds[0]["diagnosis"], folds[0]["split"])
    console.print(counts.reindex(columns=runs.SPLITS))
    num_copies = int((folds[0]["copy_of"] != "").sum())
    if num_copies:
        console.print(f"{num_copies} of them are augmented copies.")


def _check_network(recipe, num_diagnoses):
    """Before hours of training: is this a network that the app can use?"""
    from model.network.compiled import NetworkError

    try:
        _compiled(recipe.network(recipe.height, recipe.width, num_diagnoses), recipe)
    except NetworkError as error:
        raise BuildError(f"{recipe.name} cannot be trained as it is. {error}") from error


def _phone_photos(recipe, external_photos, diagnoses):
    """The phone photos that take part in the training, split by person; None without any."""
    if not recipe.phone_photos_per_epoch or external_photos is None:
        return None
    is_phone = external_photos["kind"] == PHONE
    phone = external_photos[is_phone & external_photos["diagnosis"].isin(diagnoses)]
    if phone.empty:
        return None
    phone = duplicates.fingerprint(phone.reset_index(drop=True))
    phone = phone[phone["pixels"] != ""].reset_index(drop=True)
    return split_by_person(phone, recipe.phone_parts, recipe.split_seed)


def _with_phone_photos(training, phone, recipe, diagnoses):
    chosen = phone[phone["split"] == "train"]
    labels = labels_of(chosen, diagnoses)
    is_phone = np.repeat([False, True], [len(training.labels), len(chosen)])
    photos = np.concatenate([training.photos, decoded(chosen, recipe)])
    return Part(photos, np.concatenate([training.labels, labels]), is_phone)


def _compiled(network, recipe):
    from model.network.compiled import CompiledNetwork

    return CompiledNetwork(
        network,
        recipe.heatmap_layer,
        num_views=recipe.views,
        feature_layers=recipe.novelty_layers or None,
    )


def _network_output(network, recipe, pixels):
    compiled = _compiled(network, recipe)
    return compiled, compiled(pixels, lambda batches: track(batches, "Predicting every photo"))


def _neighbours(network, recipe, fold, pictures, diagnoses):
    """`neighbours.measure` of a network that has just been trained.

    Args:
        pictures: of the fold, as the network sees them.
    """
    from model.network.compiled import CompiledNetwork

    photos = neighbours.photos_of_fold(fold)
    seen_once = CompiledNetwork(network, recipe.heatmap_layer, is_final=True)
    pixels = pictures[fold.index.get_indexer(photos.index)]
    output = seen_once(pixels, lambda batches: track(batches, "Gathering the neighbours"))
    return neighbours.measure(diagnoses, photos, output.features)


def _fit_kinds(recipe, network, compiled, phone, own_features, calibration, diagnoses):
    """What tells phone photos from the run's own, and the calibration of both.

    Args:
        own_features: of the run's own photos, see `train.fitting.features.in_sharpnesses`.
        calibration: of the run's own photos.
    Returns:
        (arrays for kinds.npz, calibration).
    """
    from train.fitting import features

    pixels = decoded(phone, recipe)
    output = compiled(pixels)
    phone_features = features.in_sharpnesses(network, recipe, phone, pixels, output)
    values, parts = zip(own_features, phone_features, strict=True)
    arrays = fit_kinds((DERMATOSCOPIC, PHONE), values, parts)
    of_phone = _calibrate(output.logits, labels_of(phone, diagnoses), phone["split"], diagnoses)
    return arrays, {**calibration, "kind": DERMATOSCOPIC, "kinds": {PHONE: of_phone}}


def _calibrate(logits, labels, split, diagnoses):
    chosen = (split == "validation").to_numpy()
    return calibrate.fit(logits[chosen], labels[chosen], diagnoses)
