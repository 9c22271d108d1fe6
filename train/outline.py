"""From a data folder with lesion masks to assets/outline: trained, measured, written."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.metrics import roc_auc_score

from model.evaluation import lesion_outlines as files
from model.network.tensorflow_startup import load_tensorflow
from model.photo.decode import decode, resize, within
from model.photo.lesion_features import FEATURES, lesion_features
from model.photo.outline import CERTAIN, LONGEST, dice, one_piece, outline_of, stretched
from model.photo.outline_network import lesion_shares
from model.photo.quality import dark_area
from model.run import HONEST
from model.run.files import sha256
from model.run.ledger import BEGINS, CHOICE, READING, TRAINING, Entry, about, append, part
from model.run.replacing import replacing
from train.data import duplicates, splits
from train.fitting import checkpoint
from train.fitting.outline import Lesions, Settings, fit
from train.networks.outline_network import arrays as weights_of
from train.progress import console, track
from train.recipes.ham7 import HAM7_CNN
from train.reports.heatmap_accuracy import lesions_of, with_mask
from train.reports.run_card import (
    LIMITS,
    USE,
    counts_by_split,
    counts_left_out,
    revision,
    versions,
)

if TYPE_CHECKING:
    import keras

QUICK_LESIONS = 20  # per diagnosis
QUICK = Settings(epochs=2)
FLAGGED = 0.05  # of the validation photos, the least certain
WIDER = (0.0, 0.01, 0.02, 0.03)  # of the shorter side: by so much a dark area is made wider
NUM_AT_ONCE = 250  # photos; what a stop can lose
FORMAT = "%.4f"  # of numbers in tables
MASKS = "Tschandl et al. 2020, https://doi.org/10.1038/s41591-020-0942-0"


@dataclass(frozen=True)
class Photos:
    """The photos that take part: a table with `split`, those left out, and what tells them from
    others."""

    table: pd.DataFrame
    left_out: pd.DataFrame
    state: str


def make(
    data: Path, out: Path, elsewhere: pd.DataFrame | None = None, is_quick: bool = False
) -> files.Outlines:
    """Train the outline, measure it and write its folder; a stopped one goes on.

    Args:
        data: folder of HAM10000 with the masks anywhere below it.
        out: the folder to write.
        elsewhere: photos of other data sets, of `train.data.external_photos.read`.
        is_quick: a trial on few photos.
    Raises:
        DataError, ReportError, OutlineError: with a sentence for the user.
    """
    commit = revision()
    settings = QUICK if is_quick else Settings()
    workspace = out.parent / f".{out.name}.unfinished"
    photos = split(data, is_quick)
    load_tensorflow()
    network, history = trained(photos, settings, workspace)
    arrays: dict[str, Any] = {**weights_of(network), "side": np.int32(settings.side)}
    np.savez(workspace / files.WEIGHTS, **arrays)
    state = sha256(workspace / files.WEIGHTS)
    own = _kept(photos.table, arrays, workspace, f"own {state}")
    ids = photos.table[["split", "image_id", "lesion_id", "diagnosis"]]
    own = duplicates.with_joined_lesions(ids).merge(own, on="image_id")
    others = _kept_elsewhere(elsewhere, arrays, workspace, f"elsewhere {state}")
    chosen = _chosen(own)
    tables = _tables(own, chosen, others, history)
    write(out, tables, workspace, _card(photos, settings, history, chosen, arrays, commit))
    shutil.rmtree(workspace)
    return files.read(out)


def measure_elsewhere(out: Path, elsewhere: pd.DataFrame) -> files.Outlines:
    """Measure photos of other data sets with an outline that is trained, in place of those that it
    was measured on before.

    Args:
        out: the folder of the outline.
        elsewhere: of `train.data.external_photos.read`, at least one photo.
    Raises:
        OutlineError: there is no outline to be trusted.
    """
    outlines = files.read(out)
    workspace = out.parent / f".{out.name}.elsewhere"
    workspace.mkdir(exist_ok=True)
    state = "elsewhere " + "".join([outlines.digest, *elsewhere["image_id"]])
    table = _kept_elsewhere(elsewhere, outlines.arrays, workspace, state)
    with replacing(out, files.read) as new:
        shutil.copytree(out, new)
        table.to_csv(new / files.ELSEWHERE, index=False, float_format=FORMAT)
        hashes = {**outlines.card["files"], files.ELSEWHERE: sha256(new / files.ELSEWHERE)}
        _write_card(new, {**outlines.card, "files": hashes})
    shutil.rmtree(workspace)
    return files.read(out)


def split(data: Path, is_quick: bool = False) -> Photos:
    """Read a data folder and split it by lesion, as the recipe of `ham7_cnn` does.

    Raises:
        DataError, ReportError: no such folder, no masks, or too few lesions.
    """
    table = lesions_of(data).reset_index()
    if is_quick:
        few = table.drop_duplicates("lesion_id").groupby("diagnosis").head(QUICK_LESIONS)
        table = table[table["lesion_id"].isin(few["lesion_id"])].reset_index(drop=True)
    table = duplicates.fingerprint(
        table, lambda rows: track(rows, "Reading the photos", total=len(table))
    )
    cleaned = splits.clean(table, HONEST)
    recipe = replace(HAM7_CNN, folds=1) if is_quick else HAM7_CNN
    fold = splits.folds(cleaned.photos, recipe, HONEST, recipe.folds)[0]
    state = checkpoint.fingerprint(fold) + checkpoint.splits_fingerprint([fold])
    return Photos(fold, cleaned.left_out, hashlib.sha256(state.encode()).hexdigest())


def squashed(photos: pd.DataFrame, side: int) -> Lesions:
    """Photos and masks at the size that the network takes."""
    pixels = np.empty((len(photos), side, side, 3), np.uint8)
    masks = np.empty((len(photos), side, side), np.uint8)
    rows = zip(photos["path"], photos["mask"], strict=True)
    for row, paths in enumerate(track(rows, "Resizing the photos", total=len(photos))):
        photo, lesion = with_mask(*paths)
        pixels[row] = resize(photo, side, side)
        area = Image.fromarray(np.where(lesion, 255, 0).astype(np.uint8))
        masks[row] = np.asarray(area.resize((side, side), Image.Resampling.BOX))
    return Lesions(pixels, masks)


def trained(
    photos: Photos, settings: Settings, workspace: Path
) -> tuple[keras.Model, list[dict[str, Any]]]:
    """The network, and its training epoch by epoch."""
    training, validation = (
        squashed(photos.table[photos.table["split"] == part], settings.side)
        for part in ("train", "validation")
    )
    return fit(training, validation, settings, workspace, photos.state)


def _kept(photos, arrays, workspace, state):
    """A row of figures for each photo, kept in files as they come."""
    folder = workspace / hashlib.sha256(state.encode()).hexdigest()[:12]
    folder.mkdir(exist_ok=True)
    parts = range(0, len(photos), NUM_AT_ONCE)
    for start in track(parts, "Measuring the photos", total=len(parts)):
        file = folder / f"{start}.csv"
        if not file.exists():
            rows = photos.iloc[start : start + NUM_AT_ONCE].itertuples()
            table = pd.DataFrame([_figures(row, arrays) for row in rows])
            table.to_csv(file.with_suffix(".part"), index=False)
            file.with_suffix(".part").rename(file)
    return pd.concat([pd.read_csv(folder / f"{start}.csv") for start in parts], ignore_index=True)


def _figures(row, arrays):
    """What is measured of one photo; against its mask only where no network learned from it."""
    figures = {"image_id": row.image_id}
    is_held_out = hasattr(row, "mask") and row.split != "train"
    if is_held_out:
        photo, lesion = with_mask(row.path, row.mask)
    else:
        photo, lesion = decode(row.path.read_bytes()), None
    side = int(arrays["side"])
    views = lesion_shares(resize(photo, side, side), arrays)
    found = outline_of(within(photo, LONGEST), views)
    figures |= {"certainty": found.certainty, "at_edge": found.at_edge}
    if found.mask.any():
        figures |= asdict(lesion_features(found.photo, found.mask))
    if lesion is not None:
        mask = _at_size(found.mask, *lesion.shape)
        figures["dice"] = dice(mask, lesion)
        figures["agreement"] = min(
            dice(one_piece(stretched(view, *lesion.shape) > CERTAIN), mask) for view in views
        )
        for name, area in zip(_classical(), dark_areas(photo), strict=True):
            figures[name] = dice(area, lesion)
    return figures


def dark_areas(photo: np.ndarray) -> Iterator[np.ndarray]:
    """The outlines that need no network: the dark area in the middle, made wider by each of
    `WIDER`.

    Args:
        photo: (height, width, 3) uint8 RGB.
    Yields:
        (height, width) bool.
    """
    from scipy import ndimage

    area = dark_area(photo[..., 2])
    away = ndimage.distance_transform_edt(~area) if area.any() else np.full(area.shape, np.inf)
    for share in WIDER:
        yield away <= share * min(area.shape)


def _classical():
    return [f"classical_{100 * share:.0f}" for share in WIDER]


def _at_size(mask, height, width):
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))


def _kept_elsewhere(photos, arrays, workspace, state):
    """Figures of photos from elsewhere, which have no masks."""
    if photos is None or photos.empty:
        return pd.DataFrame(columns=["kind", "source", "image_id", "certainty"])
    found = _kept(photos, arrays, workspace, state)[["image_id", "certainty"]]
    return photos[["kind", "source", "image_id"]].merge(found, on="image_id")


def _chosen(own):
    """What validation photos choose: by what an outline is doubted, where the limit lies, and how
    wide the best dark area is."""
    rows = own[own["split"] == "validation"]
    failed = rows["dice"] < files.FAILED
    areas = {name: _area(failed, -rows[name].to_numpy()) for name in ("certainty", "agreement")}
    medians = {name: float(rows[name].median()) for name in _classical()}
    return {
        "doubted_below": float(np.floor(1e4 * rows["certainty"].quantile(FLAGGED)) / 1e4),
        "areas": areas,
        "classical": max(medians, key=medians.__getitem__),
        "classical_medians": medians,
    }


def _area(failed, scores):
    """AUC of telling failures; None where all or none failed."""
    if failed.nunique() < 2:
        return None
    return round(float(roc_auc_score(failed, scores)), 4)


def _tables(own, chosen, others, history):
    """The tables of the folder, by file."""
    held_out = own[own["split"] != "train"].assign(classical=own[chosen["classical"]])
    ids = ["split", "image_id", "lesion_id", "diagnosis"]
    dice_columns = [*ids, "dice", "certainty", "agreement", "classical"]
    return {
        files.DICE: held_out[dice_columns],
        files.FEATURES_FILE: own.reindex(columns=[*ids, "certainty", "at_edge", *FEATURES]),
        files.ELSEWHERE: others,
        files.HISTORY: pd.DataFrame(history),
    }


def write(
    out: Path, tables: dict[str, pd.DataFrame], workspace: Path, card: dict[str, Any]
) -> None:
    """Write the folder whole, or leave the older one.

    Args:
        out: of outlines.
        tables: by file, as `model.evaluation.lesion_outlines.COLUMNS` has them, and history.csv.
        workspace: holds the weights.
        card: card.json without `files`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out, files.read) as new:
        new.mkdir()
        shutil.copy(workspace / files.WEIGHTS, new / files.WEIGHTS)
        for name, table in tables.items():
            table.to_csv(new / name, index=False, float_format=FORMAT)
        hashes = {path.name: sha256(path) for path in sorted(new.iterdir())}
        _write_card(new, {**card, "files": hashes})
        _record(out, new, tables, card)


