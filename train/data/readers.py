"""Folders of photos to one table, in the layouts their publishers ship.

The table has one row per photo: `image_id`, `lesion_id` (empty where nobody recorded it),
`diagnosis` (a code of `model.lesions`), `path`, `high_res_path` (a file of the same photo with more
pixels, or empty), `shipped_part` (`Train`, `Test` or empty), and `age`, `sex`, `body_site`,
`confirmed_by` where the data has them.
"""

import csv
from pathlib import Path

import pandas as pd
from PIL import Image

from model.lesions import DIAGNOSES, code_of
from model.photo.decode import SUFFIXES

COLUMNS = (
    "image_id",
    "lesion_id",
    "diagnosis",
    "path",
    "high_res_path",
    "shipped_part",
    "age",
    "sex",
    "body_site",
    "confirmed_by",
)

HAM_METADATA = "HAM10000_metadata.csv"
# The journal's own download carries the table without a suffix on some mirrors.
HAM_METADATA_NAMES = (HAM_METADATA, "HAM10000_metadata")
ISIC_TRUTH = "ISIC2018_Task3_*_GroundTruth.csv"
ISIC_LESIONS = "ISIC2018_Task3_*_LesionGroupings.csv"


class DataError(ValueError):
    """A data folder that does not hold what a recipe needs; the message says what was found."""


