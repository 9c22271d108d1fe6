"""HAM10000 in small, for what is measured against lesion masks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tests import toys

SIDE = 64


def write(folder: Path, drawn: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Path:
    """Write photos, their masks and the metadata.

    Args:
        folder: where to.
        drawn: (photo, (`SIDE`, `SIDE`, 3) uint8; where its lesion is, (`SIDE`, `SIDE`) bool) by
            image_id.
    Returns:
        The folder.
    """
    names = list(drawn)
    facts = {"dx": "bcc", "dx_type": "histo", "age": 50.0, "sex": "male", "localization": "back"}
    pd.DataFrame({"lesion_id": names, "image_id": names, **facts}).to_csv(
        folder / "HAM10000_metadata.csv", index=False
    )
    for name, (photo, lesion) in drawn.items():
        mask = np.where(lesion, 255, 0).astype(np.uint8)
        (folder / f"{name}.png").write_bytes(toys.encoded(photo))
        (folder / f"{name}_segmentation.png").write_bytes(toys.encoded(mask))
    return folder


def square(top: int, left: int, side: int) -> np.ndarray:
    """(`SIDE`, `SIDE`) bool: a square, cut off at the photo's edge."""
    area = np.zeros((SIDE, SIDE), bool)
    area[top : top + side, left : left + side] = True
    return area


def painted(skin: tuple[int, int, int], *areas: tuple[np.ndarray, tuple[int, int, int]]):
    """A photo of one colour with areas of others, later ones over earlier ones; uint8."""
    photo = np.full((SIDE, SIDE, 3), skin, np.uint8)
    for area, colour in areas:
        photo[area] = colour
    return photo
