"""The photos that a command means."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from model.photo.decode import SUFFIXES


class PhotosError(ValueError):
    """A photo or folder that is not there; the message says which."""


def find(given: Iterable[Path]) -> list[str]:
    """The paths of the files meant: those named, and those with a photo's suffix in the folders
    named, however deep.

    Only names are held, about 100 bytes each; no file is opened.

    Args:
        given: files and folders.
    Returns:
        Each path once: in the order given, in a folder in the order of its names.
    Raises:
        PhotosError: one is not there, or a folder holds no photo.
    """
    files: dict[str, None] = {}
    for path in given:
        if path.is_dir():
            below = dict.fromkeys(_below("" if path == Path() else str(path)))
            if not below:
                raise PhotosError(f"The folder {path} holds no JPEG, PNG, WebP or HEIC.")
            files |= below
        elif path.exists():
            files[str(path)] = None
        else:
            raise PhotosError(f"There is no photo or folder {path}.")
    return list(files)


def _below(folder: str) -> Iterator[str]:
    """The photos in a folder; links to other folders are not followed."""
    try:
        with os.scandir(folder or ".") as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in inside:
        path = os.path.join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path)
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file():
            yield path