def _write_card(folder, card):
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (folder / files.CARD).write_text(text + "\n", "utf-8")


def _record(out, new, tables, card):
    """Go on with the ledger that stood there, or begin one."""
    if (out / files.LEDGER).exists():
        shutil.copy(out / files.LEDGER, new / files.LEDGER)
    held_out = tables[files.DICE]
    ids = {name: rows["image_id"] for name, rows in held_out.groupby("split")}
    limit = card["chosen"]["doubted_below"]
    entries = [
        Entry(BEGINS, TRAINING, result=f"epoch chosen of {card['settings']['epochs']}"),
        about(CHOICE, "epoch", part("validation"), ids["validation"], str(card["best_epoch"])),
        about(CHOICE, "limit of certainty", part("validation"), ids["validation"], str(limit)),
        about(
            CHOICE,
            "width of the dark area",
            part("validation"),
            ids["validation"],
            width(card["chosen"]),
        ),
        about(
            READING,
            files.DICE,
            part("test"),
            ids["test"],
            f"median Dice {held_out.loc[held_out['split'] == 'test', 'dice'].median():.4f}",
            sha256(new / files.DICE),
        ),
    ]
    append(new, *entries)


def width(chosen: dict[str, Any]) -> str:
    """How wide the dark area was made, in words.

    Args:
        chosen: of the card.
    """
    name = chosen["classical"]
    share = name.removeprefix("classical_")
    return f"{share} % of the shorter side, median Dice {chosen['classical_medians'][name]:.4f}"


