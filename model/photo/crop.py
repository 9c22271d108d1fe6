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
            f"{text!r} is no frame. Give its edges in pixels as LEFT,TOP,RIGHT,BOTTOM, such as "
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
    """The frame nearest to some edges that lies in the photo and is no smaller than a photo may be.

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


def crop(photo: np.ndarray, frame: Crop | None) -> np.ndarray:
    """The framed part of a photo.

    Args:
        photo: (height, width, 3) uint8, RGB.
        frame: `Crop`, or None for the whole photo.
    Returns:
        (frame.height, frame.width, 3) uint8, a view.
    Raises:
        PhotoError: the frame leaves the photo, or is smaller than a photo may be.
    """
    if frame is None:
        return photo
    height, width = photo.shape[:2]
    if frame.left < 0 or frame.top < 0 or frame.right > width or frame.bottom > height:
        raise PhotoError(
            f"The frame {frame} leaves the photo, which has {width} x {height} pixels. Choose "
            "edges inside it."
        )
    if min(frame.width, frame.height) < MIN_SIDE:
        raise PhotoError(
            f"The frame {frame} has {frame.width} x {frame.height} pixels; at least {MIN_SIDE} on "
            "each side are needed. Choose a larger one."
        )
    return photo[frame.top : frame.bottom, frame.left : frame.right]
