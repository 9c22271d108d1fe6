"""Things beside a lesion that a network may take for a sign of its diagnosis, drawn on a photo.

Published: ink marks raise a network's melanoma scores (Winkler et al. 2019,
https://doi.org/10.1001/jamadermatol.2019.1735), rulers went with malignant lesions (Narla et al.
2018, https://doi.org/10.1016/j.jid.2018.06.175), coloured plasters with benign ones (Rieger et al.
2020, https://arxiv.org/abs/1909.13584).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

FINER = 3  # times: drawn finer than the photo and averaged, so that edges are soft
CENTRE = 0.25  # of the shorter side: nothing but hair comes nearer to the middle


@dataclass(frozen=True)
class Planted:
    """A photo with something drawn on it.

    `photo` is (height, width, 3) uint8, RGB; `mask` is (height, width) bool, where it was drawn.
    """

    photo: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Shortcut:
    """Something that can be drawn: its name in running text, with its article, and how.

    `layer` takes a generator and the (width, height) of a picture, and gives (colours, opacity): an
    RGB and an L picture of that size.
    """

    in_text: str
    layer: Callable[[np.random.Generator, tuple[int, int]], tuple[Image.Image, Image.Image]]

    @property
    def title(self) -> str:
        return self.in_text.partition(" ")[2].capitalize()


def plant(photo: np.ndarray, name: str, seed: int) -> Planted:
    """Draw something on a photo, at a place and in a shape of chance.

    Its size depends on the photo's shorter side. It keeps away from the middle, `CENTRE`, but for
    hair, which may cross.

    Args:
        photo: (any, any, 3) uint8, RGB; it stays as it is.
        name: a key of `SHORTCUTS`.
        seed: the same seed draws the same on photos of the same size.
    Returns:
        `Planted`; where the mask is False, every pixel is as it was.
    Raises:
        KeyError: there is no such thing.
    """
    height, width = photo.shape[:2]
    draw = np.random.default_rng([seed, *name.encode()])
    colours, opacity = SHORTCUTS[name].layer(draw, (FINER * width, FINER * height))
    colours, opacity = (picture.reduce(FINER) for picture in (colours, opacity))
    planted = Image.composite(colours, Image.fromarray(photo), opacity)
    return Planted(np.asarray(planted), np.asarray(opacity) > 0)


def seed_of(image_id: str) -> int:
    """A seed for a photo, so that every network gets the same drawing."""
    return zlib.crc32(image_id.encode())


def _ruler(draw, size):
    """A strip of paper with a line for each millimetre, along one of the four edges."""
    is_upright, is_opposite = draw.integers(2, size=2)
    along, across = size[::-1] if is_upright else size
    shorter = min(size)
    thick = draw.uniform(0.13, 0.17) * shorter
    step = draw.uniform(0.035, 0.05) * shorter
    colours = Image.new("RGB", (along, across), (240, 237, 228))
    pen = ImageDraw.Draw(colours)
    line = max(1, round(0.008 * shorter))
    for number in range(int(along / step) + 1):
        length = thick * (0.6 if number % 10 == 0 else 0.45 if number % 5 == 0 else 0.3)
        place = number * step
        pen.line([(place, thick - length), (place, thick)], (35, 35, 40), line)
    opacity = Image.new("L", (along, across))
    ImageDraw.Draw(opacity).rectangle([0, 0, along, thick], 245)
    pictures = [colours, opacity]
    if is_opposite:
        pictures = [picture.transpose(Image.Transpose.ROTATE_180) for picture in pictures]
    if is_upright:
        pictures = [picture.transpose(Image.Transpose.TRANSPOSE) for picture in pictures]
    return pictures


def _ink(draw, size):
    """Strokes of a surgical marker around the middle, in gentian violet."""
    shorter = min(size)
    middle = np.array(size) / 2
    opacity = Image.new("L", size)
    pen = ImageDraw.Draw(opacity)
    thick = draw.uniform(0.03, 0.05) * shorter
    first, num_strokes = draw.uniform(0, 2 * np.pi), int(draw.integers(2, 5))
    for number in range(num_strokes):
        start = first + 2 * np.pi * number / num_strokes + draw.uniform(-0.3, 0.3)
        angles = start + np.linspace(0, draw.uniform(0.3, 0.8), 12)
        radius = draw.uniform(0.36, 0.44) * shorter + draw.normal(0, 0.003, 12) * shorter
        points = middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, None]
        strength = int(draw.integers(150, 210))
        pen.line([tuple(point) for point in points], strength, max(1, round(thick)), "curve")
        for column, row in points[[0, -1]]:
            pen.ellipse(_around(column, row, thick / 2), strength)
    opacity = opacity.filter(ImageFilter.GaussianBlur(0.006 * shorter))
    return Image.new("RGB", size, (78, 38, 142)), opacity


def _dark_corner(draw, size):
    """The round end of a dermatoscope: black beyond a circle that leaves the corners out."""
    width, height = size
    column, row = np.array(size) / 2 * (1 + draw.uniform(-0.06, 0.06, 2))
    radius = draw.uniform(0.78, 0.86) * np.hypot(width, height) / 2
    opacity = Image.new("L", size, 250)
    ImageDraw.Draw(opacity).ellipse(_around(column, row, radius), 0)
    opacity = opacity.filter(ImageFilter.GaussianBlur(0.008 * min(size)))
    return Image.new("RGB", size, (8, 6, 8)), opacity


def _hair(draw, size):
    """Dark hairs from edge to edge, a little bent."""
    shorter = min(size)
    opacity = Image.new("L", size)
    pen = ImageDraw.Draw(opacity)
    along = draw.uniform(0, np.pi)  # hairs of one place grow one way
    for _ in range(draw.integers(7, 13)):
        angle = along + draw.normal(0, 0.35)
        way = np.array([np.cos(angle), np.sin(angle)])
        sideways = np.array([-way[1], way[0]])
        middle = np.array(size) * draw.uniform(0.1, 0.9, 2)
        steps = np.linspace(-1, 1, 24)[:, None] * draw.uniform(0.4, 0.9) * shorter
        bend = draw.uniform(-0.25, 0.25) / shorter
        points = middle + way * steps + sideways * bend * steps**2
        thick = max(1, round(draw.uniform(0.006, 0.012) * shorter))
        pen.line([tuple(point) for point in points], int(draw.integers(190, 240)), thick, "curve")
    return Image.new("RGB", size, (42, 28, 22)), opacity


def _plaster(draw, size):
    """A round, coloured plaster at the edge, as on photos of children's moles."""
    shorter = min(size)
    radius = draw.uniform(0.18, 0.24) * shorter
    away = max((CENTRE + 0.03) * shorter + radius, draw.uniform(0.48, 0.55) * shorter)
    angle = draw.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    # Where a side is longer, the plaster goes with its edge.
    place = np.array(size) / 2 + way * away * np.array(size) / shorter
    column, row = np.clip(place, 0, size)
    colour = PLASTERS[draw.integers(len(PLASTERS))]
    colours = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(colours)
    step = 0.06 * shorter
    for line in np.arange(-radius, radius, step):
        for place in np.arange(-radius, radius, step):
            pen.ellipse(
                _around(column + line, row + place, step / 7), tuple(int(0.8 * c) for c in colour)
            )
    opacity = Image.new("L", size)
    ImageDraw.Draw(opacity).ellipse(_around(column, row, radius), 245)
    return colours, opacity


def _around(column, row, radius):
    """The box of a circle, as Pillow takes it."""
    return [column - radius, row - radius, column + radius, row + radius]


PLASTERS = ((236, 190, 150), (84, 150, 200), (240, 150, 60), (110, 180, 100), (225, 90, 90))
SHORTCUTS = {
    "ruler": Shortcut("a ruler", _ruler),
    "ink": Shortcut("an ink mark", _ink),
    "dark_corner": Shortcut("a dark corner", _dark_corner),
    "hair": Shortcut("some hair", _hair),
    "plaster": Shortcut("a plaster", _plaster),
}
