"""The time per photo, by a clock that the classifier moves."""

import time

from model.prediction.latency import milliseconds_per_photo


class Slow:
    """Takes 100 ms to warm up and then 1, 4, 2, 1, 4, 2 and so on."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.photos = []
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def predict(self, photos):
        self.now += (0.001, 0.004, 0.002)[(len(self.photos) - 1) % 3] if self.photos else 0.1
        self.photos += photos


def test_the_time_per_photo_is_the_median_after_one_to_warm_up(monkeypatch):
    slow = Slow(monkeypatch)
    assert round(milliseconds_per_photo(slow, 3), 6) == 2.0
    assert len(slow.photos) == 4


def test_all_photos_are_the_same_and_hold_every_colour(monkeypatch):
    slow = Slow(monkeypatch)
    milliseconds_per_photo(slow)
    assert len(slow.photos) == 21
    assert {id(photo) for photo in slow.photos} == {id(slow.photos[0])}
    photo = slow.photos[0]
    assert (photo.shape, photo.min(), photo.max()) == ((450, 600, 3), 0, 255)
