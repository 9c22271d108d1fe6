"""What can be tried without a photo of one's own: drawings that ship with the app, and test photos
where the data is at hand (`python -m train download samples`, or `LENTIGO_DATA`)."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pages.shared import cache

FOLDER = Path(__file__).resolve().parent.parent.parent / "assets" / "samples"
SAMPLES = {file.stem: file for file in sorted(FOLDER.glob("*.jpg"))}
AGAIN = FOLDER / "again"  # a second drawing of the lesion of each, under the same name
SOURCES = {
    "HAM10000": "HAM10000, Tschandl et al. 2018, CC BY-NC 4.0",
    "PAD-UFES-20": "PAD-UFES-20, Pacheco et al. 2020, CC BY 4.0",
}


@dataclass(frozen=True)
class KnownPhoto:
    """What is known of a photo: its title on screen, which says nothing, where it comes from, what
    it shows and how that was confirmed."""

    title: str
    source: str
    diagnosis: str
    confirmed_by: str


def _read() -> dict[str, KnownPhoto]:
    with open(FOLDER / "photos.csv", newline="", encoding="utf-8") as file:
        return {
            row["image_id"]: KnownPhoto(
                f"Photo {number}", row["source"], row["diagnosis"], row["confirmed_by"]
            )
            for number, row in enumerate(csv.DictReader(file), 1)
        }


PHOTOS = _read()


def photos_at_hand() -> dict[str, Path]:
    """Files of the test photos that are on this computer, by image id, in the gallery's order."""
    files = cache.photo_files()
    return {image_id: files[image_id] for image_id in PHOTOS if image_id in files}


def file_of(name: str) -> Path | None:
    """The file of a sample, or None where there is no such sample here."""
    return SAMPLES.get(name) or photos_at_hand().get(name)


def title(name: str) -> str:
    """What a sample is called on screen.

    Args:
        name: of a drawing, or the id of a test photo.
    """
    return PHOTOS[name].title if name in PHOTOS else name.replace("_", " ").capitalize()
