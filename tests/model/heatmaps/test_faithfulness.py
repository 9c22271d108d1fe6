"""Evidence about maps of a network that looks at the mean of each colour."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.heatmaps.explainer import Explainer
from model.heatmaps.faithfulness import (
    Covering,
    Curves,
    agreement,
    cover,
    covering,
    curves,
    measure_faithfulness,
    random_maps,
    skin,
)
from model.heatmaps.heatmap import Heatmap
from model.prediction.classifier import Classifier
from tests import toys

SKIN = (120, 120, 120)
PHOTO = np.full((16, 16, 3), SKIN, np.uint8)
PHOTO[4:12, 4:12] = (255, 0, 0)


@pytest.fixture(scope="module")
def explainer(toy_classifier):
    return Explainer(toy_classifier)


def mapped(values, diagnosis="bcc"):
    return Heatmap(np.float32(values), 1.0, diagnosis, "grad_cam")


def right_map():
    """Marks the red square and nothing else."""
    values = np.zeros((16, 16))
    values[4:12, 4:12] = 1
    return mapped(values)


def wrong_map():
    """Marks the skin around the square."""
    return mapped(1 - right_map().values)


def test_covering_what_a_true_map_marks_takes_the_diagnosis_away(toy_classifier, explainer):
    chance = random_maps(4, 4, 16, 16)
    measured = covering(toy_classifier, PHOTO, right_map(), chance)
    assert measured.share == 0.25
    assert measured.covered == pytest.approx(1 / 3, abs=0.05)  # grey: no colour leads
    assert measured.covered < measured.random_cover < measured.probability
    assert measured.verdict == "mattered"
    # The square is gone, up to its softened edge; alone, it stands on skin, as it did before.
    assert np.abs(measured.covered_photo[6:10, 6:10].astype(int) - SKIN[0]).max() <= 2
    assert measured.alone == pytest.approx(measured.probability, abs=0.02)


def test_a_map_of_what_did_not_matter_is_not_to_be_relied_on(toy_classifier):
    measured = covering(toy_classifier, PHOTO, wrong_map(), random_maps(4, 4, 16, 16))
    assert measured.covered == pytest.approx(measured.probability, abs=0.3)
    assert measured.verdict == "not"


def test_an_improbable_diagnosis_is_not_judged(toy_classifier):
    photo = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    measured = covering(
        toy_classifier, photo, mapped(right_map().values, "mel"), random_maps(4, 4, 16, 16)
    )
    assert measured.probability < 0.05
    assert measured.verdict == "unclear"


@pytest.mark.parametrize(
    ("probability", "covered", "random_cover", "verdict"),
    [
        (0.05, 0.0, 0.05, "unclear"),
        (0.06, 0.0, 0.06, "mattered"),
        (0.75, 0.5, 0.75, "mattered"),  # it loses just a third
        (0.75, 0.55, 0.75, "not"),
        (0.75, 0.25, 0.5, "mattered"),
        (0.75, 0.25, 0.25, "not"),  # no more than by chance
    ],
)
def test_a_map_must_take_a_third_away_and_more_than_chance(
    probability, covered, random_cover, verdict
):
    found = Covering(probability, covered, random_cover, 0.0, 0.5, PHOTO, PHOTO)
    assert found.verdict == verdict


def test_curves_start_and_end_where_they_must(toy_classifier, explainer):
    chance = random_maps(4, 4, 16, 16)
    measured = curves(explainer, PHOTO, right_map(), chance)
    whole = toy_classifier.predict([PHOTO])[0].probabilities["bcc"]
    for falling, rising in (
        (measured.deletion, measured.insertion),
        (measured.random_deletion, measured.random_insertion),
    ):
        assert falling[0] == rising[-1] == pytest.approx(whole, abs=1e-6)
        assert falling[-1] == pytest.approx(rising[0], abs=1e-6)
    deletion, random_deletion, insertion, random_insertion = measured.areas
    assert deletion < random_deletion
    assert insertion > random_insertion
    assert measured.shares.tolist() == [step / 8 for step in range(9)]
    # Two of eight steps take the quarter that is red away; nothing is left to fall after.
    assert measured.deletion[2] == pytest.approx(measured.deletion[-1], abs=0.05)


def test_curves_are_calibrated_like_the_prediction(tmp_path):
    toy = toys.write(tmp_path, calibration=toys.CALIBRATION | {"temperature": 2.0})
    classifier = Classifier(toy)
    measured = curves(Explainer(classifier), PHOTO, right_map(), random_maps(4, 4, 16, 16))
    whole = classifier.predict([PHOTO])[0].probabilities["bcc"]
    assert measured.deletion[0] == pytest.approx(whole, abs=1e-6)
    assert whole < 0.9 * np.exp(5) / (np.exp(5) + 2)  # without the temperature it would be surer


def test_the_curves_of_chance_are_the_means_over_all_maps_of_chance(explainer):
    chance = random_maps(4, 4, 16, 16)
    alone = [curves(explainer, PHOTO, right_map(), [one]) for one in chance]
    together = curves(explainer, PHOTO, right_map(), chance)
    for name in ("random_deletion", "random_insertion"):
        each = [getattr(one, name) for one in alone]
        assert np.ptp(each, axis=0).max() > 0.01  # leaving one out would show
        np.testing.assert_allclose(getattr(together, name), np.mean(each, axis=0), atol=1e-6)


def test_the_area_of_a_straight_line_is_its_middle():
    line = np.linspace(0, 1, 5)
    straight = Curves(line, line, 1 - line, line * 0.5, line * 0)
    assert straight.areas == pytest.approx((0.5, 0.25, 0.5, 0))


def test_a_map_that_turns_with_the_photo_agrees_with_itself(explainer):
    heat_map = explainer.heatmap(PHOTO, "bcc")
    assert agreement(explainer, PHOTO, heat_map) == pytest.approx(1)
    empty = explainer.heatmap(np.zeros_like(PHOTO), "bcc")
    assert agreement(explainer, np.zeros_like(PHOTO), empty) is None


def test_a_map_that_does_not_turn_with_the_photo_is_found_out(explainer, monkeypatch):
    noise = np.random.default_rng(0).random((8, 16, 16))
    monkeypatch.setattr(explainer, "by_view", lambda *_, **__: noise)
    assert abs(agreement(explainer, PHOTO, explainer.heatmap_of(noise[0], "bcc"))) < 0.2


def test_the_agreement_is_the_mean_correlation_with_the_first_view():
    network = SimpleNamespace(height=2, width=2)
    maps = np.array([[[1.0, 0], [0, 1]], *4 * [[[1, 0], [0, 1]]], *3 * [[[0, 1], [1, 0]]]])

    def agreeing(maps, network=network):
        classifier = SimpleNamespace(network=network)
        one = SimpleNamespace(classifier=classifier, by_view=lambda *_, num_views: maps[:num_views])
        return agreement(one, PHOTO, right_map())

    assert agreeing(maps) == pytest.approx((4 - 3) / 7)
    assert agreeing(2 * maps - 1) == pytest.approx((4 - 3) / 7)  # what is below zero is cut off
    maps[7] = 0.5  # alike everywhere
    assert agreeing(maps) is None
    assert agreeing(maps, SimpleNamespace(height=2, width=3)) is None


def test_every_measure_of_a_map_comes_together(explainer):
    faithfulness = measure_faithfulness(explainer, PHOTO, explainer.heatmap(PHOTO, "bcc"))
    assert faithfulness.covering.verdict == "mattered"
    assert faithfulness.agreement == pytest.approx(1)
    assert measure_faithfulness(explainer, PHOTO, right_map(), under_flips=False).agreement is None


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
    maps = random_maps(rows, columns, 24, 36)
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
