"""Covering parts of a photo, with a network that looks at the mean of each colour."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.heatmaps.covering import (
    NUM_EACH,
    Chance,
    Covering,
    areas_of,
    chance_areas,
    cover,
    covering,
    highest,
    lesion,
    random_maps,
    skin,
)
from model.heatmaps.explainer import Explainer
from model.heatmaps.heatmap import Heatmap
from model.prediction.classifier import Classifier
from tests import toys

ANYWHERE, ON_LESION, REORDERED = Chance
SKIN = (120, 120, 120)
PHOTO = np.full((16, 16, 3), SKIN, np.uint8)
PHOTO[4:12, 4:12] = (255, 0, 0)
LESION = PHOTO[..., 2] == 0
# A lesion of which only a stripe speaks for the diagnosis.
STRIPED = np.full((16, 16, 3), SKIN, np.uint8)
STRIPED[4:12, 4:12] = (120, 120, 60)
STRIPED[4:12, 4:7] = (255, 0, 0)
STRIPE = STRIPED[..., 0] == 255


@pytest.fixture(scope="module")
def explainer(toy_classifier):
    return Explainer(toy_classifier)


def marking(area, diagnosis="bcc"):
    return Heatmap(area.astype(np.float32), 1.0, diagnosis, "grad_cam")


def test_covering_what_a_true_map_marks_takes_more_away_than_any_area_of_chance(explainer):
    measured = covering(explainer, STRIPED, marking(STRIPE))
    assert measured.share == 24 / 256
    assert measured.covered < measured.lowest_by_chance < measured.probability - 0.01
    # The toy has three channels: eight of twenty orders of them mark the very same area.
    assert [len(left) for left in measured.by_chance.values()] == [20, 20, 12]
    assert measured.num_areas == 52
    assert measured.as_good == {ANYWHERE: 0, ON_LESION: 0, REORDERED: 0}
    assert measured.verdict == "better"
    # The stripe is gone, up to its softened edge.
    assert np.abs(measured.covered_photo[5:11, 4:7].astype(int) - SKIN[0]).max() <= 10
    assert np.abs(measured.alone_photo[:3].astype(int) - SKIN[0]).max() <= 2


def test_a_map_that_marks_the_whole_lesion_does_no_better_than_areas_on_it(explainer):
    measured = covering(explainer, PHOTO, marking(LESION))
    assert measured.covered == pytest.approx(1 / 3, abs=0.05)  # grey: no colour leads
    assert measured.as_good[ON_LESION] == 20  # as large as the lesion, on the lesion: the lesion
    assert measured.as_good[ANYWHERE] == 0
    assert measured.verdict == "no better"
    # Alone, it stands on skin, as it did before.
    assert measured.alone == pytest.approx(measured.probability, abs=0.02)


def test_a_map_of_what_did_not_matter_is_no_better_than_chance(explainer):
    above = np.zeros((16, 16), bool)
    above[:3] = True
    measured = covering(explainer, PHOTO, marking(above))
    assert measured.covered == pytest.approx(measured.probability, abs=0.01)
    assert measured.as_good[ON_LESION] == 20
    assert measured.verdict == "no better"


def test_where_no_lesion_stands_out_all_areas_lie_anywhere(explainer):
    plain = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    measured = covering(explainer, plain, marking(LESION))
    assert ON_LESION not in measured.by_chance
    assert measured.as_good[ANYWHERE] == 40  # all red, and covered with red
    assert measured.verdict == "unclear"


def test_the_probability_is_calibrated_and_of_one_view(tmp_path):
    toy = toys.write(tmp_path, calibration=toys.CALIBRATION | {"temperature": 2.0})
    classifier = Classifier(toy)
    measured = covering(Explainer(classifier), PHOTO, marking(LESION))
    whole = classifier.predict([PHOTO])[0].probabilities["bcc"]  # colours do not turn
    assert measured.probability == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize(
    ("probability", "covered", "by_chance", "verdict"),
    [
        (0.05, 0.0, 0.05, "unclear"),  # too improbable
        (0.06, 0.0, 0.06, "better"),
        (0.75, 0.50, 0.51, "better"),
        (0.75, 0.50, 0.50, "no better"),
        (0.75, 0.72, 0.71, "unclear"),  # nothing takes 0.05 away
        (0.75, 0.70, 0.72, "better"),
        (0.75, 0.72, 0.69, "no better"),
    ],
)
def test_a_map_must_do_better_than_every_area(probability, covered, by_chance, verdict):
    lowest_last = np.array([*39 * [probability], by_chance])
    for chances in (lowest_last, lowest_last[::-1]):
        kinds = {ANYWHERE: chances[:15], ON_LESION: chances[15:25], REORDERED: chances[25:]}
        result = Covering(probability, covered, kinds, 0.0, 0.5, PHOTO, PHOTO)
        assert result.verdict == verdict


def test_areas_that_do_as_much_are_counted_by_kind():
    kinds = {ANYWHERE: np.array([0.1, 0.9, 0.2]), REORDERED: np.array([0.3, 0.9])}
    counted = [Covering(0.9, left, kinds, 0, 0.5, PHOTO, PHOTO).as_good for left in (0.2, 0.3)]
    assert counted == [{ANYWHERE: 2, REORDERED: 0}, {ANYWHERE: 2, REORDERED: 1}]


def test_what_is_known_so_far_is_shown_as_the_areas_are_covered(explainer):
    seen = []
    measured = covering(explainer, STRIPED, marking(STRIPE), watch=seen.append)
    assert [known.num_areas for known in seen] == [8, 16, 20, 28, 36, 40, 48, 52]
    for known in seen:
        assert (known.probability, known.covered) == (measured.probability, measured.covered)
        for kind, left in known.by_chance.items():
            assert (left == measured.by_chance[kind][: len(left)]).all()


def test_channels_get_each_other_s_weights(explainer):
    """The toy's maps are the three colours; of bcc, red counts for and the others do not."""
    plain = explainer.by_view(STRIPED, "bcc", "grad_cam")[0]
    maps = explainer.reordered(STRIPED, "bcc", None, 20)
    assert maps.shape == (20, *plain.shape)
    assert (maps == explainer.reordered(STRIPED, "bcc", None, 20)).all()
    assert len(np.unique(maps.round(4), axis=0)) <= 6  # orders of three
    assert any(np.allclose(made, plain, atol=1e-5) for made in maps)
    assert not all(np.allclose(made, plain, atol=1e-5) for made in maps)


