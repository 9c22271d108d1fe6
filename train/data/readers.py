"""Readers of data folders, one for each layout that publishers ship.

Each gives a table with one row per photo: `image_id`, `lesion_id` (empty where it was not
recorded), `diagnosis` (a code of `model.lesions`), `path`, `high_res_path` (a file of the same
photo with more pixels, or empty), `shipped_part` (`Train`, `Validation`, `Test` or empty), and
`age`, `sex`, `body_site`, `confirmed_by` where the data has them. A table of one's own may also
have `split`.
"""

import csv
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePath

import pandas as pd
from PIL import Image

from model.audit.own_table import OWN_COLUMNS, read_csv
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

# Folders that data sets are shipped in, and the names that `shipped_part` has for them.
SHIPPED_PARTS = {
    "train": "Train",
    "test": "Test",
    "val": "Validation",
    "valid": "Validation",
    "validation": "Validation",
}


class DataError(ValueError):
    """A data folder does not hold what a recipe needs; the message says what it holds."""


def read(folder: Path, layout: str, lowest_resolution: bool = False) -> pd.DataFrame:
    """Read a data folder into the table of photos.

    Args:
        folder: where the publisher's download was unpacked.
        layout: a key of `READERS`.
        lowest_resolution: where a photo comes in several files, take the one with the fewest
            pixels instead of the most.
    Returns:
        DataFrame with `COLUMNS`, sorted by `image_id`.
    Raises:
        DataError: the folder is missing or has another layout.
    """
    folder = Path(folder)
    if not folder.is_dir() and not (layout == "table" and folder.is_file()):
        raise DataError(f"There is no folder {folder}. Give the folder that holds the photos.")
    return READERS[layout](folder, lowest_resolution)


def layout_of(folder: Path) -> str:
    """The layout of a folder: `ham10000` where it holds a table of HAM10000, `table` where it is or
    holds a table of one's own, else `folders`."""
    folder = Path(folder)
    if folder.is_file():
        return "table"
    if not folder.is_dir():
        return "folders"
    if _ham_metadata(folder) or any(folder.rglob(ISIC_TRUTH)):
        return "ham10000"
    return "table" if _own_tables(folder) else "folders"


def with_lesions(photos: pd.DataFrame, csv_file: Path) -> pd.DataFrame:
    """Add the lesion ids that another table lists (columns `image_id` and `lesion_id`).

    The 9-class set ships without lesion ids, but most of its photos come from HAM10000, whose
    metadata says which of them show the same lesion.

    Raises:
        DataError: the table cannot be read or lacks a column.
    """
    try:
        listed = pd.read_csv(csv_file, dtype=str)
    except (OSError, ValueError) as error:
        raise DataError(f"The lesion table {csv_file} cannot be read: {error}.") from error
    if not {"image_id", "lesion_id"} <= set(listed.columns):
        raise DataError(
            f"{csv_file} has the columns {', '.join(listed.columns)}; image_id and lesion_id are "
            "needed to know which photos show the same lesion."
        )
    listed["image_id"] = listed["image_id"].map(without_ending, na_action="ignore")
    lesion_of = listed.drop_duplicates("image_id").set_index("image_id")["lesion_id"]
    lesion_ids = photos["path"].map(lambda path: path.stem).map(lesion_of)
    if not lesion_ids.notna().any():
        raise DataError(no_match(csv_file, photos))
    return photos.assign(lesion_id=lesion_ids.where(lesion_ids.notna(), photos["lesion_id"]))