def _card(photos, settings, history, chosen, arrays, commit):
    table = photos.table
    best = max(history, key=lambda row: row["val_dice"])
    return {
        "name": "outline",
        "title": "Outline of a lesion",
        "summary": "A small U-Net that marks the lesion on a dermatoscopic photo.",
        "command": "python -m train outline --data DIR",
        "settings": asdict(settings),
        "num_weights": int(sum(array.size for array in arrays.values()) - 1),
        "best_epoch": int(best["epoch"]),
        "chosen": chosen,
        "data": {
            "name": HAM7_CNN.source,
            "licence": HAM7_CNN.licence,
            "masks": MASKS,
            "fingerprint": photos.state,
            "num_photos": len(table),
            "num_lesions": int(table["group"].nunique()),
            "counts": counts_by_split(table),
            "left_out": counts_left_out(photos.left_out),
        },
        "seed": settings.seed,
        "split": "by lesion, copies and near copies together, as the recipe of ham7_cnn splits; "
        "other test photos than those of that run",
        "versions": versions(),
        "revision": commit,
        "use": USE,
        "limits": [
            LIMITS[0],
            "Trained and tested on the masks of one data set, drawn in one way: other people would "
            "draw other outlines.",
            "What it measures is no diagnosis and stands for none.",
        ],
    }


def text(outlines: files.Outlines) -> str:
    """What was measured, as lines for a terminal."""
    return "\n".join([*files.sentences(outlines), files.separation_sentence(outlines)])


def report(outlines: files.Outlines) -> None:
    """Print it."""
    console.print(text(outlines))