def test_an_area_that_is_the_marked_one_is_no_area_of_chance():
    marked = np.zeros((4, 4), bool)
    marked[:2, :2] = True
    raw = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]], np.float32)
    areas = areas_of(raw, marked)
    assert len(areas) == 1
    assert areas[0][:2, 2:].all()
    assert areas[0].sum() == 4


@given(st.integers(1, 255))
def test_areas_of_chance_are_as_large_as_the_marked_one_and_half_of_them_on_the_lesion(number):
    marked = highest(np.random.default_rng(number).random((16, 16)), number)
    areas = chance_areas(PHOTO, marked, (4, 4))
    assert [len(of_kind) for of_kind in areas.values()] == [NUM_EACH, NUM_EACH]
    for area in areas[ANYWHERE] + areas[ON_LESION]:
        assert area.sum() == number
    for area in areas[ON_LESION]:
        assert (area & LESION).sum() == min(number, LESION.sum())
    assert not all((area <= LESION).all() for area in areas[ANYWHERE])


def test_the_highest_places_of_a_map():
    assert highest(np.array([[3, 1], [2, 3]]), 2).tolist() == [[True, False], [False, True]]
    assert highest(np.array([[3, 1], [2, 3]]), 1).tolist() == [[True, False], [False, False]]


def test_a_lesion_is_found_by_colour_where_it_has_the_size_of_one():
    assert np.array_equal(lesion(PHOTO), LESION)
    photo = np.full((50, 50, 3), SKIN, np.uint8)
    assert lesion(photo) is None
    photo[24:26, 24:26] = (60, 30, 0)  # 0.16 % of the photo
    assert lesion(photo) is None
    photo[5:45, 5:45] = (60, 30, 0)  # 64 %
    assert lesion(photo) is None
    photo[5:45, 5:10] = SKIN  # 56 %
    assert lesion(photo).mean() == pytest.approx(0.56, abs=0.03)


