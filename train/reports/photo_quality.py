"""How the photos of a run measure up: what its borders of blur, light and the like rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from model.evaluation import signs, tables
from model.photo.decode import decode
from model.photo.quality import measure
from model.run import OWN_SOURCE
from train.data import readers
from train.recipes import RECIPES

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier
    from model.run import Run


class QualityError(ValueError):
    """The photos of a run cannot be measured; the message says why."""


def measured(
    rows: pd.DataFrame,
    height: int,
    width: int,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """Measure photos as a network sees them.

    Args:
        rows: DataFrame with `split`, `image_id`, `path` and, if some photos are not the run's own,
            `source`.
        height, width: of the network's input, pixels.
        track: wraps the photos, for a progress bar.
    Returns:
        DataFrame as `model.run.Run.quality` gives it.
    """
    return pd.DataFrame(
        {
            "split": row.split,
            "source": getattr(row, "source", OWN_SOURCE),
            "image_id": row.image_id,
            **measure(decode(Path(row.path).read_bytes()), height, width),
        }
        for row in track(list(rows.itertuples(index=False)), "Measuring the photos")
    )


def photos_of(run: Run, data: Path, external: pd.DataFrame | None = None) -> pd.DataFrame:
    """The photos a run was validated and tested on, and those of other sources that took no part.

    Args:
        run: `model.run.Run`.
        data: the data folder it was trained on.
        external: of `train.data.external_photos.read`; those that `Run.external` does not hold as
            test photos of known diagnosis are left out.
    Returns:
        DataFrame with `split`, `kind` (of photo, None where the run tells none apart), `source`
        (empty for its own photos), `image_id` and `path`: the files it looked at.
    Raises:
        DataError, QualityError: no such folder, photos of the run are missing there, or it was
            never asked about external photos.
    """
    recipe = RECIPES.get(run.card["recipe"])
    table = readers.read(
        data, readers.layout_of(data), recipe.lowest_resolution if recipe else False
    )
    rows = run.predictions
    own = (rows["fold"] == run.folds[0]) & (rows["copy_of"] == "") & (rows["split"] != "train")
    rows = rows.loc[own, ["split", "image_id"]].assign(
        kind=next(iter(run.kinds), None), source=OWN_SOURCE
    )
    files = table.drop_duplicates("image_id")[["image_id", "path"]]
    photos = rows.merge(files, on="image_id")
    if len(photos) < len(rows):
        raise QualityError(
            f"{run.name}: {len(rows) - len(photos):,} of its {len(rows):,} validation and test "
            f"photos are not in {data}. Give the folder it was trained on."
        )
    return pd.concat([photos, _external_of(run, external)], ignore_index=True)


def _external_of(run, external):
    columns = ["split", "kind", "source", "image_id"]
    if external is None or external.empty:
        return pd.DataFrame(columns=[*columns, "path"])
    if run.external is None:
        raise QualityError(
            f"{run.name} was never asked about photos of other data sets. First: python -m train "
            f"external {run.name}, with the same folders."
        )
    rows = run.external
    rows = rows.loc[(rows["split"] == "test") & (rows["diagnosis"] != ""), columns]
    photos = rows.merge(
        external[["kind", "source", "image_id", "path"]], on=["kind", "source", "image_id"]
    )
    # Calibrated as `train.fitting.predict_external` did.
    return photos.assign(kind=photos["kind"].where(photos["kind"].isin(run.kinds), None))


def turned(
    classifier: Classifier,
    rows: pd.DataFrame,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
) -> pd.DataFrame:
    """What the flips and turns of each photo say.

    Args:
        classifier: of a run that looks at several views.
        rows: of `photos_of`.
        track: wraps the photos, for a progress bar.
    Returns:
        DataFrame as `model.run.Run.turning` gives it.
    """
    measured_rows = []
    for row in track(list(rows.itertuples(index=False)), "Turning the photos"):
        (prediction,) = classifier.predict([decode(Path(row.path).read_bytes())], [row.kind])
        stability = prediction.stability
        if stability is None:
            raise QualityError(f"{classifier.run.name} looks at each photo once.")
        measured_rows.append(
            {
                "split": row.split,
                "source": row.source,
                "image_id": row.image_id,
                "num_views": stability.num_views,
                "num_agreeing": stability.num_agreeing,
                "low": stability.low,
                "high": stability.high,
            }
        )
    return pd.DataFrame(measured_rows)


def text(run: Run) -> str:
    """What was measured, as lines for a terminal."""
    lines = [f"{run.name}: what each sign costs"]
    table = tables.sign_costs(signs.costs(run))
    lines += table.to_string(index=False).splitlines()
    halves = signs.turning_halves(run)
    if halves:
        lines += [
            f"  {title}: {half.num_marked} validation photos, right {half.marked}; the other "
            f"{half.num_others}: {half.others}; difference {half.difference}"
            for title, half in zip(
                ("turns disagree", "turns agree, but less surely"), halves, strict=True
            )
        ]
    if run.quality is not None:
        own = run.quality[run.quality["source"] == OWN_SOURCE]
        lines.insert(0, f"{run.name}: {len(own):,} validation and test photos measured.")
    return "\n".join(lines)
