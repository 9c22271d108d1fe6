import numpy as np
import pytest

from model.photo.decode import PhotoError
from model.photo.drawings import DrawnPhoto
from train.data import rendered


@pytest.mark.parametrize("pattern", rendered.PATTERNS)
def test_a_drawing_has_its_size_and_a_mask_in_its_middle(pattern):
    drawn = rendered.render(pattern, 3, 120, 160)
    assert drawn.photo.shape == (120, 160, 3)
    assert drawn.photo.dtype == np.uint8
    assert drawn.mask.shape == (120, 160)
    assert 0.01 < drawn.mask.mean() < 0.5
    rows, columns = np.nonzero(drawn.mask)
    assert abs(rows.mean() - 60) < 30
    assert abs(columns.mean() - 80) < 30


@pytest.mark.parametrize("pattern", rendered.PATTERNS)
def test_the_mask_covers_what_is_darker_or_redder_than_the_skin(pattern):
    drawn = rendered.render(pattern, 5, 200, 200)
    green = drawn.photo[..., 1].astype(float)
    assert green[drawn.mask].mean() < green[~drawn.mask].mean() - 20


def test_one_seed_is_one_lesion_and_another_view_another_photo():
    first = rendered.render("ragged", 1)
    assert np.array_equal(first.photo, rendered.render("ragged", 1).photo)
    assert not np.array_equal(first.photo, rendered.render("ragged", 1, view=1).photo)
    assert not np.array_equal(first.photo, rendered.render("ragged", 2).photo)


def test_an_unknown_pattern_is_refused():
    with pytest.raises(ValueError, match=r"'square' is unknown; one of even, ragged, dotted"):
        rendered.render("square", 1)


def test_a_drawing_is_drawn_anew_from_its_id_byte_for_byte(tmp_path):
    rendered.write(tmp_path, 3)
    files = sorted((tmp_path / "photos").rglob("*.jpg"))
    assert len(files) == 3 * (1 + 2 + 3)
    for file in files:
        assert DrawnPhoto(file.stem).read_bytes() == file.read_bytes()
    with pytest.raises(PhotoError, match="square_0001_0 is the name of no drawing"):
        DrawnPhoto("square_0001_0").read_bytes()