def test_skin_is_read_from_the_frame_without_dark_corners():
    photo = PHOTO.copy()
    photo[:2, :2] = photo[-2:, -2:] = 0
    marked = np.zeros((16, 16), bool)
    marked[4:12, 4:12] = True
    assert np.abs(skin(photo, marked) - SKIN[0]).max() < 1


def test_skin_is_read_from_a_twelfth_of_each_side():
    photo = np.full((50, 100, 3), 100, np.uint8)
    photo[:4] = photo[-4:] = photo[:, :8] = photo[:, -8:] = (200, 150, 100)
    marked = np.zeros((50, 100), bool)
    marked[:, :2] = True
    photo[marked] = 90
    assert skin(photo, marked)[25, 50] == pytest.approx([200, 150, 100], abs=0.5)
    photo[:4] = photo[-4:] = photo[:, :8] = photo[:, -8:] = 63  # too dark, all around
    assert skin(photo, marked)[25, 50] == pytest.approx(3 * [100], abs=0.5)
    photo[:] = 0
    photo[20:30] = 40
    assert skin(photo, np.ones((50, 100), bool)).mean() < 40  # nothing to go by: of all


def test_the_edge_of_a_cover_is_softened_by_a_hundredth_of_the_shorter_side():
    marked = np.zeros((100, 400), bool)
    marked[:, :200] = True
    black = np.zeros((100, 400, 3), np.uint8)
    found = cover(black, marked, np.full((100, 400, 3), 255, np.float32))[50, :, 0]
    # A spread of one pixel: half a pixel beyond the edge 31 % are left, at 2.5 pixels under 1 %.
    assert found[[100, 200, 202]].tolist() == pytest.approx([255, 255 * 0.31, 255 * 0.006], abs=4)


def test_skin_follows_the_light_from_side_to_side():
    photo = np.repeat(np.linspace(100, 200, 64).astype(np.uint8)[None, :, None], 64, axis=0)
    photo = np.repeat(photo, 3, axis=2)
    row = skin(photo, np.zeros((64, 64), bool))[32, :, 0]
    assert row[5] < 140 < 160 < row[58]


@given(
    arrays(np.uint8, (9, 12, 3)),
    arrays(np.bool_, (9, 12)),
)
def test_covering_gives_a_picture_for_any_photo_and_any_mark(photo, marked):
    filled = skin(photo, marked)
    assert np.isfinite(filled).all()
    covered = cover(photo, marked, filled)
    assert covered.dtype == np.uint8
    assert covered.shape == photo.shape
    assert (cover(photo, np.zeros_like(marked), filled) == photo).all()


@given(st.integers(1, 12), st.integers(1, 12))
def test_maps_of_chance_come_at_any_size(rows, columns):
    maps = random_maps((rows, columns), (24, 36), 3)
    assert len(maps) == 3
    for random_map in maps:
        assert random_map.shape == (24, 36)
        assert random_map.min() >= 0
        assert random_map.max() <= 1


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((100, 50), 8, 4), ((50, 100), 4, 8), ((4, 4), 1, 1)],
)
def test_skin_is_looked_for_in_a_border_of_8_percent_of_each_side(shape, rows, columns):
    """Only the border's innermost line may count, and it has a colour that nothing else has."""
    border, outside = np.ones(shape, bool), np.ones(shape, bool)
    border[rows:-rows, columns:-columns] = False
    outside[rows - 1 : shape[0] - rows + 1, columns - 1 : shape[1] - columns + 1] = False
    photo = np.full((*shape, 3), (200, 160, 140), np.uint8)
    photo[border] = (220, 180, 170)
    filled = skin(photo, outside)
    np.testing.assert_allclose(filled, np.broadcast_to((220, 180, 170), filled.shape), rtol=1e-5)
