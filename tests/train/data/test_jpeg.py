"""JPEG's loss of detail, held against files that Pillow writes."""

import io

import numpy as np
import pytest
from keras.ops import convert_to_numpy
from PIL import Image

from train.data import jpeg

SIDE = 64


def photo(seed):
    """Smooth skin with a darker, grainy spot."""
    chance = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    skin = 190 + 30 * np.sin(3 * rows + seed) + 20 * columns
    spot = 90 * np.exp(-((rows - 0.5) ** 2 + (columns - 0.5) ** 2) / 0.03)
    grain = chance.normal(0, 6, (SIDE, SIDE))
    channels = [skin - spot * share + grain for share in (0.7, 1.0, 0.9)]
    return np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8)


PHOTOS = np.stack([photo(seed) for seed in range(4)])


def written(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)  # Pillow halves the colours, too
    return np.asarray(Image.open(file), float)


@pytest.mark.parametrize("quality", [10, 40, 49, 50, 75, 95])
def test_photos_lose_what_a_file_loses(quality):
    files = np.stack([written(pixels, quality) for pixels in PHOTOS])
    qualities = np.full(len(PHOTOS), quality, np.float32)
    ours = convert_to_numpy(jpeg.compressed(PHOTOS.astype(np.float32), qualities))
    lost = np.abs(files - PHOTOS).mean()
    # The rest: a file holds whole numbers, and its reader smooths the halved colours.
    assert np.abs(ours - files).mean() < max(0.35 * lost, 0.8)
    assert np.abs(ours - PHOTOS).mean() == pytest.approx(lost, rel=0.1)


def test_each_photo_has_a_quality_of_its_own():
    twice = np.repeat(PHOTOS[:1], 2, axis=0).astype(np.float32)
    coarse, fine = convert_to_numpy(jpeg.compressed(twice, np.array([10, 95], np.float32)))
    assert np.abs(coarse - PHOTOS[0]).mean() > 2 * np.abs(fine - PHOTOS[0]).mean()


def test_an_even_photo_and_one_with_odd_sides_come_back():
    even = np.full((1, 21, 35, 3), 128, np.float32)
    ours = convert_to_numpy(jpeg.compressed(even, np.array([40], np.float32)))
    assert ours == pytest.approx(even, abs=0.01)


def test_a_block_of_cosines_is_an_orthonormal_basis():
    assert pytest.approx(np.eye(8), abs=1e-6) == jpeg.COSINES @ jpeg.COSINES.T
