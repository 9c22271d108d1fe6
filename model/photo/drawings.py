"""Rendered lesions with known masks: drawings for tests, the demo run and the sample pictures.

They are drawn from random numbers alone and are never evidence about real lesions. The id of a
drawing says how it was drawn, so that it need not be kept.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from model.photo.decode import PhotoError

PATTERNS = ("even", "ragged", "dotted")
HEIGHT, WIDTH = 150, 200  # pixels of the drawings that the demo run learned from
QUALITY = 90  # of their JPEG files


@dataclass(frozen=True)
class Rendered:
    """One drawing.

    `photo` is (height, width, 3) uint8 RGB, `mask` (height, width) bool: True inside the lesion.
    """

    photo: np.ndarray
    mask: np.ndarray
    pattern: str


def render(
    pattern: str, seed: int, height: int = HEIGHT, width: int = WIDTH, view: int = 0
) -> Rendered:
    """Draw one lesion.

    Args:
        pattern: one of `PATTERNS`.
        seed: decides the lesion.
        height, width: pixels.
        view: another number gives another photo of the same lesion: turned, moved, lit anew.
    Returns:
        `Rendered`.
    Raises:
        ValueError: unknown pattern.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"Pattern {pattern!r} is unknown; one of {', '.join(PATTERNS)} expected.")
    lesion = np.random.default_rng([PATTERNS.index(pattern), seed])
    camera = np.random.default_rng([PATTERNS.index(pattern), seed, view + 1])

    unit = min(height, width)
    rows, columns = np.mgrid[:height, :width]
    y = (rows - height / 2) / unit - camera.uniform(-0.08, 0.08)
    x = (columns - width / 2) / unit - camera.uniform(-0.08, 0.08)
    radius = np.hypot(x, y)
    angle = np.arctan2(y, x) + camera.uniform(0, 2 * np.pi)

    skin = np.array([lesion.uniform(205, 235), lesion.uniform(160, 190), lesion.uniform(140, 170)])
    pigment = np.array([lesion.uniform(105, 150), lesion.uniform(60, 95), lesion.uniform(40, 75)])
    picture = skin + _blotches(lesion, height, width, unit / 4)[..., None] * 6

    # How ragged and how two-toned: the mildest ragged ones look even, so the demo has its errors.
    degree = lesion.uniform(0.25, 1) if pattern == "ragged" else lesion.uniform(0, 0.1)
    border = lesion.uniform(0.24, 0.33) * np.ones_like(angle)
    for waves in range(2, 12):
        size = lesion.normal(0, 0.024 * degree / np.sqrt(waves / 2))
        border += size * np.cos(waves * angle + lesion.uniform(0, 2 * np.pi))
    soft = 1 / (1 + np.exp((radius - border) * lesion.uniform(18, 60)))  # (h, w) 0-1
    mask = radius < border

    if pattern == "dotted":
        soft, mask = _dots(lesion, x, y, angle, radius, border)
        pigment = np.array(
            [lesion.uniform(165, 200), lesion.uniform(30, 60), lesion.uniform(45, 75)]
        )
    colour = pigment + _blotches(lesion, height, width, unit / 12)[..., None] * 8
    if pattern == "ragged":
        dark = np.cos(angle - lesion.uniform(0, 2 * np.pi)) * radius > lesion.uniform(-0.05, 0.1)
        second = np.array([45.0, 35.0, 42.0])
        blend = np.asarray(
            Image.fromarray((dark * 255).astype(np.uint8)).filter(
                ImageFilter.GaussianBlur(unit / 60)
            )
        )[..., None]
        colour = colour + (second - colour) * (blend / 255) * 0.85 * degree
    picture = picture + (colour - picture) * soft[..., None]
    picture = _hairs(camera, picture, unit)

    light = 1 + 0.12 * (x * camera.uniform(-1, 1) + y * camera.uniform(-1, 1))
    light = light * camera.uniform(0.92, 1.08) * (1 - 0.25 * np.clip(radius - 0.55, 0, None))
    picture = picture * light[..., None] + camera.normal(0, 2.5, picture.shape)
    return Rendered(np.clip(picture, 0, 255).astype(np.uint8), mask, pattern)


@dataclass(frozen=True)
class DrawnPhoto:
    """A drawing of the demo run's data, to be read as its file is.

    `image_id` is its pattern, lesion and view, such as `even_0048_0`.
    """

    image_id: str

    def read_bytes(self) -> bytes:
        """The JPEG file.

        Raises:
            PhotoError: the id is none of a drawing.
        """
        try:
            pattern, lesion, view = self.image_id.split("_")
            return jpeg(render(pattern, int(lesion), view=int(view)).photo)
        except ValueError as error:
            raise PhotoError(f"{self.image_id} is the name of no drawing.") from error


def jpeg(photo: np.ndarray) -> bytes:
    """A drawing as the JPEG file that a network learns from; (height, width, 3) uint8 RGB."""
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _blotches(chance, height, width, size):
    """Smooth noise in about [-1, 1], (height, width) float."""
    coarse = chance.normal(0, 1, (max(2, round(height / size)), max(2, round(width / size))))
    image = Image.fromarray(coarse.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=float)


def _dots(chance, x, y, angle, radius, border):
    """A cluster of discs inside the border, turned with the lesion."""
    turned_x, turned_y = radius * np.cos(angle), radius * np.sin(angle)
    soft = np.zeros_like(x)
    for _ in range(chance.integers(14, 24)):
        distance, direction = border.mean() * np.sqrt(chance.uniform(0, 0.9)), chance.uniform(0, 7)
        away = np.hypot(
            turned_x - distance * np.cos(direction), turned_y - distance * np.sin(direction)
        )
        soft = np.maximum(soft, 1 / (1 + np.exp((away - chance.uniform(0.03, 0.06)) * 120)))
    return soft, soft > 0.5


def _hairs(chance, picture, unit):
    """Dark arcs over the picture, none to five."""
    height, width, _ = picture.shape
    rows, columns = np.mgrid[:height, :width]
    for _ in range(chance.integers(0, 6)):
        centre = chance.uniform(-2, 3, 2) * unit
        size = chance.uniform(1.0, 2.5) * unit
        distance = np.abs(np.hypot(rows - centre[0], columns - centre[1]) - size)
        hair = np.exp(-np.square(distance / (unit * 0.006)))[..., None]
        picture = picture * (1 - 0.75 * hair) + 40 * 0.75 * hair
    return picture
