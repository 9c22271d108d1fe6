"""Maps that need no network, worked out by hand."""

import numpy as np
import pytest

from model.heatmaps.baselines import centre, dark_blob, fitted_spread


def test_the_centre_fades_alike_in_every_direction():
    values = centre(8, 12, 0.25)
    assert values.argmax() == np.ravel_multi_index((4, 6), (8, 12))
    assert values.max() == 1
    # A quarter of a side away is one standard deviation, in either direction.
    assert values[2, 6] == values[6, 6] == values[4, 3] == pytest.approx(np.exp(-0.5))
    assert values[2, 3] == pytest.approx(np.exp(-1))


def test_the_spread_is_that_of_the_lesions():
    mean_mask = np.zeros((8, 8))
    mean_mask[4, 2] = mean_mask[4, 6] = 1  # a quarter away along one side, none along the other
    assert fitted_spread(mean_mask) == pytest.approx(0.25 / np.sqrt(2))
    assert fitted_spread(3 * mean_mask) == fitted_spread(mean_mask)
    # It finds the spread that drew the mask, where the photo's edge cuts nothing off.
    assert fitted_spread(centre(200, 150, 0.1)) == pytest.approx(0.1, rel=1e-3)


def test_a_narrower_spot_always_has_more_energy_so_energy_can_not_choose_it():
    lesion = centre(64, 64, 0.2) > 0.5
    energies = [
        values[lesion].sum() / values.sum()
        for values in (centre(64, 64, spread) for spread in (0.3, 0.2, 0.1, 0.05))
    ]
    assert energies == sorted(energies)


def test_the_blob_is_where_it_is_darker_in_blue_and_black_corners_do_not_count():
    photo = np.full((64, 64, 3), 200, np.uint8)
    photo[20:30, 40:50, 2] = 50
    photo[20:30, 10:20, :2] = 0  # dark in red and green alone
    photo[:6, :6] = 0
    values = dark_blob(photo)
    top, left = np.unravel_index(values.argmax(), values.shape)
    assert 20 <= top < 30
    assert 40 <= left < 50
    assert values.max() == pytest.approx(150, abs=1)
    assert values[25, 15] == 0
    assert values[0, 0] == 0
    assert not dark_blob(np.full((32, 32, 3), 90, np.uint8)).any()
