"""The pictures that ship with the app, drawn by a program (`train.data.rendered`)."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "assets" / "samples"
SAMPLES = {file.stem: file for file in sorted(FOLDER.glob("*.jpg"))}


def title(stem: str) -> str:
    """What a sample is called on screen."""
    return stem.replace("_", " ").capitalize()