def read(folder, layout, lowest_resolution=False):
    """Read a data folder into the table of photos.

    Args:
        folder: where the publisher's download was unpacked.
        layout: `ham10000` (or the official ISIC 2018 Task 3 folders, the same photos) or
            `folders` (one folder per diagnosis, with or without Train and Test above them).
        lowest_resolution: of several files of one photo take the one with the fewest pixels, not
            the most.
    Returns:
        DataFrame with `COLUMNS`, sorted by `image_id`.
    Raises:
        DataError: the folder is missing or laid out otherwise.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}. Give the folder that holds the photos.")
    if layout == "ham10000":
        return (_read_ham10000 if _ham_metadata(folder) else _read_isic2018)(
            folder, lowest_resolution
        )
    return _read_folders(folder)


def layout_of(folder):
    """The layout of a folder: `ham10000` where one of its tables stands there, else `folders`."""
    folder = Path(folder)
    is_ham = folder.is_dir() and (_ham_metadata(folder) or any(folder.rglob(ISIC_TRUTH)))
    return "ham10000" if is_ham else "folders"


def with_lesions(table, csv_file):
    """Take lesion ids from a table that knows them (columns `image_id` and `lesion_id`).

    The 9-class set ships without lesion ids, but most of its photos come from HAM10000, whose
    metadata says which of them show one lesion.
    """
    try:
        known = pd.read_csv(csv_file, dtype=str)
    except (OSError, ValueError) as error:
        raise DataError(f"The lesion table {csv_file} cannot be read: {error}.") from error
    if not {"image_id", "lesion_id"} <= set(known.columns):
        raise DataError(
            f"{csv_file} has the columns {', '.join(known.columns)}; image_id and lesion_id are "
            "needed to know which photos show one lesion."
        )
    lesions = known.drop_duplicates("image_id").set_index("image_id")["lesion_id"]
    found = table["path"].map(lambda path: path.stem).map(lesions)
    return table.assign(lesion_id=found.where(found.notna(), table["lesion_id"]))


def read_labels(csv_file):
    """What a table says of photos: every column whose values are all known diagnoses.

    Benign and malignant are verdicts and no diagnoses.

    Args:
        csv_file: a table with `image_id`, such as HAM10000's metadata or a list of official labels.
    Returns:
        DataFrame with `image_id`, `table` (the column's name) and `says` (a code).
    Raises:
        DataError: there is no `image_id`, or no column of diagnoses.
    """
    try:
        known = pd.read_csv(csv_file, dtype=str, sep=None, engine="python")
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"The table of labels {csv_file} cannot be read: {error}.") from error
    found = []
    for column in known.columns.drop("image_id", errors="ignore"):
        says = known[column].dropna().map(code_of)
        if len(says) and says.isin(DIAGNOSES).all():
            rows = known.loc[says.index, ["image_id"]] if "image_id" in known else None
            found.append((column, rows, says))
    if "image_id" not in known or not found:
        raise DataError(
            f"{csv_file} has the columns {', '.join(known.columns)}; image_id and a column of "
            "known diagnoses are needed."
        )
    return pd.concat(
        [rows.assign(table=column, says=says) for column, rows, says in found], ignore_index=True
    ).drop_duplicates()


def _ham_metadata(folder):
    return next((folder / name for name in HAM_METADATA_NAMES if (folder / name).is_file()), None)


def _read_ham10000(folder, lowest_resolution):
    # Dataverse ships the table with tabs, everyone else with commas.
    metadata = pd.read_csv(_ham_metadata(folder), sep=None, engine="python")
    needed = {"lesion_id", "image_id", "dx"}
    if not needed <= set(metadata.columns):
        raise DataError(
            f"{_ham_metadata(folder)} lacks the columns "
            f"{', '.join(sorted(needed - set(metadata.columns)))}; take the metadata file that "
            "comes with HAM10000."
        )
    paths = _versions(_photos_below(folder, only=set(metadata["image_id"])))
    if not paths:
        raise DataError(
            f"{folder} holds {HAM_METADATA} but none of its photos. Unpack the image folders "
            "(HAM10000_images_part_1 and _part_2) beside it."
        )
    table = pd.DataFrame(
        {
            "image_id": metadata["image_id"],
            "lesion_id": metadata["lesion_id"],
            "diagnosis": metadata["dx"].map(code_of),
            **_files(metadata["image_id"], paths, lowest_resolution),
            "age": metadata.get("age"),
            "sex": metadata.get("sex"),
            "body_site": metadata.get("localization"),
            "confirmed_by": metadata.get("dx_type"),
        }
    )
    return _tidy(table[table["path"].notna()])


def _read_isic2018(folder, lowest_resolution):
    truths = sorted(folder.rglob(ISIC_TRUTH))
    if not truths:
        raise DataError(
            f"{folder} holds neither {HAM_METADATA} nor {ISIC_TRUTH}. It holds "
            f"{_contents(folder)}. Give the folder that holds HAM10000 or the official ISIC 2018 "
            "Task 3 files."
        )
    truth = pd.concat([pd.read_csv(path) for path in truths]).rename(columns={"image": "image_id"})
    diagnoses = [column for column in truth.columns if column != "image_id"]
    table = pd.DataFrame(
        {
            "image_id": truth["image_id"],
            "diagnosis": truth[diagnoses].idxmax(axis=1).map(code_of),
        }
    )
    paths = _versions(_photos_below(folder, only=set(table["image_id"])))
    table = table.assign(**_files(table["image_id"], paths, lowest_resolution))
    table = table[table["path"].notna()]
    if table.empty:
        raise DataError(
            f"{folder} holds {truths[0].name} but none of its photos. Unpack "
            "ISIC2018_Task3_Training_Input beside it."
        )
    groupings = sorted(folder.rglob(ISIC_LESIONS))
    if groupings:
        lesions = pd.concat([pd.read_csv(path) for path in groupings]).set_index("image")
        table["lesion_id"] = table["image_id"].map(lesions["lesion_id"])
        table["confirmed_by"] = table["image_id"].map(lesions["diagnosis_confirm_type"])
    return _tidy(table)


def _read_folders(folder):
    parts = [part for part in sorted(folder.iterdir()) if part.name.lower() in ("train", "test")]
    rows = []
    for part in parts or [folder]:
        for group in sorted(path for path in part.iterdir() if path.is_dir()):
            rows += [
                {
                    "image_id": path.stem,
                    "diagnosis": code_of(group.name),
                    "path": path,
                    "shipped_part": part.name.capitalize() if parts else "",
                }
                for path in sorted(group.iterdir())
                if path.suffix.lower() in SUFFIXES
            ]
    table = pd.DataFrame(rows, columns=["image_id", "diagnosis", "path", "shipped_part"])
    if table["diagnosis"].nunique() < 2:
        raise DataError(
            f"{folder} does not hold one folder per diagnosis with photos in them (Train/<class>/ "
            f"and Test/<class>/, or <class>/ alone). It holds {_contents(folder)}."
        )
    return _tidy(table)


def _photos_below(folder, only):
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem in only:
            yield path


def _versions(paths):
    """Every file of each photo, fewest pixels first (headers are read only).

    Files that cannot be read stand before all others, and are given up where a photo has better.
    """
    copies = {}
    for path in paths:
        copies.setdefault(path.stem, []).append(path)
    return {
        image_id: found if len(found) == 1 else _readable(sorted(found, key=_num_pixels))
        for image_id, found in copies.items()
    }


def _readable(files):
    return [file for file in files if _num_pixels(file)] or files


def _files(image_ids, versions, lowest_resolution):
    """The columns `path` and `high_res_path`."""
    found = [versions.get(image_id, [None]) for image_id in image_ids]
    chosen = [files[0] if lowest_resolution else files[-1] for files in found]
    sharper = (
        [
            files[-1] if path and _num_pixels(files[-1]) > _num_pixels(path) else None
            for files, path in zip(found, chosen, strict=True)
        ]
        if lowest_resolution
        else [None] * len(chosen)
    )
    return {"path": chosen, "high_res_path": sharper}


def _num_pixels(path):
    try:
        with Image.open(path) as image:
            return image.width * image.height
    except OSError:
        return 0


def _contents(folder):
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir())
    if not names:
        return "nothing"
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _tidy(table):
    table = table.reindex(columns=list(COLUMNS))
    for column in (
        "lesion_id",
        "high_res_path",
        "shipped_part",
        "sex",
        "body_site",
        "confirmed_by",
    ):
        known = table[column].notna()
        table[column] = table[column].astype(object).where(known, "").astype(str)
    table["age"] = pd.to_numeric(table["age"])
    return table.sort_values(["image_id", "path"], ignore_index=True)
