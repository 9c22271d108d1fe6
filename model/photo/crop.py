"""The part of a photo that a network is to look at."""

from dataclasses import dataclass

import numpy as np

from model.photo.decode import MIN_SIDE, PhotoError


@dataclass(frozen=True)
class Crop:
    """Edges in pixels of the upright photo, from its upper left corner; right and bottom are the
    first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self):
        """As `parse` reads it."""
        return f"{self.left},{self.top},{self.right},{self.bottom}"

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def parse(text: str) -> Crop:
    """Read LEFT,TOP,RIGHT,BOTTOM.

    Raises:
        PhotoError: something else came.
    """
    try:
        return Crop(*(int(part) for part in text.split(",")))
    except (TypeError, ValueError) as error:
        raise PhotoError(
            f"{text!r} is not a crop. Give its edges in pixels as LEFT,TOP,RIGHT,BOTTOM, such as "
            "0,0,600,450."
        ) from error


def centre_square(height: int, width: int) -> Crop:
    """The largest square in the middle of a photo."""
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    return Crop(left, top, left + side, top + side)


def within_photo(
    left: float, top: float, right: float, bottom: float, height: int, width: int
) -> Crop:
    """The crop nearest to some edges that lies in the photo and is no smaller than a photo may be.

    Args:
        left, top, right, bottom: shares of the photo's sides, in any order.
        height, width: of the photo, pixels; each `MIN_SIDE` or more.
    """
    first_column, last_column = _segment(left, right, width)
    first_row, last_row = _segment(top, bottom, height)
    return Crop(first_column, first_row, last_column, last_row)


def _segment(one_end, other_end, length):
    """Two shares of a length as (first pixel, first pixel after it)."""
    size = min(max(round(abs(other_end - one_end) * length), MIN_SIDE), length)
    start = min(max(round(min(one_end, other_end) * length), 0), length - size)
    return start, start + size


def check(box: Crop, height: int, width: int) -> None:
    """Raise `PhotoError` where a crop reaches outside a photo of this size, or is smaller than a
    photo may be."""
    if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
        raise PhotoError(
            f"The crop {box} reaches outside the photo, which has {width} x {height} pixels. "
            "Choose edges inside it."
        )
    if min(box.width, box.height) < MIN_SIDE:
        raise PhotoError(
            f"The crop {box} has {box.width} x {box.height} pixels. Each side needs at least "
            f"{MIN_SIDE}. Choose a larger crop."
        )


def crop(photo: np.ndarray, box: Crop | None) -> np.ndarray:
    """Cut a crop out of a photo.

    Args:
        photo: (height, width, 3) uint8, RGB.
        box: `Crop`, or None for the whole photo.
    Returns:
        (box.height, box.width, 3) uint8, a view.
    Raises:
        PhotoError: as `check`.
    """
    if box is None:
        return photo
    check(box, *photo.shape[:2])
    return photo[box.top : box.bottom, box.left : box.right]
