"""How well the heat maps of a run find the lesion, photo by photo, against lesion masks.

Masks: Tschandl et al. 2020, https://doi.org/10.1038/s41591-020-0942-0, as their authors ship them
beside HAM10000, `<image_id>_segmentation.png`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from model.evaluation import localisation
from model.evaluation.run_sentences import heatmap_faults
from model.heatmaps import baselines
from model.heatmaps.explainer import Explainer
from model.heatmaps.heatmap import heatmap
from model.heatmaps.methods import METHODS
from model.photo.decode import decode
from train.data import readers
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier
    from model.run import Run

SUFFIX = "_segmentation.png"
CROP = 0.6  # of each side: crops at random places
NUM_DRAWS = 50  # tries at a place that holds enough of the lesion
SEED = 20
CENTRE_SPREAD = 0.25  # of each side: the centre in localisation.csv; map_baselines.csv fits its own


class ReportError(ValueError):
    """Nothing can be measured as asked; the message says why."""


def lesions_of(data: Path) -> pd.DataFrame:
    """Photos and masks of a data folder.

    Args:
        data: folder of HAM10000 with the masks anywhere below it.
    Returns:
        DataFrame with image_id, path and mask (both `Path`), indexed by image_id.
    Raises:
        DataError, ReportError: no photos, or no masks.
    """
    # The smallest file of each photo: it has the size of its mask.
    table = readers.read(data, readers.layout_of(data), lowest_resolution=True).set_index(
        "image_id"
    )
    masks = {path.name.removesuffix(SUFFIX): path for path in Path(data).rglob(f"*{SUFFIX}")}
    table["mask"] = table.index.map(masks)
    table = table.dropna(subset="mask")
    if table.empty:
        raise ReportError(
            f"{data} holds no masks (<image_id>{SUFFIX}) of its photos. HAM10000's come with it, "
            "from https://doi.org/10.7910/DVN/DBW86T."
        )
    return table


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    methods: Sequence[str],
    num_slow: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Measure every method on the test photos of a run.

    Maps are of the diagnosis that the network answers with.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: of `lesions_of`.
        methods: keys of `model.heatmaps.methods.METHODS`.
        num_slow: photos for slow methods, see `Method.measured_share`.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were measured already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.localisation` gives it.
    Raises:
        ReportError: none of the test photos has a mask.
    """
    run = classifier.run
    rows = test_photos_of(run, photos)
    explainer = Explainer(classifier)
    kept = {} if kept is None else kept
    measured = []
    for index, (row, versions) in enumerate(versions_of(track(rows, run.name), photos)):
        if row.image_id not in kept:
            wanted = [name for name in methods if index < METHODS[name].measured_share * num_slow]
            kept[row.image_id] = [
                {**row._asdict(), **figures} for figures in _versions(explainer, versions, wanted)
            ]
        measured += kept[row.image_id]
    return pd.DataFrame(measured).sort_values(["image_id", "version"], ignore_index=True)


def test_photos_of(run: Run, photos: pd.DataFrame) -> list[Any]:
    """The test photos of a run that have a mask, in an order of chance that is always the same.

    Args:
        run: `Run`.
        photos: of `lesions_of`.
    Returns:
        Named tuples of image_id and lesion_id.
    Raises:
        ReportError: there is none.
    """
    rows = run.test_photos[["image_id", "lesion_id"]]
    rows = rows[rows["image_id"].isin(photos.index)].sample(frac=1, random_state=SEED)
    if rows.empty:
        raise ReportError(f"{run.name}: none of its test photos has a mask here.")
    return list(rows.itertuples(index=False))


def versions_of(
    rows: Iterable[Any], photos: pd.DataFrame
) -> Iterator[tuple[Any, dict[str, tuple[np.ndarray, np.ndarray]]]]:
    """Each photo with its mask, whole and as a crop at a random place.

    The crops depend on every photo before them, so that all measurements that take the rows of
    `test_photos_of` from the first see the same.

    Args:
        rows: of `test_photos_of`.
        photos: of `lesions_of`.
    Yields:
        (row, (photo (height, width, 3) uint8, lesion (height, width) bool) by version); without
        the version `SHIFTED` where no crop holds enough of the lesion.
    """
    draw = np.random.default_rng(SEED)
    for row in rows:
        photo, lesion = with_mask(*photos.loc[row.image_id, ["path", "mask"]])
        versions = {localisation.WHOLE: (photo, lesion)}
        crop = shifted(lesion, draw)
        if crop:
            versions[localisation.SHIFTED] = (photo[crop], lesion[crop])
        yield row, versions


