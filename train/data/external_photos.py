"""External photos: of other data sets than the one that a run is trained on.

Dermatoscopic photos of the official ISIC 2018 test (https://challenge.isic-archive.com/data),
phone photos of lesions (PAD-UFES-20, Pacheco et al. 2020,
https://doi.org/10.1016/j.dib.2020.106221), and pictures that show no lesion at all.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from model.lesions import code_of
from model.photo.decode import SUFFIXES
from model.photo.kind import DERMATOSCOPIC, NO_LESION, PHONE
from train.data.readers import DataError

METADATA = "metadata.csv"
PAD_UFES = "PAD-UFES-20"
ISIC_TEST = "official ISIC 2018 test"
TEST_TRUTH = "ISIC2018_Task3_Test_GroundTruth*.csv"
# PAD-UFES-20's names for the diagnoses that HAM10000 knows. Squamous cell carcinoma stands with
# akiec, which holds its early form (Bowen's disease), so this one is only nearly right.
CODES = {"NEV": "nv", "MEL": "mel", "SEK": "bkl", "BCC": "bcc", "ACK": "akiec", "SCC": "akiec"}
COLUMNS = (
    "kind",
    "source",
    "split",
    "image_id",
    "person_id",
    "diagnosis",
    "path",
    "age",
    "sex",
    "body_site",
    "confirmed_by",
    "skin_type",
)


def read(
    phone_photos: Path | str | None = None,
    no_lesions: Path | str | None = None,
    isic_test: Path | str | None = None,
) -> pd.DataFrame:
    """External photos of all kinds in one table.

    Args:
        phone_photos: folder of PAD-UFES-20 as its publisher ships it (metadata.csv and images), or
            None.
        no_lesions: any folder of pictures that show no lesion, or None.
        isic_test: folder of the official ISIC 2018 Task 3 test as its publisher ships it
            (ISIC2018_Task3_Test_GroundTruth.csv and photos), or None.
    Returns:
        DataFrame with `COLUMNS`, one row per photo, all of the split `test`; `skin_type` is
        Fitzpatrick's, 1 to 6, or NaN.
    Raises:
        DataError: a folder is missing or holds something else.
    """
    tables = [
        reader(Path(folder))
        for reader, folder in (
            (_isic_test, isic_test),
            (_phone_photos, phone_photos),
            (_no_lesions, no_lesions),
        )
        if folder is not None
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def split_by_person(photos: pd.DataFrame, num_parts: int, seed: int) -> pd.DataFrame:
    """Split photos of one kind so that no person is in two parts.

    Args:
        photos: rows of `read` with a diagnosis.
        num_parts: one of so many equal parts is the test part, another one the validation part.
        seed: of the draw.
    Returns:
        `photos` with `split`: `train`, `validation` or `test`, with about the same shares of the
        diagnoses in each.
    """
    folds = StratifiedGroupKFold(num_parts, shuffle=True, random_state=seed)
    parts = [part for _, part in folds.split(photos, photos["diagnosis"], photos["person_id"])]
    split = np.full(len(photos), "train", dtype=object)
    split[parts[0]] = "test"
    split[parts[1]] = "validation"
    return photos.assign(split=split)


def in_splits_of(photos: pd.DataFrame, external: pd.DataFrame | None) -> pd.DataFrame:
    """External photos with the split of the people that a run was trained on.

    Args:
        photos: of `read`.
        external: of `model.run.Run.external`, or None.
    Returns:
        `photos` with `split` taken from another photo of the same person where the run saw one;
        all photos of people it did not see are `test`.
    """
    if external is None:
        return photos
    seen = external.drop_duplicates(["kind", "person_id"]).set_index(["kind", "person_id"])["split"]
    keys = pd.MultiIndex.from_frame(photos[["kind", "person_id"]])
    return photos.assign(split=seen.reindex(keys).fillna("test").to_numpy())


def _isic_test(folder):
    truths = sorted(folder.rglob(TEST_TRUTH)) if folder.is_dir() else []
    if not truths:
        raise DataError(
            f"{folder} holds no {TEST_TRUTH}. Give the folder that holds the official ISIC 2018 "
            "Task 3 test: photos and ground truth."
        )
    truth = pd.concat(map(pd.read_csv, truths)).drop_duplicates("image", ignore_index=True)
    diagnoses = truth.columns.drop("image")
    paths = {path.stem: path for path in _pictures(folder)}
    photos = pd.DataFrame(
        {
            "kind": DERMATOSCOPIC,
            "source": ISIC_TEST,
            "split": "test",
            "image_id": truth["image"],
            # Its publisher names neither people nor lesions: each photo counts on its own.
            "person_id": truth["image"],
            "diagnosis": truth[diagnoses].idxmax(axis=1).map(code_of),
            "path": truth["image"].map(paths),
            "sex": "",
            "body_site": "",
            "confirmed_by": "",
        }
    )
    photos = photos[photos["path"].notna()]
    if photos.empty:
        raise DataError(f"{folder} holds {truths[0].name} but none of its photos.")
    return photos.reindex(columns=list(COLUMNS))


def _phone_photos(folder):
    file = next(iter(sorted(folder.rglob(METADATA))), None) if folder.is_dir() else None
    if file is None:
        raise DataError(
            f"{folder} holds no {METADATA}. Give the folder of PAD-UFES-20 that holds it."
        )
    table = pd.read_csv(file)
    needed = {"img_id", "patient_id", "diagnostic"}
    if not needed <= set(table.columns):
        raise DataError(
            f"{file} lacks the columns {', '.join(sorted(needed - set(table.columns)))}; "
            "the metadata of PAD-UFES-20 has them."
        )
    paths = {path.name: path for path in _pictures(folder)}
    biopsied = table.get("biopsed", pd.Series(False, table.index)).astype(str).str.lower()
    photos = pd.DataFrame(
        {
            "kind": PHONE,
            "source": PAD_UFES,
            "split": "test",
            "image_id": table["img_id"].map(lambda name: Path(name).stem),
            "person_id": table["patient_id"].astype(str),
            "diagnosis": table["diagnostic"].map(CODES),
            "path": table["img_id"].map(paths),
            "age": table.get("age"),
            "sex": table.get("gender", pd.Series("", table.index)).fillna("").str.lower(),
            "body_site": table.get("region", pd.Series("", table.index)).fillna("").str.lower(),
            "confirmed_by": biopsied.map({"true": "histo"}).fillna("clinical"),
            "skin_type": table.get("fitspatrick"),  # the publisher's spelling
        }
    )
    photos = photos[photos["path"].notna() & photos["diagnosis"].notna()]
    if photos.empty:
        raise DataError(f"{folder} holds {METADATA} but none of its photos.")
    return photos.reindex(columns=list(COLUMNS))


def _no_lesions(folder):
    paths = _pictures(folder)
    if not paths:
        raise DataError(f"{folder} holds no pictures.")
    names = [path.stem for path in paths]
    return pd.DataFrame(
        {
            "kind": NO_LESION,
            "source": "",
            "split": "test",
            "image_id": names,
            "person_id": names,
            "diagnosis": "",
            "path": paths,
            "sex": "",
            "body_site": "",
            "confirmed_by": "",
        }
    ).reindex(columns=list(COLUMNS))


def _pictures(folder):
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
