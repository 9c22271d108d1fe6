"""Fetch a data set from its publisher, for those who have a network.

Nothing but this command ever opens an outbound connection.
"""

import csv
import json
import os
import shutil
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from train import progress

_DATAVERSE = "https://dataverse.harvard.edu/api/access/datafile"
_ISIC = "https://isic-challenge-data.s3.amazonaws.com/2018"
_MENDELEY = "https://prod-dcd-datasets-cache-zipfiles.s3.eu-west-1.amazonaws.com"


_ARCHIVE = "https://api.isic-archive.com/api/v2/images"
SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples" / "photos.csv"


def _sample_ids():
    """Ids of the gallery's photos that the ISIC Archive holds."""
    with open(SAMPLES, newline="", encoding="utf-8") as file:
        return [row["image_id"] for row in csv.DictReader(file) if row["source"] == "HAM10000"]


class DownloadError(RuntimeError):
    """A download that failed; the message says where it stopped and what to do."""


@dataclass(frozen=True)
class Source:
    """One data set: its files by name, the licence that comes with it, and the option of
    `python -m train`, or the variable of the app, that takes its folder."""

    files: dict[str, str]
    licence: str
    option: str = "--data"
    are_described: bool = False  # the address gives a description, which gives the file's address


SOURCES = {
    "ham10000": Source(
        {
            "HAM10000_metadata.csv": f"{_DATAVERSE}/3172582?format=original",
            "HAM10000_images_part_1.zip": f"{_DATAVERSE}/3172585",
            "HAM10000_images_part_2.zip": f"{_DATAVERSE}/3172584",
        },
        "HAM10000, Tschandl et al. 2018, https://doi.org/10.7910/DVN/DBW86T, CC BY-NC 4.0: "
        "non-commercial use only. 2.8 GB.",
    ),
    "isic2018": Source(
        {
            name: f"{_ISIC}/{name}"
            for name in (
                "ISIC2018_Task3_Training_LesionGroupings.csv",
                "ISIC2018_Task3_Training_GroundTruth.zip",
                "ISIC2018_Task3_Training_Input.zip",
            )
        },
        "ISIC 2018 Task 3 (the photos of HAM10000), https://challenge.isic-archive.com/data, "
        "CC BY-NC 4.0: non-commercial use only. 2.8 GB.",
    ),
    "isic2018_test": Source(
        {
            name: f"{_ISIC}/{name}"
            for name in (
                "ISIC2018_Task3_Test_GroundTruth.zip",
                "ISIC2018_Task3_Test_Input.zip",
            )
        },
        "ISIC 2018 Task 3 test, https://challenge.isic-archive.com/data, CC BY-NC 4.0: "
        "non-commercial use only. 0.4 GB.",
        "--isic2018-test",
    ),
    "samples": Source(
        {f"{image_id}.jpg": f"{_ARCHIVE}/{image_id}/" for image_id in _sample_ids()},
        "Twelve test photos for the gallery of the app, from HAM10000, Tschandl et al. 2018, "
        "https://doi.org/10.1038/sdata.2018.161, CC BY-NC 4.0: non-commercial use only. 4 MB.",
        "LENTIGO_DATA",
        are_described=True,
    ),
    "pad_ufes": Source(
        {"PAD-UFES-20.zip": f"{_MENDELEY}/zr7vgbcyr2-1.zip"},
        "PAD-UFES-20, Pacheco et al. 2020, https://doi.org/10.17632/zr7vgbcyr2.1, CC BY 4.0. "
        "3.4 GB.",
        "--phone-photos",
    ),
}


def download(source: Source, folder: Path) -> None:
    """Fetch and unpack; files that are there already are left alone.

    Args:
        source: a `Source`.
        folder: made if missing. An interrupted download leaves no half file under its own name.
    Raises:
        DownloadError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENCE.txt").write_text(source.licence + "\n", "utf-8")
    for name, address in source.files.items():
        target = folder / name
        done = folder / f".{name}.unpacked"
        if done.exists() or (target.exists() and target.suffix != ".zip"):
            progress.console.print(f"{name} is there already.")
            continue
        if not target.exists():
            _fetch(_address_in(address, name) if source.are_described else address, target)
        if target.suffix == ".zip":
            _unpack(target, folder / target.stem)
            done.touch()
            target.unlink()
            # PAD-UFES-20 comes as an archive of archives.
            for inner in sorted((folder / target.stem).rglob("*.zip")):
                _unpack(inner, inner.with_suffix(""))
                inner.unlink()


def _address_in(description, name):
    """The address of a photo, which the ISIC Archive puts into its description of it."""
    try:
        with urllib.request.urlopen(description, timeout=60) as answer:
            return json.load(answer)["files"]["full"]["url"]
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
        raise DownloadError(
            f"{name} could not be fetched: {description} does not say where it is ({error!r}). "
            "Check the network, or try later."
        ) from error


def _fetch(address, target):
    part = target.with_name(target.name + ".part")
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            num_bytes = int(answer.headers.get("Content-Length") or 0)
            with (
                progress.reading(answer, num_bytes, target.name) as source_file,
                open(part, "wb") as target_file,
            ):
                shutil.copyfileobj(source_file, target_file, 1 << 20)
    except (urllib.error.URLError, OSError) as error:
        part.unlink(missing_ok=True)
        raise DownloadError(
            f"{target.name} could not be fetched from {address} ({error}). Check the network, or "
            f"fetch it with a browser and put it into {target.parent}."
        ) from error
    os.replace(part, target)


def _unpack(archive, folder):
    try:
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
    except zipfile.BadZipFile as error:
        archive.unlink()
        raise DownloadError(f"{archive.name} came damaged and was removed. Try again.") from error