def at_size(lesion: np.ndarray, height: int, width: int) -> np.ndarray | None:
    """A mask at a network's input size; None where the lesion fills all or nothing of it.

    Args:
        lesion: (any, any) bool.
    Returns:
        (height, width) bool.
    """
    mask = np.asarray(Image.fromarray(lesion).resize((width, height), Image.Resampling.NEAREST))
    return mask if mask.any() and not mask.all() else None


def shifted(lesion: np.ndarray, draw: np.random.Generator) -> tuple[slice, slice] | None:
    """A crop at a random place that still holds half of the lesion, or None where none was found.

    Args:
        lesion: (height, width) bool.
        draw: NumPy generator.
    Returns:
        Two slices.
    """
    height, width = (round(CROP * side) for side in lesion.shape)
    for _ in range(NUM_DRAWS):
        top = draw.integers(0, lesion.shape[0] - height + 1)
        left = draw.integers(0, lesion.shape[1] - width + 1)
        crop = slice(top, top + height), slice(left, left + width)
        if lesion[crop].sum() >= lesion.sum() / 2:
            return crop
    return None


def read_mask(path: Path) -> np.ndarray:
    """Where the lesion is: (any, any) bool."""
    return np.asarray(Image.open(path).convert("L")) > 127


def with_mask(path: Path, mask: Path) -> tuple[np.ndarray, np.ndarray]:
    """The photo, (height, width, 3) uint8, and where its lesion is: (height, width) bool."""
    photo = decode(path.read_bytes())
    lesion = read_mask(mask)
    if lesion.shape != photo.shape[:2]:
        size = photo.shape[1::-1]
        lesion = np.asarray(Image.fromarray(lesion).resize(size, Image.Resampling.NEAREST))
    return photo, lesion


def _versions(explainer, versions, methods):
    """Figures of every version of one photo that has a lesion to find."""
    for version, (photo, lesion) in versions.items():
        figures = _photo(explainer, photo, lesion, methods)
        if figures is not None:
            yield {"version": version, **figures}


def _photo(explainer, photo, lesion, methods):
    """Every method on one photo; None where its lesion fills all or nothing of it."""
    network = explainer.classifier.network
    mask = at_size(lesion, network.height, network.width)
    if mask is None:
        return None
    spot = baselines.centre(network.height, network.width, CENTRE_SPREAD)
    _, energy, iou = localisation.measure(spot, mask)
    figures = {
        "area": mask.mean(),
        "centred": int(mask[network.height // 2, network.width // 2]),
        "centre_energy": energy,
        "centre_iou": iou,
    }
    prediction, maps = explainer.classifier.analyze(photo)
    for name in methods:
        if name == "grad_cam":
            raw = maps[prediction.diagnosis]
        else:
            raw = explainer.by_view(photo, prediction.diagnosis, name).mean(axis=0)
        mapped = heatmap(raw, network.height, network.width, prediction.diagnosis, name)
        figures[f"{name}_empty"] = int(mapped.is_empty)
        if not mapped.is_empty:
            hit, energy, iou = localisation.measure(mapped.values, mask)
            figures |= {f"{name}_hit": int(hit), f"{name}_energy": energy, f"{name}_iou": iou}
    return figures


def text(table: pd.DataFrame) -> str:
    """What was measured, as lines for a terminal."""
    lines = []
    for subset, title in localisation.SUBSETS.items():
        lines.append(title)
        lines += [
            f"  {METHODS[accuracy.method].title:22s} n = {accuracy.num_photos:5,}  "
            f"pointing {accuracy.pointing}  energy {accuracy.energy} times the area  "
            f"overlap {accuracy.iou}"
            for accuracy in localisation.accuracy_by_method(table, subset)
        ]
    for name in localisation.methods_of(table):
        lines += [f"{METHODS[name].title}: {fault}" for fault in heatmap_faults(table, name)]
    return "\n".join(lines)
