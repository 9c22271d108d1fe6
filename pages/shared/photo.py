"""A photo as a session keeps it: its file. Pixels are decoded when they are asked for, and go when
the run of the page that asked for them ends.

Decoded, a photo takes ten times what its file takes, and most runs of a page need no pixel of it:
answers and encoded pictures are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
from streamlit.runtime.scriptrunner import get_script_run_ctx

from model.photo import crop as crops
from model.photo.crop import Crop
from model.photo.decode import decode, size_within, within

DISPLAY_SIDE = 1000  # pixels: more would slow the slider down and show no more
MAX_DECODED = 6  # two photos: each whole, cropped, and at screen size


class _Decoded(threading.local):
    """What the run of a page has decoded. Streamlit starts a thread for it, and what is local to a
    thread goes with it."""

    def __init__(self):
        self.pixels = OrderedDict()


_decoded = _Decoded()


@dataclass(frozen=True)
class Photo:
    """The visitor's photo.

    `data` is its file; `height` and `width` are those of `pixels`. `digest` tells photos and their
    crops apart, `file_digest` is the sha256 of the file. `crop` is None for the whole photo.
    `is_rendered` marks drawings; `sample` names a sample in the URL and is empty for a visitor's
    own photo. `number` counts a visitor's own photos in the URL, from 1; 0: it is none, or was
    opened out of several.
    """

    name: str
    data: bytes = field(repr=False)
    height: int
    width: int
    digest: str
    file_digest: str
    is_rendered: bool = False
    crop: Crop | None = None
    sample: str = ""
    number: int = 0

    @classmethod
    def read(cls, name: str, data: bytes, is_rendered: bool = False, sample: str = "") -> Self:
        """The whole photo in a file.

        Raises:
            PhotoError: the file can't be used.
        """
        digest = sha256(data).hexdigest()
        height, width = _for_this_run(("file", digest), lambda: decode(data)).shape[:2]
        name = Path(name).name
        return cls(name, data, height, width, digest, digest, is_rendered, sample=sample)

    def cropped(self, crop: Crop) -> Photo:
        """Part of a whole photo, as a photo of its own.

        Raises:
            PhotoError: as `model.photo.crop.check`.
        """
        crops.check(crop, self.height, self.width)
        digest = sha256(f"{self.digest}:{crop}".encode()).hexdigest()
        return replace(self, height=crop.height, width=crop.width, digest=digest, crop=crop)

    @property
    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB as decoded, the input of the networks."""
        whole = _for_this_run(("file", self.file_digest), lambda: decode(self.data))
        if self.crop is None:
            return whole
        return _for_this_run(
            ("crop", self.digest), lambda: np.ascontiguousarray(crops.crop(whole, self.crop))
        )

    @property
    def display(self) -> np.ndarray:
        """The same photo at screen size, (any, any, 3) uint8 RGB, see `display_size`."""
        return _for_this_run(("display", self.digest), lambda: within(self.pixels, DISPLAY_SIDE))

    @property
    def display_size(self) -> tuple[int, int]:
        """(height, width) of `display`, pixels."""
        return size_within(self.height, self.width, DISPLAY_SIDE)


def _for_this_run(key: tuple, make: Callable[[], np.ndarray]) -> np.ndarray:
    if get_script_run_ctx(suppress_warning=True) is None:
        return make()  # no run of a page: a thread that goes on, and must hold no photo
    pixels = _decoded.pixels
    if key not in pixels:
        pixels[key] = make()
    pixels.move_to_end(key)
    while len(pixels) > MAX_DECODED:
        pixels.popitem(last=False)
    return pixels[key]
