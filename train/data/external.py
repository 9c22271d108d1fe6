"""Photos from elsewhere: what a run says about pictures it was not made for.

None of them takes part in any training. Two kinds: phone photos of lesions with their diagnosis
(PAD-UFES-20, Pacheco et al. 2020, https://doi.org/10.1016/j.dib.2020.106221), and pictures that
show no lesion at all.
"""

from pathlib import Path

import pandas as pd

from model.photo.decode import SUFFIXES
from train.data.readers import DataError

PHONE, NO_LESION = "phone photo", "no lesion"
METADATA = "metadata.csv"
# PAD-UFES-20's names for the diagnoses that HAM10000 knows. Squamous cell carcinoma stands with
# akiec, which holds its early form (Bowen's disease), so this one is only nearly right.
CODES = {"NEV": "nv", "MEL": "mel", "SEK": "bkl", "BCC": "bcc", "ACK": "akiec", "SCC": "akiec"}
COLUMNS = (
    "kind",
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
    phone_photos: Path | str | None = None, no_lesions: Path | str | None = None
) -> pd.DataFrame:
    """The photos of both kinds in one table.

    Args:
        phone_photos: folder of PAD-UFES-20 as its publisher ships it (metadata.csv and images), or
            None.
        no_lesions: any folder of pictures that show no lesion, or None.
    Returns:
        DataFrame with `COLUMNS`, one row per photo; `skin_type` is Fitzpatrick's, 1 to 6, or NaN.
    Raises:
        DataError: a folder is missing or holds something else.
    """
    tables = [
        reader(Path(folder))
        for reader, folder in ((_phone_photos, phone_photos), (_no_lesions, no_lesions))
        if folder is not None
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def _phone_photos(folder):
    file = folder / METADATA
    if not file.is_file():
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
