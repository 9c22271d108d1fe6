"""The colour of the skin around the lesion, photo by photo: an estimate of skin tone.

The individual typology angle (ITA) orders skin from light to dark. It is meant for a calibrated
instrument; from the photos of unknown cameras, lights and filters it is a rough guess, and
`model.evaluation.skin_tone` says how rough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage
from skimage.color import rgb2lab

from model.photo.decode import decode, within
from model.photo.quality import NEARLY_WHITE, dark_area
from model.run import OWN_SOURCE, Run
from train.data import readers
from train.reports.kept_rows import Rows

SUFFIX = "_segmentation.png"  # of HAM10000's lesion masks
LONGEST = 200  # pixels; a colour needs no more
MARGIN = 0.1  # of the shorter side: the lesion's surroundings are often reddened or pigmented, too
NEARLY_BLACK = 25  # of 255, in every colour: what a dermatoscope leaves in the corners, and hair
LEAST = 0.05  # of the photo; an angle that rests on less is not given


def skin(photo: np.ndarray, lesion: np.ndarray) -> np.ndarray:
    """Where a photo shows skin away from the lesion.

    Args:
        photo: (height, width, 3) uint8, RGB.
        lesion: (height, width) bool.
    Returns:
        (height, width) bool: within the ellipse that touches the four sides, further from the
        lesion than `MARGIN`, neither nearly black nor nearly white.
    """
    height, width = lesion.shape
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    away = np.ones_like(lesion)
    if lesion.any():
        away = ndimage.distance_transform_edt(~lesion) > MARGIN * min(height, width)
    is_lit = (photo.max(axis=2) > NEARLY_BLACK) & (photo.min(axis=2) < NEARLY_WHITE)
    return away & is_lit & (np.hypot(rows, columns) < 1)


def typology_angle(photo: np.ndarray, lesion: np.ndarray) -> tuple[float, float]:
    """The individual typology angle of the skin around a lesion.

    The medians of lightness and of yellow stand for the skin, so that hairs and vessels count
    little.

    Args:
        photo: (height, width, 3) uint8, RGB.
        lesion: (height, width) bool.
    Returns:
        (degrees, share of the photo that is `skin`): arctan((L* - 50) / b*) in CIELAB; NaN where
        the share is below `LEAST`, or b* is not above 0, so that the angle means nothing.
    Source:
        Chardon et al. 1991, https://doi.org/10.1111/j.1467-2494.1991.tb00561.x; on photos of
        lesions Kinyanjui et al. 2019, https://arxiv.org/abs/1910.13268.
    """
    seen = skin(photo, lesion)
    share = float(seen.mean())
    if share < LEAST:
        return float("nan"), share
    lightness, _, yellow = np.median(rgb2lab(photo[seen]), axis=0)
    if yellow <= 0:
        return float("nan"), share
    return float(np.degrees(np.arctan((lightness - 50) / yellow))), share


def photos_of(run: Run, data: Path, external: pd.DataFrame) -> pd.DataFrame:
    """The photos to measure: a run's own test photos, and external ones that show a lesion.

    Args:
        run: `model.run.Run`.
        data: the data folder it was trained on, with lesion masks where it has them.
        external: of `train.data.external_photos.read`.
    Returns:
        DataFrame with `image_id`, `path` and `mask` (a path; missing where there is none).
    Raises:
        DataError: there is no such folder, or it holds none of the run's test photos.
    """
    # The smallest file of each photo: HAM10000's masks have its size here.
    files = readers.read(data, readers.layout_of(data), lowest_resolution=True)
    masks = {path.name.removesuffix(SUFFIX): path for path in Path(data).rglob(f"*{SUFFIX}")}
    files = files.drop_duplicates("image_id").assign(mask=lambda rows: rows["image_id"].map(masks))
    own = run.test_photos[["image_id"]].merge(files[["image_id", "path", "mask"]], on="image_id")
    if own.empty:
        raise readers.DataError(f"{data} holds none of the test photos of {run.name}.")
    if run.external is not None:
        known = set(run.external["image_id"])
        external = external[external["image_id"].isin(known)]
    with_lesion = external[external["diagnosis"] != ""]
    return pd.concat([own, with_lesion[["image_id", "path"]]], ignore_index=True)


def measured(
    photos: pd.DataFrame,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Measure photos; the lesion is where its mask says, else the dark area in the middle.

    Args:
        photos: of `photos_of`.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were measured already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.skin_tone` gives it.
    """
    kept = {} if kept is None else kept
    rows: Rows = []
    for row in track(list(photos.itertuples(index=False)), "Measuring the skin"):
        if row.image_id not in kept:
            photo = within(decode(Path(row.path).read_bytes()), LONGEST)
            angle, share = typology_angle(photo, _lesion(photo, row.mask))
            kept[row.image_id] = [{"image_id": row.image_id, "ita": angle, "share": share}]
        rows += kept[row.image_id]
    return pd.DataFrame(rows)


def _lesion(photo, mask):
    """(height, width) bool."""
    if pd.isna(mask):
        return dark_area(photo[..., 2])
    with Image.open(mask) as image:
        resized = image.convert("L").resize(photo.shape[1::-1], Image.Resampling.NEAREST)
    return np.asarray(resized) > 127


def with_earlier(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the rows of other photos that the run's own table holds already."""
    if run.skin_tone is None:
        return table
    earlier = run.skin_tone
    others = earlier[~earlier["image_id"].isin(table["image_id"])]
    return pd.concat([others, table], ignore_index=True)


def with_parts(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the `source` and the `split` of each photo: those of `Run.external`, else the
    run's own test part."""
    if run.external is None:
        return table.assign(source=OWN_SOURCE, split="test")
    parts = run.external[["image_id", "source", "split"]]
    return table.merge(parts, on="image_id", how="left").fillna(
        {"source": OWN_SOURCE, "split": "test"}
    )