def without_ending(name: str) -> str:
    """The name of a photo's file without its ending; a name without one stays as it is."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def no_match(csv_file: Path, photos: pd.DataFrame) -> str:
    """What is wrong with a table that names none of some photos."""
    return (
        f"{csv_file} names none of the {len(photos)} photos. Its image_id must be the name of the "
        f"photo's file, such as {photos['path'].iloc[0].stem}."
    )


def read_labels(csv_file: Path) -> pd.DataFrame:
    """Read the diagnoses that a table gives to photos.

    A column counts where all its values are known diagnoses; benign and malignant are not.

    Args:
        csv_file: a table with `image_id`, such as HAM10000's metadata or a list of official labels.
    Returns:
        DataFrame with `image_id`, `table` (the column's name) and `says` (a code).
    Raises:
        DataError: there is no `image_id`, or no column of diagnoses.
    """
    try:
        table = pd.read_csv(csv_file, dtype=str, sep=None, engine="python")
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"The table of labels {csv_file} cannot be read: {error}.") from error
    labels = []
    for column in table.columns.drop("image_id", errors="ignore"):
        codes = table[column].dropna().map(code_of)
        if "image_id" in table and len(codes) and codes.isin(DIAGNOSES).all():
            rows = table.loc[codes.index, ["image_id"]]
            labels.append(rows.assign(table=column, says=codes))
    if not labels:
        raise DataError(
            f"{csv_file} has the columns {', '.join(table.columns)}; image_id and a column of "
            "known diagnoses are needed."
        )
    return pd.concat(labels, ignore_index=True).drop_duplicates()


def _read_ham10000(folder: Path, lowest_resolution: bool) -> pd.DataFrame:
    """HAM10000 as the journal or as the ISIC 2018 challenge ships it: the same photos."""
    reader = _read_journal_files if _ham_metadata(folder) else _read_challenge_files
    return reader(folder, lowest_resolution)


def _ham_metadata(folder: Path) -> Path | None:
    return next((folder / name for name in HAM_METADATA_NAMES if (folder / name).is_file()), None)


def _read_journal_files(folder: Path, lowest_resolution: bool) -> pd.DataFrame:
    file = _ham_metadata(folder)
    assert file is not None  # the reason why this reader was chosen
    # Dataverse ships the table with tabs, its mirrors with commas.
    metadata = pd.read_csv(file, sep=None, engine="python")
    needed = {"lesion_id", "image_id", "dx"}
    if not needed <= set(metadata.columns):
        raise DataError(
            f"{file} lacks the columns {', '.join(sorted(needed - set(metadata.columns)))}; take "
            "the metadata file that comes with HAM10000."
        )
    files = _files_by_photo(_photos_below(folder, only=set(metadata["image_id"])))
    if not files:
        raise DataError(
            f"{folder} holds {HAM_METADATA} but none of its photos. Unpack the image folders "
            "(HAM10000_images_part_1 and _part_2) beside it."
        )
    table = pd.DataFrame(
        {
            "image_id": metadata["image_id"],
            "lesion_id": metadata["lesion_id"],
            "diagnosis": metadata["dx"].map(code_of),
            **_path_columns(metadata["image_id"], files, lowest_resolution),
            "age": metadata.get("age"),
            "sex": metadata.get("sex"),
            "body_site": metadata.get("localization"),
            "confirmed_by": metadata.get("dx_type"),
        }
    )
    return _uniform(table[table["path"].notna()])


def _read_challenge_files(folder: Path, lowest_resolution: bool) -> pd.DataFrame:
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
    files = _files_by_photo(_photos_below(folder, only=set(table["image_id"])))
    table = table.assign(**_path_columns(table["image_id"], files, lowest_resolution))
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
    return _uniform(table)


def _read_folders(folder: Path, lowest_resolution: bool) -> pd.DataFrame:
    """One folder per diagnosis; each photo has one file, so there is no resolution to choose."""
    parts = [part for part in sorted(folder.iterdir()) if part.name.lower() in SHIPPED_PARTS]
    if not parts and layout_of(folder) == "ham10000":
        raise DataError(
            f"{folder} holds the table of HAM10000, whose image folders are not diagnoses; a "
            "folder for each diagnosis was expected. Train a recipe for HAM10000, such as "
            "ham7_cnn, or move the table elsewhere if these folders are diagnoses."
        )
    rows = []
    for part in parts or [folder]:
        for diagnosis in sorted(path for path in part.iterdir() if path.is_dir()):
            rows += [
                {
                    "image_id": path.stem,
                    "diagnosis": code_of(diagnosis.name),
                    "path": path,
                    "shipped_part": SHIPPED_PARTS[part.name.lower()] if parts else "",
                }
                for path in sorted(diagnosis.iterdir())
                if path.suffix.lower() in SUFFIXES
            ]
    table = pd.DataFrame(rows, columns=["image_id", "diagnosis", "path", "shipped_part"])
    if table["diagnosis"].nunique() < 2:
        raise DataError(
            f"{folder} does not hold one folder per diagnosis with photos in them (Train/<class>/ "
            f"and Test/<class>/, or <class>/ alone). It holds {_contents(folder)}."
        )
    return _uniform(table)


def _own_tables(folder: Path) -> list[Path]:
    """Tables in a folder that name a file and a diagnosis in each row."""
    return [
        path
        for path in sorted(folder.glob("*.csv"))
        if {"file", "diagnosis"} <= set(_own_names(_header(path)))
    ]


def _header(csv_file: Path) -> list[str]:
    try:
        return list(read_csv(csv_file, num_rows=0).columns)
    except (OSError, ValueError, csv.Error):
        return []


def _own_names(columns: Iterable[str]) -> dict[str, str]:
    """The column that stands for each of `OWN_COLUMNS`."""
    by_name = {str(column).strip().lower(): column for column in reversed(list(columns))}
    return {
        own: by_name[name]
        for own, names in OWN_COLUMNS.items()
        for name in reversed(names)
        if name in by_name
    }


def _read_own_table(folder: Path, lowest_resolution: bool) -> pd.DataFrame:
    """A table of files and diagnoses; a person stands in for the lesion, so that nobody's photos
    are in two parts."""
    csv_file = folder
    if folder.is_dir():
        tables = _own_tables(folder)
        if len(tables) > 1:
            raise DataError(
                f"{folder} holds {len(tables)} tables with a file and a diagnosis "
                f"({', '.join(path.name for path in tables)}). Give one of them."
            )
        csv_file = tables[0]
    try:
        listed = read_csv(csv_file)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"The table {csv_file} cannot be read: {error}.") from error
    names = _own_names(listed.columns)
    if not {"file", "diagnosis"} <= set(names):
        raise DataError(
            f"{csv_file} has the columns {', '.join(map(str, listed.columns))}; file and diagnosis "
            "are needed."
        )
    listed = listed[list(names.values())].set_axis(list(names), axis=1)
    paths = listed["file"].map(lambda name: csv_file.parent / name)
    if paths.duplicated().any():
        raise DataError(
            f"{csv_file} names {listed['file'][paths.duplicated()].iloc[0]} twice. Give each file "
            "one row."
        )
    if (listed["diagnosis"].str.strip() == "").any():
        nameless = int((listed["diagnosis"].str.strip() == "").sum())
        raise DataError(f"{csv_file} has {nameless} rows without a diagnosis. Leave them out.")
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of the {len(paths)} files that {csv_file} names are not there, the "
            f"first {missing[0]}. Name them as seen from the table's folder."
        )
    if "person_id" in listed:
        lesions = listed.get("lesion_id", "")
        listed["lesion_id"] = listed["person_id"].where(listed["person_id"] != "", lesions)
    table = listed.assign(
        image_id=paths.map(lambda path: path.stem),
        diagnosis=listed["diagnosis"].map(code_of),
        path=paths,
        age=pd.to_numeric(listed["age"], errors="coerce") if "age" in listed else None,
    )
    split_of = dict(zip(table["path"], table.get("split", [""] * len(table)), strict=True))
    uniform = _uniform(table)
    return uniform.assign(split=uniform["path"].map(split_of))


READERS = {
    "table": _read_own_table,  # file, diagnosis and what else is known of each photo
    "ham10000": _read_ham10000,
    "folders": _read_folders,  # <diagnosis>/, or Train/<diagnosis>/ and Test/<diagnosis>/
    "rendered": _read_folders,  # the drawings of `train.data.rendered.write`
}


def _photos_below(folder: Path, only: Collection[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem in only:
            yield path


def _files_by_photo(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """All files of each photo, fewest pixels first; only their headers are read.

    Unreadable files are dropped where the photo has a readable one.
    """
    files_by_photo: dict[str, list[Path]] = {}
    for path in paths:
        files_by_photo.setdefault(path.stem, []).append(path)
    return {
        image_id: files if len(files) == 1 else _readable(sorted(files, key=_num_pixels))
        for image_id, files in files_by_photo.items()
    }


def _readable(files: list[Path]) -> list[Path]:
    return [file for file in files if _num_pixels(file)] or files


def _path_columns(
    image_ids: pd.Series, files_by_photo: dict[str, list[Path]], lowest_resolution: bool
) -> dict[str, pd.Series]:
    """The columns `path` and `high_res_path`; None where there is no such file."""
    paths: list[Path | None] = []
    high_res_paths: list[Path | None] = []
    for image_id in image_ids:
        files = files_by_photo.get(image_id)
        path = files[0 if lowest_resolution else -1] if files else None
        largest = files[-1] if files else None
        has_larger = path != largest and _num_pixels(largest) > _num_pixels(path)
        paths.append(path)
        high_res_paths.append(largest if has_larger else None)
    columns = {"path": paths, "high_res_path": high_res_paths}
    return {
        name: pd.Series(column, image_ids.index, dtype=object) for name, column in columns.items()
    }


def _num_pixels(path: Path | None) -> int:
    if path is None:
        return 0
    try:
        with Image.open(path) as image:
            return image.width * image.height
    except OSError:
        return 0


def _contents(folder: Path) -> str:
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir())
    if not names:
        return "nothing"
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _uniform(table: pd.DataFrame) -> pd.DataFrame:
    """The table with all of `COLUMNS`, text as str and missing text empty, sorted."""
    table = table.reindex(columns=list(COLUMNS))
    for column in (
        "lesion_id",
        "high_res_path",
        "shipped_part",
        "sex",
        "body_site",
        "confirmed_by",
    ):
        is_known = table[column].notna()
        table[column] = table[column].astype(object).where(is_known, "").astype(str)
    table["age"] = pd.to_numeric(table["age"])
    return table.sort_values(["image_id", "path"], ignore_index=True)
