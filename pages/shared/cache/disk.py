"""Which files there are, and whether they changed: looks at the disk that all visitors share."""

import hashlib
import os
from pathlib import Path

import streamlit as st

from model.photo.decode import SUFFIXES

LOOK_EVERY = 1  # seconds: how long a look at the folders on disk is good for


@st.cache_resource(max_entries=16, ttl=LOOK_EVERY, show_spinner=False)
def look(folders):
    """A word that changes with the names, sizes and times of the files of all runs below some
    folders: cheap, and enough to see a change."""
    files = []
    for folder in folders:
        for inner in _entries(folder):
            if not inner.name.startswith("."):
                files += [(folder, inner.name, *of_file) for of_file in _files_in(inner)]
    return hashlib.sha256(repr(sorted(files)).encode()).hexdigest()


def _files_in(folder):
    for entry in _entries(folder.path):
        try:
            stat = os.stat(entry.path)  # on Windows, that of the entry itself may be old
        except FileNotFoundError:  # a run is being replaced at this moment
            continue
        yield entry.name, stat.st_size, stat.st_mtime_ns


def _entries(folder):
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


@st.cache_resource(max_entries=2, show_spinner="Looking for the photos")
def _photo_files(folder):
    photos = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.stem not in photos:
            photos[path.stem] = path
    return photos


def photo_files():
    """Photos of the data set by their id, where `LENTIGO_DATA` names its folder; else empty."""
    folder = os.environ.get("LENTIGO_DATA")
    return _photo_files(folder) if folder and Path(folder).is_dir() else {}


@st.cache_resource(max_entries=64, show_spinner=False)
def file_digest(path, size, changed):
    """The sha256 of a file that comes with the app or the data set.

    Args:
        path: of the file, as a str.
        size, changed: of the file; with others it is read anew.
    """
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
