"""How the photos of a run measure up: what its borders of blur, light and the like rest on."""

from pathlib import Path

import pandas as pd

from model.evaluation.photo_faults import FAULTS, effect, faults
from model.photo.decode import decode
from model.photo.quality import measure
from train.data import readers
from train.recipes import RECIPES


class QualityError(ValueError):
    """The photos of a run cannot be measured; the message says why."""


def measured(rows, height, width, track=lambda rows, title: rows):
    """Measure photos as a network sees them.

    Args:
        rows: DataFrame with `split`, `image_id` and `path`.
        height, width: of the network's input, pixels.
        track: wraps the photos, for a progress bar.
    Returns:
        DataFrame as `model.run.Run.quality` gives it.
    """
    return pd.DataFrame(
        {
            "split": row.split,
            "image_id": row.image_id,
            **measure(decode(Path(row.path).read_bytes()), height, width),
        }
        for row in track(list(rows.itertuples(index=False)), "Measuring the photos")
    )


def photos_of(run, data):
    """The photos a run was validated and tested on, in the files it looked at.

    Args:
        run: `model.run.Run`.
        data: the data folder it was trained on.
    Returns:
        DataFrame with `split`, `image_id` and `path`.
    Raises:
        DataError, QualityError: no such folder, or photos of the run are missing there.
    """
    recipe = RECIPES.get(run.card["recipe"])
    table = readers.read(
        data, readers.layout_of(data), recipe.lowest_resolution if recipe else False
    )
    rows = run.predictions
    own = (rows["fold"] == run.folds[0]) & (rows["copy_of"] == "") & (rows["split"] != "train")
    rows = rows.loc[own, ["split", "image_id"]]
    files = table.drop_duplicates("image_id")[["image_id", "path"]]
    found = rows.merge(files, on="image_id")
    if len(found) < len(rows):
        raise QualityError(
            f"{run.name}: {len(rows) - len(found):,} of its {len(rows):,} validation and test "
            f"photos are not in {data}. Give the folder it was trained on."
        )
    return found


def text(run):
    """What was measured, as lines for a terminal."""
    table = run.quality
    lines = [f"{run.name}: {len(table):,} validation and test photos measured."]
    for key in FAULTS:
        found = effect(run, key)
        lines.append(
            f"  {key:13s} beyond {found.threshold:.3g}: {found.num_faulty:4d} test photos, right "
            f"{found.faulty or '-'}; the other {found.num_others:,}: {found.others or '-'}"
        )
    test = table[table["split"] == "test"].to_dict("records")
    num_faulty = sum(bool(faults(run, row)) for row in test)
    lines.append(f"  any           {num_faulty} of {len(test):,} test photos")
    return "\n".join(lines)
