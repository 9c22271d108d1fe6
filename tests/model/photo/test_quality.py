"""Photo quality: exact for pictures whose blur, light and size are known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageFilter

from model import run
from model.photo import quality
from model.photo.quality import MEASURES, measure
from tests import toys


def disc(radius, side=192, centre=None, colour=(60, 30, 20), skin=(220, 180, 160)):
    """A dark disc on skin, its radius in pixels."""
    rows, columns = np.mgrid[:side, :side]
    top, left = centre or (side / 2, side / 2)
    photo = np.full((side, side, 3), skin, np.uint8)
    photo[np.hypot(rows - top, columns - left) < radius] = colour
    return photo


def blurred(photo, radius):
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(radius)))


def test_blur_is_exact_for_one_sharp_edge():
    # One edge of height 1: a Sobel filter answers 4 in two columns. Blurred over three pixels it
    # is a ramp of three steps, and the filter answers 4/3, 8/3, 8/3, 4/3. Lost: 2 x (4 - 8/3).
    edge = np.zeros((20, 20))
    edge[:, 10:] = 1
    assert quality.blur(edge) == pytest.approx(1.0)  # along the edge there is nothing to lose
    both = np.maximum(edge, edge.T)
    one_way = 1 - (2 * (4 - 8 / 3)) / 8
    assert one_way == pytest.approx(2 / 3)
    assert 2 / 3 - 0.05 < quality.blur(both) < 2 / 3 + 0.05  # the corner adds a little


def test_blur_grows_with_every_further_blur_and_light_does_not():
    photo = disc(50)
    rows = [measure(blurred(photo, radius), 192, 192) for radius in (0, 1, 2, 4)]
    values = [row["blur"] for row in rows]
    assert values == sorted(values)
    assert values[-1] - values[0] > 0.1
    assert np.ptp([row["light"] for row in rows]) < 0.01


def test_light_glare_and_side_are_exact():
    photo = np.full((100, 150, 3), 51, np.uint8)
    photo[:10, :15] = 255
    measured = measure(photo, 100, 150)
    assert measured["light"] == pytest.approx(0.2)
    assert measured["glare"] == pytest.approx(0.01)
    assert measured["side"] == 100
    assert measure(np.full((64, 64, 3), (255, 255, 229), np.uint8), 64, 64)["glare"] == 0


def test_fill_is_the_area_of_the_disc_in_the_middle_and_of_no_other():
    assert quality.fill(disc(50)[..., 2]) == pytest.approx(np.pi * 50**2 / 192**2, abs=0.01)
    two = disc(50)
    two[10:40, 80:110] = 0  # well inside, above the disc
    assert quality.fill(two[..., 2]) == pytest.approx(np.pi * 50**2 / 192**2, abs=0.01)


def test_black_corners_of_a_dermatoscope_are_no_lesion():
    rows, columns = np.mgrid[-1:1:192j, -1:1:192j]
    photo = disc(40)
    photo[np.hypot(rows, columns) > 1.2] = 0
    assert quality.fill(photo[..., 2]) == pytest.approx(np.pi * 40**2 / 192**2, abs=0.01)


def test_black_corners_do_not_hide_a_pale_lesion():
    """They are darker than it, so with them the threshold would part black from all else."""
    rows, columns = np.mgrid[-1:1:192j, -1:1:192j]
    photo = disc(40, colour=(150, 130, 120))
    photo[np.hypot(rows, columns) > 1.2] = 0
    assert quality.fill(photo[..., 2]) == pytest.approx(np.pi * 40**2 / 192**2, abs=0.01)


def test_black_corners_of_plain_skin_fill_nothing():
    rows, columns = np.mgrid[-1:1:192j, -1:1:192j]
    photo = np.full((192, 192, 3), 200, np.uint8)
    photo[np.hypot(rows, columns) > 1.3] = 0  # so far out that smoothing darkens nothing inside
    assert quality.fill(photo[..., 2]) == 0


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(64, 90), st.integers(64, 90), st.just(3))))
def test_any_photo_has_finite_measures_within_their_range(photo):
    measured = measure(photo, 48, 64)
    assert set(measured) == set(MEASURES)
    for name in ("blur", "light", "glare", "fill"):
        assert 0 <= measured[name] <= 1
    assert measured["side"] == min(photo.shape[:2])


def test_a_photo_without_any_difference_is_blurred_and_holds_no_lesion():
    measured = measure(toys.flat((120, 120, 120)), 48, 64)
    assert measured["blur"] == 1
    assert measured["fill"] == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop(columns="fill"), "lacks the columns fill"),
        (lambda table: table.assign(blur="much"), "other than numbers in blur"),
        (lambda table: table[table["split"] == "test"], "holds no validation photos"),
        (lambda table: table.assign(light=np.nan), "a photo that was not measured"),
    ],
)
def test_a_broken_table_refuses_the_run(tmp_path, spoil, message):
    with pytest.raises(run.RunError, match=message):
        toys.write(tmp_path, quality=spoil(toys.quality()))
