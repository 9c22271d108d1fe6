"""Ever closer crops of a photo: which pixels each shows, and that each gets its own answer."""

import numpy as np

from model.photo.decode import MIN_SIDE
from model.prediction.zoom import SHARES, zoom


def test_each_crop_is_the_middle_of_the_photo_with_its_own_answer(toy_classifier):
    photo = np.full((200, 400, 3), (0, 0, 255), np.uint8)
    photo[40:160, 80:320] = (255, 0, 0)  # the middle three fifths
    crops = zoom(toy_classifier, photo)
    assert [each.share for each in crops] == [*SHARES] == [1, 0.8, 0.6, 0.4]
    assert [each.pixels.shape for each in crops] == [
        (200, 400, 3),
        (160, 320, 3),
        (120, 240, 3),
        (80, 160, 3),
    ]
    assert (crops[1].pixels == photo[20:180, 40:360]).all()
    assert (crops[2].pixels == (255, 0, 0)).all()
    assert (crops[3].pixels == (255, 0, 0)).all()
    alone = toy_classifier.predict([each.pixels for each in crops])
    assert [each.prediction.probability for each in crops] == [
        prediction.probability for prediction in alone
    ]
    assert crops[0].prediction.probability != crops[3].prediction.probability


def test_a_crop_that_would_be_smaller_than_a_photo_may_be_is_left_out(toy_classifier):
    photo = np.zeros((MIN_SIDE, 2 * MIN_SIDE, 3), np.uint8)
    assert [each.pixels.shape for each in zoom(toy_classifier, photo)] == [photo.shape]
    photo = np.zeros((5 * MIN_SIDE // 3, 5 * MIN_SIDE, 3), np.uint8)
    assert [each.share for each in zoom(toy_classifier, photo)] == [1, 0.8]
